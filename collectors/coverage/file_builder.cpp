#include "collectors/coverage/file_builder.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "collectors/coverage/merge.h"
#include "runner/base/text.h"

namespace rh::collectors {
namespace {

// Sorts by `key` and folds neighbours of equal key with `add`.
template <class Record, class Key, class Add>
void sort_and_fold(std::vector<Record>& records, Key key, Add add) {
  const auto less = [&](const Record& a, const Record& b) { return key(a) < key(b); };
  if (!std::is_sorted(records.begin(), records.end(), less)) std::stable_sort(records.begin(), records.end(), less);
  auto out = records.begin();
  for (auto in = records.begin(); in != records.end(); ++in) {
    if (in == records.begin()) continue;
    if (key(*in) == key(*out))
      add(*out, *in);
    else if (++out != in)
      *out = std::move(*in);
  }
  if (out != records.end()) records.erase(out + 1, records.end());
}

// The same piece of code told twice is one piece.
void fold_blocks(std::vector<model::BlockHits>& blocks) {
  sort_and_fold(
      blocks,
      [](const model::BlockHits& b) { return std::tie(b.start_line, b.start_column, b.end_line, b.end_column); },
      [](model::BlockHits& into, const model::BlockHits& b) {
        into.statements = std::max(into.statements, b.statements);
        into.hits = saturating_add(into.hits, b.hits);
      });
}

}  // namespace

std::optional<std::uint64_t> add_taken(std::optional<std::uint64_t> a, std::optional<std::uint64_t> b) {
  if (!a) return b;
  if (!b) return a;
  return saturating_add(*a, *b);
}

std::string source_path(std::string_view written) {
  std::string path = to_valid_utf8(written);
  std::replace(path.begin(), path.end(), '\\', '/');
  return path;
}

std::optional<ReadCount> read_count(std::string_view text) {
  if (const auto exact = parse_u64(text)) return ReadCount{*exact, false};
  const bool digits_only = !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  if (digits_only) return ReadCount{UINT64_MAX, true};
  const auto number = parse_double(text);
  if (!number || std::isnan(*number)) return std::nullopt;
  if (*number <= 0) return ReadCount{0, *number < 0};
  if (*number >= 18446744073709551615.0) return ReadCount{UINT64_MAX, true};
  return ReadCount{static_cast<std::uint64_t>(std::ceil(*number)), *number != std::floor(*number)};
}

std::optional<std::uint32_t> read_line_number(std::string_view text) {
  const auto number = parse_u64(text);
  if (!number || *number == 0 || *number > UINT32_MAX) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

model::CoverageFile FileBuilder::finish() && {
  sort_and_fold(
      file_.lines, [](const model::LineHits& l) { return l.line; },
      [](model::LineHits& into, const model::LineHits& l) { into.hits = saturating_add(into.hits, l.hits); });
  sort_and_fold(
      file_.branches, [](const model::BranchHits& b) { return std::tie(b.line, b.block, b.branch); },
      [](model::BranchHits& into, const model::BranchHits& b) { into.taken = add_taken(into.taken, b.taken); });
  sort_and_fold(
      file_.functions, [](const model::FunctionHits& f) { return std::tie(f.name, f.line); },
      [](model::FunctionHits& into, const model::FunctionHits& f) { into.hits = saturating_add(into.hits, f.hits); });
  fold_blocks(file_.blocks);
  fold_blocks(file_.regions);
  return std::move(file_);
}

std::vector<model::CoverageFile> gather_files(std::vector<model::CoverageFile> files) {
  const auto by_path = [](const model::CoverageFile& a, const model::CoverageFile& b) { return a.path < b.path; };
  std::stable_sort(files.begin(), files.end(), by_path);
  std::vector<model::CoverageFile> gathered;
  gathered.reserve(files.size());
  for (model::CoverageFile& file : files) {
    if (!gathered.empty() && gathered.back().path == file.path)
      merge_into(gathered.back(), file);
    else
      gathered.push_back(std::move(file));
  }
  return gathered;
}

}  // namespace rh::collectors
