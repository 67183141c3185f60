// The stream of the injected plugins (docs/formats/rh-events.md). Begin, end and result of one test
// may come from different processes and in any order; this reader joins them by key.
//
// When a test is reported: at once when result and end are both known, or when a result comes for a
// test that never began (skips). A result whose end does not come (node's t.skip() has a begin and
// no end hook) is held until its process begins another test, until a runner finishes, or until the
// stream ends. An end without a result leaves the test open: its process died.
#include <algorithm>
#include <unordered_map>

#include <fmt/core.h>

#include "collectors/results/flat_json.h"
#include "collectors/results/line_splitter.h"
#include "collectors/results/outcome_rank.h"
#include "collectors/results/reader.h"
#include "collectors/results/test_text.h"
#include "runner/base/clock.h"
#include "runner/base/text.h"
#include "runner/model/names.h"

namespace rh::collectors {

namespace {

using model::Outcome;
using model::Severity;

constexpr std::size_t kMaxTests = 2'000'000;
constexpr std::size_t kMaxBadLineReports = 20;
constexpr std::int64_t kStreamVersion = 1;

constexpr std::string_view kNoEndReason = "the runner reported no end of this test";
constexpr std::string_view kNoBeginReason = "the runner reported no begin of this test";

// One attempt of one test, while parts of it are still to come.
struct Pending {
  model::TestEnded test;
  bool began = false, ended = false, has_result = false, has_duration = false;
  std::optional<std::int64_t> begin_t, end_t;
  std::uint64_t begin_order = 0;
};

// What stays of a test that was reported.
struct Reported {
  Outcome outcome = Outcome::passed;
  unsigned attempt = 1;
};

struct KeyState {
  std::vector<Pending> pending;  // nearly always at most one
  std::optional<Reported> reported;
  unsigned instances = 0;
};

template <class T>
model::Figure<T> figure(const FlatObject& record, std::string_view value_key, std::string_view reason_key,
                        std::string_view source) {
  const auto value = record.integer(value_key);
  if (!value || *value < 0) {
    const std::string_view reason = record.text(reason_key);
    return model::Figure<T>::unknown(reason.empty() ? fmt::format("the runner's plugin reported no {}", value_key)
                                                    : std::string(reason));
  }
  // Without a scope the weaker claim is made.
  const bool exact = record.text("scope") == "exact_window";
  model::Figure<T> known;
  known.value = T(*value);
  known.scope = exact ? model::Scope::exact_window : model::Scope::shared_window;
  known.source = source;
  known.reason = record.text(reason_key);
  return known;
}

class RhEventsReader : public ResultReader {
 public:
  RhEventsReader(const ResultReaderOptions& options, ResultSink sink) : options_(options), sink_(std::move(sink)) {}

  void feed(std::string_view bytes) override {
    lines_.feed(bytes, [this](const Line& line) { read(line); });
  }

  void finish() override {
    lines_.finish([this](const Line& line) { read(line); });
    release_all();
    if (bad_lines_ > kMaxBadLineReports)
      diagnose(Severity::error, "events-damaged",
               fmt::format("{} further lines of the event stream could not be read", bad_lines_ - kMaxBadLineReports));
  }

 private:
  void read(const Line& line);
  void read_begin();
  void read_end();
  void read_result();
  void read_error();
  void read_finish();
  void read_session();

  void bad_line(const Line& line, std::string_view why);
  void diagnose(Severity severity, std::string_view code, std::string message) {
    sink_(model::Diagnostic{severity, std::string(code), std::move(message), options_.subject, {}});
  }

  KeyState* state_of(const std::string& key);
  Pending& open(KeyState& state, const std::string& key);
  template <class Wanted>
  Pending* find(KeyState& state, Wanted wanted);
  void describe(model::TestCase& test) const;
  void fill_result(Pending& pending, Outcome outcome);
  void repeated_result(KeyState& state, const std::string& key, Outcome outcome);
  void report(KeyState& state, std::size_t index);
  void release_process(std::int64_t pid);
  void release_all();

