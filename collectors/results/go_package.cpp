#include "collectors/results/go_package.h"

#include <algorithm>

#include <fmt/core.h>

#include "runner/base/text.h"
#include "runner/model/repository.h"

namespace rh::collectors {

namespace {

using model::Outcome;
using model::Severity;

constexpr std::size_t kMaxNamesInMessage = 5;
constexpr std::size_t kMaxOutputInMessage = 4U << 10;
// `Elapsed` of a test comes in steps of 10 ms.
constexpr std::chrono::nanoseconds kElapsedError = std::chrono::milliseconds(5);
constexpr double kMaxElapsedSeconds = 1e9;
constexpr std::string_view kNoUsage =
    "go runs all tests of a package in one process, and its event stream carries no usage of a single test";

std::string shortened(std::string_view text) {
  BoundedText bounded(kMaxOutputInMessage);
  bounded.append(trim(text));
  return bounded.text();
}

}  // namespace

GoPackage::GoPackage(std::string name, const ResultReaderOptions& options, const ResultSink& sink)
    : name_(std::move(name)),
      options_(options),
      sink_(sink),
      source_(options.suite_root, go_package_folder(name_, options.scope)) {}

std::string_view GoPackage::title() const { return name_.empty() ? "without a name" : std::string_view(name_); }

void GoPackage::diagnose(Severity severity, std::string_view code, std::string message) const {
  sink_(model::Diagnostic{severity, std::string(code), std::move(message), name_, {}});
}

// A name with a '/' in a part ("TestSub/a/b") has levels without a test of their own.
std::string GoPackage::parent_of(std::string_view name) const {
  for (std::size_t slash = name.rfind('/'); slash != std::string_view::npos && slash > 0;
       slash = name.rfind('/', slash - 1))
    if (runs_.contains(name.substr(0, slash))) return std::string(name.substr(0, slash));
  return {};
}

GoPackage::Test& GoPackage::open(std::string_view name) {
  if (const auto found = running_.find(name); found != running_.end()) return found->second;
  Test& test = running_[std::string(name)];
  test.record.test.classname = name_;
  test.record.test.name = name;
  test.record.test.parent = parent_of(name);
  const unsigned run = ++runs_[std::string(name)];
  test.record.key = run == 1 ? fmt::format("{} {}", name_, name) : fmt::format("{} {} #{}", name_, name, run);
  test.record.attempt.usage.cpu = model::CpuFigure::unknown(std::string(kNoUsage));
  test.record.attempt.usage.peak_memory = model::BytesFigure::unknown(std::string(kNoUsage));
  if (const auto parent = running_.find(test.record.test.parent); parent != running_.end())
    parent->second.has_subtests = true;
  return test;
}

void GoPackage::run(std::string_view name, const GoStamp& at) {
  Test& test = open(name);
  test.running_since = at.wall;
  test.timed = at.wall.has_value();
  test.record.attempt.start = at.monotonic;
  test.not_before = last_end_;
  sink_(model::TestBegan{test.record.key, test.record.test, at.monotonic, 0});
}

void GoPackage::stop_clock(Test& test, const GoStamp& at) {
  if (!at.wall) test.timed = false;
  if (at.wall && test.running_since && *at.wall > *test.running_since) test.active += *at.wall - *test.running_since;
  test.running_since.reset();
}

void GoPackage::pause(std::string_view name, const GoStamp& at) {
  if (const auto test = running_.find(name); test != running_.end()) stop_clock(test->second, at);
}

void GoPackage::resume(std::string_view name, const GoStamp& at) {
  const auto test = running_.find(name);
  if (test == running_.end()) return;
  test->second.running_since = at.wall;
  if (!at.wall) test->second.timed = false;
}

bool GoPackage::is_verdict_line(std::string_view text) const {
  return text.starts_with("ok  \t") && text.substr(5).starts_with(name_) &&
         text.substr(5 + name_.size()).starts_with('\t');
}

void GoPackage::output(std::string_view name, std::string_view text) {
  const auto test = running_.find(name);
  if (test == running_.end()) {
    if (text == "PASS\n") said_pass_ = true;
    if (text == "FAIL\n") said_fail_ = true;
    if (is_verdict_line(text)) said_ok_ = true;
    return output_.append(text);
  }
  if (text.starts_with("panic: ")) panicked_ = true;
  test->second.holds_verdict = is_verdict_line(text);
  test->second.output.append(text);
}

// The time stamps are finer than Elapsed, but they are taken when `go` reads its pipe, which may be
// late. So they count within what Elapsed allows. (A parent's Elapsed leaves out parallel subtests.)
void GoPackage::set_duration(Test& test, std::optional<double> elapsed) const {
  const bool usable = elapsed && *elapsed >= 0 && *elapsed < kMaxElapsedSeconds;
  const std::chrono::nanoseconds coarse(usable ? static_cast<std::int64_t>(*elapsed * 1e9) : 0);
  if (!test.timed) {
    if (usable) test.record.attempt.duration = coarse;
    return;
  }
  test.record.attempt.duration = test.active;
  if (usable && !test.has_subtests)
    test.record.attempt.duration =
        std::clamp(test.active, std::max(coarse - kElapsedError, std::chrono::nanoseconds(0)), coarse + kElapsedError);
}

// A time stamp may be late, never early. So a test began at the latest when it was said to, and as long before its end
// as it took; and not before the end of those that had ended by then.
void GoPackage::set_start(Test& test, const GoStamp& at) {
  model::Attempt& attempt = test.record.attempt;
  if (!attempt.start || !attempt.duration || !at.monotonic) return;
  std::chrono::nanoseconds start = *at.monotonic - *attempt.duration;
  if (test.not_before) start = std::max(start, *test.not_before);
  attempt.start = std::min(*attempt.start, start);
  last_end_ = std::max(last_end_.value_or(*attempt.start), *attempt.start + *attempt.duration);
}

// Message, details and location from what the test wrote.
void GoPackage::explain(Test& test, Outcome outcome) {
  const std::string written = test.output.text();
  const GoFailure failure =
      find_go_failure(written, options_.suite_root,
                      [this](std::string_view file, std::uint32_t line) { return source_.is_log_call(file, line); });
  model::Attempt& attempt = test.record.attempt;
  attempt.message = failure.message;
  if (attempt.message.empty() && test.subtest_failed) attempt.message = "subtests failed";
  if (outcome != Outcome::skipped) attempt.details = go_details(written);
  locate(test, failure);
}

void GoPackage::locate(Test& test, const GoFailure& failure) const {
  if (failure.file.empty()) return;
  const auto folder = go_package_folder(name_, options_.scope);
  const bool base_name = failure.file.find('/') == std::string::npos;
  test.record.test.file = base_name && folder && !folder->empty() ? model::join_relative(*folder, failure.file)
                                                                  : test_file(failure.file, options_.suite_root);
  test.record.test.line = failure.line;
}

void GoPackage::end(std::string_view name, Outcome outcome, std::optional<double> elapsed, const GoStamp& at) {
  Test& test = open(name);
  stop_clock(test, at);
  if (outcome == Outcome::passed && test.holds_verdict) return report_exit(name);
  set_duration(test, elapsed);
  set_start(test, at);
  if (outcome != Outcome::passed) explain(test, outcome);
  if (outcome == Outcome::failed)
    if (const auto parent = running_.find(test.record.test.parent); parent != running_.end())
      parent->second.subtest_failed = true;
  report(running_.find(name), outcome);
}

void GoPackage::report(Tests::iterator test, Outcome outcome) {
  model::TestEnded record = std::move(test->second.record);
  running_.erase(test);
  record.attempt.outcome = outcome;
  if (outcome == Outcome::failed)
    failures_.push_back(std::move(record));
  else
    sink_(std::move(record));
}

void GoPackage::report_failures(bool inner) {
  for (model::TestEnded& failure : failures_) {
    if (inner) {
      failure.attempt.outcome = Outcome::expected_failure;
      failure.attempt.message = "inner failure, the package passed: " + failure.attempt.message;
    }
    sink_(std::move(failure));
  }
  failures_.clear();
}

// A benchmark has a begin and no end in the stream.
void GoPackage::finish_benchmarks() {
  std::vector<std::string> names;
  for (const auto& [name, test] : running_)
    if (name.starts_with("Benchmark")) names.push_back(name);
  for (const std::string& name : names) {
    const auto test = running_.find(name);
    const std::string written = test->second.output.text();
    for (const std::string_view line : split_lines(written))
      if (line.find("ns/op") != std::string_view::npos) test->second.record.attempt.message = one_line(line);
    report(test, Outcome::passed);
  }
}

// go takes exit code 0 for success, also when a test calls the exit of the system. Its converter then gives the
// verdict of the package to the test that was running.
void GoPackage::report_exit(std::string_view name) {
  exited_ = true;
  report_failures(false);
  const auto test = running_.find(name);
  explain(test->second, Outcome::crashed);
  test->second.record.attempt.duration = test->second.active;
  test->second.record.attempt.message = "its process ended with exit code 0 while this test ran";
  report(test, Outcome::crashed);
  diagnose(Severity::error, "go-package-died",
           fmt::format("the process of package {} ended with exit code 0 inside of {}; later tests did not run, and go "
                       "calls the package passed",
                       title(), name));
}

void GoPackage::passed() {
  finish_benchmarks();
  // A suite inside of a test that is meant to fail does not keep testing from saying PASS at the end.
  const bool hidden = said_fail_ && !said_pass_ && !failures_.empty();
  report_failures(!hidden);
  if (hidden)
    diagnose(
        Severity::error, "go-package-contradiction",
        fmt::format("tests of package {} failed, but its process ended with exit code 0, so go calls it passed: its "
                    "TestMain should end with os.Exit(m.Run())",
                    title()));
  if (said_ok_ && !said_pass_ && !said_fail_)
    diagnose(
        Severity::warning, "go-tests-not-run",
        fmt::format("the process of package {} ended with exit code 0 before its tests were through ({} had begun), "
                    "and go calls it passed: does its TestMain call os.Exit?",
                    title(), runs_.size()));
  if (!running_.empty())
    diagnose(Severity::error, "go-package-contradiction",
             fmt::format("package {} passed, but some of its tests did not end: {}", title(), open_names()));
}

void GoPackage::skipped() { report_failures(false); }

void GoPackage::failed(std::string_view failed_build, std::string_view build_output, const GoStamp& at) {
  const bool some_failed = !failures_.empty();
  report_failures(false);
  if (!failed_build.empty()) {
    const std::string_view culprit = failed_build.substr(0, failed_build.find(' '));
    const std::string what =
        culprit == name_ ? fmt::format("package {} could not be built", title())
                         : fmt::format("package {} was not tested, because {} could not be built", title(), culprit);
    return diagnose(Severity::error, "go-build-failed",
                    build_output.empty() ? what : fmt::format("{}:\n{}", what, shortened(build_output)));
  }
  const std::string written = everything_written();
  if (const std::string_view timeout = go_timeout(written); !timeout.empty()) {
    diagnose(Severity::error, "go-test-timeout",
             fmt::format("package {} was ended by go: {}; running: {}", title(), timeout, open_names()));
    return report_timeouts(written, at);
  }
  if (!running_.empty())
    diagnose(Severity::error, "go-package-died",
             fmt::format("package {} died while it ran {}; its later tests did not run:\n{}", title(), open_names(),
                         shortened(go_details(written))));
  else if (!some_failed)
    diagnose(
        Severity::error, "go-package-died",
        fmt::format("package {} failed although none of its tests did:\n{}", title(), shortened(go_details(written))));
  else if (panicked_)
    diagnose(Severity::warning, "go-package-panicked",
             fmt::format("a test of package {} panicked; the tests after it did not run", title()));
  report_dead(written, at);
}

void GoPackage::stopped() {
  report_failures(false);
  diagnose(Severity::error, "go-stream-stopped",
           fmt::format("the stream of package {} stopped before its verdict{}{}", title(),
                       running_.empty() ? "" : "; running: ", open_names()));
}

// The tests that go itself names as running when its -timeout ends the package. Others that are
// open were waiting (parallel tests): they stay open.
void GoPackage::report_timeouts(std::string_view written, const GoStamp& at) {
  const std::vector<std::string> names = go_running_tests(written);
  for (const std::string& name : names) {
    const auto test = running_.find(name);
    if (test == running_.end()) continue;
    stop_clock(test->second, at);
    model::Attempt& attempt = test->second.record.attempt;
    if (test->second.timed) attempt.duration = test->second.active;
    attempt.message = go_timeout(written);
    attempt.details = go_details(test->second.output.text());
    GoFailure place;
    locate_hanging_test(place, written, name, options_.suite_root);
    locate(test->second, place);
    report(test, Outcome::timed_out);
  }
}

// An open test whose own output holds the panic is the culprit; else the only one that ran. Without
// one nobody knows, and the tests stay open.
std::vector<std::string> GoPackage::culprits() const {
  std::vector<std::string> names, active;
  for (const auto& [name, test] : running_) {
    if (find_go_failure(test.output.text(), options_.suite_root).died) names.push_back(name);
    // A parent waits for its subtests, and sorts before them.
    if (!active.empty() && name.starts_with(active.back() + "/")) active.pop_back();
    if (test.running_since) active.push_back(name);
  }
  return names.empty() && active.size() == 1 ? active : names;
}

void GoPackage::report_dead(std::string_view written, const GoStamp& at) {
  const std::string_view status = go_exit_status(written);
  for (const std::string& name : culprits()) {
    const auto test = running_.find(name);
    const bool panicked = find_go_failure(test->second.output.text(), options_.suite_root).died;
    stop_clock(test->second, at);
    model::Attempt& attempt = test->second.record.attempt;
    if (test->second.timed) attempt.duration = test->second.active;
    explain(test->second, Outcome::crashed);
    if (!panicked)
      attempt.message = status.empty() ? "its process ended while this test ran"
                                       : fmt::format("its process ended while this test ran: {}", status);
    report(test, Outcome::crashed);
  }
}

std::string GoPackage::everything_written() const {
  std::string written;
  for (const auto& [name, test] : running_) written += test.output.text();
  return written + output_.text();
}

std::string GoPackage::open_names() const {
  std::string names;
  std::size_t count = 0;
  for (const auto& [name, test] : running_) {
    if (count++ == kMaxNamesInMessage) return names + fmt::format(" and {} more", running_.size() - kMaxNamesInMessage);
    names += (names.empty() ? "" : ", ") + name;
  }
  return names;
}

}  // namespace rh::collectors
