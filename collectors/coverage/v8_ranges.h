// Block coverage as V8 tells it: for each function a tree of ranges, of which only those are listed whose count differs
// from that of the range around them. So two runs of a script cannot be added range by range: their trees are laid over
// one another, and every piece gets the sum of what each run says of it. This is the merge of @bcoe/v8-coverage, which
// c8 and vitest use: same ranges, same number of them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace rh::collectors {

// Offsets are UTF-16 code units from the begin of the script; `end` is exclusive.
struct V8Range {
  std::uint32_t start = 0, end = 0;
  std::uint32_t count = 0;
  bool operator==(const V8Range&) const = default;
};

struct V8Function {
  std::string name;             // empty: the script itself or an anonymous function
  std::vector<V8Range> ranges;  // the first is the function itself
  bool blocks = false;          // measured by block; else only how often the function was called
};

// Blocks in blocks; deeper ones are dropped.
constexpr std::size_t kMaxRangeDepth = 500;

struct V8Merged {
  std::vector<V8Function> functions;  // sorted by begin, outer ones first; no empty ranges lists
  std::size_t dropped = 0;            // ranges outside of their function, or too deep
};

// Runs of the same script, in any order.
[[nodiscard]] V8Merged merge_v8_runs(std::vector<std::vector<V8Function>> runs);

}  // namespace rh::collectors
