// Joins coverage from several files and suites. Associative and commutative: the same bytes for any
// order. Counts add with saturation; a line that one side does not know takes the other's count.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "runner/model/coverage.h"

namespace rh::collectors {

struct PathMapping {
  std::filesystem::path repository_root;
  std::filesystem::path base;                                           // where relative paths start from
  std::vector<std::pair<std::string, std::filesystem::path>> prefixes;  // import path or build prefix -> folder
  std::vector<std::pair<std::string, std::filesystem::path>> given;     // the caller's own: stronger than all else
  std::vector<std::string> exclude_globs;                               // repository-relative
  std::vector<std::string> repository_files;                            // for unique suffix match; may be empty
  // Files that are not found keep their paths and stay, for judging what comes from elsewhere.
  bool keep_unresolved = false;
};

// Makes paths repository-relative: `given`, the root itself, `base`, `prefixes`, then a unique suffix match in
// repository_files. What matches nothing, or more than one file, lands in `unresolved`; files
// outside the repository are dropped silently only when they are absolute and below no mapping.
[[nodiscard]] model::CoverageReport resolve_paths(std::vector<model::CoverageFile> files, const PathMapping& mapping);

// The order of files and of their records.
[[nodiscard]] bool is_earlier_file(const model::CoverageFile& a, const model::CoverageFile& b);  // path, text
[[nodiscard]] bool is_earlier_branch(const model::BranchHits& a, const model::BranchHits& b);    // without counts
[[nodiscard]] auto extent_of(const model::BlockHits& block) -> std::array<std::uint32_t, 4>;
// Of the same line: 0 when they differ.
void join_checksum(model::LineChecksum& into, const model::LineChecksum& other);

// Data of the same path and text. `divergent` is set when a line's checksums or its sets of branches differ.
void merge_into(model::CoverageFile& into, model::CoverageFile other);
// Both sorted. Data of different texts (source_hash) of a path stays apart until settle_texts.
void merge_into(std::vector<model::CoverageFile>& into, std::vector<model::CoverageFile> other);

// Leaves one entry a path. Data whose text is not known joins the text that is. Of several texts the one is kept whose
// hash `current` gives for the path, else the one with the largest hash, whatever came first; the path is divergent
// then.
void settle_texts(std::vector<model::CoverageFile>& files,
                  const std::function<std::string(const std::string& path)>& current = {});
// Paths of the files that are divergent, sorted.
[[nodiscard]] std::vector<std::string> divergent_paths(const std::vector<model::CoverageFile>& files);

// Recounts from the files; `statements` only where a file has blocks.
[[nodiscard]] model::CoverageTotals totals_of(const model::CoverageFile& file);
[[nodiscard]] model::CoverageTotals totals_of(const std::vector<model::CoverageFile>& files);

}  // namespace rh::collectors
