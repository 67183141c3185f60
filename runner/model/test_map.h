// Who tests what: the lines of source files that each test reached.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runner/model/ids.h"
#include "runner/model/line_range.h"

namespace rh::model {

struct ReachedLines {
  std::uint32_t test = 0;        // index into TestMap::tests
  std::vector<LineRange> lines;  // sorted, disjoint, not touching
  bool operator==(const ReachedLines&) const = default;
};

struct ReachedFile {
  std::string path;                 // relative to the repository root
  std::string source_hash;          // git blob id of the text that was measured; empty: not known
  std::vector<ReachedLines> tests;  // sorted by test
  bool operator==(const ReachedFile&) const = default;
};

struct TestMap {
  std::string granularity;         // what one entry of `tests` stands for: "test", "test file", "package"
  std::vector<TestId> tests;       // sorted; a test file or package has the id that its tests start with
  std::vector<ReachedFile> files;  // sorted by path
  std::string reason;              // why there is none, when files is empty
  bool operator==(const TestMap&) const = default;
};

}  // namespace rh::model
