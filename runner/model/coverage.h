// Coverage of source files in one model. A line, branch or statement that a format does not mention
// is unknown, which is not the same as zero.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runner/model/ids.h"

namespace rh::model {

struct LineHits {
  std::uint32_t line = 0;  // 1-based
  std::uint64_t hits = 0;
  auto operator<=>(const LineHits&) const = default;
};

struct BranchHits {
  std::uint32_t line = 0;
  std::uint32_t block = 0;
  std::string branch;                  // number or expression text
  std::optional<std::uint64_t> taken;  // nullopt: never evaluated, which differs from 0
  bool operator==(const BranchHits&) const = default;
};

// Numbers before texts, and in their own order: "2", "10", "a && b".
[[nodiscard]] inline std::strong_ordering compare_branch_names(std::string_view a, std::string_view b) {
  const auto is_number = [](std::string_view text) {
    for (const char c : text)
      if (c < '0' || c > '9') return false;
    return !text.empty();
  };
  const bool a_counts = is_number(a), b_counts = is_number(b);
  if (a_counts != b_counts) return b_counts <=> a_counts;
  if (a_counts && a.size() != b.size()) return a.size() <=> b.size();
  return a <=> b;
}

// By line, block and branch.
[[nodiscard]] inline std::strong_ordering operator<=>(const BranchHits& a, const BranchHits& b) {
  if (const auto order = a.line <=> b.line; order != 0) return order;
  if (const auto order = a.block <=> b.block; order != 0) return order;
  if (const auto order = compare_branch_names(a.branch, b.branch); order != 0) return order;
  return a.taken <=> b.taken;
}

struct FunctionHits {
  std::string name;
  std::uint32_t line = 0;
  std::uint64_t hits = 0;
  auto operator<=>(const FunctionHits&) const = default;
};

// A piece of code from column to column: a Go block (`statements` of it), an Istanbul statement (1), or a
// region of llvm-cov (1).
struct BlockHits {
  std::uint32_t start_line = 0, start_column = 0, end_line = 0, end_column = 0;
  std::uint32_t statements = 0;
  std::uint64_t hits = 0;
  auto operator<=>(const BlockHits&) const = default;
};

// What the format says of the text of a line (lcov's and gcovr's md5), shortened. 0: said differently by two files.
struct LineChecksum {
  std::uint32_t line = 0;
  std::uint64_t checksum = 0;
  auto operator<=>(const LineChecksum&) const = default;
};

struct CoverageFile {
  std::string path;                       // relative to the repository root, '/'-separated
  std::vector<LineHits> lines;            // sorted by line, unique
  std::vector<BranchHits> branches;       // sorted, unique by (line, block, branch)
  std::vector<FunctionHits> functions;    // sorted
  std::vector<BlockHits> blocks;          // statements: sorted, only where the format has them
  std::vector<BlockHits> regions{};       // llvm-cov's: sorted, only where the format has them
  std::string source_hash{};              // git blob id of the text that was measured; empty: not known
  std::vector<LineChecksum> checksums{};  // sorted by line; not part of reports
  bool divergent = false;                 // joined of different texts or sets of branches; CoverageReport lists it
  bool operator==(const CoverageFile&) const = default;
};

struct Ratio {
  std::uint64_t found = 0;  // how many there are
  std::uint64_t hit = 0;    // how many were reached
  bool operator==(const Ratio&) const = default;
};

struct CoverageTotals {
  std::optional<Ratio> lines, branches, functions, statements, regions{};  // absent: the format does not say
  bool operator==(const CoverageTotals&) const = default;
};

// What of a suite or of the run is covered. `basis` names the ratio that the ecosystem's own tool
// quotes; the totals of one suite are the tool's own where it counts otherwise than by distinct lines
// (llvm-cov), those of the whole run are always counted from the files. Values: "lines", or "statements" (Go), or
// "lines+branches" (coverage.py with branch = true).
struct CoverageReport {
  std::vector<CoverageFile> files;  // sorted by path, unique
  CoverageTotals totals;
  std::string basis = "lines";
  std::string tool;                      // "coverage.py 7.17.3"; empty for a merged report
  std::string reason;                    // why there is none, when files is empty
  std::vector<std::string> unresolved;   // paths in the data that match no file of the repository
  std::vector<std::string> divergent{};  // files whose data is of different texts or of different sets of branches
};

}  // namespace rh::model
