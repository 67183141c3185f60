#include "reporters/terminal/summary.h"

#include <algorithm>

#include <fmt/core.h>

#include "reporters/findings.h"
#include "reporters/percent.h"
#include "reporters/plain_text.h"
#include "reporters/terminal/style.h"
#include "reporters/terminal/test_profiles.h"
#include "runner/base/text.h"
#include "runner/model/names.h"

namespace rh::reporters {
namespace {

constexpr std::size_t kMaxDetailLines = 40;
constexpr std::size_t kMaxOutputLines = 20;
constexpr std::size_t kMaxDetailed = 25;  // failures shown with their details
constexpr std::size_t kMaxListed = 200;   // failures shown at all

class Summary {
 public:
  Summary(const model::RunReport& report, const TerminalOptions& options)
      : report_(report), options_(options), style_(options.color), failed_(failed_tests(report)) {}

  std::string render() {
    add_failures();
    if (!options_.quiet) {
      add_suite_table();
      add_selection();
      add_coverage();
      add_flaky();
      text_ += test_profiles_text(report_, style_);
    }
    add_gates();
    if (!options_.quiet) {
      add_diagnostics();
      line("", isolation_line(report_));
    }
    text_ += style_(report_.exit_code == 0 ? Tone::good : Tone::bad, verdict_line(report_)) + '\n';
    return std::move(text_);
  }

 private:
  void line(std::string_view indent, std::string_view content) { text_ += fmt::format("{}{}\n", indent, content); }

  void quote(std::string_view content, std::size_t max_lines) {
    const std::string block = clean_block(content, max_lines);
    for (const std::string_view row : split_lines(block))
      line("    ", fmt::format("{} {}", style_(Tone::dim, "|"), row));
  }

  void add_failures() {
    for (const model::SuiteReport& suite : report_.suites) {
      const bool has_failed =
          std::any_of(failed_.begin(), failed_.end(), [&](const FailedTest& test) { return test.suite == &suite; });
      if (!has_failed && !is_suite_failure(suite.status)) continue;
      const std::string status = words_of(model::name_of(suite.status));
      line("", fmt::format("{} {}: {}", style_(Tone::bold, clean_line(suite.suite.id.value)),
                           style_(tone_of(suite.status), status), clean_line(suite.status_reason)));
      if (is_suite_failure(suite.status)) add_step(suite);
      for (const FailedTest& test : failed_)
        if (test.suite == &suite) add_failed(test);
      text_ += '\n';
    }
    if (shown_ < failed_.size())
      line("", fmt::format("... and {} more failed tests, see the reports\n", failed_.size() - shown_));
  }

  void add_step(const model::SuiteReport& suite) {
    const model::StepReport* step = decisive_step(suite);
    if (step == nullptr) return;
    line("  ", fmt::format("step {}: {}", clean_line(step->name), ending_text(*step)));
    quote(step->output_tail, kMaxOutputLines);
  }

  void add_failed(const FailedTest& failed) {
    if (shown_ == kMaxListed) return;
    const bool detailed = shown_++ < kMaxDetailed;
    const model::Attempt& attempt = failed.record->attempts.back();
    const std::string place = place_of(*failed.suite, failed.record->test);
    const std::string outcome = words_of(model::name_of(attempt.outcome));
    line("  ", fmt::format("{} {}{}", style_(tone_of(attempt.outcome), outcome),
                           style_(Tone::bold, title_of(failed.record->test)), place.empty() ? "" : "  " + place));
    if (const auto& quarantine = failed.record->quarantine; quarantine && !quarantine->expired)
      line("    ", fmt::format("in quarantine until {} ({}): does not count", clean_line(quarantine->expires),
                               clean_line(quarantine->owner)));
    if (!attempt.message.empty()) line("    ", clean_line(attempt.message));
    if (detailed && !attempt.details.empty())
      quote(attempt.details, kMaxDetailLines);
    else if (detailed)
      quote(attempt.standard_error.empty() ? attempt.standard_output : attempt.standard_error, kMaxOutputLines);
    if (!failed.rerun.empty()) line("    ", fmt::format("rerun: {}", failed.rerun));
  }

