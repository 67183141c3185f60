// Lines, branches and functions of one source from V8's ranges, by the rules of v8-to-istanbul, so that the totals are
// c8's:
//   a line    counts, whatever is on it, up to the last that is not blank; it ran once unless a range spans it wholly,
//             and then as often as the innermost such range
//   a branch  is a range of a function that was measured by block, the function's own included
//   a function is one with a name
// What a comment leaves out (c8 ignore, v8 ignore, node:coverage) counts as run.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "collectors/coverage/function_names.h"
#include "collectors/coverage/script_text.h"
#include "runner/model/coverage.h"

namespace rh::collectors {

class V8Lines {
 public:
  V8Lines(std::string path, ScriptText text) : path_(std::move(path)), text_(std::move(text)) {}

  [[nodiscard]] const ScriptText& text() const { return text_; }
  // Outer ranges before those in them. Offsets may lie outside of the text.
  void add_range(std::int64_t start, std::int64_t end, std::uint64_t count, bool branch, const std::string* function);
  [[nodiscard]] model::CoverageFile finish() &&;

 private:
  struct Painted {
    std::size_t first, last;  // lines, `last` exclusive
    std::uint64_t count;
  };
  [[nodiscard]] std::vector<std::uint64_t> paint() const;

  std::string path_;
  ScriptText text_;
  std::vector<Painted> painted_;
  std::vector<model::BranchHits> branches_;
  std::map<std::uint32_t, std::uint32_t> blocks_;  // of a line, so far
  FunctionNames functions_;
};

}  // namespace rh::collectors
