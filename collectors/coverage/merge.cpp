// The merge rules and the recount. Every rule is a fold over keys with an associative, commutative
// operation, so that shards may arrive in any order and grouping.
#include "collectors/coverage/merge.h"

#include <algorithm>
#include <iterator>
#include <tuple>

#include "collectors/coverage/file_builder.h"
#include "collectors/coverage/merge_branches.h"

namespace rh::collectors {
namespace {

// Union of two sorted, unique ranges; records of equal key are joined by `add`. Shards of one build have the same keys,
// so that is tried first: no new memory, no moves.
template <class Record, class Key, class Add>
void join_sorted(std::vector<Record>& into, std::vector<Record> other, Key key, Add add) {
  if (other.empty()) return;
  const auto same_key = [&](const Record& a, const Record& b) { return key(a) == key(b); };
  if (std::equal(into.begin(), into.end(), other.begin(), other.end(), same_key)) {
    for (std::size_t i = 0; i < into.size(); ++i) add(into[i], std::move(other[i]));
    return;
  }
  std::vector<Record> joined;
  joined.reserve(std::max(into.size(), other.size()));
  auto a = into.begin();
  auto b = other.begin();
  while (a != into.end() && b != other.end()) {
    if (key(*a) < key(*b))
      joined.push_back(std::move(*a++));
    else if (key(*b) < key(*a))
      joined.push_back(std::move(*b++));
    else
      joined.push_back(std::move(*a++)), add(joined.back(), std::move(*b++));
  }
  joined.insert(joined.end(), std::move_iterator(a), std::move_iterator(into.end()));
  joined.insert(joined.end(), std::move_iterator(b), std::move_iterator(other.end()));
  into = std::move(joined);
}

void join_blocks(std::vector<model::BlockHits>& into, std::vector<model::BlockHits> other) {
  join_sorted(into, std::move(other), extent_of, [](model::BlockHits& a, const model::BlockHits& b) {
    a.statements = std::max(a.statements, b.statements);
    a.hits = saturating_add(a.hits, b.hits);
  });
}

// Adds what `records` have: `found` of each, as hit where `is_hit`.
template <class Record, class Found, class IsHit>
void count(std::optional<model::Ratio>& ratio, const std::vector<Record>& records, Found found, IsHit is_hit) {
  if (records.empty()) return;
  model::Ratio sum;
  for (const Record& record : records) {
    const std::uint64_t weight = found(record);
    sum.found += weight;
    sum.hit += is_hit(record) ? weight : 0;
  }
  if (!ratio) ratio.emplace();
  ratio->found += sum.found;
  ratio->hit += sum.hit;
}

void add_totals(model::CoverageTotals& totals, const model::CoverageFile& file) {
  const auto one = [](const auto&) { return std::uint64_t{1}; };
  const auto was_hit = [](const auto& record) { return record.hits > 0; };
  count(totals.lines, file.lines, one, was_hit);
  count(totals.branches, file.branches, one, [](const model::BranchHits& b) { return b.taken.value_or(0) > 0; });
  count(totals.functions, file.functions, one, was_hit);
  count(
      totals.statements, file.blocks, [](const model::BlockHits& b) { return std::uint64_t{b.statements}; }, was_hit);
  count(totals.regions, file.regions, one, was_hit);
}

}  // namespace

bool is_earlier_file(const model::CoverageFile& a, const model::CoverageFile& b) {
  return std::tie(a.path, a.source_hash) < std::tie(b.path, b.source_hash);
}

bool is_earlier_branch(const model::BranchHits& a, const model::BranchHits& b) {
  if (a.line != b.line) return a.line < b.line;
  if (a.block != b.block) return a.block < b.block;
  return model::compare_branch_names(a.branch, b.branch) < 0;
}

auto extent_of(const model::BlockHits& block) -> std::array<std::uint32_t, 4> {
  return {block.start_line, block.start_column, block.end_line, block.end_column};
}

void join_checksum(model::LineChecksum& into, const model::LineChecksum& other) {
  if (into.checksum != other.checksum) into.checksum = 0;
}

void merge_into(model::CoverageFile& into, model::CoverageFile other) {
  join_sorted(
      into.lines, std::move(other.lines), [](const model::LineHits& l) { return l.line; },
      [](model::LineHits& a, const model::LineHits& b) { a.hits = saturating_add(a.hits, b.hits); });
  into.divergent = into.divergent || other.divergent;
  into.branches = join_branches(std::move(into.branches), std::move(other.branches), into.divergent);
  join_sorted(
      into.functions, std::move(other.functions), [](const model::FunctionHits& f) { return std::tie(f.name, f.line); },
      [](model::FunctionHits& a, const model::FunctionHits& b) { a.hits = saturating_add(a.hits, b.hits); });
  join_blocks(into.blocks, std::move(other.blocks));
  join_blocks(into.regions, std::move(other.regions));
  join_sorted(
      into.checksums, std::move(other.checksums), [](const model::LineChecksum& c) { return c.line; },
      [&](model::LineChecksum& a, const model::LineChecksum& b) {
        join_checksum(a, b);
        into.divergent = into.divergent || a.checksum == 0;
      });
}

void merge_into(std::vector<model::CoverageFile>& into, std::vector<model::CoverageFile> other) {
  into = gather_files(std::move(into));
  join_sorted(
      into, gather_files(std::move(other)),
      [](const model::CoverageFile& f) { return std::tie(f.path, f.source_hash); },
      [](model::CoverageFile& a, model::CoverageFile&& b) { merge_into(a, std::move(b)); });
}

void settle_texts(std::vector<model::CoverageFile>& files,
                  const std::function<std::string(const std::string& path)>& current) {
  files = gather_files(std::move(files));
  std::vector<model::CoverageFile> settled;
  settled.reserve(files.size());
  for (auto begin = files.begin(), end = begin; begin != files.end(); begin = end) {
    while (end != files.end() && end->path == begin->path) ++end;
    auto kept = std::prev(end);  // sorted by hash, an unknown one first
    const std::string wanted = current && end - begin > 1 ? current(begin->path) : std::string();
    const auto now = std::find_if(begin, end, [&](const model::CoverageFile& f) { return f.source_hash == wanted; });
    if (!wanted.empty() && now != end) kept = now;
    const bool unknown = begin->source_hash.empty() && kept != begin;
    if (unknown) merge_into(*kept, std::move(*begin));
    kept->divergent = kept->divergent || end - begin > (unknown ? 2 : 1);
    settled.push_back(std::move(*kept));
  }
  files = std::move(settled);
}

std::vector<std::string> divergent_paths(const std::vector<model::CoverageFile>& files) {
  std::vector<std::string> paths;
  for (const model::CoverageFile& file : files)
    if (file.divergent) paths.push_back(file.path);
  std::sort(paths.begin(), paths.end());
  return paths;
}

model::CoverageTotals totals_of(const model::CoverageFile& file) {
  model::CoverageTotals totals;
  add_totals(totals, file);
  return totals;
}

model::CoverageTotals totals_of(const std::vector<model::CoverageFile>& files) {
  model::CoverageTotals totals;
  for (const model::CoverageFile& file : files) add_totals(totals, file);
  return totals;
}

}  // namespace rh::collectors
