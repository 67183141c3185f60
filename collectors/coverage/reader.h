// Readers of coverage files, recognised by content, and the merge of their results.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runner/base/result.h"
#include "runner/model/coverage.h"
#include "runner/model/diagnostic.h"

namespace rh::collectors {

// What one file said. Paths are still as the file has them.
struct CoverageData {
  std::vector<model::CoverageFile> files;
  std::string basis = "lines";
  std::optional<model::CoverageTotals> declared;  // the tool's own totals, when the file has them
  std::vector<model::Diagnostic> diagnostics;     // damaged records that were skipped
};

struct CoverageFormat {
  std::string_view name;  // "lcov", "cobertura", "go-cover", "coverage-py-json"
  std::string_view help;
  Result<CoverageData> (*read)(std::string_view text, std::string_view subject);
  bool (*sniff)(std::string_view head);
};

Result<CoverageData> read_lcov(std::string_view text, std::string_view subject);
Result<CoverageData> read_cobertura(std::string_view text, std::string_view subject);
Result<CoverageData> read_go_cover(std::string_view text, std::string_view subject);
Result<CoverageData> read_coverage_py_json(std::string_view text, std::string_view subject);
bool sniff_lcov(std::string_view head);
bool sniff_cobertura(std::string_view head);
bool sniff_go_cover(std::string_view head);
bool sniff_coverage_py_json(std::string_view head);

}  // namespace rh::collectors
