// Runs a program under the recording loop with all profilers, and keeps what it printed.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "profiles/profiler.h"
#include "runner/base/file.h"
#include "runner/model/ending.h"

namespace rh::profiles {

struct RecordedProgram {
  model::Profile profile;
  model::WaitStatus status;
  std::string output;  // standard output and error, in one
};

// The path of a program in PATH, empty if there is none.
[[nodiscard]] std::string program_path(const std::string& name);

// `folder`: working directory, and place of the scratch folder and the output.
[[nodiscard]] RecordedProgram record_program(const std::vector<std::string>& argv, const std::filesystem::path& folder,
                                             RecordingOptions options = {}, std::vector<std::string> environment = {});

// The same program without us.
[[nodiscard]] RecordedProgram plain_program(const std::vector<std::string>& argv, const std::filesystem::path& folder,
                                            std::vector<std::string> environment = {});

// "name:line;name:line", root first; lines are those executed, 0 where they are not known.
[[nodiscard]] std::string stack_text(const model::Profile& profile, std::uint32_t stack);

// Whether a sample of the profile has a frame of this function that begins on this line.
[[nodiscard]] bool has_function(const model::Profile& profile, std::string_view name, std::uint32_t line);

// The process whose command contains `text`; null: none.
[[nodiscard]] const model::ProfileProcess* process_with(const model::Profile& profile, std::string_view text);
[[nodiscard]] bool says(const model::Profile& profile, std::string_view code);

}  // namespace rh::profiles
