// Joins coverage from several files and suites. Associative and commutative: the same bytes for any
// order. Counts add with saturation; a line that one side does not know takes the other's count.
#pragma once

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
  std::vector<std::string> exclude_globs;                               // repository-relative
  std::vector<std::string> repository_files;                            // for unique suffix match; may be empty
};

// Makes paths repository-relative: prefix map, then `base`, then unique suffix match in
// repository_files. What matches nothing, or more than one file, lands in `unresolved`; files
// outside the repository are dropped silently only when they are absolute and below no mapping.
[[nodiscard]] model::CoverageReport resolve_paths(std::vector<model::CoverageFile> files, const PathMapping& mapping);

void merge_into(model::CoverageFile& into, const model::CoverageFile& other);  // same path
void merge_into(std::vector<model::CoverageFile>& into, const std::vector<model::CoverageFile>& other);
// Recounts from the files; `statements` only where a file has blocks.
[[nodiscard]] model::CoverageTotals totals_of(const model::CoverageFile& file);
[[nodiscard]] model::CoverageTotals totals_of(const std::vector<model::CoverageFile>& files);

}  // namespace rh::collectors
