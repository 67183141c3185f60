#include "runner/agent/validate/analyzer.h"

namespace rh::agent {

void analyze_bash(const Tree&, const Rules&, Assessment&, int) {}

}  // namespace rh::agent
