// Runs git's diff and reads it while it is written. A change of many files is compared by several gits side by side,
// each with its share of them: git itself uses one core.
#pragma once

#include <string>
#include <vector>

#include "runner/base/result.h"
#include "runner/engine/patch/diff_reader.h"
#include "runner/engine/patch/git.h"

namespace rh::engine {

struct DiffQuestion {
  std::string merge_base;
  std::string head;                // empty: the work tree is the new side
  std::vector<std::string> paths;  // as git's current folder sees them; empty: everything
  bool renames = true;
  bool as_text = false;  // files that attributes or NUL bytes make binary as well
};

struct DiffAnswer {
  std::vector<DiffRecord> records;  // in git's order
  std::string warnings;             // what git wrote to standard error
};

// One git.
[[nodiscard]] Result<DiffAnswer> run_diff(const Git& git, const DiffQuestion& question);

// The same answer, by at most `workers` gits. `prefix` is the folder below the top of the work tree that git is started
// in ("a/b/" or empty).
[[nodiscard]] Result<DiffAnswer> run_diffs(const Git& git, const DiffQuestion& question, const std::string& prefix,
                                           unsigned workers);

// A path from the top of the work tree as the folder `prefix` below it sees it: "../x" when it lies outside.
[[nodiscard]] std::string seen_from(const std::string& prefix, const std::string& path);

}  // namespace rh::engine
