// Asks git about a repository without trusting that repository: its own configuration names no program that is run
// (hooks, filters, drivers of diff, monitors, transports), nothing is written or fetched, and the output is the same
// whatever the user's configuration says about looks.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "runner/adapters/adapter.h"
#include "runner/base/result.h"

namespace rh::engine {

struct GitAnswer {
  int exit_code = 0;
  std::string output;
  std::string problem;  // what git wrote to standard error, at most kMaxGitProblem bytes
};

constexpr std::size_t kMaxGitProblem = 64U << 10;
constexpr std::uint64_t kMaxGitAnswer = 256ULL << 20;  // of an answer that is kept as one text
constexpr std::uint64_t kMaxGitStream = 16ULL << 30;   // of an answer that is read in pieces
constexpr std::chrono::seconds kGitPatience{600};

class Git {
 public:
  // `folder` is where git starts to look for the repository. An error when there is no git, or no such folder.
  [[nodiscard]] static Result<Git> open(const adapters::Host& host, std::filesystem::path folder);

  // Both: an Error when git cannot be started, is killed, or exceeds a bound; its own exit code is in the answer.
  [[nodiscard]] Result<GitAnswer> run(const std::vector<std::string>& arguments, std::string_view input = {}) const;
  // Hands out the output in pieces as they come; a failure of `take` ends git and is returned.
  using Take = std::function<Result<void>(std::string_view)>;
  [[nodiscard]] Result<GitAnswer> stream(const std::vector<std::string>& arguments, const Take& take,
                                         std::string_view input = {}) const;

  // Turns off the filters that the repository's own configuration names (`filter.NAME.clean` runs when files of the
  // work tree are compared), but for those of Git LFS. Only needed before the work tree is looked at.
  [[nodiscard]] Result<void> distrust_filters();

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  Git(std::filesystem::path program, std::filesystem::path folder, const model::Environment& caller);
  void add_setting(const std::string& key, const std::string& value);

  std::filesystem::path program_, folder_;
  model::Environment environment_;
};

// The error of an answer whose exit code is not 0, with what to do where the cause is known: a repository of somebody
// else, no repository, a partial clone.
[[nodiscard]] Failure git_failure(const GitAnswer& answer, std::string_view doing, const std::filesystem::path& folder);

}  // namespace rh::engine
