// What `--base auto` stands for: the base that the CI system names in its variables, else the default branch of the
// remote. Says what it chose and why; docs/patch-coverage.md lists the variables.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runner/base/result.h"
#include "runner/engine/patch/git.h"
#include "runner/engine/patch/merge_base.h"
#include "runner/model/command.h"

namespace rh::engine {

struct BaseGuess {
  std::string base;  // a name that git knows here: "origin/main", a hash, "HEAD^1"
  std::string why;   // "GitHub Actions: GITHUB_BASE_REF is main"
};

// One thing that a CI system says about what a change is compared with.
struct BaseHint {
  enum class Kind { branch, commit };
  std::string system;    // "GitLab CI"
  std::string variable;  // where it stands
  std::string value;     // a branch without refs/heads/, or a commit
  Kind kind = Kind::branch;
  bool review = false;  // the target of a change under review; else what was there before a push, or a default
};

// Best first; where the target of a review is named, nothing else is. Pure but for the files that the variables name
// (GitHub's event, TeamCity's properties).
[[nodiscard]] std::vector<BaseHint> base_hints(const model::Environment& environment);

// The first hint that this clone has. An error names the variables and what to fetch.
[[nodiscard]] Result<BaseGuess> guess_base(const model::Environment& environment, const Git& git,
                                           const RepositoryFacts& facts);

}  // namespace rh::engine
