#include "runner/engine/history/run_past.h"

#include <algorithm>
#include <set>

#include <fmt/core.h>

#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::engine {
namespace {

using namespace rh::model;

Diagnostic diagnostic(Severity severity, std::string code, std::string message, std::string subject) {
  return {severity, std::move(code), std::move(message), std::move(subject), {}};
}

BaseRun base_of(const StoredRun& run) {
  BaseRun base;
  base.label = fmt::format("run {} of {}", run.id.value.substr(0, 13), run.git_commit.substr(0, 12));
  base.commit = run.git_commit;
  base.coverage = run.coverage;
  base.tests = run.counts.total;
  base.failed = run.counts.failed + run.counts.errored;
  base.skipped = run.counts.skipped;
  base.wall = run.wall;
  return base;
}

BaseRun base_of(const RunReport& report, const std::string& label) {
  BaseRun base;
  base.label = label;
  base.commit = report.run.git_commit;
  base.coverage = report.coverage.totals;
  base.tests = report.counts.total;
  base.failed = report.counts.failed + report.counts.errored;
  base.skipped = report.counts.skipped;
  if (report.wall.count() > 0) base.wall = report.wall;
  return base;
}

struct Subject {
  const SuiteReport* suite;
  const TestRecord* record;
  const QuarantineEntry* entry;
  int interest = 0;  // larger: rather shown with its past
};

class LookBack {
 public:
  explicit LookBack(PastQuestion question) : question_(std::move(question)) {
    answer_.quarantine = std::move(question_.quarantine);
  }

  PastAnswer look() {
    answer_.lineage = ask_lineage(question_.host, question_.report.run.repository_root, question_.base_commit);
    judge_quarantine();
    auto history = open_history();
    Result<void> answered = history ? answer_from(*history) : annotate(nullptr);
    if (!answered) {
      raise(diagnostic(Severity::warning, "history-not-read", answered.error().message(), "history.db"));
      answered = annotate(nullptr);  // without the history it cannot fail
    }
    if (question_.base_report != nullptr)
      answer_.events.emplace_back(BaseFound{base_of(*question_.base_report, question_.base_label)});
    return std::move(answer_);
  }

 private:
  void raise(Diagnostic each) { answer_.events.emplace_back(DiagnosticRaised{std::move(each)}); }

  std::optional<History> open_history() {
    if (!is_file(question_.history_file)) {
      answer_.resources_reason = "no earlier run is stored";
      return std::nullopt;
    }
    auto opened = History::open_existing(question_.history_file);
    if (opened) return std::move(*opened);
    answer_.resources_reason = opened.error().message();
    raise(diagnostic(Severity::warning, "history-not-read", opened.error().message(), "history.db"));
    return std::nullopt;
  }

  // The first question that fails ends it: what was answered before stays.
  Result<void> answer_from(const History& history) {
    if (question_.resources.suites || question_.resources.tests) {
      auto loaded = load_resources(history, question_.report, answer_.lineage.ancestors, question_.resources);
      if (loaded)
        answer_.resources = std::move(*loaded);
      else
        answer_.resources_reason = loaded.error().message();
    }
    if (question_.base_report == nullptr) RH_CHECK(find_base(history));
    return annotate(&history);
  }

  // --- quarantine ---

  void judge_quarantine() {
    QuarantineState& state = answer_.quarantine;
    if (state.entries.empty()) return;
    if (!question_.base_commit.empty()) compare_quarantine();
    if (!question_.trust_quarantine) distrust();
    if (question_.whole) report_unmatched();
  }

  void compare_quarantine() {
    QuarantineState& state = answer_.quarantine;
    std::vector<QuarantineEntry> base;
    const auto text = text_at_commit(question_.host, state.file, question_.base_commit);
    if (text) {
      auto entries = parse_quarantine(*text, state.file.filename().string(), state.today);
      if (entries) base = std::move(*entries);
    } else if (text.error().kind != ErrorKind::not_found) {
      return raise(
          diagnostic(Severity::warning, "quarantine-not-compared", text.error().message(), state.file.string()));
    }
    mark_by_patch(state.entries, base);
    state.compared_with_base = true;
  }

