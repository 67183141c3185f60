#include "runner/engine/gate.h"

#include <fmt/core.h>

#include "runner/base/text.h"

namespace rh::engine {

using namespace rh::model;

namespace {

__extension__ typedef unsigned __int128 Wide;

std::string threshold_text(unsigned hundredths) {
  if (hundredths % 100 == 0) return fmt::format("{} %", hundredths / 100);
  if (hundredths % 10 == 0) return fmt::format("{}.{} %", hundredths / 100, hundredths % 100 / 10);
  return fmt::format("{}.{:02} %", hundredths / 100, hundredths % 100);
}

GateVerdict verdict(std::string rule, std::string scope, GateState state, std::string threshold, std::string actual,
                    std::string evidence, std::string message) {
  return {std::move(rule),
          std::move(scope),
          GateLevel::block,
          state,
          std::move(threshold),
          std::move(actual),
          std::move(evidence),
          std::move(message),
          state != GateState::passed,
          {}};
}

GateVerdict judge_coverage(const RunReport& report, unsigned hundredths) {
  const auto& lines = report.coverage.totals.lines;
  const std::string threshold = threshold_text(hundredths);
  if (!lines || lines->found == 0)
    return verdict("coverage.total", "run", GateState::no_data, threshold, "no data", report.coverage.reason,
                   "line coverage is wanted, but there is no coverage data: " + report.coverage.reason);
  const std::string actual = percent_text(*lines, hundredths);
  const std::string evidence =
      fmt::format("{} of {} lines in {} files", lines->hit, lines->found, report.coverage.files.size());
  const bool good = reaches(*lines, hundredths);
  return verdict("coverage.total", "run", good ? GateState::passed : GateState::failed, threshold, actual, evidence,
                 good ? fmt::format("line coverage {} reaches {}", actual, threshold)
                      : fmt::format("line coverage {} is below {}: {}", actual, threshold, evidence));
}

GateVerdict judge_failures(const RunReport& report, std::uint64_t most) {
  const std::uint64_t tests = report.counts.failed + report.counts.errored;
  const std::uint64_t failures = tests > 0 ? tests : report.counts.subtests_failed;
  const bool good = failures <= most;
  return verdict("tests.max_failures", "run", good ? GateState::passed : GateState::failed, fmt::format("{}", most),
                 fmt::format("{}", failures), fmt::format("{} of {} tests", failures, report.counts.total),
                 good ? fmt::format("{} failures, {} are tolerated", failures, most)
                      : fmt::format("{} failures, only {} are tolerated", failures, most));
}

GateVerdict judge_min_tests(const RunReport& report, std::uint64_t least) {
  // Skipped tests gave no verdict of their own: they do not count as tests that ran.
  const std::uint64_t ran = report.counts.total - report.counts.skipped;
  const bool good = ran >= least;
  return verdict("tests.min", "run", good ? GateState::passed : GateState::failed, fmt::format("{}", least),
                 fmt::format("{}", ran),
                 fmt::format("{} tests, {} of them skipped", report.counts.total, report.counts.skipped),
                 fmt::format("{} tests ran, {} are wanted", ran, least));
}

std::optional<GateVerdict> judge_wall(const SuiteReport& suite, std::chrono::milliseconds most) {
  if (suite.steps.empty()) return std::nullopt;
  // The time of the suite itself: fetching dependencies depends on caches, not on the tests.
  const std::chrono::nanoseconds wall = suite.usage.wall;
  const bool good = wall <= most;
  const std::string actual = fmt::format("{:.3f} s", static_cast<double>(wall.count()) / 1e9);
  return verdict("resources.max_wall", suite.suite.id.value, good ? GateState::passed : GateState::failed,
                 format_duration(most), actual, fmt::format("{} ns", wall.count()),
                 fmt::format("{} took {}, at most {} is allowed", suite.suite.id.value, actual, format_duration(most)));
}

std::optional<GateVerdict> judge_memory(const SuiteReport& suite, std::uint64_t most) {
  if (suite.steps.empty()) return std::nullopt;
  const BytesFigure& peak = suite.usage.peak_memory;
  if (!peak.value)
    return verdict("resources.max_memory", suite.suite.id.value, GateState::no_data, format_size(most), "no data",
                   peak.reason,
                   fmt::format("the peak memory of {} is not known: {}", suite.suite.id.value, peak.reason));
  const bool good = *peak.value <= most;
  std::string actual = format_size(*peak.value);
  if (!good && actual == format_size(most)) actual = fmt::format("{} bytes", *peak.value);
  return verdict(
      "resources.max_memory", suite.suite.id.value, good ? GateState::passed : GateState::failed, format_size(most),
      actual, fmt::format("{} bytes, {}", *peak.value, peak.source),
      fmt::format("{} used {} at its peak, at most {} is allowed", suite.suite.id.value, actual, format_size(most)));
}

}  // namespace

bool reaches(const Ratio& ratio, unsigned hundredths) {
  return static_cast<Wide>(ratio.hit) * 10'000 >= static_cast<Wide>(ratio.found) * hundredths;
}

std::string percent_text(const Ratio& ratio, unsigned hundredths) {
  constexpr unsigned kMaxDecimals = 12;
  const bool good = reaches(ratio, hundredths);
  Wide scale = 100;
  for (unsigned decimals = 2; decimals <= kMaxDecimals; ++decimals) {
    const Wide floored = static_cast<Wide>(ratio.hit) * 100 * scale / ratio.found;
    // Floored text below the threshold shows it; equal text needs another digit.
    const bool tells = good || floored < static_cast<Wide>(hundredths) * scale / 100;
    if (tells || decimals == kMaxDecimals) {
      const auto whole = static_cast<std::uint64_t>(floored / scale),
                 part = static_cast<std::uint64_t>(floored % scale);
      return fmt::format("{}.{:0{}} %", whole, part, decimals);
    }
    scale *= 10;
  }
  return {};
}

std::vector<GateVerdict> judge_gates(const RunReport& report, const GateRules& rules) {
  std::vector<GateVerdict> verdicts;
  if (rules.max_failures) verdicts.push_back(judge_failures(report, *rules.max_failures));
  if (rules.min_tests) verdicts.push_back(judge_min_tests(report, *rules.min_tests));
  if (rules.min_coverage) verdicts.push_back(judge_coverage(report, *rules.min_coverage));
  for (const SuiteReport& suite : report.suites) {
    if (rules.max_wall)
      if (auto judged = judge_wall(suite, *rules.max_wall)) verdicts.push_back(std::move(*judged));
    if (rules.max_memory_bytes)
      if (auto judged = judge_memory(suite, *rules.max_memory_bytes)) verdicts.push_back(std::move(*judged));
  }
  return verdicts;
}

}  // namespace rh::engine
