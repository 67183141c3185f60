#include "runner/engine/gate/past_rules.h"

#include <algorithm>

#include <fmt/core.h>

#include "runner/base/text.h"
#include "runner/engine/gate/judging.h"
#include "runner/engine/gate/regression_rule.h"

namespace rh::engine {

using namespace rh::model;

namespace {

using Verdicts = std::vector<GateVerdict>;

// --- flake rates ---

bool is_flaky_beyond(const GateRule& rule, const FlakeRate& rate, const Decimal& most) {
  if (rule.text("bound") == "rate") return compare_share(rate.flips, rate.chances, most) > 0;
  double limit = static_cast<double>(most.digits) / 100;
  for (unsigned i = 0; i < most.decimals; ++i) limit /= 10;
  return rate.low > limit;
}

std::string rate_text(const FlakeRate& rate) {
  return fmt::format("{} of {} chances flipped, 95 % interval {:.1f} % to {:.1f} %", rate.flips, rate.chances,
                     rate.low * 100, rate.high * 100);
}

Verdicts judge_flake_rate(const GateRule& rule, const GateInput& input) {
  const Decimal most = *rule.find<Decimal>("max");
  std::vector<std::pair<const TestRecord*, FlakeRate>> beyond;
  std::uint64_t known = 0;
  for (const SuiteReport& suite : input.report.suites) {
    if (!in_suite_scope(rule, suite.suite.id)) continue;
    for (const TestRecord& record : suite.tests) {
      if (!record.flake_rate || record.flake_rate->chances == 0) continue;
      ++known;
      if (is_flaky_beyond(rule, *record.flake_rate, most)) beyond.push_back({&record, *record.flake_rate});
    }
  }
  if (known == 0)
    return {no_data_of(rule, percent_of(most),
                       "no test of this scope has run twice on the same commit under the same conditions")};
  const std::string evidence = fmt::format("{} with a known rate", counted(known, "test"));
  if (beyond.empty())
    return {verdict_of(rule, GateState::passed, percent_of(most), "none", evidence,
                       fmt::format("no test flips more often than {} of the time", percent_of(most)))};
  std::stable_sort(beyond.begin(), beyond.end(),
                   [](const auto& a, const auto& b) { return a.second.low > b.second.low; });
  GateVerdict failed =
      verdict_of(rule, GateState::failed, percent_of(most), counted(beyond.size(), "test"), evidence,
                 fmt::format("{} more often than {} of the time: {} ({})",
                             beyond.size() == 1 ? "1 test flips" : fmt::format("{} tests flip", beyond.size()),
                             percent_of(most), beyond.front().first->test.id.value, rate_text(beyond.front().second)));
  std::vector<GateEvidence> culprits;
  for (const auto& [record, rate] : beyond) culprits.push_back({record->test.id.value, {}, rate_text(rate)});
  set_culprits(failed, std::move(culprits));
  return {failed};
}

// --- quarantine ---

const std::vector<QuarantineEntry>& entries_of(const GateInput& input) {
  static const std::vector<QuarantineEntry> none;
  return input.quarantine == nullptr ? none : input.quarantine->entries;
}

std::string description(const QuarantineEntry& entry) {
  return fmt::format("until {}, {}: {} ({})", entry.quarantine.expires, entry.quarantine.owner, entry.quarantine.reason,
                     entry.origin);
}

// At most so many entries of a kind; `sentence` begins the message of a failure.
Verdicts judge_entries(const GateRule& rule, const GateInput& input, std::uint64_t most, std::string_view what,
                       const std::vector<std::pair<const QuarantineEntry*, std::string>>& found) {
  const std::uint64_t count = found.size();
  const bool good = count <= most;
  const std::string evidence = fmt::format("{} of {} {}", count, entries_of(input).size(), what);
  GateVerdict verdict = verdict_of(rule, good ? GateState::passed : GateState::failed, fmt::format("{}", most),
                                   fmt::format("{}", count), evidence,
                                   good ? fmt::format("{}, {} allowed", evidence, most)
                                        : fmt::format("{}, only {} allowed: {} {}", evidence, most,
                                                      found.front().first->tests, found.front().second));
  if (!good) {
    std::vector<GateEvidence> culprits;
    for (const auto& [entry, note] : found) culprits.push_back({entry->tests, {}, note});
    set_culprits(verdict, std::move(culprits));
  }
  return {verdict};
}

Verdicts judge_expired(const GateRule& rule, const GateInput& input) {
  std::vector<std::pair<const QuarantineEntry*, std::string>> found;
  for (const QuarantineEntry& entry : entries_of(input))
    if (entry.quarantine.expired) found.push_back({&entry, description(entry)});
  return judge_entries(rule, input, 0, "quarantine entries have expired", found);
}

Verdicts judge_max_entries(const GateRule& rule, const GateInput& input) {
  std::vector<std::pair<const QuarantineEntry*, std::string>> found;
  for (const QuarantineEntry& entry : entries_of(input)) found.push_back({&entry, description(entry)});
  return judge_entries(rule, input, *rule.find<std::uint64_t>("max"), "quarantine entries are in the file", found);
}

Verdicts judge_max_age(const GateRule& rule, const GateInput& input) {
  const auto most = *rule.find<std::chrono::nanoseconds>("max");
  std::vector<std::pair<const QuarantineEntry*, std::string>> found;
  for (const QuarantineEntry& entry : entries_of(input)) {
    const auto since = parse_date(entry.since), today = parse_date(input.quarantine->today);
    if (!since)
      found.push_back({&entry, "has no 'since', " + description(entry)});
    else if (today && *today - *since > most)
      found.push_back({&entry, fmt::format("since {}, {}", entry.since, description(entry))});
  }
  return judge_entries(rule, input, 0, "quarantine entries are too old", found);
}

Verdicts judge_added(const GateRule& rule, const GateInput& input) {
  const std::uint64_t most = *rule.find<std::uint64_t>("max");
  if (input.quarantine == nullptr || !input.quarantine->compared_with_base)
    return {no_data_of(rule, fmt::format("{}", most), "there is no quarantine of a base to compare with")};
  std::vector<std::pair<const QuarantineEntry*, std::string>> found;
  for (const QuarantineEntry& entry : entries_of(input))
    if (entry.by_patch) found.push_back({&entry, description(entry)});
  return judge_entries(rule, input, most, "quarantine entries are made or prolonged by this change", found);
}

std::vector<RuleField> regression_fields() {
  using enum FieldType;
  return {{"of", text, true, "", "wall|cpu|memory", "which figure"},
          {"per", text, false, "suite", "suite|test", "whose figure"},
          {"tests", texts, false, "", "", "with per = \"test\": globs of test ids"},
          {"alpha", percent, false, "5", "", "probability that the rule fails although nothing changed"},
          {"min_effect", percent, false, "10", "", "smaller shifts do not matter", 1'000'000},
          {"min_time", duration, false, "50ms", "", "nor do smaller ones of a time"},
          {"min_memory", size, false, "4M", "", "nor do smaller ones of a memory"},
          {"min_samples", count, false, "5", "", "fewest runs of the base"},
          {"window", count, false, "20", "", "newest comparable runs of the base that are looked at"}};
}

bool has_rule(const GateRules& rules, std::string_view kind) {
  return std::any_of(rules.rules.begin(), rules.rules.end(), [&](const GateRule& rule) { return rule.kind == kind; });
}

void imply(GateRules& rules, std::string_view kind, GateLevel level) {
  if (has_rule(rules, kind)) return;
  auto rule = make_rule(kind, "built in");
  RH_ASSERT(rule.has_value());
  rule->level = level;
  rules.rules.push_back(std::move(*rule));
}

}  // namespace

std::vector<RuleKind> past_kinds() {
  using enum FieldType;
  using enum NoDataPolicy;
  using enum ScopeUse;
  const RuleField most_entries{"max", count, true, "", "", "most entries"};
  return {
      {"resources.regression", "no figure surely and noticeably larger than in earlier runs of the same machine class",
       warn, suites, regression_fields(), judge_regression, true},
      {"tests.flake_rate",
       "how often a test may change its answer about the same code",
       pass,
       suites,
       {{"max", percent, true, "", "", "highest share of chances"},
        {"bound", text, false, "low", "low|rate", "what is compared: the low end of the 95 % interval, or the rate"}},
       judge_flake_rate,
       true},
      {"quarantine.expired", "no quarantine entry has expired", fail, run, {}, judge_expired},
      {"quarantine.max_entries", "entries of the quarantine file", fail, run, {most_entries}, judge_max_entries},
      {"quarantine.max_age",
       "how long a test may be in quarantine",
       fail,
       run,
       {{"max", duration, true, "", "", "longest time since 'since'"}},
       judge_max_age},
      {"quarantine.added",
       "entries that the tested change itself makes or prolongs",
       pass,
       run,
       {{"max", count, false, "0", "", "most entries"}},
       judge_added,
       false,
       true},
  };
}

ResourceDemand resource_demand(const GateRules& rules) {
  ResourceDemand demand;
  for (const GateRule& rule : rules.rules) {
    if (rule.kind != "resources.regression") continue;
    (rule.text("per") == "test" ? demand.tests : demand.suites) = true;
    demand.window = std::max(demand.window, *rule.find<std::uint64_t>("window"));
  }
  return demand;
}

void add_implied_rules(GateRules& rules, const QuarantineState& quarantine) {
  if (quarantine.entries.empty()) return;
  imply(rules, "quarantine.expired", GateLevel::block);
  if (quarantine.compared_with_base) imply(rules, "quarantine.added", GateLevel::warn);
}

}  // namespace rh::engine
