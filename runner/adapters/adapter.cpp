// What an adapter says that knows nothing about single tests.
#include "runner/adapters/adapter.h"

#include <fmt/format.h>

namespace rh::adapters {

std::string Adapter::test_map_problem(const model::Suite& suite, const StepContext&) const {
  return fmt::format("{} does not tell which test reaches which lines", suite.runner);
}

std::string Adapter::selection_problem(const model::Suite& suite, const StepContext&) const {
  return fmt::format("single tests of {} cannot be left out", suite.runner);
}

}  // namespace rh::adapters
