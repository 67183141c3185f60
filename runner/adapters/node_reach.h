// Who tests what in the Node world, by test file, and test files that are left out.
#pragma once

#include <filesystem>
#include <string>

#include "runner/adapters/adapter.h"

namespace rh::adapters {

// RUNHARNESS_LEFT_OUT, where something is left out.
[[nodiscard]] Result<void> add_node_left_out(model::Step& step, const StepContext& context);

// Our reporter writes the lines itself, to RUNHARNESS_REACH.
void expect_reporter_lines(model::Step& step, const StepContext& context);

// node:test runs each file in a process of its own, and V8 measures each process: into `raw`, which is returned.
[[nodiscard]] std::filesystem::path measure_processes(model::Step& step, const StepContext& context, bool wrapped);
// The step behind the tests that reads what was measured.
[[nodiscard]] model::Step node_lines_step(const model::Suite& suite, const StepContext& context,
                                          const std::filesystem::path& raw);

// A line of what node_modules holds, empty when that is not known.
[[nodiscard]] std::string installed_packages(const model::Suite& suite, const StepContext& context);

// A pattern that matches exactly this path.
[[nodiscard]] std::string escape_glob(std::string_view path);

}  // namespace rh::adapters
