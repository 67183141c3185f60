// Readers of coverage files, recognised by content, and the merge of their results.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runner/base/result.h"
#include "runner/model/coverage.h"
#include "runner/model/diagnostic.h"
#include "runner/model/test_map.h"

namespace rh::collectors {

// What one file said. Paths are still as the file has them.
struct CoverageData {
  std::vector<model::CoverageFile> files;
  std::string basis = "lines";
  std::optional<model::CoverageTotals> declared;  // the tool's own totals, when the file has them
  std::vector<model::Diagnostic> diagnostics;     // damaged records that were skipped
  std::optional<model::TestMap> contexts;         // who tests what, when the file has it; test names as written there
};

struct CoverageReadOptions {
  std::string subject;  // the file's path, for errors and diagnostics
  // Text of a source file by its path as the coverage file has it; nullopt when it cannot be had. May be empty: formats
  // that count bytes (V8) or jumps (.coverage) then say less, with a reason.
  std::function<std::optional<std::string>(std::string_view path)> source{};
};

// One of several files that are read together.
struct CoverageText {
  std::string_view text;
  std::string_view subject;
};

struct CoverageFormat {
  std::string_view name;  // "lcov", "cobertura", "go-cover", "coverage-py-json"
  std::string_view help;
  Result<CoverageData> (*read)(std::string_view text, const CoverageReadOptions& options);
  bool (*sniff)(std::string_view head);  // the first kilobytes
  // For formats whose files say less alone than together: V8 writes one for each process, and lists only what differs.
  Result<CoverageData> (*read_together)(std::span<const CoverageText> texts,
                                        const CoverageReadOptions& options) = nullptr;
};

Result<CoverageData> read_lcov(std::string_view text, const CoverageReadOptions& options);
Result<CoverageData> read_cobertura(std::string_view text, const CoverageReadOptions& options);
Result<CoverageData> read_go_cover(std::string_view text, const CoverageReadOptions& options);
Result<CoverageData> read_coverage_py_json(std::string_view text, const CoverageReadOptions& options);
Result<CoverageData> read_coverage_py_data(std::string_view bytes, const CoverageReadOptions& options);
Result<CoverageData> read_gcov_json(std::string_view text, const CoverageReadOptions& options);
Result<CoverageData> read_gcovr_json(std::string_view text, const CoverageReadOptions& options);
Result<CoverageData> read_istanbul(std::string_view text, const CoverageReadOptions& options);
Result<CoverageData> read_v8(std::string_view text, const CoverageReadOptions& options);
Result<CoverageData> read_v8_together(std::span<const CoverageText> texts, const CoverageReadOptions& options);
Result<CoverageData> read_llvm_cov(std::string_view text, const CoverageReadOptions& options);
Result<CoverageData> read_simplecov(std::string_view text, const CoverageReadOptions& options);
Result<CoverageData> read_coverlet(std::string_view text, const CoverageReadOptions& options);
Result<CoverageData> read_xccov(std::string_view text, const CoverageReadOptions& options);
Result<CoverageData> read_jacoco(std::string_view text, const CoverageReadOptions& options);
Result<CoverageData> read_clover(std::string_view text, const CoverageReadOptions& options);
Result<CoverageData> read_opencover(std::string_view text, const CoverageReadOptions& options);
Result<CoverageData> read_visual_studio(std::string_view text, const CoverageReadOptions& options);
Result<CoverageData> read_sonar(std::string_view text, const CoverageReadOptions& options);
bool sniff_lcov(std::string_view head);
bool sniff_cobertura(std::string_view head);
bool sniff_go_cover(std::string_view head);
bool sniff_coverage_py_json(std::string_view head);
bool sniff_coverage_py_data(std::string_view head);
bool sniff_gcov_json(std::string_view head);
bool sniff_gcovr_json(std::string_view head);
bool sniff_istanbul(std::string_view head);
bool sniff_v8(std::string_view head);
bool sniff_llvm_cov(std::string_view head);
bool sniff_simplecov(std::string_view head);
bool sniff_coverlet(std::string_view head);
bool sniff_xccov(std::string_view head);
bool sniff_jacoco(std::string_view head);
bool sniff_clover(std::string_view head);
bool sniff_opencover(std::string_view head);
bool sniff_visual_studio(std::string_view head);
bool sniff_sonar(std::string_view head);

}  // namespace rh::collectors
