// SARIF 2.1.0 (OASIS) for code scanning: each problem with a place is a result; problems of the whole run
// are notifications of the invocation. GitHub takes 25,000 results of a run and shows 5,000.
#include <array>

#include <fmt/core.h>

#include "reporters/json/writer.h"
#include "reporters/problems.h"
#include "reporters/reporter.h"
#include "runner/base/clock.h"

namespace rh::reporters {
namespace {

constexpr std::size_t kMaxResults = 5000;
constexpr std::array<std::string_view, 3> kLevels = {"error", "warning", "note"};

// RFC 3986: everything but unreserved characters and '/' is escaped.
std::string uri_of(std::string_view path) {
  std::string uri;
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~/").find(c) != std::string_view::npos;
    uri += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return uri;
}

void member(JsonWriter& out, std::string_view key, std::string_view text) {
  out.key(key);
  out.string(text);
}

void write_text(JsonWriter& out, std::string_view key, std::string_view text) {
  out.key(key);
  out.open('{');
  member(out, "text", text);
  out.close('}');
}

void write_rules(JsonWriter& out) {
  out.key("rules");
  out.open('[');
  for (const ProblemRule& rule : kProblemRules) {
    out.open('{');
    member(out, "id", rule.id);
    write_text(out, "shortDescription", rule.text);
    out.close('}');
  }
  out.close(']');
}

void write_location(JsonWriter& out, const Problem& problem) {
  out.key("locations");
  out.open('[');
  out.open('{');
  out.key("physicalLocation");
  out.open('{');
  out.key("artifactLocation");
  out.open('{');
  member(out, "uri", uri_of(problem.path));
  member(out, "uriBaseId", "SRCROOT");
  out.close('}');
  out.key("region");
  out.open('{');
  out.key("startLine");
  out.number(std::uint64_t{problem.line > 0 ? problem.line : 1});
  if (problem.end_line > problem.line) {
    out.key("endLine");
    out.number(std::uint64_t{problem.end_line});
  }
  out.close('}');
  out.close('}');
  out.close('}');
  out.close(']');
}

void write_result(JsonWriter& out, const Problem& problem) {
  out.open('{');
  member(out, "ruleId", problem.rule);
  member(out, "level", kLevels[static_cast<std::size_t>(problem.level)]);
  write_text(out, "message", problem.title == problem.message ? problem.title : problem.title + "\n" + problem.message);
  write_location(out, problem);
  out.key("partialFingerprints");
  out.open('{');
  member(out, "runharness/v1", problem.identity);
  out.close('}');
  out.close('}');
}

void write_invocation(JsonWriter& out, const model::RunReport& report, const std::vector<Problem>& problems) {
  out.key("invocations");
  out.open('[');
  out.open('{');
  out.key("executionSuccessful");
  out.boolean(report.complete);
  out.key("exitCode");
  out.number(std::int64_t{report.exit_code});
  member(out, "exitCodeDescription", report.exit_reason);
  member(out, "startTimeUtc", to_rfc3339(report.run.started_at));
  out.key("toolExecutionNotifications");
  out.open('[');
  for (const Problem& problem : problems) {
    if (!problem.path.empty()) continue;
    out.open('{');
    member(out, "level", kLevels[static_cast<std::size_t>(problem.level)]);
    write_text(out, "message", problem.title + ": " + problem.message);
    out.key("associatedRule");
    out.open('{');
    member(out, "id", problem.rule);
    out.close('}');
    out.close('}');
  }
  out.close(']');
  out.close('}');
  out.close(']');
}

}  // namespace

Result<std::string> render_sarif(const model::RunReport& report) {
  const std::vector<Problem> problems = problems_of(report);
  JsonWriter out(5);
  out.open('{');
  member(out, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
  member(out, "version", "2.1.0");
  out.key("runs");
  out.open('[');
  out.open('{');
  out.key("tool");
  out.open('{');
  out.key("driver");
  out.open('{');
  member(out, "name", "runharness");
  if (!report.run.runharness_version.empty()) member(out, "version", report.run.runharness_version);
  write_rules(out);
  out.close('}');
  out.close('}');
  write_invocation(out, report, problems);
  out.key("columnKind");
  out.string("utf16CodeUnits");
  out.key("results");
  out.open('[');
  std::size_t written = 0;
  for (const Problem& problem : problems)
    if (!problem.path.empty() && written++ < kMaxResults) write_result(out, problem);
  out.close(']');
  out.close('}');
  out.close(']');
  out.close('}');
  return out.take() + "\n";
}

}  // namespace rh::reporters
