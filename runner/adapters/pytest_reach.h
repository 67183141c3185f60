// Who tests what in a pytest suite: contexts of coverage.py, switched by our plugin.
#pragma once

#include "runner/adapters/adapter.h"
#include "runner/adapters/pytest_coverage.h"
#include "runner/adapters/python_environment.h"

namespace rh::adapters {

// Switches contexts on, and leaves tests out, in the test step.
[[nodiscard]] Result<void> add_pytest_reach(model::Step& test, const StepContext& context,
                                            const PythonEnvironment& python);
// The step behind the tests that turns contexts into lines; `base` has the environment and grants of the test step.
[[nodiscard]] model::Step pytest_lines_step(const model::Step& base, const StepContext& context);

[[nodiscard]] std::string pytest_map_problem(const CoveragePlan& plan, const StepContext& context);
// Names of the installed distributions with their versions, a line each.
[[nodiscard]] std::string installed_distributions(const PythonEnvironment& python);

}  // namespace rh::adapters
