// The tests of one Go package while its part of the event stream is read: which are running, how
// long they ran (pauses of parallel tests apart), what they wrote, and which failed. Failures wait
// for the verdict of the package, because a package may run suites that are meant to fail.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/results/go_failure.h"
#include "collectors/results/go_source.h"
#include "collectors/results/reader.h"
#include "collectors/results/test_text.h"

namespace rh::collectors {

struct GoStamp {
  std::optional<std::chrono::nanoseconds> wall;       // since the epoch
  std::optional<std::chrono::nanoseconds> monotonic;  // only of a stream that is read while it is written
};

class GoPackage {
 public:
  GoPackage(std::string name, const ResultReaderOptions& options, const ResultSink& sink);

  void run(std::string_view test, const GoStamp& at);
  void pause(std::string_view test, const GoStamp& at);
  void resume(std::string_view test, const GoStamp& at);
  void output(std::string_view test, std::string_view text);
  void end(std::string_view test, model::Outcome outcome, std::optional<double> elapsed, const GoStamp& at);

  void passed();
  // `failed_build` is the import path that did not compile, with its output; empty when all did.
  void failed(std::string_view failed_build, std::string_view build_output, const GoStamp& at);
  void skipped();
  // The stream ended without a verdict.
  void stopped();
  // The verdict came in the guise of a test's result, see end().
  [[nodiscard]] bool exited() const { return exited_; }

 private:
  struct Test {
    model::TestEnded record;
    std::optional<std::chrono::nanoseconds> running_since;
    std::chrono::nanoseconds active{};
    std::optional<std::chrono::nanoseconds> not_before;  // monotonic: tests that ended before it began ran until then
    bool timed = true;                                   // every event so far had a time stamp
    bool has_subtests = false, subtest_failed = false;
    bool holds_verdict = false;  // the package's "ok" line is the last that it wrote
    BoundedText output;
  };
  using Tests = std::map<std::string, Test, std::less<>>;

  Test& open(std::string_view name);
  [[nodiscard]] std::string parent_of(std::string_view name) const;
  static void stop_clock(Test& test, const GoStamp& at);
  void set_duration(Test& test, std::optional<double> elapsed) const;
  void set_start(Test& test, const GoStamp& at);
  void explain(Test& test, model::Outcome outcome);
  void report(Tests::iterator test, model::Outcome outcome);
  void report_failures(bool inner);
  void report_timeouts(std::string_view all_output, const GoStamp& at);
  void report_dead(std::string_view all_output, const GoStamp& at);
  void report_exit(std::string_view test);
  void locate(Test& test, const GoFailure& failure) const;
  [[nodiscard]] std::vector<std::string> culprits() const;
  [[nodiscard]] bool is_verdict_line(std::string_view text) const;
  void finish_benchmarks();
  [[nodiscard]] std::string everything_written() const;
  [[nodiscard]] std::string open_names() const;
  [[nodiscard]] std::string_view title() const;  // for messages
  void diagnose(model::Severity severity, std::string_view code, std::string message) const;

  std::string name_;
  const ResultReaderOptions& options_;
  const ResultSink& sink_;
  Tests running_;
  std::map<std::string, unsigned, std::less<>> runs_;  // how often a test of that name ran
  std::vector<model::TestEnded> failures_;
  std::optional<std::chrono::nanoseconds> last_end_;  // monotonic, of the tests that have ended
  bool panicked_ = false, exited_ = false;
  bool said_pass_ = false, said_fail_ = false, said_ok_ = false;  // testing's own last word, and go's
  GoSource source_;
  BoundedText output_;
};

}  // namespace rh::collectors
