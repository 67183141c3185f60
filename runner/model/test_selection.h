// Which tests of a suite a run of affected tests took, and why: nothing is left out without a word.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace rh::model {

// Counts are of tests as results name them. A test that several reasons hold for counts for the first one, in
// the order of the members.
struct TestSelection {
  bool asked = false;                  // the run was to take affected tests only
  bool all = true;                     // every test was run
  std::string reason;                  // why all were run, when they were: "package.json changed"
  std::vector<std::string> causes;     // files and the like that led to that, bounded
  std::string compared_with;           // "what run 0198... measured (commit 3f2c1a9)", "the merge base of origin/main"
  std::uint64_t known = 0;             // tests that earlier runs have told of
  std::uint64_t reach_changes = 0;     // reach a changed line
  std::uint64_t in_changed_files = 0;  // lie in, or import, a test file that changed
  std::uint64_t failed_before = 0;
  std::uint64_t not_mapped = 0;  // nobody knows which lines they reach
  std::uint64_t added = 0;       // not known before this run
  std::uint64_t ran = 0;
  std::uint64_t left_out = 0;
  std::string summary;  // "ran 12 of 480 tests: 9 reach changed lines, 2 are new, 1 failed before"
  bool operator==(const TestSelection&) const = default;
};

}  // namespace rh::model
