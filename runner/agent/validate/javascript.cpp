#include "runner/agent/validate/analyzer.h"

namespace rh::agent {

void analyze_javascript(const Tree&, const Rules&, Assessment&, int) {}

}  // namespace rh::agent
