// What `profile` prints and writes: the summary, profile.json, the page and the exports.
#pragma once

#include <filesystem>
#include <string_view>

#include "runner/app/options.h"
#include "runner/base/result.h"
#include "runner/model/command.h"
#include "runner/model/profile.h"
#include "runner/model/profile_summary.h"

namespace rh::app {

[[nodiscard]] Result<model::ProfileClock> profile_clock(const std::string& text);
// Writes a file, or standard output for "-"; false when that failed, or the bytes are an error: it is said.
[[nodiscard]] bool write_profile_output(const std::filesystem::path& file, std::string_view what,
                                        const Result<std::string>& bytes);
// Whether every file that was asked for can be written, before anything runs.
[[nodiscard]] Result<void> check_profile_outputs(const CommandLine& line);
// Writes the files and prints the summary to standard error; false when a file could not be written, which is
// said.
[[nodiscard]] bool tell_profile(const CommandLine& line, const model::Profile& profile,
                                const model::ProfileSummary& summary, const model::Environment& environment);
// `profile diff A B`.
[[nodiscard]] Result<int> run_profile_diff(const CommandLine& line);

}  // namespace rh::app
