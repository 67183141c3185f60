// Rules about time and memory of suites and tests: absolute maxima, and the committed baseline. A figure that
// is only an upper bound does not prove that a maximum was passed; it counts as not measured then.
#include <algorithm>

#include <fmt/core.h>

#include "runner/base/text.h"
#include "runner/engine/gate/baseline.h"
#include "runner/engine/gate/judges.h"
#include "runner/engine/gate/judging.h"

namespace rh::engine {

using namespace rh::model;

namespace {

// One figure of one suite or test: nanoseconds or bytes.
struct Measured {
  std::string subject;
  std::optional<std::uint64_t> value;
  Scope scope = Scope::unknown;
  std::string source, reason;
};

enum class Quantity { wall, cpu, memory };

std::uint64_t nanoseconds(std::chrono::nanoseconds span) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(span.count(), 0));
}

template <class Figure, class Convert>
Measured measured(std::string subject, const Figure& figure, Convert convert) {
  Measured result{std::move(subject), std::nullopt, figure.scope, figure.source, figure.reason};
  if (figure.value) result.value = convert(*figure.value);
  return result;
}

// The time of the suite itself: fetching dependencies depends on caches, not on the tests.
Measured figure_of(const SuiteReport& suite, Quantity quantity) {
  const std::string& id = suite.suite.id.value;
  if (suite.steps.empty())
    return {id, std::nullopt, Scope::unknown, {}, "results that were read from files do not tell it"};
  const ProcessUsage& usage = suite.usage;
  if (quantity == Quantity::wall) return {id, nanoseconds(usage.wall), Scope::exact_process, "clock", {}};
  if (quantity == Quantity::memory) return measured(id, usage.peak_memory, [](std::uint64_t bytes) { return bytes; });
  if (!usage.user_cpu.value || !usage.system_cpu.value)
    return {
        id, std::nullopt, Scope::unknown, {}, usage.user_cpu.value ? usage.system_cpu.reason : usage.user_cpu.reason};
  return {id, nanoseconds(*usage.user_cpu.value) + nanoseconds(*usage.system_cpu.value), usage.user_cpu.scope,
          usage.user_cpu.source, usage.user_cpu.reason};
}

Measured figure_of(const TestRecord& record, Quantity quantity) {
  const Attempt& last = record.attempts.back();
  const std::string& id = record.test.id.value;
  if (quantity == Quantity::memory)
    return measured(id, last.usage.peak_memory, [](std::uint64_t bytes) { return bytes; });
  if (quantity == Quantity::cpu) return measured(id, last.usage.cpu, nanoseconds);
  if (!last.duration) return {id, std::nullopt, Scope::unknown, {}, last.duration_reason};
  return {id, nanoseconds(*last.duration), Scope::exact_window, "clock", {}};
}

bool never_ran(const TestRecord& record) {
  return record.outcome() == Outcome::skipped || record.outcome() == Outcome::not_run;
}

std::vector<Measured> figures_in_scope(const GateRule& rule, const RunReport& report, Quantity quantity) {
  std::vector<Measured> figures;
  for (const SuiteReport& suite : report.suites) {
    if (!in_suite_scope(rule, suite.suite.id)) continue;
    if (suite.status == SuiteStatus::not_started || suite.status == SuiteStatus::unavailable) continue;
    if (rule.text("per") != "test") {
      figures.push_back(figure_of(suite, quantity));
      continue;
    }
    for (const TestRecord& record : suite.tests)
      if (record.test.kind == TestKind::test && !never_ran(record)) figures.push_back(figure_of(record, quantity));
  }
  return figures;
}

std::string text_of(std::uint64_t value, Quantity quantity) {
  if (quantity == Quantity::memory) return format_size(value);
  return format_duration(std::chrono::nanoseconds(static_cast<std::int64_t>(value)));
}

// More digits where the short form would read like the target.
std::string exact_text(std::uint64_t value, Quantity quantity) {
  return fmt::format("{} {}", value, quantity == Quantity::memory ? "bytes" : "ns");
}

