#include "collectors/coverage/file_builder.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <tuple>

#include "collectors/coverage/encoding.h"
#include "collectors/coverage/merge.h"
#include "runner/base/text.h"

namespace rh::collectors {
namespace {

// Sorts by `less` and folds neighbours of equal key with `add`.
template <class Record, class Less, class Add>
void sort_and_fold(std::vector<Record>& records, Less less, Add add) {
  const auto not_less = [&](const Record& a, const Record& b) { return !less(a, b); };
  if (std::adjacent_find(records.begin(), records.end(), not_less) == records.end()) return;  // strictly ascending
  if (!std::is_sorted(records.begin(), records.end(), less)) std::stable_sort(records.begin(), records.end(), less);
  auto out = records.begin();
  for (auto in = records.begin() + 1; in != records.end(); ++in) {
    if (!less(*out, *in))
      add(*out, *in);
    else if (++out != in)
      *out = std::move(*in);
  }
  records.erase(out + 1, records.end());
}

// The same piece of code told twice is one piece.
void fold_blocks(std::vector<model::BlockHits>& blocks) {
  sort_and_fold(
      blocks, [](const model::BlockHits& a, const model::BlockHits& b) { return extent_of(a) < extent_of(b); },
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

std::string source_text(std::string_view written) {
  return is_utf8(written) ? std::string(written) : from_windows_1252(written);
}

std::string source_path(std::string_view written) {
  std::string path = source_text(written);
  std::replace(path.begin(), path.end(), '\\', '/');
  return path;
}

std::optional<ReadCount> read_count(std::string_view text) {
  if (const auto exact = parse_u64(text)) return ReadCount{*exact, false};
  const bool digits_only = !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  if (digits_only) return ReadCount{UINT64_MAX, true};
  const auto number = parse_double(text);
  return number ? count_from(*number) : std::nullopt;
}

std::optional<ReadCount> count_from(double number) {
  if (std::isnan(number)) return std::nullopt;
  if (number <= 0) return ReadCount{0, number < 0};
  if (number >= 18446744073709551615.0) return ReadCount{UINT64_MAX, true};
  return ReadCount{static_cast<std::uint64_t>(std::ceil(number)), number != std::floor(number)};
}

std::optional<std::uint32_t> read_line_number(std::string_view text) {
  const auto number = parse_u64(text);
  if (!number || *number == 0 || *number > UINT32_MAX) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

void FileBuilder::checksum(std::uint32_t line, std::string_view written) {
  // FNV-1a: only ever compared, and 0 has a meaning of its own.
  std::uint64_t value = 0xcbf29ce484222325U;
  for (const char c : written) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  file_.checksums.push_back({line, std::max<std::uint64_t>(value, 1)});
}

void FileBuilder::fold() {
  sort_and_fold(
      file_.lines, [](const model::LineHits& a, const model::LineHits& b) { return a.line < b.line; },
      [](model::LineHits& into, const model::LineHits& l) { into.hits = saturating_add(into.hits, l.hits); });
  sort_and_fold(file_.branches, is_earlier_branch, [](model::BranchHits& into, const model::BranchHits& b) {
    into.taken = add_taken(into.taken, b.taken);
  });
  sort_and_fold(
      file_.functions,
      [](const model::FunctionHits& a, const model::FunctionHits& b) {
        return std::tie(a.name, a.line) < std::tie(b.name, b.line);
      },
      [](model::FunctionHits& into, const model::FunctionHits& f) { into.hits = saturating_add(into.hits, f.hits); });
  fold_blocks(file_.blocks);
  fold_blocks(file_.regions);
  sort_and_fold(
      file_.checksums, [](const model::LineChecksum& a, const model::LineChecksum& b) { return a.line < b.line; },
      [](model::LineChecksum& into, const model::LineChecksum& c) { join_checksum(into, c); });
}

model::CoverageFile FileBuilder::finish() && {
  fold();
  return std::move(file_);
}

model::CoverageFile FileBuilder::take(std::string next) {
  fold();
  model::CoverageFile file = file_;  // a copy has no spare capacity, and what is left here serves the next file
  file_.path = std::move(next);
  file_.source_hash.clear();
  file_.divergent = false;
  file_.lines.clear(), file_.branches.clear(), file_.functions.clear();
  file_.blocks.clear(), file_.regions.clear(), file_.checksums.clear();
  return file;
}

namespace {

// Halves first, so that a path which is repeated a million times is not copied as often.
model::CoverageFile merge_all(std::span<model::CoverageFile> files) {
  if (files.size() == 1) return std::move(files[0]);
  model::CoverageFile left = merge_all(files.first(files.size() / 2));
  merge_into(left, merge_all(files.subspan(files.size() / 2)));
  return left;
}

}  // namespace

std::vector<model::CoverageFile> gather_files(std::vector<model::CoverageFile> files) {
  const auto later = [](const model::CoverageFile& a, const model::CoverageFile& b) { return !is_earlier_file(a, b); };
  if (std::adjacent_find(files.begin(), files.end(), later) == files.end()) return files;
  std::stable_sort(files.begin(), files.end(), is_earlier_file);
  std::vector<model::CoverageFile> gathered;
  gathered.reserve(files.size());
  for (std::size_t begin = 0, end = 0; begin < files.size(); begin = end) {
    while (end < files.size() && !is_earlier_file(files[begin], files[end])) ++end;
    gathered.push_back(merge_all(std::span(files).subspan(begin, end - begin)));
  }
  return gathered;
}

bool holds_no_line(const std::vector<model::CoverageFile>& files) {
  return std::all_of(files.begin(), files.end(), [](const model::CoverageFile& file) { return file.lines.empty(); });
}

}  // namespace rh::collectors
