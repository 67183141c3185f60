// Gives the tests of one suite their ids, joins begins with ends, and turns what never ended into
// crashed or timed-out attempts, so that no begun test is ever lost.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "runner/base/redact.h"
#include "runner/model/ending.h"
#include "runner/model/event.h"
#include "runner/model/result_event.h"

namespace rh::engine {

class TestLedger {
 public:
  struct Sinks {
    std::function<void(const model::TestStarted&)> started;
    std::function<void(const model::TestCase&, const model::Attempt&)> finished;
    // Before `finished`: when the test ended, where a stream tells it. May be empty.
    std::function<void(std::chrono::nanoseconds)> ended_at = {};
    std::function<void(const model::RunnerFinished&)> native;
    std::function<void(model::Diagnostic)> diagnostic;
  };

  // `secrets`: taken out of names before ids are made of them, so that tests whose names differ in a secret
  // alone stay two. May be null.
  TestLedger(model::SuiteId suite, Sinks sinks, const Secrets* secrets = nullptr)
      : suite_(std::move(suite)), sinks_(std::move(sinks)), secrets_(secrets) {}

  // One result stream gets one number; keys pair within it.
  void take(int stream, const model::ResultEvent& event);
  // The process tree behind a stream is gone: tests that it began and did not end are closed as
  // crashed, or as timed out when a time limit ended it.
  void close_stream(int stream, model::Ending ending, const model::WaitStatus& status, std::chrono::nanoseconds now);

  struct StreamState {
    std::optional<std::uint64_t> expected;
    bool runner_finished = false;
    std::uint64_t finished = 0;  // TestKind::test, first attempts
    std::uint64_t failed = 0;
    std::uint64_t crashed = 0;  // closed by close_stream
    std::set<std::string> files_with_tests;
    std::set<std::string> files_in_error;  // errored as a whole: an import or syntax error, a crash outside of any test
    std::optional<model::RunnerFinished> native;

    // Files of which not one test could run.
    [[nodiscard]] std::uint64_t unloaded_files() const;
  };
  [[nodiscard]] const StreamState& stream(int stream) { return streams_[stream]; }
  [[nodiscard]] std::uint64_t finished() const { return finished_; }
  [[nodiscard]] std::uint64_t failed() const { return failed_; }

 private:
  struct Open {
    model::TestCase test;
    std::optional<std::chrono::nanoseconds> at;
    std::int64_t pid = 0;
  };
  void identify(model::TestCase& test, unsigned attempt);
  void begin(int stream, const model::TestBegan& event);
  void end(int stream, const model::TestEnded& event);
  void record(int stream, const model::TestCase& test, const model::Attempt& attempt);

  model::SuiteId suite_;
  Sinks sinks_;
  const Secrets* secrets_;
  std::unordered_map<std::string, unsigned> names_;  // base id -> how many tests had it
  std::map<std::pair<int, std::string>, Open> open_;
  std::map<int, StreamState> streams_;
  std::uint64_t finished_ = 0, failed_ = 0;
};

}  // namespace rh::engine
