// The record of a test run that an agent gets, and the text above it.
#include <algorithm>
#include <cmath>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/project/coverage_gaps.h"
#include "runner/agent/project/test_run.h"
#include "runner/base/text.h"
#include "runner/model/names.h"

namespace rh::agent {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxFailures = 100, kMaxGaps = 50, kMaxMessage = 300, kMaxDetails = 1500;

std::optional<model::Ratio> ratio_of(const model::CoverageReport& coverage) {
  if (coverage.basis == "statements" && coverage.totals.statements) return coverage.totals.statements;
  return coverage.totals.lines;
}

json percent_of(const std::optional<model::Ratio>& ratio) {
  if (!ratio || ratio->found == 0) return nullptr;
  return std::floor(static_cast<double>(ratio->hit) * 10000 / static_cast<double>(ratio->found)) / 100;
}

json seconds(std::chrono::nanoseconds span) { return std::chrono::duration<double>(span).count(); }

std::string bounded(std::string_view text, std::size_t max) {
  return text.size() <= max ? to_valid_utf8(text) : to_valid_utf8(text.substr(0, max)) + "…";
}

json counts_json(const model::TestCounts& counts) {
  return {{"total", counts.total},
          {"passed", counts.passed},
          {"failed", counts.failed + counts.errored},
          {"skipped", counts.skipped},
          {"flaky", counts.flaky}};
}

json suite_json(const model::SuiteReport& suite) {
  json value = counts_json(suite.counts);
  value["id"] = suite.suite.id.value;
  value["ecosystem"] = suite.suite.ecosystem;
  value["status"] = model::name_of(suite.status);
  value["reason"] = suite.status_reason;
  value["coverage"] = percent_of(ratio_of(suite.coverage));
  if (value["coverage"].is_null()) value["coverage_reason"] = suite.coverage.reason;
  value["seconds"] = seconds(suite.wall);
  return value;
}

// The file as a path of the repository.
std::string file_of(const model::SuiteReport& suite, const model::TestCase& test) {
  return suite.suite.root == "." ? test.file : suite.suite.root + "/" + test.file;
}

json failure_json(const model::RunReport& report, const model::SuiteReport& suite, const model::TestRecord& record) {
  const model::Attempt& attempt = record.attempts.back();
  const auto rerun = std::find_if(report.rerun_commands.begin(), report.rerun_commands.end(),
                                  [&](const auto& one) { return one.first == record.test.id.value; });
  return {{"id", record.test.id.value},
          {"file", file_of(suite, record.test)},
          {"line", record.test.line ? json(*record.test.line) : json()},
          {"outcome", model::name_of(attempt.outcome)},
          {"message", bounded(attempt.message, kMaxMessage)},
          {"details", bounded(attempt.details, kMaxDetails)},
          {"rerun", rerun == report.rerun_commands.end() ? json() : json(rerun->second)}};
}

json failures_json(const model::RunReport& report) {
  json failures = json::array();
  for (const model::SuiteReport& suite : report.suites)
    for (const model::TestRecord& record : suite.tests)
      if (model::is_failure(record.outcome()) && failures.size() < kMaxFailures)
        failures.push_back(failure_json(report, suite, record));
  return failures;
}

// Of one folder that was asked for: a file lies in it, or is it.
json folder_json(const model::RunReport& report, const std::string& folder) {
  model::TestCounts counts;
  for (const model::SuiteReport& suite : report.suites) {
    for (const model::TestRecord& record : suite.tests) {
      const std::string file = file_of(suite, record.test);
      if (file != folder && !file.starts_with(folder + "/")) continue;
      if (record.test.kind != model::TestKind::test) continue;
      ++counts.total;
      if (model::is_failure(record.outcome())) ++counts.failed;
      if (record.outcome() == model::Outcome::skipped) ++counts.skipped;
      if (record.outcome() == model::Outcome::passed) ++counts.passed;
      if (record.flaky()) ++counts.flaky;
    }
  }
  json value = counts_json(counts);
  value["path"] = folder;
  value["success"] = counts.failed == 0 && counts.total > 0;
  return value;
}

json gates_json(const model::RunReport& report) {
  json gates = json::array();
  for (const model::GateVerdict& gate : report.gates)
    gates.push_back({{"rule", gate.rule},
                     {"scope", gate.scope},
                     {"state", model::name_of(gate.state)},
                     {"threshold", gate.threshold},
                     {"actual", gate.actual},
                     {"message", gate.message},
                     {"blocks", gate.blocks}});
  return gates;
}

std::string_view status_of(const model::RunReport& report, bool below) {
  switch (report.exit_code) {
    case 0:
      return below ? "gate_failed" : "passed";
    case 1:
      return "failed";
    case 3:
      return "gate_failed";
    case 4:
      return "no_tests";
    case 5:
      return "broken";
    case 6:
      return "unusable";
    case 7:
      return "isolation_unavailable";
    case 124:
      return "timeout";
    case 130:
    case 143:
      return "cancelled";
    default:
      return "error";
  }
}

bool is_duration(std::string_view text) {
  return text.size() >= 3 && text.front() >= '0' && text.front() <= '9' && text.find(' ') != std::string_view::npos &&
         (text.ends_with(" s") || text.ends_with(" ms") || text.ends_with(" us") || text.ends_with(" ns") ||
          (text.find("m ") != std::string_view::npos && text.ends_with('s')) ||
          (text.find("h ") != std::string_view::npos && text.ends_with('m')));
}

std::string verdict_without_time(std::string_view line) {
  const std::size_t colon = std::min(line.find(": "), line.size());
  std::string head;
  std::string_view rest = line.substr(0, colon);
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(", "), rest.size());
    if (!is_duration(rest.substr(0, comma)))
      head += fmt::format("{}{}", head.empty() ? "" : ", ", rest.substr(0, comma));
    rest.remove_prefix(std::min(rest.size(), comma + 2));
  }
  return head + std::string(line.substr(colon));
}

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// "<Thing object at 0x7f3a5c0b9d10>": where an object lies differs from run to run and tells nothing.
std::string without_addresses(std::string_view line) {
  constexpr std::size_t kAddressDigits = 8;
  std::string text;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (!line.substr(i).starts_with("0x")) {
      text += line[i];
      continue;
    }
    std::size_t end = i + 2;
    while (end < line.size() && is_hex(line[end])) ++end;
    text += end - i - 2 >= kAddressDigits ? "0x…" : line.substr(i, end - i);
    i = end - 1;
  }
  return text;
}

