#include "runner/engine/test_ledger.h"

#include <algorithm>
#include <cstring>

#include <fmt/core.h>

#include "runner/model/names.h"

namespace rh::engine {

using namespace rh::model;

std::uint64_t TestLedger::StreamState::unloaded_files() const {
  return static_cast<std::uint64_t>(
      std::count_if(files_in_error.begin(), files_in_error.end(),
                    [&](const std::string& file) { return files_with_tests.count(file) == 0; }));
}

void TestLedger::take(int stream, const ResultEvent& event) {
  if (const auto* began = std::get_if<TestBegan>(&event)) return begin(stream, *began);
  if (const auto* ended = std::get_if<TestEnded>(&event)) return end(stream, *ended);
  if (const auto* expected = std::get_if<TestsExpected>(&event)) {
    StreamState& state = streams_[stream];
    state.expected = state.expected.value_or(0) + expected->count;
    return;
  }
  if (const auto* finished = std::get_if<RunnerFinished>(&event)) {
    StreamState& state = streams_[stream];
    state.runner_finished = true;
    state.native = *finished;
    sinks_.native(*finished);
    return;
  }
  Diagnostic diagnostic = std::get<Diagnostic>(event);
  diagnostic.suite = suite_;
  sinks_.diagnostic(std::move(diagnostic));
}

// A later test of the same file and title gets an ordinal; a later attempt keeps its test's id.
void TestLedger::identify(TestCase& test, unsigned attempt) {
  test.suite = suite_;
  if (secrets_ != nullptr)
    for (std::string* member : {&test.name, &test.file, &test.classname, &test.parent})
      *member = secrets_->redact(*member);
  const std::string place = test.file.empty() ? test.classname : test.file;
  std::string id = fmt::format("{}::{}::{}", suite_.value, place, test.name);
  if (test.kind == TestKind::subtest) id += "::subtest";
  unsigned& seen = names_[id];
  if (attempt <= 1 || seen == 0) ++seen;
  test.id.value = seen > 1 ? fmt::format("{}#{}", id, seen) : id;
}

void TestLedger::begin(int stream, const TestBegan& event) {
  Open open{event.test, event.at, event.pid};
  identify(open.test, 1);
  sinks_.started({suite_, open.test, event.at.value_or(std::chrono::nanoseconds{})});
  open_[{stream, event.key}] = std::move(open);
}

void TestLedger::end(int stream, const TestEnded& event) {
  const auto open = open_.find({stream, event.key});
  TestCase test = event.test;
  if (open != open_.end()) {
    test.id = open->second.test.id;
    test.suite = suite_;
    open_.erase(open);
  } else {
    identify(test, event.attempt.number);
  }
  // A format may know which test its process died in; that the process died weighs the same.
  if (event.attempt.outcome == Outcome::crashed) ++streams_[stream].crashed;
  if (event.at && sinks_.ended_at) sinks_.ended_at(*event.at);
  record(stream, test, event.attempt);
}

void TestLedger::record(int stream, const TestCase& test, const Attempt& attempt) {
  StreamState& state = streams_[stream];
  if (test.kind == TestKind::test && attempt.number <= 1) ++state.finished, ++finished_;
  if (is_failure(attempt.outcome)) ++state.failed, ++failed_;
  // The plugins name a file that could not be loaded by its own path.
  const bool whole_file = attempt.outcome == Outcome::errored && !test.file.empty() && test.name == test.file;
  (whole_file ? state.files_in_error : state.files_with_tests).insert(test.file);
  sinks_.finished(test, attempt);
}

void TestLedger::close_stream(int stream, Ending ending, const WaitStatus& status, std::chrono::nanoseconds now) {
  const bool timed_out = ending == Ending::wall_time || ending == Ending::cpu_time;
  std::string why = fmt::format("its process tree was ended by the limit '{}'", name_of(ending));
  if (ending == Ending::exited) why = fmt::format("its process ended with exit code {}", status.exit_code.value_or(-1));
  if (ending == Ending::signaled) {
    const int signal = status.signal.value_or(0);
    const char* abbreviation = ::sigabbrev_np(signal);
    why = fmt::format("its process died by signal {} (SIG{})", signal, abbreviation != nullptr ? abbreviation : "?");
  }
  if (ending == Ending::cancelled) why = "the run was interrupted";
  for (auto entry = open_.lower_bound({stream, std::string()}); entry != open_.end() && entry->first.first == stream;) {
    Attempt attempt;
    attempt.outcome = timed_out                     ? Outcome::timed_out
                      : ending == Ending::cancelled ? Outcome::not_run
                                                    : Outcome::crashed;
    attempt.start = entry->second.at;
    if (attempt.start) attempt.duration = now - *attempt.start;
    attempt.pid = entry->second.pid;
    attempt.message = why + " before the test did";
    attempt.usage.cpu = CpuFigure::unknown("the test did not end");
    attempt.usage.peak_memory = BytesFigure::unknown("the test did not end");
    const TestCase test = entry->second.test;
    entry = open_.erase(entry);
    ++streams_[stream].crashed;
    record(stream, test, attempt);
  }
}

}  // namespace rh::engine
