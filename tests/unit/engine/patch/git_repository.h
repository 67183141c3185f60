// A real git repository in a temporary folder, made by the machine's git, and a host whose environment has nothing of
// the machine's own git configuration.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "runner/base/file.h"
#include "runner/base/text.h"
#include "runner/engine/machine_host.h"
#include "runner/engine/patch/patch.h"

namespace rh::engine::testing {

inline model::Environment git_environment(const model::Environment& more = {}) {
  model::Environment environment = current_environment();
  std::erase_if(environment, [](const auto& variable) {
    return variable.first.starts_with("GIT_") || variable.first.starts_with("CI") ||
           variable.first.starts_with("GITHUB_");
  });
  environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
  environment["GIT_CONFIG_NOSYSTEM"] = "1";
  for (const char* who : {"GIT_AUTHOR", "GIT_COMMITTER"}) {
    environment[std::string(who) + "_NAME"] = "Test";
    environment[std::string(who) + "_EMAIL"] = "test@example.com";
    environment[std::string(who) + "_DATE"] = "2024-01-01T00:00:00Z";
  }
  for (const auto& [name, value] : more) environment[name] = value;
  return environment;
}

class GitRepository {
 public:
  explicit GitRepository(bool bare = false) : folder_(std::move(TempDir::make("rh-patch-")).value()) {
    git({"init", "-q", "-b", "main", bare ? "--bare" : "--no-bare"});
    if (!bare) git({"config", "core.autocrlf", "false"});
  }

  [[nodiscard]] const std::filesystem::path& root() const { return folder_.path(); }
  [[nodiscard]] std::filesystem::path operator/(const std::string& path) const { return folder_.path() / path; }

  std::string git(std::vector<std::string> arguments, bool may_fail = false,
                  const std::filesystem::path& in = {}) const {
    arguments.insert(arguments.begin(), {"git", "-c", "protocol.file.allow=always", "-c", "core.fsync=none"});
    const MachineHost host(git_environment());
    const auto answer = host.run_helper({arguments, in.empty() ? root() : in, {}}, std::chrono::seconds(60));
    EXPECT_TRUE(answer) << shell_join(arguments);
    if (!answer) return {};
    if (!may_fail) {
      EXPECT_EQ(answer->exit_code, 0) << shell_join(arguments) << "\n" << answer->standard_error;
    }
    return std::string(trim(answer->standard_output));
  }

  void write(const std::string& path, std::string_view text) const {
    std::filesystem::create_directories((root() / path).parent_path());
    ASSERT_TRUE(write_file(root() / path, text));
  }
  void commit(const std::map<std::string, std::string>& files, const std::string& message = "change") const {
    for (const auto& [path, text] : files) write(path, text);
    git({"add", "-A"});
    git({"commit", "-q", "--allow-empty", "-m", message});
  }

 private:
  TempDir folder_;
};

// "a\n" for each letter.
inline std::string lines(std::string_view letters) {
  std::string text;
  for (const char letter : letters) text += std::string(1, letter) + "\n";
  return text;
}

inline Result<ChangedFiles> ask(const GitRepository& repository, const std::string& base, bool dirty = false,
                                const std::string& below = {}, const model::Environment& more = {}) {
  const MachineHost host(git_environment(more));
  return changed_files(host, repository.root() / below, base, {dirty});
}

// "M src/a.py 2-3,7 (5)": kind, path with where it came from, added lines, and the idle ones among them.
inline std::string shown(const ChangedFile& file) {
  constexpr const char* kKinds[] = {"added", "modified", "renamed",   "copied", "deleted",
                                    "mode",  "type",     "submodule", "binary"};
  std::string text = kKinds[static_cast<std::size_t>(file.kind)];
  text += " " + file.path + (file.old_path.empty() ? "" : " <- " + file.old_path);
  const auto add = [&](const std::vector<model::LineRange>& ranges, const char* before, const char* behind) {
    if (ranges.empty()) return;
    std::vector<std::string> parts;
    for (const model::LineRange& range : ranges)
      parts.push_back(std::to_string(range.first) + (range.last > range.first ? "-" + std::to_string(range.last) : ""));
    text += before + rh::join(parts, ",") + behind;
  };
  add(file.added, " ", "");
  add(file.idle, " (", ")");
  return text;
}

inline std::vector<std::string> shown(const Result<ChangedFiles>& changes) {
  if (!changes) return {changes.error().message()};
  std::vector<std::string> all;
  for (const ChangedFile& file : changes->files) all.push_back(shown(file));
  return all;
}

inline std::string error_of(const Result<ChangedFiles>& changes) {
  return changes ? "no error" : changes.error().message();
}

}  // namespace rh::engine::testing
