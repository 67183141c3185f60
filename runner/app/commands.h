// The commands of the executable; each returns the process's exit code.
#pragma once

#include "runner/app/options.h"
#include "runner/base/result.h"

namespace rh::app {

[[nodiscard]] Result<int> run_test(const CommandLine& line);
[[nodiscard]] Result<int> run_command(const CommandLine& line);
[[nodiscard]] Result<int> run_discover(const CommandLine& line);
[[nodiscard]] Result<int> run_config(const CommandLine& line);
[[nodiscard]] Result<int> run_doctor(const CommandLine& line);
[[nodiscard]] Result<int> run_report(const CommandLine& line);
[[nodiscard]] Result<int> run_gate(const CommandLine& line);
[[nodiscard]] Result<int> run_merge(const CommandLine& line);
[[nodiscard]] Result<int> run_baseline(const CommandLine& line);
[[nodiscard]] Result<int> run_schema(const CommandLine& line);
[[nodiscard]] Result<int> run_profile(const CommandLine& line);
[[nodiscard]] Result<int> run_history(const CommandLine& line);

}  // namespace rh::app
