#include "tests/unit/profiles/recorded_program.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "profiles/recording.h"
#include "profiles/target.h"
#include "runner/base/text.h"

namespace rh::profiles {
namespace {

// exec in the shell: the program itself is the first process, its output is in a file.
Launch launch_of(const std::vector<std::string>& argv, const std::filesystem::path& folder,
                 std::vector<std::string> environment) {
  Launch launch;
  launch.argv = {"sh", "-c", "exec " + shell_join(argv) + " >output 2>&1"};
  launch.env = std::move(environment);
  launch.env.push_back("PATH=" + std::string(std::getenv("PATH") != nullptr ? std::getenv("PATH") : "/usr/bin:/bin"));
  launch.cwd = folder;
  launch.executable = "/bin/sh";
  return launch;
}

}  // namespace

std::string program_path(const std::string& name) {
  const char* const path = std::getenv("PATH");
  for (const std::string_view folder : split(path != nullptr ? path : "/usr/bin:/bin", ':'))
    if (const auto file = std::filesystem::path(folder) / name; is_file(file)) return file;
  return {};
}

RecordedProgram record_program(const std::vector<std::string>& argv, const std::filesystem::path& folder,
                               RecordingOptions options, std::vector<std::string> environment) {
  RecordedProgram seen;
  options.scratch = folder / "scratch";
  Launch launch = launch_of(argv, folder, std::move(environment));
  Recording recording(options);
  EXPECT_TRUE(recording.prepare(launch));
  Target target = Target::start(launch).value();
  recording.start(target.pid());
  EXPECT_TRUE(target.release());
  seen.status = target.wait().status;
  seen.profile = recording.finish({});
  seen.output = read_file(folder / "output").value_or("");
  return seen;
}

RecordedProgram plain_program(const std::vector<std::string>& argv, const std::filesystem::path& folder,
                              std::vector<std::string> environment) {
  RecordedProgram seen;
  Target target = Target::start(launch_of(argv, folder, std::move(environment))).value();
  EXPECT_TRUE(target.release());
  seen.status = target.wait().status;
  seen.output = read_file(folder / "output").value_or("");
  return seen;
}

std::string stack_text(const model::Profile& profile, std::uint32_t stack) {
  std::string text;
  for (; stack != model::kNoIndex; stack = profile.stacks[stack].parent) {
    const model::StackNode& node = profile.stacks[stack];
    text = profile.frames[node.frame].name + ":" + std::to_string(node.line) + (text.empty() ? "" : ";") + text;
  }
  return text;
}

bool has_function(const model::Profile& profile, std::string_view name, std::uint32_t line) {
  for (std::uint32_t stack : profile.samples.stack)
    for (; stack != model::kNoIndex; stack = profile.stacks[stack].parent) {
      const model::ProfileFrame& frame = profile.frames[profile.stacks[stack].frame];
      if (frame.name == name && frame.line == line) return true;
    }
  return false;
}

const model::ProfileProcess* process_with(const model::Profile& profile, std::string_view text) {
  const model::ProfileProcess* found = nullptr;
  for (const model::ProfileProcess& process : profile.processes)
    if (process.command.find(text) != std::string::npos) found = &process;
  return found;
}

bool says(const model::Profile& profile, std::string_view code) {
  for (const model::Diagnostic& diagnostic : profile.diagnostics)
    if (diagnostic.code == code) return true;
  return false;
}

}  // namespace rh::profiles
