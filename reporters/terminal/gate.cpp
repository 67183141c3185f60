// The page of `gate`: what keeps the change from being merged first, then the figures, the verdict last.
#include <algorithm>

#include <fmt/core.h>

#include "reporters/findings.h"
#include "reporters/gate.h"
#include "reporters/percent.h"
#include "reporters/plain_text.h"
#include "reporters/terminal/style.h"
#include "runner/base/text.h"
#include "runner/model/names.h"

namespace rh::reporters {
namespace {

constexpr std::size_t kMaxFailed = 20;    // failed tests named
constexpr std::size_t kMaxCulprits = 10;  // of one verdict
constexpr std::size_t kMaxRanges = 12;    // of one file
constexpr std::size_t kMaxDiagnostics = 50;

std::string ranges_text(const std::vector<model::LineRange>& lines) {
  std::string text;
  for (std::size_t i = 0; i < std::min(lines.size(), kMaxRanges); ++i) {
    text += i == 0 ? ":" : ",";
    text += lines[i].first == lines[i].last ? fmt::format("{}", lines[i].first)
                                            : fmt::format("{}-{}", lines[i].first, lines[i].last);
  }
  if (lines.size() > kMaxRanges) text += ",...";
  return text;
}

// A person needs no digits beyond those of a stopwatch.
std::string seconds_text(const std::string& exact) {
  constexpr double kMost = 1e9;
  const double seconds = parse_double(exact).value_or(0);
  if (!(seconds < kMost)) return exact + " s";
  return format_duration(std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9)));
}

// Those of the twelve that there are, in the order in which they matter.
std::string categories_text(model::Differential counts) {
  using enum model::DifferentialCategory;
  std::string text;
  for (const auto category : {UNC, LBC, UIC, UBC, GBC, GIC, GNC, CBC, EUB, ECB, DUB, DCB})
    if (const std::uint64_t count = counts.of(category); count > 0)
      text += fmt::format(" {} {}", model::name_of(category), count);
  return text.empty() ? " none" : text;
}

Tone tone_of(const model::GateVerdict& verdict) {
  if (verdict.blocks) return Tone::bad;
  return verdict.state == model::GateState::passed ? Tone::good : Tone::doubtful;
}

// "FAILED", "warning", "no data"...
std::string mark_of(const model::GateVerdict& verdict) {
  if (verdict.state == model::GateState::passed) return "passed";
  if (verdict.state == model::GateState::no_data) return verdict.blocks ? "FAILED (no data)" : "no data";
  if (verdict.blocks) return "FAILED";
  return verdict.level == model::GateLevel::warn ? "warning" : "note";
}

class GatePage {
 public:
  GatePage(const GateDocument& document, const TerminalOptions& options)
      : document_(document), report_(document.report), options_(options), style_(options.color) {}

  std::string render() {
    add_failed_tests();
    add_diagnostics();
    add_gates();
    if (!options_.quiet) {
      add_tests();
      add_coverage();
      add_patch();
    }
    const bool good = report_.exit_code == 0;
    line(fmt::format("{}: {}{}", style_(good ? Tone::good : Tone::bad, good ? "PASSED" : "FAILED"),
                     clean_line(report_.exit_reason), good ? "" : fmt::format(" (exit code {})", report_.exit_code)));
    return std::move(text_);
  }

 private:
  void line(std::string_view content) { text_ += fmt::format("{}\n", content); }

  void add_failed_tests() {
    const auto failed = failed_tests(report_);
    const std::uint64_t all = report_.counts.failed + report_.counts.errored;
    std::size_t shown = 0;
    for (const FailedTest& each : failed) {
      if (shown == kMaxFailed) break;
      ++shown;
      const std::string place = place_of(*each.suite, each.record->test);
      line(fmt::format("{} {}{}", style_(Tone::bad, words_of(model::name_of(each.record->outcome()))),
                       style_(Tone::bold, title_of(each.record->test)), place.empty() ? "" : "  " + place));
      const std::string& message = each.record->attempts.back().message;
      if (!message.empty()) line("    " + clean_line(message));
    }
    if (all > shown && shown > 0) line(fmt::format("... and {} more failed tests", all - shown));
    if (shown > 0) line("");
  }

  void add_diagnostics() {
    std::size_t shown = 0;
    for (const model::Diagnostic& each : report_.diagnostics) {
      if (each.severity == model::Severity::info && !options_.verbose) continue;
      if (options_.quiet && each.severity != model::Severity::error) continue;
      if (++shown > kMaxDiagnostics) continue;
      const Tone tone = each.severity == model::Severity::error ? Tone::bad : Tone::doubtful;
      const std::string subject = clean_line(each.subject);
      line(fmt::format("{} {}{}", style_(tone, fmt::format("{}:", model::name_of(each.severity))),
                       subject.empty() ? "" : subject + ": ", clean_line(each.message)));
    }
    if (shown > kMaxDiagnostics) line(fmt::format("... and {} more", shown - kMaxDiagnostics));
  }

