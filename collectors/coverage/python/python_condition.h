// Conditions that are known before the program runs.
#pragma once

#include <span>

#include "collectors/coverage/python/python_tokens.h"
#include "collectors/coverage/python/python_tree.h"

namespace rh::collectors {

struct PyCondition {
  PyTruth compiled = PyTruth::unknown;      // what the compiler makes of it: `x and False` never runs
  bool is_constant = false, value = false;  // what coverage.py takes for a constant: all parts must be
};

[[nodiscard]] PyCondition evaluate_condition(std::span<const PyToken> tokens);

// The pattern of a `case` without guard that everything matches: `_` or a name.
[[nodiscard]] bool is_irrefutable(std::span<const PyToken> pattern);

}  // namespace rh::collectors
