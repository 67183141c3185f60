#include "runner/agent/validate/analyzer.h"

namespace rh::agent {

void analyze_go(const Tree&, const Rules&, Assessment&, int) {}

}  // namespace rh::agent
