#include "tests/unit/engine/gate/case.h"

#include <algorithm>

#include "collectors/coverage/merge.h"
#include "runner/engine/fold.h"

namespace rh::engine::gate_test {

using namespace rh::model;

CoverageFile source_file(const std::string& path, std::string_view lines) {
  CoverageFile file;
  file.path = path;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto number = static_cast<std::uint32_t>(i + 1);
    const char c = lines[i];
    if (c == '-') continue;
    file.lines.push_back({number, c == '0' || c == 'u' ? 0U : 1U});
    if (c != 'f' && c != 'p' && c != 'u') continue;
    BranchHits branch;
    branch.line = number;
    branch.branch = "0";
    branch.taken = c == 'u' ? 0U : 1U;
    file.branches.push_back(branch);
    branch.branch = "1";
    branch.taken = c == 'f' ? 1U : 0U;
    file.branches.push_back(branch);
  }
  return file;
}

namespace {

void add(CoverageReport& coverage, CoverageFile file) {
  coverage.files.push_back(std::move(file));
  std::sort(coverage.files.begin(), coverage.files.end(),
            [](const CoverageFile& a, const CoverageFile& b) { return a.path < b.path; });
  coverage.totals = collectors::totals_of(coverage.files);
}

PatchFile changed_file(const std::string& path, std::string_view states, PatchFileKind kind) {
  PatchFile file;
  file.path = path;
  file.kind = kind;
  file.source = true;
  file.measured = true;
  for (std::size_t i = 0; i < states.size(); ++i) {
    const char c = states[i];
    const PatchLineState state = c == 'c'   ? PatchLineState::covered
                                 : c == 'p' ? PatchLineState::partial
                                 : c == 'u' ? PatchLineState::uncovered
                                            : PatchLineState::no_data;
    file.lines.push_back({static_cast<std::uint32_t>(i + 1), state});
    if (c == 'n') continue;
    ++file.line_ratio.found;
    if (c != 'u') ++file.line_ratio.hit;
  }
  return file;
}

}  // namespace

Case& Case::file(const std::string& path, std::string_view lines) {
  add(report.coverage, source_file(path, lines));
  return *this;
}

Case& Case::totals(Ratio lines) {
  report.coverage.totals.lines = lines;
  return *this;
}

Case& Case::base_file(const std::string& path, std::string_view lines) {
  if (!base) base = std::make_shared<CoverageReport>();
  add(*base, source_file(path, lines));
  return *this;
}

Case& Case::baseline_file(const std::string& path, std::uint64_t uncovered_lines) {
  if (!baseline) baseline = std::make_shared<Baseline>();
  baseline->files[path]["lines"] = uncovered_lines;
  return *this;
}

Case& Case::patch() {
  if (!report.patch) report.patch.emplace();
  return *this;
}

Case& Case::changed(const std::string& path, std::string_view states, PatchFileKind kind) {
  patch();
  report.patch->files.push_back(changed_file(path, states, kind));
  return *this;
}

Case& Case::branches(Ratio ratio) {
  report.patch->files.back().branch_ratio = ratio;
  return *this;
}

Case& Case::unmeasured(const std::string& path, std::uint32_t code_lines, bool source) {
  patch();
  PatchFile file;
  file.path = path;
  file.source = source;
  file.code_lines = code_lines;
  file.note = "no coverage report names it";
  for (std::uint32_t line = 1; line <= code_lines; ++line) file.lines.push_back({line, PatchLineState::no_data});
  report.patch->files.push_back(std::move(file));
  return *this;
}

Case& Case::renamed(const std::string& from, const std::string& to, std::string_view states) {
  changed(to, states, PatchFileKind::renamed);
  report.patch->files.back().old_path = from;
  return *this;
}

Case& Case::suite(const std::string& id, TestCounts of_suite) {
  SuiteReport suite;
  suite.suite.id.value = id;
  suite.counts = of_suite;
  suite.status = of_suite.failed + of_suite.errored > 0 ? SuiteStatus::failed : SuiteStatus::passed;
  suite.steps.resize(1);
  report.suites.push_back(std::move(suite));
  report.counts = report.counts + of_suite;
  return *this;
}

Case& Case::test(const std::string& name, Outcome outcome) {
  TestRecord record;
  record.test.id.value = report.suites.back().suite.id.value + "::" + name;
  record.test.name = name;
  record.attempts.resize(1);
  record.attempts[0].outcome = outcome;
  report.suites.back().tests.push_back(std::move(record));
  return *this;
}

Case& Case::diagnostic(Severity severity, const std::string& code) {
  report.diagnostics.push_back({severity, code, "it happened", "file", {}});
  return *this;
}

GateInput Case::input() const {
  GateInput input{report, components};
  input.base_coverage = base.get();
  input.baseline = baseline.get();
  input.source_exists = [this](const std::string& path) {
    return std::find(sources.begin(), sources.end(), path) != sources.end();
  };
  return input;
}

TestCounts counts(std::uint64_t passed, std::uint64_t failed, std::uint64_t skipped, std::uint64_t flaky) {
  TestCounts result;
  result.passed = passed;
  result.failed = failed;
  result.skipped = skipped;
  result.flaky = flaky;
  result.total = passed + failed + skipped;
  return result;
}

}  // namespace rh::engine::gate_test
