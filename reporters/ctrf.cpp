// Common Test Report Format 0.0.0 (https://ctrf.io, schema/ctrf.schema.json): times in whole milliseconds,
// statuses passed, failed, skipped, pending and other. What CTRF has no place for (CPU, memory, coverage, gates)
// goes into `extra`.
#include <array>

#include <fmt/core.h>

#include "reporters/findings.h"
#include "reporters/json/writer.h"
#include "reporters/percent.h"
#include "reporters/plain_text.h"
#include "reporters/reporter.h"
#include "runner/base/clock.h"
#include "runner/model/names.h"

namespace rh::reporters {
namespace {

using model::Attempt;
using model::Outcome;

constexpr std::size_t kMaxText = 16U << 10;

std::string_view status_of(Outcome outcome) {
  if (model::is_failure(outcome)) return "failed";
  if (outcome == Outcome::skipped) return "skipped";
  return outcome == Outcome::expected_failure ? "other" : "passed";
}

std::int64_t milliseconds(std::chrono::nanoseconds span) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(span).count();
}

// CTRF wants a UUID of each test that is the same in every run: version 8 of RFC 9562, from a hash of the id.
std::string uuid_of(std::string_view id) {
  std::uint64_t high = 0xcbf29ce484222325U, low = 0x9e3779b97f4a7c15U;
  for (const char c : id) {
    high = (high ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    low = (low ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    low ^= high >> 29;
  }
  high = (high & ~0xf000ULL) | 0x8000U;
  low = (low & ~(3ULL << 62)) | (1ULL << 63);
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, high >> 16 & 0xffffU, high & 0xffffU, low >> 48,
                     low & 0xffffffffffffU);
}

class Document {
 public:
  explicit Document(const model::RunReport& report)
      : report_(report), start_(milliseconds(report.run.started_at.time_since_epoch())) {}

  std::string write() {
    out_.open('{');
    text("reportFormat", "CTRF");
    text("specVersion", "0.0.0");
    if (!report_.run.id.value.empty()) text("reportId", report_.run.id.value);
    text("timestamp", to_rfc3339(report_.run.started_at));
    text("generatedBy", "runharness " + report_.run.runharness_version);
    out_.key("results");
    out_.open('{');
    write_tool();
    write_summary();
    out_.key("tests");
    out_.open('[');
    for (const model::SuiteReport& suite : report_.suites)
      for (const model::TestRecord& record : suite.tests)
        if (record.test.kind == model::TestKind::test) write_test(suite, record);
    out_.close(']');
    write_environment();
    out_.close('}');
    out_.close('}');
    return out_.take() + "\n";
  }

 private:
  void text(std::string_view key, std::string_view value) {
    out_.key(key);
    out_.string(value);
  }
  void optional_text(std::string_view key, std::string_view value) {
    const std::string clean = shorten(clean_text(value), kMaxText);
    if (!clean.empty()) text(key, clean);
  }
  void number(std::string_view key, std::int64_t value) {
    out_.key(key);
    out_.number(value);
  }

  void write_tool() {
    out_.key("tool");
    out_.open('{');
    text("name", "runharness");
    text("version", report_.run.runharness_version);
    out_.close('}');
  }

  void write_summary() {
    std::array<std::int64_t, 4> counts{};  // passed, failed, skipped, other
    std::int64_t tests = 0, flaky = 0;
    for (const model::SuiteReport& suite : report_.suites)
      for (const model::TestRecord& record : suite.tests) {
        if (record.test.kind != model::TestKind::test) continue;
        const std::string_view status = status_of(record.outcome());
        ++counts[status == "passed" ? 0 : status == "failed" ? 1 : status == "skipped" ? 2 : 3];
        ++tests;
        flaky += record.flaky();
      }
    out_.key("summary");
    out_.open('{');
    number("tests", tests);
    number("passed", counts[0]);
    number("failed", counts[1]);
    number("skipped", counts[2]);
    number("pending", 0);
    number("other", counts[3]);
    number("flaky", flaky);
    number("suites", static_cast<std::int64_t>(report_.suites.size()));
    number("start", start_);
    number("stop", start_ + milliseconds(report_.wall));
    number("duration", milliseconds(report_.wall));
    out_.key("extra");
    out_.open('{');
    number("exit_code", report_.exit_code);
    text("exit_reason", clean_line(report_.exit_reason, 1000));
    if (const std::string percent = to_text(percent_of(report_.coverage.totals.lines)); !percent.empty()) {
      out_.key("line_coverage_percent");
      out_.literal(percent);
    }
    out_.close('}');
    out_.close('}');
  }

  void write_test(const model::SuiteReport& suite, const model::TestRecord& record) {
    const Attempt& last = record.attempts.back();
    out_.open('{');
    text("id", uuid_of(record.test.id.value));
    const std::string name = clean_line(record.test.name, 4096);
    text("name", name.empty() ? "(no name)" : name);
    text("status", status_of(last.outcome));
    number("duration", last.duration ? milliseconds(*last.duration) : 0);
    write_times(last);
    out_.key("suite");
    out_.open('[');
    out_.string(clean_line(suite.suite.id.value, 4096));
    if (!record.test.classname.empty()) out_.string(clean_line(record.test.classname, 4096));
    out_.close(']');
    optional_text("message", last.message);
    optional_text("trace", last.details);
    if (record.test.line) number("line", *record.test.line);
    text("rawStatus", model::name_of(last.outcome));
    if (const std::string file = file_of(suite, record.test); !file.empty()) text("filePath", file);
    if (record.attempts.size() > 1) write_retries(record);
    out_.key("flaky");
    out_.boolean(record.flaky());
    write_lines("stdout", last.standard_output);
    write_lines("stderr", last.standard_error);
    if (last.pid != 0) text("threadId", fmt::format("{}", last.pid));
    write_extra(record, last);
    out_.close('}');
  }

  void write_times(const Attempt& attempt) {
    if (!attempt.start || !attempt.duration) return;
    const std::int64_t start = start_ + milliseconds(*attempt.start - report_.run.started);
    number("start", start);
    number("stop", start + milliseconds(*attempt.duration));
  }

  void write_lines(std::string_view key, std::string_view output) {
    const std::string clean = shorten(clean_text(output), kMaxText);
    if (clean.empty()) return;
    out_.key(key);
    out_.open('[');
    for (std::size_t at = 0; at < clean.size();) {
      const std::size_t end = std::min(clean.find('\n', at), clean.size());
      out_.string(std::string_view(clean).substr(at, end - at));
      at = end + 1;
    }
    out_.close(']');
  }

  void write_retries(const model::TestRecord& record) {
    number("retries", static_cast<std::int64_t>(record.attempts.size()) - 1);
    out_.key("retryAttempts");
    out_.open('[');
    for (std::size_t i = 0; i < record.attempts.size(); ++i) {
      const Attempt& attempt = record.attempts[i];
      out_.open('{');
      number("attempt", static_cast<std::int64_t>(i) + 1);
      text("status", status_of(attempt.outcome));
      if (attempt.duration) number("duration", milliseconds(*attempt.duration));
      optional_text("message", attempt.message);
      optional_text("trace", attempt.details);
      write_times(attempt);
      out_.close('}');
    }
    out_.close(']');
  }

  void write_extra(const model::TestRecord& record, const Attempt& last) {
    out_.key("extra");
    out_.open('{');
    text("runharness_id", clean_line(record.test.id.value, 4096));
    if (!last.duration) text("duration_reason", clean_line(last.duration_reason));
    if (last.usage.cpu.value) number("cpu_ns", last.usage.cpu.value->count());
    if (last.usage.peak_memory.value) {
      out_.key("peak_memory_bytes");
      out_.number(*last.usage.peak_memory.value);
    }
    if (record.quarantine) text("quarantined_until", clean_line(record.quarantine->expires, 40));
    out_.close('}');
  }

  void write_environment() {
    out_.key("environment");
    out_.open('{');
    if (!report_.run.git_commit.empty()) text("commit", report_.run.git_commit);
    if (!report_.run.machine.os.empty()) text("osPlatform", clean_line(report_.run.machine.os));
    if (!report_.run.machine.kernel.empty()) text("osRelease", clean_line(report_.run.machine.kernel));
    out_.close('}');
  }

  const model::RunReport& report_;
  std::int64_t start_;
  JsonWriter out_{3};
};

}  // namespace

Result<std::string> render_ctrf(const model::RunReport& report) { return Document(report).write(); }

}  // namespace rh::reporters