  void add_suite_table() {
    if (report_.suites.empty()) return;
    using Align = Table::Align;
    Table table({Align::left, Align::left, Align::right, Align::right, Align::right, Align::right, Align::right,
                 Align::right, Align::right});
    const Tone head = Tone::dim;
    table.add({{"suite", head},
               {"status", head},
               {"tests", head},
               {"fail", head},
               {"skip", head},
               {"wall", head},
               {"CPU", head},
               {"peak mem", head},
               {"cover", head}});
    for (const model::SuiteReport& suite : report_.suites) {
      const model::TestCounts& counts = suite.counts;
      const std::uint64_t failures = counts.failed + counts.errored;
      const std::string percent = to_text(percent_of(ratio_of_basis(suite.coverage)));
      table.add({{clean_line(suite.suite.id.value)},
                 {words_of(model::name_of(suite.status)), tone_of(suite.status)},
                 {std::to_string(counts.total)},
                 {std::to_string(failures), failures > 0 ? Tone::bad : Tone::plain},
                 {std::to_string(counts.skipped)},
                 {format_duration(suite.wall)},
                 {figure_text(total_cpu(suite.usage))},
                 {figure_text(suite.usage.peak_memory)},
                 {percent.empty() ? "-" : percent + " %"}});
    }
    text_ += table.render(style_, options_.columns) + '\n';
  }

  void add_coverage() {
    const auto ratio = ratio_of_basis(report_.coverage);
    if (!percent_of(ratio).hundredths) return;
    bool partial = false;
    for (const model::SuiteReport& suite : report_.suites) partial |= !suite.selection.all;
    line("", fmt::format("coverage: {} % ({} of {} {}){}", to_text(percent_of(ratio)), ratio->hit, ratio->found,
                         clean_line(report_.coverage.basis), partial ? " by the tests that ran" : ""));
  }

  // What a run of affected tests took, and what it left out.
  void add_selection() {
    for (const model::SuiteReport& suite : report_.suites)
      if (!suite.selection.summary.empty())
        line("",
             fmt::format("affected: {}: {}", clean_line(suite.suite.id.value), clean_line(suite.selection.summary)));
  }

  void add_flaky() {
    for (const model::SuiteReport& suite : report_.suites)
      for (const model::TestRecord& record : suite.tests)
        if (record.flaky())
          line("", fmt::format("{} {}  {}: passed at attempt {}", style_(Tone::doubtful, "flaky"),
                               clean_line(suite.suite.id.value), title_of(record.test), record.attempts.back().number));
  }

  // Passed gates are counted; the others are why somebody reads this.
  void add_gates() {
    std::size_t passed = 0;
    for (const model::GateVerdict& gate : report_.gates) {
      const bool ok = gate.state == model::GateState::passed;
      passed += ok;
      const bool blocks = gate.level == model::GateLevel::block;
      if ((ok && !options_.verbose) || (options_.quiet && !blocks)) continue;
      const std::string level = blocks ? "" : fmt::format(" ({})", model::name_of(gate.level));
      line("", fmt::format("gate {}{} {} of {}: {}",
                           style_(ok       ? Tone::good
                                  : blocks ? Tone::bad
                                           : Tone::doubtful,
                                  words_of(model::name_of(gate.state))),
                           level, clean_line(gate.rule), clean_line(gate.scope), clean_line(gate.message)));
    }
    if (passed > 0 && !options_.quiet) line("", fmt::format("gates: {} of {} passed", passed, report_.gates.size()));
  }

  void add_diagnostics() {
    for (const model::Diagnostic& diagnostic : report_.diagnostics) {
      if (diagnostic.severity == model::Severity::info && !options_.verbose) continue;
      const Tone tone = diagnostic.severity == model::Severity::error ? Tone::bad : Tone::doubtful;
      const std::string subject = clean_line(diagnostic.subject);
      line("",
           fmt::format("{} {}: {}{}", style_(tone, model::name_of(diagnostic.severity)), clean_line(diagnostic.code),
                       clean_line(diagnostic.message), subject.empty() ? "" : fmt::format(" ({})", subject)));
    }
  }

  const model::RunReport& report_;
  TerminalOptions options_;
  Style style_;
  std::vector<FailedTest> failed_;
  std::size_t shown_ = 0;
  std::string text_;
};

}  // namespace

std::string summary(const model::RunReport& report, const TerminalOptions& options) {
  return Summary(report, options).render();
}

}  // namespace rh::reporters
