#include "runner/engine/gate/regression_rule.h"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "runner/base/text.h"
#include "runner/engine/gate/judging.h"
#include "runner/engine/history/recorded_figures.h"
#include "runner/engine/history/regression.h"
#include "runner/engine/history/resource_history.h"

namespace rh::engine {

using namespace rh::model;

namespace {

constexpr std::size_t kShownReasons = 3;

double share_of(const Decimal& percent) {
  return static_cast<double>(percent.digits) / std::pow(10.0, percent.decimals) / 100;
}

std::optional<double> scaled(const std::optional<std::int64_t>& value, double unit) {
  return value ? std::optional(static_cast<double>(*value) * unit) : std::nullopt;
}

// The figures of this run exactly as they will be stored.
StoredFigures figures_of(const SuiteReport& suite) {
  const SuiteFigures figures = recorded_figures(suite);
  return {scaled(figures.wall_ns, 1), scaled(figures.cpu_ns, 1), scaled(figures.peak_bytes, 1)};
}

// What other tests of the same process used, too, is no figure of the test.
StoredFigures figures_of(const TestRecord& record) {
  const TestFigures figures = recorded_figures(record);
  const TestUsage& usage = record.attempts.back().usage;
  StoredFigures stored{scaled(figures.wall_us, 1e3), scaled(figures.cpu_us, 1e3), scaled(figures.peak_kib, 1024)};
  if (usage.cpu.scope == Scope::shared_window) stored.cpu_ns.reset();
  if (usage.peak_memory.scope == Scope::shared_window) stored.peak_bytes.reset();
  return stored;
}

class Judge {
 public:
  Judge(const GateRule& rule, const GateInput& input)
      : rule_(rule), input_(input), memory_(rule.text("of") == "memory"), per_test_(rule.text("per") == "test") {
    limits_.alpha = share_of(*rule.find<Decimal>("alpha"));
    limits_.min_effect = share_of(*rule.find<Decimal>("min_effect"));
    limits_.min_base = static_cast<std::size_t>(*rule.find<std::uint64_t>("min_samples"));
    limits_.min_delta = memory_ ? static_cast<double>(rule.find<ByteCount>("min_memory")->bytes)
                                : static_cast<double>(rule.find<std::chrono::nanoseconds>("min_time")->count());
  }

  GateVerdict judge() {
    if (input_.history == nullptr)
      return no_data_of(rule_, threshold(),
                        input_.history_reason.empty() ? "no earlier run is stored" : input_.history_reason);
    const RegressionFindings found = find_regressions(samples(), limits_);
    if (found.findings.empty())
      return no_data_of(rule_, threshold(), fmt::format("no {} of this scope passed and has a {}", noun(), what()));
    return verdict(found);
  }

 private:
  [[nodiscard]] std::string noun() const { return per_test_ ? "test" : "suite"; }
  [[nodiscard]] std::string what() const {
    return memory_ ? "peak memory" : rule_.text("of") == "cpu" ? "CPU time" : "wall time";
  }
  [[nodiscard]] std::string threshold() const { return "+" + percent_of(*rule_.find<Decimal>("min_effect")); }
  [[nodiscard]] std::string text(double value) const {
    if (memory_) return format_size(static_cast<std::uint64_t>(std::max(0.0, value)));
    return format_duration(std::chrono::nanoseconds(std::llround(std::max(0.0, value))));
  }

  [[nodiscard]] std::optional<double> pick(const StoredFigures& figures) const {
    if (memory_) return figures.peak_bytes;
    return rule_.text("of") == "cpu" ? figures.cpu_ns : figures.wall_ns;
  }

  [[nodiscard]] bool is_wanted(const TestRecord& record) const {
    if (record.test.kind != TestKind::test || record.outcome() != Outcome::passed) return false;
    const auto* tests = rule_.find<std::vector<std::string>>("tests");
    return tests == nullptr || std::any_of(tests->begin(), tests->end(), [&](const std::string& glob) {
             return glob == record.test.id.value || glob_match(glob, record.test.id.value);
           });
  }

  std::vector<SampledFigure> samples() {
    std::vector<SampledFigure> samples;
    for (const SuiteReport& suite : input_.report.suites) {
      if (!in_suite_scope(rule_, suite.suite.id)) continue;
      if (!per_test_) {
        if (suite.status == SuiteStatus::passed)
          add(samples, suite.suite.id.value, figures_of(suite), input_.history->suites);
        continue;
      }
      for (const TestRecord& record : suite.tests)
        if (is_wanted(record)) add(samples, record.test.id.value, figures_of(record), input_.history->tests);
    }
    return samples;
  }