std::string actual_text(std::uint64_t value, std::uint64_t most, Quantity quantity) {
  const std::string text = text_of(value, quantity);
  return value != most && text == text_of(most, quantity) ? exact_text(value, quantity) : text;
}

std::string_view name_of_quantity(Quantity quantity) {
  return quantity == Quantity::wall ? "wall time" : quantity == Quantity::cpu ? "CPU time" : "peak memory";
}

// One verdict per suite, or one for all tests.
struct MaximumJudge {
  const GateRule& rule;
  Quantity quantity;
  std::uint64_t most;

  [[nodiscard]] std::string threshold() const { return text_of(most, quantity); }
  [[nodiscard]] bool undecided(const Measured& figure) const {
    return !figure.value || (figure.scope == Scope::shared_window && *figure.value > most);
  }
  [[nodiscard]] std::string why_undecided(const Measured& figure) const {
    if (!figure.value) return figure.reason.empty() ? "it was not measured" : figure.reason;
    return fmt::format("{} is only an upper bound: other tests ran in the same process",
                       text_of(*figure.value, quantity));
  }

  [[nodiscard]] GateVerdict suite(const Measured& figure) const {
    const std::string_view what = name_of_quantity(quantity);
    GateVerdict verdict;
    if (undecided(figure)) {
      verdict = no_data_of(rule, threshold(),
                           fmt::format("the {} of {} is not known: {}", what, figure.subject, why_undecided(figure)));
    } else {
      const bool good = *figure.value <= most;
      const std::string actual = actual_text(*figure.value, most, quantity);
      verdict = verdict_of(
          rule, good ? GateState::passed : GateState::failed, threshold(), actual,
          exact_text(*figure.value, quantity) + (figure.source.empty() ? "" : ", " + figure.source),
          fmt::format("{}: {} {}, {}{} allowed", figure.subject, what, actual, good ? "" : "only ", threshold()));
    }
    verdict.scope = figure.subject;
    return verdict;
  }

  [[nodiscard]] Verdicts tests(std::vector<Measured> figures) const {
    const std::string_view what = name_of_quantity(quantity);
    const auto unknown = static_cast<std::uint64_t>(
        std::count_if(figures.begin(), figures.end(), [&](const Measured& each) { return undecided(each); }));
    const std::string reason =
        unknown == 0 ? "" : why_undecided(*std::find_if(figures.begin(), figures.end(), [&](const Measured& each) {
          return undecided(each);
        }));
    std::erase_if(figures, [&](const Measured& each) { return undecided(each); });
    std::stable_sort(figures.begin(), figures.end(),
                     [](const Measured& a, const Measured& b) { return *a.value > *b.value; });
    if (figures.empty())
      return {no_data_of(rule, threshold(),
                         unknown == 0 ? "no test ran" : fmt::format("the {} of no test is known: {}", what, reason))};
    std::vector<GateEvidence> culprits;
    for (const Measured& each : figures)
      if (*each.value > most) culprits.push_back({each.subject, {}, actual_text(*each.value, most, quantity)});
    const bool good = culprits.empty();
    const std::string actual = actual_text(*figures.front().value, most, quantity);
    std::string evidence = fmt::format("{} measured", counted(figures.size(), "test"));
    if (unknown > 0) evidence += fmt::format(", {} not ({})", unknown, reason);
    GateVerdict verdict =
        verdict_of(rule, good ? GateState::passed : GateState::failed, threshold(), actual, evidence,
                   good ? fmt::format("{} of a test is at most {}, {} allowed", what, actual, threshold())
                        : fmt::format("{} of {} above {}: {} has {}", what, counted(culprits.size(), "test"),
                                      threshold(), culprits[0].subject, actual));
    set_culprits(verdict, std::move(culprits));
    return {verdict};
  }
};