  // What blocks, what warns, what could not be judged; passed ones are counted.
  void add_gates() {
    std::vector<const model::GateVerdict*> order;
    std::size_t passed = 0;
    for (const model::GateVerdict& gate : report_.gates) {
      const bool good = gate.state == model::GateState::passed;
      passed += good;
      if ((good && !options_.verbose) || (options_.quiet && !gate.blocks)) continue;
      order.push_back(&gate);
    }
    std::stable_sort(order.begin(), order.end(), [](const model::GateVerdict* a, const model::GateVerdict* b) {
      const auto rank = [](const model::GateVerdict& gate) {
        return gate.blocks                               ? 0
               : gate.state == model::GateState::failed  ? 1
               : gate.state == model::GateState::no_data ? 2
                                                         : 3;
      };
      return rank(*a) < rank(*b);
    });
    for (const model::GateVerdict* gate : order) text_ += verdict_to_text(*gate, options_);
    if (!report_.gates.empty() && !options_.quiet)
      line(fmt::format("gates: {} of {} passed", passed, report_.gates.size()));
  }

  void add_tests() {
    if (report_.suites.empty()) return;
    const model::TestCounts& counts = report_.counts;
    if (counts.total == 0) return line("tests: none");
    std::string text = fmt::format("tests: {} passed", counts.passed + counts.unexpected_passes);
    const auto part = [&](std::uint64_t count, std::string_view word) {
      if (count > 0) text += fmt::format(", {} {}", count, word);
    };
    part(counts.failed + counts.errored, "failed");
    part(counts.skipped + counts.expected_failures, "skipped");
    part(counts.flaky, "flaky");
    part(counts.quarantined, "in quarantine");
    if (document_.test_seconds) text += ", " + seconds_text(*document_.test_seconds);
    line(text);
  }

  void add_coverage() {
    if (report_.coverage.files.empty()) return;
    std::string text = "coverage:";
    const auto part = [&](const std::optional<model::Ratio>& ratio, std::string_view word) {
      if (!ratio || ratio->found == 0) return;
      text += fmt::format("{} {} {} % ({} of {})", text.ends_with(':') ? "" : ",", word, to_text(percent_of(ratio)),
                          ratio->hit, ratio->found);
    };
    const model::CoverageTotals& totals = report_.coverage.totals;
    part(totals.lines, "lines");
    part(totals.branches, "branches");
    part(totals.statements, "statements");
    part(totals.functions, "functions");
    line(fmt::format("{}, {} file{}", text, report_.coverage.files.size(),
                     report_.coverage.files.size() == 1 ? "" : "s"));
  }

  void add_patch() {
    if (!report_.patch) return;
    const model::PatchReport& patch = *report_.patch;
    std::string text = fmt::format("patch: {} file{} against {}", patch.files.size(),
                                   patch.files.size() == 1 ? "" : "s", patch.merge_base.substr(0, 12));
    if (!patch.base.empty()) text += fmt::format(" ({})", clean_line(patch.base));
    const auto part = [&](const model::Ratio& ratio, std::string_view word) {
      if (ratio.found > 0)
        text += fmt::format(", {} {} % ({} of {})", word, to_text(percent_of(ratio)), ratio.hit, ratio.found);
    };
    part(patch.lines, "changed lines");
    part(patch.branches, "branches on them");
    line(text);
    if (patch.line_categories) line("changes of lines:" + categories_text(*patch.line_categories));
    if (patch.branch_categories) line("changes of branches:" + categories_text(*patch.branch_categories));
  }

  const GateDocument& document_;
  const model::RunReport& report_;
  TerminalOptions options_;
  Style style_;
  std::string text_;
};

}  // namespace

std::string verdict_to_text(const model::GateVerdict& verdict, const TerminalOptions& options) {
  const Style style(options.color);
  const std::string scope = verdict.scope == "run" ? "" : fmt::format(" [{}]", clean_line(verdict.scope));
  std::string text = fmt::format("gate {}{}: {}: {}\n", clean_line(verdict.rule), scope,
                                 style(tone_of(verdict), mark_of(verdict)), clean_line(verdict.message));
  if (verdict.state == model::GateState::passed) return text;
  const std::size_t most = options.verbose ? verdict.culprits.size() : kMaxCulprits;
  std::size_t width = 0;
  std::vector<std::string> places;
  for (std::size_t i = 0; i < std::min(most, verdict.culprits.size()); ++i) {
    places.push_back(clean_line(verdict.culprits[i].subject) + ranges_text(verdict.culprits[i].lines));
    width = std::max(width, std::min<std::size_t>(width_of(places.back()), 60));
  }
  for (std::size_t i = 0; i < places.size(); ++i) {
    const std::size_t used = width_of(places[i]);
    text += fmt::format("    {}{}  {}\n", places[i], std::string(width > used ? width - used : 0, ' '),
                        style(Tone::dim, clean_line(verdict.culprits[i].note)));
  }
  if (verdict.culprits.size() > places.size())
    text += fmt::format("    ... and {} more\n", verdict.culprits.size() - places.size());
  return text;
}

std::string gate_to_text(const GateDocument& document, const TerminalOptions& options) {
  return GatePage(document, options).render();
}

}  // namespace rh::reporters
