#include "runner/agent/validate/analyzer.h"

namespace rh::agent {

void analyze_rust(const Tree&, const Rules&, Assessment&, int) {}

}  // namespace rh::agent