Verdicts judge_maximum(const GateRule& rule, const GateInput& input, Quantity quantity, std::uint64_t most) {
  std::vector<Measured> figures = figures_in_scope(rule, input.report, quantity);
  const MaximumJudge judge{rule, quantity, most};
  if (rule.text("per") == "test") return judge.tests(std::move(figures));
  Verdicts verdicts;
  for (const Measured& figure : figures) verdicts.push_back(judge.suite(figure));
  if (verdicts.empty()) verdicts.push_back(no_data_of(rule, judge.threshold(), "no suite ran"));
  return verdicts;
}

}  // namespace

Verdicts judge_max_wall(const GateRule& rule, const GateInput& input) {
  return judge_maximum(rule, input, Quantity::wall, nanoseconds(*rule.find<std::chrono::nanoseconds>("max")));
}

Verdicts judge_max_cpu(const GateRule& rule, const GateInput& input) {
  return judge_maximum(rule, input, Quantity::cpu, nanoseconds(*rule.find<std::chrono::nanoseconds>("max")));
}

Verdicts judge_max_memory(const GateRule& rule, const GateInput& input) {
  return judge_maximum(rule, input, Quantity::memory, rule.find<ByteCount>("max")->bytes);
}

// Above the baseline by more than the tolerance. One machine is not like another: a statistical rule over runs
// of the same machine class is resources.regression.
Verdicts judge_resource_ratchet(const GateRule& rule, const GateInput& input) {
  if (input.baseline == nullptr)
    return {no_data_of(rule, "baseline",
                       (input.baseline_reason.empty() ? "there is no baseline" : input.baseline_reason) +
                           ": make one with `runharness baseline update`")};
  const std::string of = rule.text("of");
  const Quantity quantity = of == "wall" ? Quantity::wall : of == "cpu" ? Quantity::cpu : Quantity::memory;
  const Decimal tolerance = *rule.find<Decimal>("tolerance");
  const auto& known = rule.text("per") == "test" ? input.baseline->tests : input.baseline->suites;
  std::vector<std::pair<std::uint64_t, GateEvidence>> rows;  // how much above
  std::uint64_t compared = 0;
  for (const Measured& figure : figures_in_scope(rule, input.report, quantity)) {
    const auto entry = known.find(figure.subject);
    if (entry == known.end() || !figure.value || figure.scope == Scope::shared_window) continue;
    std::optional<std::uint64_t> before = entry->second.peak_memory_bytes;
    if (quantity != Quantity::memory) {
      const auto span = quantity == Quantity::wall ? entry->second.wall : entry->second.cpu;
      before = span ? std::optional(nanoseconds(*span)) : std::nullopt;
    }
    if (!before || *before == 0) continue;
    ++compared;
    if (*figure.value <= *before || compare_share(*figure.value - *before, *before, tolerance) <= 0) continue;
    rows.emplace_back(*figure.value - *before,
                      GateEvidence{figure.subject,
                                   {},
                                   fmt::format("was {}, is {}", text_of(*before, quantity),
                                               actual_text(*figure.value, *before, quantity))});
  }
  const std::string threshold = fmt::format("baseline + {}", percent_of(tolerance));
  const std::string_view noun = rule.text("per") == "test" ? "test" : "suite";
  if (compared == 0)
    return {no_data_of(
        rule, threshold,
        fmt::format("the baseline and this run have no {} of a {} in common", name_of_quantity(quantity), noun))};
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<GateEvidence> culprits;
  for (auto& [above, culprit] : rows) culprits.push_back(std::move(culprit));
  const bool good = culprits.empty();
  std::string message = fmt::format("{} of {} above the baseline by more than {}", name_of_quantity(quantity),
                                    counted(culprits.size(), noun), percent_of(tolerance));
  if (!good) message += fmt::format(": {}: {}", culprits[0].subject, culprits[0].note);
  GateVerdict verdict =
      verdict_of(rule, good ? GateState::passed : GateState::failed, threshold,
                 fmt::format("{} above", culprits.size()), counted(compared, noun) + " compared", message);
  set_culprits(verdict, std::move(culprits));
  return {verdict};
}

}  // namespace rh::engine