// "/tmp/pytest-of-root/pytest-17/test_a0" -> ".../pytest-N/test_a0"
std::string without_counters(std::string text) {
  constexpr std::string_view kFolder = "/pytest-";
  for (std::size_t at = text.find(kFolder); at != std::string::npos; at = text.find(kFolder, at + 1)) {
    std::size_t end = at + kFolder.size();
    while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
    if (end > at + kFolder.size()) text.replace(at + kFolder.size(), end - at - kFolder.size(), "N");
  }
  return text;
}

}  // namespace

std::string stable_text(std::string_view agent_text) {
  std::string text;
  bool first = true;
  for (const std::string_view line : split_lines(agent_text)) {
    if (line.starts_with("details: ") && line.ends_with("/report.json")) continue;
    text += first ? verdict_without_time(line) : without_counters(without_addresses(line));
    text += '\n';
    first = false;
  }
  return text;
}

std::optional<bool> below_threshold(const model::RunReport& report, const CoverageRule& rule) {
  const auto ratio = ratio_of(report.coverage);
  if (rule.threshold <= 0 || !ratio || ratio->found == 0) return std::nullopt;
  return static_cast<double>(ratio->hit) * 100 < rule.threshold * static_cast<double>(ratio->found);
}

json test_record(const model::RunReport& report, const CoverageRule& rule, const std::vector<std::string>& folders) {
  const auto below = below_threshold(report, rule);
  const auto ratio = ratio_of(report.coverage);
  json record = counts_json(report.counts);
  record["status"] = status_of(report, below.value_or(false));
  record["success"] = record["status"] == "passed";
  record["exit_code"] = report.exit_code == 0 && below.value_or(false) ? 3 : report.exit_code;
  record["reason"] = report.exit_reason;
  record["coverage"] = percent_of(ratio);
  if (ratio) record["coverage_lines"] = {{"found", ratio->found}, {"hit", ratio->hit}};
  if (record["coverage"].is_null()) {
    std::string why = report.coverage.reason;
    for (const model::SuiteReport& suite : report.suites)
      if (why.empty()) why = suite.coverage.reason;
    record["coverage_reason"] = why;
  }
  record["coverage_threshold"] = rule.threshold > 0 ? json(rule.threshold) : json();
  record["coverage_met"] = below ? json(!*below) : json();
  record["suites"] = json::array();
  for (const model::SuiteReport& suite : report.suites) record["suites"].push_back(suite_json(suite));
  for (const std::string& folder : folders) record["folders"].push_back(folder_json(report, folder));
  record["failures"] = failures_json(report);
  record["failures_left_out"] = report.counts.failed + report.counts.errored > record["failures"].size()
                                    ? report.counts.failed + report.counts.errored - record["failures"].size()
                                    : 0;
  const auto gaps = untested_files(report.coverage);
  record["untested"] = json::array();
  for (std::size_t i = 0; i < gaps.size() && i < kMaxGaps; ++i) record["untested"].push_back(to_json(gaps[i]));
  record["untested_files"] = gaps.size();
  record["gates"] = gates_json(report);
  record["run"] = report.run.id.value;
  record["report"] = report.run.directory + "/report.json";
  record["duration_seconds"] = seconds(report.wall);
  return record;
}

}  // namespace rh::agent
