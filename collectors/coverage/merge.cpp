// The merge rules and the recount. Every rule is a fold over keys with an associative, commutative
// operation, so that shards may arrive in any order and grouping.
#include "collectors/coverage/merge.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "collectors/coverage/file_builder.h"

namespace rh::collectors {
namespace {

// Union of two sorted, unique ranges; records of equal key are joined by `add`.
template <class Record, class Key, class Add>
void join_sorted(std::vector<Record>& into, const std::vector<Record>& other, Key key, Add add) {
  if (other.empty()) return;
  std::vector<Record> joined;
  joined.reserve(std::max(into.size(), other.size()));
  auto a = into.begin();
  auto b = other.begin();
  while (a != into.end() || b != other.end()) {
    if (b == other.end() || (a != into.end() && key(*a) < key(*b)))
      joined.push_back(std::move(*a++));
    else if (a == into.end() || key(*b) < key(*a))
      joined.push_back(*b++);
    else
      joined.push_back(std::move(*a++)), add(joined.back(), *b++);
  }
  into = std::move(joined);
}

using Signature = std::vector<std::string>;                     // branch names of one block, in order
using Counts = std::vector<std::optional<std::uint64_t>>;       // taken counts, in the same order
using BlocksOfLine = std::map<Signature, std::vector<Counts>>;  // blocks of equal signature by rank

// Reads the blocks of one line; `at` is left behind them.
BlocksOfLine read_blocks(const std::vector<model::BranchHits>& branches, std::size_t& at) {
  BlocksOfLine blocks;
  const std::uint32_t line = branches[at].line;
  while (at < branches.size() && branches[at].line == line) {
    const std::uint32_t block = branches[at].block;
    Signature signature;
    Counts counts;
    for (; at < branches.size() && branches[at].line == line && branches[at].block == block; ++at) {
      signature.push_back(branches[at].branch);
      counts.push_back(branches[at].taken);
    }
    blocks[std::move(signature)].push_back(std::move(counts));
  }
  return blocks;
}

void join_blocks(BlocksOfLine& into, BlocksOfLine other) {
  for (auto& [signature, ranks] : other) {
    std::vector<Counts>& target = into[signature];
    if (target.size() < ranks.size()) target.resize(ranks.size(), Counts(signature.size()));
    for (std::size_t rank = 0; rank < ranks.size(); ++rank)
      for (std::size_t i = 0; i < signature.size(); ++i) target[rank][i] = add_taken(target[rank][i], ranks[rank][i]);
  }
}

void write_blocks(std::vector<model::BranchHits>& out, std::uint32_t line, const BlocksOfLine& blocks) {
  std::uint32_t number = 0;
  for (const auto& [signature, ranks] : blocks) {
    for (const Counts& counts : ranks) {
      for (std::size_t i = 0; i < signature.size(); ++i) out.push_back({line, number, signature[i], counts[i]});
      ++number;
    }
  }
}

// Blocks are matched by the line and by the set of their branches, not by their number: V8 numbers
// blocks by what happened to run, and another compiler or configuration may give a line other
// branches. Blocks of the same set are matched by rank; blocks that only one side has are kept.
// Numbers are given anew from that order, which makes the result independent of who came first.
std::vector<model::BranchHits> join_branches(const std::vector<model::BranchHits>& a,
                                             const std::vector<model::BranchHits>& b) {
  std::vector<model::BranchHits> joined;
  joined.reserve(std::max(a.size(), b.size()));
  std::size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    const bool from_a = i < a.size() && (j == b.size() || a[i].line <= b[j].line);
    const bool from_b = j < b.size() && (i == a.size() || b[j].line <= a[i].line);
    const std::uint32_t line = from_a ? a[i].line : b[j].line;
    BlocksOfLine blocks;
    if (from_a) blocks = read_blocks(a, i);
    if (from_b) join_blocks(blocks, read_blocks(b, j));
    write_blocks(joined, line, blocks);
  }
  return joined;
}

void count(std::optional<model::Ratio>& ratio, std::uint64_t found, bool hit) {
  if (!ratio) ratio.emplace();
  ratio->found += found;
  if (hit) ratio->hit += found;
}

void add_totals(model::CoverageTotals& totals, const model::CoverageFile& file) {
  for (const model::LineHits& line : file.lines) count(totals.lines, 1, line.hits > 0);
  for (const model::BranchHits& branch : file.branches) count(totals.branches, 1, branch.taken.value_or(0) > 0);
  for (const model::FunctionHits& function : file.functions) count(totals.functions, 1, function.hits > 0);
  for (const model::BlockHits& block : file.blocks) count(totals.statements, block.statements, block.hits > 0);
}

}  // namespace

void merge_into(model::CoverageFile& into, const model::CoverageFile& other) {
  join_sorted(
      into.lines, other.lines, [](const model::LineHits& l) { return l.line; },
      [](model::LineHits& a, const model::LineHits& b) { a.hits = saturating_add(a.hits, b.hits); });
  into.branches = join_branches(into.branches, other.branches);
  join_sorted(
      into.functions, other.functions, [](const model::FunctionHits& f) { return std::tie(f.name, f.line); },
      [](model::FunctionHits& a, const model::FunctionHits& b) { a.hits = saturating_add(a.hits, b.hits); });
  join_sorted(
      into.blocks, other.blocks,
      [](const model::BlockHits& b) { return std::tie(b.start_line, b.start_column, b.end_line, b.end_column); },
      [](model::BlockHits& a, const model::BlockHits& b) {
        a.statements = std::max(a.statements, b.statements);
        a.hits = saturating_add(a.hits, b.hits);
      });
}

void merge_into(std::vector<model::CoverageFile>& into, const std::vector<model::CoverageFile>& other) {
  into.insert(into.end(), other.begin(), other.end());
  into = gather_files(std::move(into));
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