  void add(std::vector<SampledFigure>& samples, const std::string& id, const StoredFigures& now,
           const std::map<std::string, FigureSeries, std::less<>>& past) const {
    const auto current = pick(now);
    if (!current) return;
    SampledFigure& sample = samples.emplace_back();
    sample.subject = id;
    sample.head.push_back(*current);
    const auto series = past.find(stored_name(id));
    if (series == past.end()) return;
    const std::size_t window = static_cast<std::size_t>(*rule_.find<std::uint64_t>("window"));
    for (const StoredFigures& each : series->second.head)
      if (const auto value = pick(each)) sample.head.push_back(*value);
    for (const StoredFigures& each : series->second.base)
      if (const auto value = pick(each); value && sample.base.size() < window) sample.base.push_back(*value);
  }

  static double relative(const RegressionFinding& finding) {
    return finding.base_median > 0 ? finding.shift / finding.base_median : INFINITY;
  }

  // As many decimals as it takes to be told from the threshold.
  [[nodiscard]] std::string percent(const RegressionFinding& finding) const {
    if (finding.base_median <= 0) return "+" + text(finding.shift) + " from nothing";
    std::string shown;
    for (int decimals = 1; decimals <= 9; ++decimals) {
      shown = fmt::format("{:+.{}f}", relative(finding) * 100, decimals);
      if (std::stod(shown) / 100 > limits_.min_effect || finding.state != RegressionState::worse) break;
    }
    return shown + " %";
  }

  [[nodiscard]] std::string note(const RegressionFinding& finding) const {
    return fmt::format("{} {}, was {} ({}, p = {:.2g}, {} against {} of the base)", what(), text(finding.head_median),
                       text(finding.base_median), percent(finding), finding.test.p_greater,
                       counted(finding.heads, "run"), finding.bases);
  }

  [[nodiscard]] std::string undecided_text(const std::vector<const RegressionFinding*>& undecided) const {
    std::string list;
    for (std::size_t i = 0; i < undecided.size() && i < kShownReasons; ++i)
      list += fmt::format("{}{}: {}", i > 0 ? "; " : "", undecided[i]->subject, undecided[i]->reason);
    if (undecided.size() > kShownReasons) list += fmt::format("; and {} more", undecided.size() - kShownReasons);
    return list;
  }

  [[nodiscard]] std::string comparable() const {
    return fmt::format("{} of the base and {} of this commit are comparable of {} stored ({})",
                       counted(input_.history->base_runs, "run"), input_.history->head_runs,
                       input_.history->stored_runs, input_.history->conditions);
  }

  GateVerdict verdict(const RegressionFindings& found) {
    std::vector<const RegressionFinding*> worse, undecided;
    std::size_t decided = 0;
    for (const RegressionFinding& finding : found.findings) {
      if (finding.state == RegressionState::worse) worse.push_back(&finding);
      (finding.state == RegressionState::undecided ? undecided.push_back(&finding) : static_cast<void>(++decided));
    }
    if (decided == 0)
      return no_data_of(rule_, threshold(),
                        fmt::format("cannot judge the {} of {}; {}", what(), undecided_text(undecided), comparable()));
    const std::string evidence =
        fmt::format("{} tested at alpha = {}, {} judged, {} not{}; {}", counted(found.tested, noun()),
                    percent_of(*rule_.find<Decimal>("alpha")), decided, undecided.size(),
                    undecided.empty() ? "" : " (" + undecided_text(undecided) + ")", comparable());
    if (worse.empty())
      return verdict_of(
          rule_, GateState::passed, threshold(), "no regression", evidence,
          fmt::format("the {} of no {} is surely larger than before, by more than {}{}", what(), noun(), threshold(),
                      undecided.empty() ? "" : fmt::format("; {} cannot be judged", undecided.size())));
    std::stable_sort(worse.begin(), worse.end(), [](const RegressionFinding* a, const RegressionFinding* b) {
      return relative(*a) > relative(*b);
    });
    GateVerdict failed =
        verdict_of(rule_, GateState::failed, threshold(), percent(*worse.front()), evidence,
                   fmt::format("{} is worse than before: {}{}", worse.front()->subject, note(*worse.front()),
                               worse.size() == 1 ? "" : fmt::format("; so {} more", worse.size() - 1)));
    std::vector<GateEvidence> culprits;
    for (const RegressionFinding* finding : worse) culprits.push_back({finding->subject, {}, note(*finding)});
    set_culprits(failed, std::move(culprits));
    return failed;
  }

  const GateRule& rule_;
  const GateInput& input_;
  bool memory_, per_test_;
  RegressionLimits limits_;
};

}  // namespace

std::vector<GateVerdict> judge_regression(const GateRule& rule, const GateInput& input) {
  return {Judge(rule, input).judge()};
}

}  // namespace rh::engine