  // Code that is not trusted must not decide that its own failures do not count.
  void distrust() {
    QuarantineState& state = answer_.quarantine;
    std::size_t refused = 0;
    for (QuarantineEntry& entry : state.entries) {
      entry.in_force = state.compared_with_base && !entry.by_patch;
      if (!entry.in_force) ++refused;
    }
    if (refused > 0)
      raise(diagnostic(Severity::warning, "quarantine-not-trusted",
                       fmt::format("{} of {} entries are not in force under the preset {}: {}; pass --quarantine to "
                                   "let them hold",
                                   refused, state.entries.size(), question_.report.run.preset,
                                   state.compared_with_base ? "the change that is tested makes them"
                                                            : "the code that is tested may have made them, and there "
                                                              "is no --base to compare with"),
                       state.file.string()));
  }

  // A suite that did not end, or was run in part, does not say which tests there are.
  void report_unmatched() {
    for (const SuiteReport& suite : question_.report.suites)
      if (!suite.selection.all || (suite.status != SuiteStatus::passed && suite.status != SuiteStatus::failed)) return;
    for (const QuarantineEntry& entry : answer_.quarantine.entries) {
      bool matched = false;
      for (const SuiteReport& suite : question_.report.suites)
        matched = matched || std::any_of(suite.tests.begin(), suite.tests.end(),
                                         [&](const TestRecord& record) { return covers(entry, record.test.id.value); });
      if (!matched)
        raise(diagnostic(
            Severity::warning, "quarantine-unmatched",
            fmt::format("no test of this run is meant by the quarantine of '{}'; remove the entry, or mend its id",
                        entry.tests),
            entry.origin));
    }
  }

  // --- the run that this one is compared with ---

  Result<void> find_base(const History& history) {
    if (question_.base_commit.empty()) return {};
    for (const std::string& commit : answer_.lineage.ancestors) {
      RH_TRY(const auto found, history.newest_of_commit(commit));
      if (!found || !found->counted) continue;
      answer_.events.emplace_back(BaseFound{base_of(*found)});
      return {};
    }
    return {};
  }

  // --- tests ---

  [[nodiscard]] std::vector<Subject> subjects(const std::set<std::string>& troubled) const {
    std::vector<Subject> all;
    for (const SuiteReport& suite : question_.report.suites)
      for (const TestRecord& record : suite.tests) {
        const std::string& id = record.test.id.value;
        Subject subject{&suite, &record, entry_of(answer_.quarantine.entries, id), 0};
        if (is_failure(record.outcome()))
          subject.interest = 3;
        else if (subject.entry != nullptr || record.flaky())
          subject.interest = 2;
        else if (troubled.count(stored_name(id)) > 0)
          subject.interest = 1;
        all.push_back(subject);
      }
    std::stable_sort(all.begin(), all.end(), [](const Subject& a, const Subject& b) {
      if (a.interest != b.interest) return a.interest > b.interest;
      return a.record->attempts.back().duration > b.record->attempts.back().duration;
    });
    return all;
  }

  Result<void> annotate(const History* history) {
    std::map<std::int64_t, RunConditions> conditions;
    std::set<std::string> troubled;
    if (history != nullptr) {
      RH_TRY(conditions, history->conditions(kFlakeWindow));
      RH_TRY(const auto names, history->troubled_tests(kFlakeWindow));
      troubled.insert(names.begin(), names.end());
    }
    std::size_t with_past = 0;
    for (const Subject& subject : subjects(troubled)) {
      TestAnnotated event{subject.suite->suite.id, subject.record->test.id, {}, std::nullopt, std::nullopt};
      if (subject.entry != nullptr) event.quarantine = subject.entry->quarantine;
      if (history != nullptr && with_past < kMaxTestsWithPast) {
        RH_TRY(const auto past, history->past_of(event.test.value, kFlakeWindow));
        fill_past(event, past, conditions);
        if (!past.empty()) ++with_past;
      }
      if (!event.past.empty() || event.flake_rate || event.quarantine) answer_.events.emplace_back(std::move(event));
    }
    return {};
  }

  static void fill_past(TestAnnotated& event, const std::vector<TestPast>& past,
                        const std::map<std::int64_t, RunConditions>& conditions) {
    event.flake_rate = flake_rate(past, conditions);
    const std::size_t count = std::min<std::size_t>(past.size(), kPastResults);
    for (std::size_t i = count; i-- > 0;) event.past.push_back(past[i].result);
  }

  PastQuestion question_;
  PastAnswer answer_;
};

}  // namespace

PastAnswer look_back(PastQuestion question) { return LookBack(std::move(question)).look(); }

}  // namespace rh::engine
