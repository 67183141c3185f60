// Fuzz target of the reader of git's diff. Promises: pieces of any size read the same, hunks are in order and lines
// that are idle are among those that were added.
#include <cstdint>
#include <string_view>

#include "runner/engine/patch/diff_reader.h"
#include "runner/engine/patch/line_map.h"
#include "tests/fuzz/require.h"

namespace {

rh::Result<std::vector<rh::engine::DiffRecord>> read(std::string_view input, std::size_t piece) {
  rh::engine::DiffReader reader;
  for (std::size_t at = 0; at < input.size(); at += piece) RH_CHECK(reader.feed(input.substr(at, piece)));
  return reader.finish();
}

void check(const rh::engine::DiffRecord& record) {
  rh::fuzz::require(!record.path.empty(), "a record has a path");
  const rh::engine::LineMap map(record.hunks);
  for (const std::uint32_t line : {1U, 2U, 7U, 1000U}) {
    (void)map.old_line(line);
    (void)map.new_line(line);
  }
  for (const auto& range : record.idle) rh::fuzz::require(range.first <= range.last, "a range is not empty");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto whole = read(input, size + 1), pieces = read(input, 3);
  rh::fuzz::require(whole.has_value() == pieces.has_value(), "pieces read as the whole does");
  if (!whole) {
    rh::fuzz::require_utf8(whole.error().message(), "an error is valid UTF-8");
    return 0;
  }
  rh::fuzz::require(whole->size() == pieces->size(), "pieces give the same files");
  for (std::size_t i = 0; i < whole->size(); ++i) {
    rh::fuzz::require((*whole)[i].hunks == (*pieces)[i].hunks, "pieces give the same hunks");
    check((*whole)[i]);
  }
  return 0;
}
