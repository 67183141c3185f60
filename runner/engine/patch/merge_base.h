// Where HEAD and a base parted, and everything that can be wrong on the way there: no commits, no such base, a shallow
// clone, no common ancestor. Errors say what to do.
#pragma once

#include <string>
#include <vector>

#include "runner/base/result.h"
#include "runner/engine/patch/git.h"

namespace rh::engine {

struct RepositoryFacts {
  bool bare = false, shallow = false;
  std::string prefix;  // of the folder that was asked about, from the top of the work tree: "" or "a/b/"
  std::string head;    // full hash of HEAD's commit
};

[[nodiscard]] Result<RepositoryFacts> repository_facts(const Git& git);

// The full hash of the commit that a name stands for.
[[nodiscard]] Result<std::string> base_commit(const Git& git, const RepositoryFacts& facts, const std::string& base);

struct MergeBase {
  std::string commit;
  std::vector<std::string> others;  // of criss-cross merges: as good as the first, which is what `git diff A...B` takes
};

[[nodiscard]] Result<MergeBase> merge_base(const Git& git, const RepositoryFacts& facts, const std::string& base,
                                           const std::string& commit);

}  // namespace rh::engine
