// The summary of a results file of any format, from the events of its reader.
#include <algorithm>
#include <unordered_map>

#include <fmt/core.h>

#include "collectors/results/case_list.h"
#include "collectors/results/case_tally.h"
#include "collectors/results/reader.h"
#include "collectors/results/summary.h"
#include "collectors/results/test_text.h"
#include "runner/base/text.h"

namespace rh::collectors {

namespace {

constexpr std::size_t kPieceBytes = 256U << 10;

class EventSummary {
 public:
  EventSummary(const std::string& subject, const ResultsQuery& query) : subject_(subject), query_(query) {}

  void take(const model::ResultEvent& event) {
    if (const auto* began = std::get_if<model::TestBegan>(&event))
      note_begin(*began);
    else if (const auto* ended = std::get_if<model::TestEnded>(&event))
      note_end(*ended);
    else if (const auto* diagnostic = std::get_if<model::Diagnostic>(&event))
      summary_.diagnostics.push_back(*diagnostic);
  }
  ResultsSummary finish(bool blank);

 private:
  // One test with its last attempt so far.
  struct Test {
    ReportedCase text;
    model::Outcome outcome = model::Outcome::not_run;
    std::optional<std::chrono::nanoseconds> time;  // of all attempts
    unsigned attempts = 0;
    bool failed_before = false, counts = true;
  };

  void note_begin(const model::TestBegan& began);
  void note_end(const model::TestEnded& ended);
  Test& test_of(const std::string& key, const model::TestCase& test, unsigned attempt);
  [[nodiscard]] static ReportedCase text_of(const model::TestCase& test);

  std::string subject_;
  ResultsQuery query_;
  std::vector<Test> tests_;
  std::unordered_map<std::string, std::size_t> by_key_, by_name_;
  ResultsSummary summary_;
};

ReportedCase EventSummary::text_of(const model::TestCase& test) {
  ReportedCase text;
  text.classname = test.classname;
  text.name = test.name;
  text.file = test.file;
  text.line = test.line;
  return text;
}

// A key stands for one attempt; further attempts belong to the test of the same name.
EventSummary::Test& EventSummary::test_of(const std::string& key, const model::TestCase& test, unsigned attempt) {
  if (const auto known = by_key_.find(key); known != by_key_.end()) return tests_[known->second];
  const std::string name = fmt::format("{}\n{}\n{}\n{}", test.file, test.classname, test.parent, test.name);
  if (const auto known = by_name_.find(name); attempt > 1 && known != by_name_.end()) {
    by_key_.emplace(key, known->second);
    Test& earlier = tests_[known->second];
    earlier.failed_before |= earlier.attempts > 0 && model::is_failure(earlier.outcome);
    return earlier;
  }
  by_key_.emplace(key, tests_.size());
  by_name_[name] = tests_.size();
  tests_.emplace_back();
  tests_.back().text = text_of(test);
  return tests_.back();
}

void EventSummary::note_begin(const model::TestBegan& began) {
  Test& test = test_of(began.key, began.test, 1);
  test.counts = began.test.kind == model::TestKind::test;
  test.text.message = "it began and did not end";
}

void EventSummary::note_end(const model::TestEnded& ended) {
  Test& test = test_of(ended.key, ended.test, ended.attempt.number);
  // A passed part of a test is no test of its own; a failed one must not be lost.
  test.counts = ended.test.kind == model::TestKind::test || model::is_failure(ended.attempt.outcome);
  test.attempts = std::max(test.attempts, ended.attempt.number);
  test.outcome = ended.attempt.outcome;
  test.text.message = ended.attempt.message;
  if (test.text.file.empty()) test.text.file = ended.test.file;
  if (!test.text.line) test.text.line = ended.test.line;
  if (!ended.attempt.duration) return;
  const auto before =
      ended.attempt.number > 1 ? test.time.value_or(std::chrono::nanoseconds(0)) : std::chrono::nanoseconds(0);
  test.time = before + *ended.attempt.duration;
}

ResultsSummary EventSummary::finish(bool blank) {
  CaseTally tally;
  CaseList list(query_);
  std::optional<ExactSeconds> time;
  for (Test& test : tests_) {
    if (!test.counts) continue;
    test.text.outcome = test.outcome;
    test.text.flaky = test.failed_before && !model::is_failure(test.outcome);
    tally.add_alone(test.outcome, test.text.flaky);
    tally.totals().further_attempts += std::max(test.attempts, 1U) - 1;
    if (test.time) {
      if (!time) time.emplace();
      *time += ExactSeconds::from(*test.time);
    }
    if (list.wants(test.outcome)) list.add(0, std::move(test.text));
  }
  summary_.totals = tally.totals();
  summary_.totals.time = time;
  list.take(tally, summary_);
  summary_.state = summary_.totals.total > 0 ? ResultsState::cases
                   : blank                   ? ResultsState::empty
                                             : ResultsState::no_cases;
  return std::move(summary_);
}

}  // namespace

Result<ResultsSummary> summarise_events(ByteSource& source, const std::string& subject, const ResultFormat& format,
                                        const ResultsQuery& query) {
  EventSummary events(subject, query);
  const auto reader =
      format.make({subject, {}, query.suite_root}, [&events](const model::ResultEvent& event) { events.take(event); });
  std::string piece(kPieceBytes, '\0');
  bool blank = true;
  for (;;) {
    RH_TRY(const std::size_t count, source.read(piece.data(), piece.size()));
    if (count == 0) break;
    const std::string_view bytes(piece.data(), count);
    blank = blank && trim(bytes).empty();
    reader->feed(bytes);
  }
  reader->finish();
  ResultsSummary summary = events.finish(blank);
  summary.format = format.name;
  return summary;
}

}  // namespace rh::collectors
