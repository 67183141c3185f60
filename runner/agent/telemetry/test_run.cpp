#include "runner/agent/telemetry/test_run.h"

#include <fmt/core.h>

#include "runner/base/clock.h"
#include "runner/model/names.h"

namespace rh::agent {
namespace {

using model::Outcome;
using model::SuiteStatus;

constexpr std::size_t kMaxMessage = 2000;

double seconds(std::chrono::nanoseconds span) { return std::chrono::duration<double>(span).count(); }

// pass and fail are those of the conventions; what is neither has a word of its own.
std::string result_of(Outcome outcome) {
  if (model::is_failure(outcome)) return "fail";
  if (outcome == Outcome::skipped) return "skipped";
  return "pass";
}

std::string status_of(SuiteStatus status) {
  switch (status) {
    case SuiteStatus::passed:
      return "success";
    case SuiteStatus::no_tests:
      return "skipped";
    case SuiteStatus::limit:
      return "timed_out";
    case SuiteStatus::cancelled:
    case SuiteStatus::not_started:
    case SuiteStatus::unavailable:
      return "aborted";
    default:
      return "failure";
  }
}

std::string task_result_of(SuiteStatus status) {
  const std::string word = status_of(status);
  if (status == SuiteStatus::broken || status == SuiteStatus::crashed) return "error";
  return word == "timed_out" ? "timeout" : word == "aborted" ? "cancellation" : word == "skipped" ? "skip" : word;
}

// docs/exit-codes.md
std::string pipeline_result_of(int exit_code) {
  switch (exit_code) {
    case 0:
      return "success";
    case 1:
    case 3:
      return "failure";
    case 4:
      return "skip";
    case 124:
      return "timeout";
    case 130:
    case 143:
      return "cancellation";
    default:
      return "error";
  }
}

std::string pipeline_name(const model::RunInfo& info) {
  const std::size_t slash = info.repository_root.rfind('/');
  const std::string name = slash == std::string::npos ? info.repository_root : info.repository_root.substr(slash + 1);
  return name.empty() ? "tests" : name;
}

void add_figure(MetricRecord& metric, const Attributes& attributes, const std::optional<double>& value) {
  if (value) metric.points.push_back({attributes, *value});
}

std::optional<double> as_double(const auto& figure) {
  return figure.value ? std::optional(static_cast<double>(*figure.value)) : std::nullopt;
}
std::optional<double> as_seconds(const model::CpuFigure& figure) {
  return figure.value ? std::optional(seconds(*figure.value)) : std::nullopt;
}

Attributes with(Attributes attributes, const char* key, const char* value) {
  attributes.push_back({key, std::string(value)});
  return attributes;
}

std::vector<MetricRecord> usage_metrics(const model::RunReport& report) {
  MetricRecord cpu{"process.cpu.time", "s", "CPU time of a suite's processes", MetricKind::sum, false, {}};
  MetricRecord utilization{"process.cpu.utilization", "1",   "cores that a suite used on average",
                           MetricKind::gauge,         false, {}};
  MetricRecord memory{"process.memory.usage", "By", "peak memory of a suite's processes", MetricKind::gauge, true, {}};
  MetricRecord disk{"process.disk.io", "By", "storage read and written", MetricKind::sum, true, {}};
  MetricRecord tests{"test.case.count", "{test}", "tests by result", MetricKind::sum, true, {}};
  for (const model::SuiteReport& suite : report.suites) {
    const Attributes of_suite{{"test.suite.name", suite.suite.id.value}};
    const auto user = as_seconds(suite.usage.user_cpu), system = as_seconds(suite.usage.system_cpu);
    add_figure(cpu, with(of_suite, "cpu.mode", "user"), user);
    add_figure(cpu, with(of_suite, "cpu.mode", "system"), system);
    if (user && system && suite.wall.count() > 0)
      utilization.points.push_back({of_suite, (*user + *system) / seconds(suite.wall)});
    add_figure(memory, of_suite, as_double(suite.usage.peak_memory));
    add_figure(disk, with(of_suite, "disk.io.direction", "read"), as_double(suite.usage.read_bytes));
    add_figure(disk, with(of_suite, "disk.io.direction", "write"), as_double(suite.usage.written_bytes));
    const auto count = [&](const char* result, std::uint64_t number) {
      if (number > 0)
        tests.points.push_back({with(of_suite, "test.case.result.status", result), static_cast<double>(number)});
    };
    count("pass", suite.counts.passed + suite.counts.expected_failures);
    count("fail", suite.counts.failed + suite.counts.errored);
    count("skipped", suite.counts.skipped);
  }
  return {cpu, utilization, memory, disk, tests};
}

}  // namespace

TestRunTelemetry::TestRunTelemetry(Telemetry& telemetry) : telemetry_(telemetry) {}

WallTime TestRunTelemetry::wall_of(std::chrono::nanoseconds monotonic) const {
  return info_.started_at + std::chrono::duration_cast<WallTime::duration>(monotonic - info_.started);
}

void TestRunTelemetry::on_event(const model::RunEvent& event) {
  if (!telemetry_.enabled()) return;
  if (const auto* started = std::get_if<model::RunStarted>(&event)) begin_run(*started);
  if (const auto* started = std::get_if<model::SuiteStarted>(&event)) suite_of(started->suite).started = started->at;
  if (const auto* finished = std::get_if<model::TestFinished>(&event)) end_test(*finished);
  if (const auto* finished = std::get_if<model::SuiteFinished>(&event)) end_suite(*finished);
}

void TestRunTelemetry::begin_run(const model::RunStarted& event) {
  info_ = event.run;
  if (run_.ids.trace.empty()) run_ = telemetry_.begin({});  // the event comes again when more is known of the run
  run_.start = info_.started_at;
}

TestRunTelemetry::OpenSuite& TestRunTelemetry::suite_of(const model::SuiteId& id) {
  const auto [place, made] = suites_.try_emplace(id.value);
  if (made) place->second = {child_of(run_.ids), info_.started, id.value};
  return place->second;
}

void TestRunTelemetry::end_test(const model::TestFinished& event) {
  const OpenSuite& suite = suite_of(event.suite);
  const model::Attempt& attempt = event.attempt;
  SpanRecord span{child_of(suite.ids), event.test.name, SpanKind::internal, {}, {}, {}, SpanStatus::unset, {}};
  // A time that nobody measured is not made up: the span has no length, and says so.
  const auto start = attempt.start.value_or(monotonic_now());
  span.start = wall_of(start);
  span.end = wall_of(start + attempt.duration.value_or(std::chrono::nanoseconds(0)));
  span.attributes = {{"test.suite.name", event.suite.value},
                     {"test.case.name", event.test.name},
                     {"test.case.result.status", result_of(attempt.outcome)},
                     {"runharness.test.outcome", std::string(model::name_of(attempt.outcome))},
                     {"runharness.test.attempt", static_cast<std::int64_t>(attempt.number)}};
  if (!event.test.file.empty()) span.attributes.push_back({"code.file.path", event.test.file});
  if (event.test.line) span.attributes.push_back({"code.line.number", static_cast<std::int64_t>(*event.test.line)});
  if (!attempt.duration) span.attributes.push_back({"runharness.duration.unknown", attempt.duration_reason});
  if (model::is_failure(attempt.outcome)) {
    span.status = SpanStatus::error;
    span.message = attempt.message.substr(0, kMaxMessage);
    span.attributes.push_back({"error.type", std::string(model::name_of(attempt.outcome))});
    telemetry_.add(LogEntry{span.end,
                            LogSeverity::error,
                            fmt::format("{}: {}", event.test.id.value, span.message),
                            {{"test.suite.name", event.suite.value}, {"test.case.name", event.test.name}},
                            span.ids});
  }
  telemetry_.add(std::move(span));
}

void TestRunTelemetry::end_suite(const model::SuiteFinished& event) {
  const OpenSuite& suite = suite_of(event.suite);
  const bool good = event.status == SuiteStatus::passed || event.status == SuiteStatus::no_tests;
  SpanRecord span{suite.ids,
                  suite.name,
                  SpanKind::internal,
                  wall_of(suite.started),
                  wall_of(suite.started + event.wall),
                  {{"cicd.pipeline.task.name", suite.name},
                   {"cicd.pipeline.task.run.id", suite.ids.span},
                   {"cicd.pipeline.task.run.result", task_result_of(event.status)},
                   {"cicd.pipeline.task.type", std::string("test")},
                   {"test.suite.name", suite.name},
                   {"test.suite.run.status", status_of(event.status)}},
                  good ? SpanStatus::ok : SpanStatus::error,
                  good ? "" : event.reason};
  if (!good) span.attributes.push_back({"error.type", std::string(model::name_of(event.status))});
  telemetry_.add(std::move(span));
}

void TestRunTelemetry::on_report(const model::RunReport& report) {
  if (!telemetry_.enabled() || run_.ids.trace.empty()) return;
  const std::string result = pipeline_result_of(report.exit_code), name = pipeline_name(info_);
  const WallTime end = info_.started_at + std::chrono::duration_cast<WallTime::duration>(report.wall);
  SpanRecord span{run_.ids,
                  "RUN " + name,
                  SpanKind::server,
                  info_.started_at,
                  end,
                  {{"cicd.pipeline.name", name},
                   {"cicd.pipeline.action.name", std::string("RUN")},
                   {"cicd.pipeline.run.id", info_.id.value},
                   {"cicd.pipeline.result", result},
                   {"process.exit.code", std::int64_t{report.exit_code}}},
                  result == "success" ? SpanStatus::ok : SpanStatus::error,
                  report.exit_code == 0 ? "" : report.exit_reason};
  const Attributes of_run{{"cicd.pipeline.name", name}, {"cicd.pipeline.result", result}};
  if (!info_.git_commit.empty()) span.attributes.push_back({"vcs.ref.head.revision", info_.git_commit});
  MetricRecord errors{"cicd.pipeline.run.errors", "{error}", "runs that did not succeed", MetricKind::sum, true, {}};
  if (result != "success") {
    span.attributes.push_back({"error.type", result});
    errors.points.push_back({{{"cicd.pipeline.name", name}, {"error.type", result}}, 1});
  }
  telemetry_.add(std::move(span));
  telemetry_.add(LogEntry{end,
                          result == "success" ? LogSeverity::info : LogSeverity::error,
                          report.exit_reason,
                          {{"cicd.pipeline.name", name}},
                          run_.ids});
  std::vector<MetricRecord> metrics = usage_metrics(report);
  metrics.push_back({"cicd.pipeline.run.duration",
                     "s",
                     "wall time of a run",
                     MetricKind::histogram,
                     false,
                     {{of_run, seconds(report.wall)}}});
  metrics.push_back(std::move(errors));
  telemetry_.send(metrics);
}

}  // namespace rh::agent
