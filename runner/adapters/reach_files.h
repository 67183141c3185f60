// Files with which a run tells its tests what to leave out, and where it finds what each test reached.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "runner/adapters/adapter.h"

namespace rh::adapters {

// One line per id, with tabs, line ends and backslashes escaped.
[[nodiscard]] std::string reach_escape(std::string_view text);

// Writes the ids that are not to run into `out_dir`; the path of the file.
[[nodiscard]] Result<std::filesystem::path> write_left_out(const StepContext& context);

// The file of lines that a step writes.
[[nodiscard]] std::filesystem::path reach_file(const StepContext& context);
[[nodiscard]] model::TestMapSource reach_source(const StepContext& context, std::string granularity);

}  // namespace rh::adapters
