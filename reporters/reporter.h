// Reporters turn a RunReport into bytes; they are pure functions of it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runner/base/result.h"
#include "runner/model/event.h"
#include "runner/model/report.h"

namespace rh::reporters {

struct Reporter {
  std::string_view name;          // "json", "html", "junit", "lcov", "sarif", ...
  std::string_view default_file;  // "report.json"
  std::string_view help;
  Result<std::string> (*render)(const model::RunReport& report);
  bool in_run_directory = false;  // written for every run without being asked for
  bool appends = false;           // to a file that other steps of a CI job write, too
};

Result<std::string> render_json(const model::RunReport& report);
Result<std::string> render_html(const model::RunReport& report);
Result<std::string> render_junit(const model::RunReport& report);
Result<std::string> render_lcov(const model::RunReport& report);
Result<std::string> render_markdown(const model::RunReport& report);
Result<std::string> render_pull_request(const model::RunReport& report);
Result<std::string> render_cobertura(const model::RunReport& report);
Result<std::string> render_coverage_json(const model::RunReport& report);
Result<std::string> render_coverage_text(const model::RunReport& report);
Result<std::string> render_coverage_markdown(const model::RunReport& report);
Result<std::string> render_agent(const model::RunReport& report);
Result<std::string> render_ctrf(const model::RunReport& report);
Result<std::string> render_github(const model::RunReport& report);
Result<std::string> render_gitlab_quality(const model::RunReport& report);
Result<std::string> render_metrics(const model::RunReport& report);
Result<std::string> render_sarif(const model::RunReport& report);
Result<std::string> render_tap(const model::RunReport& report);
Result<std::string> render_coverage_badge(const model::RunReport& report);
Result<std::string> render_patch_badge(const model::RunReport& report);
Result<std::string> render_tests_badge(const model::RunReport& report);

// The event log's line form (without the newline) and back.
[[nodiscard]] std::string encode_event(const model::RunEvent& event);
[[nodiscard]] Result<model::RunEvent> decode_event(std::string_view line);
// The inverse of render_json, for `report --run` and for tests.
[[nodiscard]] Result<model::RunReport> parse_json_report(std::string_view text);

// JSON documents of `discover --json` and `test --plan --json`.
[[nodiscard]] std::string suites_to_json(const std::vector<model::Suite>& suites);

// Live view on the terminal: fed with every event as it is logged.
struct TerminalOptions {
  bool tty = false;      // live status line; plain lines otherwise
  bool color = false;    // from tty, NO_COLOR and CLICOLOR_FORCE, decided by the caller
  bool quiet = false;    // failures and the verdict only
  bool verbose = false;  // a line per test
  unsigned columns = 80;
  unsigned rows = 24;
};

class Terminal {
 public:
  virtual ~Terminal() = default;
  virtual void on_event(const model::RunEvent& event) = 0;
  // What a suite's process tree uses now.
  virtual void on_usage(const model::SuiteId& suite, std::chrono::nanoseconds cpu, std::uint64_t rss_bytes) = 0;
  virtual void on_tick() = 0;  // redraws the status line, a few times a second
  // Failures with message and rerun command, suite table, coverage, gates, diagnostics, verdict.
  virtual void on_report(const model::RunReport& report) = 0;
};

using TextSink = std::function<void(std::string_view)>;
[[nodiscard]] std::unique_ptr<Terminal> make_terminal(const TerminalOptions& options, TextSink out);
// What `discover` and `test --plan` print.
[[nodiscard]] std::string suites_to_text(const std::vector<model::Suite>& suites, bool plan,
                                         const TerminalOptions& options);

}  // namespace rh::reporters
