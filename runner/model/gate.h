// A rule that decides about a merge, and its verdict.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rh::model {

enum class GateLevel { block, warn, info };
enum class GateState { passed, failed, no_data };

struct GateVerdict {
  std::string rule;   // "coverage.total", "tests.max_failures", "tests.min", "resources.max_wall", ...
  std::string scope;  // "run", a suite id, a glob
  GateLevel level = GateLevel::block;
  GateState state = GateState::no_data;
  std::string threshold;  // with its unit: "80 %", "512 MiB"
  std::string actual;     // never printed equal to the threshold when it failed
  std::string evidence;   // numerator and denominator, file list: what the figure rests on
  std::string message;    // one sentence for a person
};

}  // namespace rh::model
