// Coverage figures as rules see them: one ratio per metric, of a file, of a group of files or of the run,
// and the line ranges that a person has to look at.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runner/engine/gate/judging.h"
#include "runner/model/coverage.h"

namespace rh::engine {

// lines, full_lines, branches, functions, statements, regions, combined.
constexpr std::string_view kMetrics = "lines|full_lines|branches|functions|statements|regions|combined";

// "lines", "branches", "lines and branches": what the metric counts, for sentences.
[[nodiscard]] std::string noun_of(std::string_view metric);

// nullopt: the data does not have the metric. full_lines: a line with a branch that was not taken counts as
// not covered. combined: lines and branches together; of a file without branches its lines.
[[nodiscard]] std::optional<model::Ratio> ratio_of(const model::CoverageFile& file, std::string_view metric);
[[nodiscard]] std::optional<model::Ratio> ratio_of(const std::vector<const model::CoverageFile*>& files,
                                                   std::string_view metric);

[[nodiscard]] constexpr std::uint64_t uncovered(const model::Ratio& ratio) { return ratio.found - ratio.hit; }

[[nodiscard]] std::optional<model::Ratio> ratio_of(const model::CoverageTotals& totals, std::string_view metric);

// The coverage that a rule is about: of the run or of some suites, and of it some files.
class ScopedCoverage {
 public:
  ScopedCoverage(const GateRule& rule, const GateInput& input);
  ScopedCoverage(const ScopedCoverage&) = delete;
  ScopedCoverage& operator=(const ScopedCoverage&) = delete;

  [[nodiscard]] const std::vector<const model::CoverageFile*>& files() const { return files_; }
  [[nodiscard]] std::optional<model::Ratio> total(std::string_view metric) const;
  [[nodiscard]] const std::string& problem() const { return problem_; }  // why there is nothing; empty: there is

 private:
  const model::CoverageReport* whole_ = nullptr;  // the scope is all of this report
  std::vector<model::CoverageFile> joined_;       // of several suites
  std::vector<const model::CoverageFile*> files_;
  std::string problem_;
};

// The folder a file counts for: its first `depth` folders, or with 0 the folder it lies in. "." at the root.
[[nodiscard]] std::string folder_of(std::string_view path, std::uint64_t depth);

struct FilePart {
  std::string name;  // a path or a folder
  std::vector<const model::CoverageFile*> files;
};
// Sorted by name. `per`: "file" or "directory".
[[nodiscard]] std::vector<FilePart> parts_of(const std::vector<const model::CoverageFile*>& files, std::string_view per,
                                             std::uint64_t depth);

// What is not covered, as ranges without a covered line in between; of full_lines and branches: the lines
// with a branch that was not taken as well. Bounded.
[[nodiscard]] std::vector<model::LineRange> uncovered_ranges(const model::CoverageFile& file, std::string_view metric);

// A culprit: the part, the uncovered ranges of its file (of a folder: none) and "12 of 40 lines are not covered".
[[nodiscard]] model::GateEvidence culprit_of(const FilePart& part, std::string_view metric, const model::Ratio& ratio);

}  // namespace rh::engine