  ResultReaderOptions options_;
  ResultSink sink_;
  LineSplitter lines_;
  FlatObject record_;
  std::int64_t pid_ = 0;  // of the record
  std::unordered_map<std::string, KeyState> states_;
  // Process of the begin -> keys whose result waits (or waited) for an end, since its last begin.
  std::unordered_map<std::int64_t, std::vector<std::string>> held_;
  std::unordered_map<std::int64_t, std::uint64_t> last_begin_;  // process -> order of its last begin
  std::uint64_t begins_ = 0;
  std::uint64_t errors_ = 0;
  std::size_t bad_lines_ = 0;
  bool overflow_reported_ = false;
};

void RhEventsReader::read(const Line& line) {
  if (trim(line.text).empty()) return;
  const FlatObject::Parse parsed = record_.parse(line.text);
  if (parsed == FlatObject::Parse::invalid) return bad_line(line, "is not a JSON object");
  if (parsed == FlatObject::Parse::cut && !line.cut)
    return bad_line(line, line.ended ? "ends inside of its JSON object" : "was cut off when its writer died");
  pid_ = record_.integer("pid").value_or(0);
  const std::string_view kind = record_.text("e");
  if (is_one_of(kind, {"begin", "end", "result"}) && record_.text("key").empty()) return bad_line(line, "has no key");
  if (parsed == FlatObject::Parse::cut)
    diagnose(
        Severity::warning, "events-line-too-long",
        fmt::format("the {} record at byte {} is longer than {} bytes and was cut", kind, line.offset, kMaxLineBytes));
  if (kind == "begin")
    read_begin();
  else if (kind == "end")
    read_end();
  else if (kind == "result" && !model::from_name<Outcome>(record_.text("outcome")))
    bad_line(line, "has no known outcome");
  else if (kind == "result")
    read_result();
  else if (kind == "error")
    read_error();
  else if (kind == "expected")
    sink_(model::TestsExpected{record_.count("count").value_or(0)});
  else if (kind == "finish")
    read_finish();
  else if (kind == "session")
    read_session();
  else
    bad_line(line, "has an unknown kind");
}

void RhEventsReader::bad_line(const Line& line, std::string_view why) {
  if (++bad_lines_ > kMaxBadLineReports) return;
  diagnose(Severity::error, line.ended ? "events-damaged" : "events-truncated",
           fmt::format("the line at byte {} {}: {}", line.offset, why, one_line(line.text.substr(0, 120))));
}

void RhEventsReader::read_session() {
  if (const auto version = record_.integer("v"); version && *version != kStreamVersion)
    diagnose(Severity::error, "events-version",
             fmt::format("the event stream has version {}, this program reads version {}", *version, kStreamVersion));
}

// nullptr when there are too many tests, which is said once.
KeyState* RhEventsReader::state_of(const std::string& key) {
  if (const auto found = states_.find(key); found != states_.end()) return &found->second;
  if (states_.size() < kMaxTests) return &states_[key];
  if (!overflow_reported_)
    diagnose(Severity::error, "events-too-many-tests",
             fmt::format("the event stream names more than {} tests; the others are not read", kMaxTests));
  overflow_reported_ = true;
  return nullptr;
}

Pending& RhEventsReader::open(KeyState& state, const std::string& key) {
  Pending& pending = state.pending.emplace_back();
  // Two workers may run the test of one name at the same time (pytest-xdist --dist=each).
  pending.test.key = ++state.instances == 1 ? key : fmt::format("{}~{}", key, state.instances);
  pending.test.attempt.usage.cpu = model::CpuFigure::unknown(std::string(kNoEndReason));
  pending.test.attempt.usage.peak_memory = model::BytesFigure::unknown(std::string(kNoEndReason));
  return pending;
}

// The one that began in the process of the record, else the oldest.
template <class Wanted>
Pending* RhEventsReader::find(KeyState& state, Wanted wanted) {
  Pending* oldest = nullptr;
  for (Pending& pending : state.pending) {
    if (!wanted(pending)) continue;
    if (pending.test.attempt.pid == pid_) return &pending;
    if (!oldest) oldest = &pending;
  }
  return oldest;
}

void RhEventsReader::describe(model::TestCase& test) const {
  const auto take = [&](std::string& member, std::string_view key) {
    if (const std::string_view text = record_.text(key); !text.empty()) member = text;
  };
  take(test.name, "name");
  take(test.classname, "class");
  take(test.parent, "parent");
  if (test.name.empty()) test.name = record_.text("key");
  if (const std::string_view file = record_.text("file"); !file.empty())
    test.file = test_file(file, options_.suite_root);
  if (const auto line = record_.count("line"); line && *line > 0 && *line <= UINT32_MAX)
    test.line = static_cast<std::uint32_t>(*line);
  if (record_.text("kind") == "subtest") test.kind = model::TestKind::subtest;
}

void RhEventsReader::read_begin() {
  release_process(pid_);
  const std::string key(record_.text("key"));
  KeyState* state = state_of(key);
  if (!state) return;
  Pending& pending = open(*state, key);
  pending.began = true;
  pending.begin_t = record_.integer("t");
  pending.begin_order = last_begin_[pid_] = ++begins_;
  pending.test.attempt.pid = pid_;
  describe(pending.test.test);
  model::TestBegan began{pending.test.key, pending.test.test, std::nullopt, pid_};
  if (pending.begin_t) began.at = pending.test.attempt.start = Nanoseconds(*pending.begin_t);
  sink_(std::move(began));
}

void RhEventsReader::read_end() {
  const std::string key(record_.text("key"));
  KeyState* state = state_of(key);
  if (!state) return;
  Pending* pending = find(*state, [](const Pending& each) { return each.began && !each.ended; });
  if (!pending) {
    // The end of a test whose result could not wait for it has nothing to add.
    if (!state->reported)
      diagnose(Severity::warning, "events-end-without-begin",
               fmt::format("test {} ended in process {} without having begun", one_line(key), pid_));
    return;
  }
  pending->ended = true;
  pending->end_t = record_.integer("t");
  if (pending->end_t) pending->test.at = Nanoseconds(*pending->end_t);
  // A runner may tell only afterwards when the test really began.
  if (const auto begin = record_.integer("begin_t")) pending->test.attempt.start = Nanoseconds(*begin);
  pending->test.attempt.usage.cpu = figure<Nanoseconds>(record_, "cpu_ns", "cpu_reason", "CPU clock of the process");
  pending->test.attempt.usage.peak_memory = figure<std::uint64_t>(record_, "peak_bytes", "peak_reason", "VmHWM");
  if (pending->has_result) report(*state, static_cast<std::size_t>(pending - state->pending.data()));
}

void RhEventsReader::fill_result(Pending& pending, Outcome outcome) {
  model::Attempt& attempt = pending.test.attempt;
  describe(pending.test.test);
  pending.has_result = true;
  attempt.outcome = outcome;
  attempt.number = static_cast<unsigned>(std::min<std::uint64_t>(record_.count("attempt").value_or(1), 1'000'000));
  if (attempt.number == 0) attempt.number = 1;
  if (const auto duration = record_.integer("duration_ns"); duration && *duration >= 0)
    attempt.duration = Nanoseconds(*duration);
  attempt.message = one_line(record_.text("message"));
  attempt.details = clean_details(record_.text("details"));
  // A message of several lines is kept whole somewhere.
  if (attempt.details.empty() && trim(record_.text("message")).find('\n') != std::string_view::npos)
    attempt.details = clean_details(record_.text("message"));
  attempt.standard_output = bounded_output(record_.text("stdout"));
  attempt.standard_error = bounded_output(record_.text("stderr"));
}

void RhEventsReader::read_result() {
  const std::string key(record_.text("key"));
  KeyState* state = state_of(key);
  if (!state) return;
  const Outcome outcome = *model::from_name<Outcome>(record_.text("outcome"));
  if (Pending* pending = find(*state, [](const Pending& each) { return !each.has_result; })) {
    fill_result(*pending, outcome);
    // A skip inside of a test that its process has left behind: no end will come.
    const bool left_behind =
        outcome == Outcome::skipped && pending->begin_order < last_begin_[pending->test.attempt.pid];
    if (pending->ended || left_behind)
      report(*state, static_cast<std::size_t>(pending - state->pending.data()));
    else
      held_[pending->test.attempt.pid].push_back(key);
    return;
  }
  const bool other_attempt = state->reported && record_.count("attempt").value_or(1) != state->reported->attempt;
  if (!state->pending.empty() || (state->reported && !other_attempt)) return repeated_result(*state, key, outcome);
  Pending& pending = open(*state, key);
  fill_result(pending, outcome);
  pending.test.attempt.pid = pid_;
  pending.test.attempt.usage.cpu = model::CpuFigure::unknown(std::string(kNoBeginReason));
  pending.test.attempt.usage.peak_memory = model::BytesFigure::unknown(std::string(kNoBeginReason));
  report(*state, state->pending.size() - 1);
}

// A second result of one attempt: a fault of the writer, or a test that writes to the stream. The
// worse one counts; a TestEnded whose key was reported before replaces the earlier one.
void RhEventsReader::repeated_result(KeyState& state, const std::string& key, Outcome outcome) {
  Pending* held = find(state, [](const Pending& each) { return each.has_result; });
  const Outcome earlier = held ? held->test.attempt.outcome : state.reported->outcome;
  if (outcome == earlier)
    return diagnose(Severity::warning, "duplicate-result",
                    fmt::format("test {} was reported {} twice", one_line(key), model::name_of(outcome)));
  diagnose(Severity::error, "contradictory-result",
           fmt::format("test {} was reported {} and then {}; the worse result counts", one_line(key),
                       model::name_of(earlier), model::name_of(outcome)));
  if (badness(outcome) <= badness(earlier)) return;
  if (held) return fill_result(*held, outcome);
  Pending worse;
  worse.test.key = state.instances <= 1 ? key : fmt::format("{}~{}", key, state.instances);
  worse.test.attempt.usage.cpu = model::CpuFigure::unknown("the test was reported more than once");
  worse.test.attempt.usage.peak_memory = model::BytesFigure::unknown("the test was reported more than once");
  worse.test.attempt.pid = pid_;
  fill_result(worse, outcome);
  state.reported->outcome = outcome;
  sink_(std::move(worse.test));
}

void RhEventsReader::report(KeyState& state, std::size_t index) {
  Pending pending = std::move(state.pending[index]);
  state.pending.erase(state.pending.begin() + static_cast<std::ptrdiff_t>(index));
  model::Attempt& attempt = pending.test.attempt;
  if (!attempt.duration && pending.begin_t && pending.end_t && *pending.end_t >= *pending.begin_t)
    attempt.duration = Nanoseconds(*pending.end_t - *pending.begin_t);
  state.reported = Reported{attempt.outcome, attempt.number};
  sink_(std::move(pending.test));
}

void RhEventsReader::release_process(std::int64_t pid) {
  const auto held = held_.find(pid);
  if (held == held_.end()) return;
  const std::vector<std::string> keys = std::move(held->second);
  held_.erase(held);
  for (const std::string& key : keys) {
    KeyState& state = states_[key];
    for (std::size_t i = state.pending.size(); i-- > 0;)
      if (state.pending[i].has_result && state.pending[i].test.attempt.pid == pid) report(state, i);
  }
}

void RhEventsReader::release_all() {
  std::vector<std::int64_t> processes;
  for (const auto& [pid, keys] : held_) processes.push_back(pid);
  std::sort(processes.begin(), processes.end());
  for (const std::int64_t pid : processes) release_process(pid);
}

// The runners count a file that cannot be loaded as an error beside their tests (pytest: "errors").
void RhEventsReader::read_error() {
  model::TestEnded ended;
  ended.test.file = test_file(record_.text("file"), options_.suite_root);
  ended.test.name = ended.test.file.empty() ? "outside of any test" : ended.test.file;
  ended.key = fmt::format("error~{}~{}", ++errors_, ended.test.name);
  ended.attempt.outcome = Outcome::errored;
  ended.attempt.pid = pid_;
  ended.attempt.message = one_line(record_.text("message"));
  ended.attempt.details = clean_details(record_.text("details"));
  if (ended.attempt.details.empty()) ended.attempt.details = clean_details(record_.text("message"));
  ended.attempt.usage.cpu = model::CpuFigure::unknown("not a test: a file that could not be loaded");
  ended.attempt.usage.peak_memory = model::BytesFigure::unknown("not a test: a file that could not be loaded");
  sink_(std::move(ended));
}

void RhEventsReader::read_finish() {
  release_all();
  model::RunnerFinished finished;
  finished.tests = record_.count("tests");
  finished.passed = record_.count("passed");
  finished.failed = record_.count("failed");
  finished.skipped = record_.count("skipped");
  finished.errors = record_.count("errors");
  finished.expected_failures = record_.count("xfailed");
  finished.unexpected_passes = record_.count("xpassed");
  finished.subtests = record_.count("subtests");
  finished.text = one_line(record_.text("text"));
  sink_(std::move(finished));
}

}  // namespace

std::unique_ptr<ResultReader> make_rh_events_reader(const ResultReaderOptions& options, ResultSink sink) {
  return std::make_unique<RhEventsReader>(options, std::move(sink));
}

bool sniff_rh_events(std::string_view head) {
  FlatObject event;
  const std::string_view line = head.substr(0, head.find('\n'));
  return event.parse(line) == FlatObject::Parse::whole && event.text("e") == "session" && event.has("v");
}

}  // namespace rh::collectors
