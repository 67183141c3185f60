#include "runner/engine/suite_verdict.h"

#include <algorithm>
#include <cstring>

#include <fmt/core.h>

#include "runner/model/names.h"

namespace rh::engine {

using namespace rh::model;

namespace {

bool is_limit(Ending ending) {
  return ending == Ending::wall_time || ending == Ending::cpu_time || ending == Ending::memory ||
         ending == Ending::pids || ending == Ending::file_size || ending == Ending::output_limit;
}

// Tests that the runner announced and never finished, unless it stopped on purpose after a failure.
std::uint64_t lost_tests(const JudgedStep& step) {
  std::uint64_t lost = 0;
  for (const auto& stream : step.streams) {
    lost += stream.crashed;
    const std::uint64_t seen = stream.finished;
    const bool stopped_on_failure = stream.runner_finished && stream.failed > 0;
    if (stream.expected && *stream.expected > seen && !stopped_on_failure) lost += *stream.expected - seen;
  }
  return lost;
}

std::uint64_t native_failures(const JudgedStep& step) {
  std::uint64_t failures = 0;
  for (const auto& stream : step.streams)
    if (stream.native) failures += stream.native->failed.value_or(0) + stream.native->errors.value_or(0);
  return failures;
}

class Judge {
 public:
  explicit Judge(SuiteJudgement& judgement) : judgement_(judgement) {}

  void step(const JudgedStep& step) {
    const StepReport& report = step.report;
    const bool tests = report.kind == StepKind::test;
    if (report.kind == StepKind::coverage) return coverage_step(report);
    if (report.ending == Ending::cancelled) return raise(SuiteStatus::cancelled, "interrupted");
    if (report.ending == Ending::start_failed)
      return raise(SuiteStatus::broken, fmt::format("{} could not be started: {}", report.name, report.ending_detail));
    if (report.ending == Ending::internal)
      return raise(SuiteStatus::crashed,
                   fmt::format("{} could not be supervised: {}", report.name, report.ending_detail));
    if (is_limit(report.ending)) {
      const auto status = tests ? SuiteStatus::limit : SuiteStatus::broken;
      return raise(status, fmt::format("{} {}", report.name, describe_ending(report)));
    }
    if (!tests) {
      if (report.meaning != StepMeaning::ok)
        raise(SuiteStatus::broken, fmt::format("{} failed: {}", report.name, describe_ending(report)));
      return;
    }
    test_step(step);
  }

  [[nodiscard]] bool any_test_step() const { return test_steps_ > 0; }
  [[nodiscard]] std::uint64_t tests() const { return tests_; }

 private:
  void coverage_step(const StepReport& report) {
    if (report.meaning == StepMeaning::ok && report.ending == Ending::exited && report.status.exit_code == 0) return;
    note(Severity::warning, "coverage-step-failed", fmt::format("{} failed: {}", report.name, describe_ending(report)));
  }

  void test_step(const JudgedStep& step) {
    const StepReport& report = step.report;
    ++test_steps_;
    tests_ += step.tests_finished;
    if (const std::uint64_t lost = lost_tests(step); lost > 0) {
      note(Severity::error, "lost-tests",
           fmt::format("{}: {} test{} began or {} announced and gave no result ({})", report.name, lost,
                       lost == 1 ? "" : "s", lost == 1 ? "was" : "were", describe_ending(report)));
      raise(SuiteStatus::crashed,
            fmt::format("{}: {} and lost {} test{}", report.name, describe_ending(report), lost, lost == 1 ? "" : "s"));
    }
    if (report.oom_kills.value_or(0) > 0) {
      note(Severity::error, "oom-kill",
           fmt::format("{}: the kernel killed {} process(es) at the memory limit", report.name, *report.oom_kills));
      raise(SuiteStatus::crashed, fmt::format("{}: processes were killed at the memory limit", report.name));
    }
    if (report.ending == Ending::signaled)
      raise(SuiteStatus::crashed, fmt::format("{} {}", report.name, describe_ending(report)));
    meaning(step);
  }

  void meaning(const JudgedStep& step) {
    const StepReport& report = step.report;
    switch (report.meaning) {
      case StepMeaning::ok:
        return contradictions(step);
      case StepMeaning::tests_failed:
        return step.tests_failed == 0 ? unexplained(step) : failed(step);
      case StepMeaning::no_tests:
        return raise(SuiteStatus::no_tests, "no tests were found");
      case StepMeaning::broken:
        return raise(SuiteStatus::broken,
                     fmt::format("{} could not run its tests: {}", report.name, describe_ending(report)));
      case StepMeaning::usage:
        return raise(SuiteStatus::broken,
                     fmt::format("{} refused its arguments: {}", report.name, describe_ending(report)));
      case StepMeaning::crashed:
        return raise(SuiteStatus::crashed, fmt::format("{} died: {}", report.name, describe_ending(report)));
    }
  }

  // A runner that ended in order and has no failing test failed by a check of its own, a coverage
  // threshold for instance. One that did not end in order may have lost the failure.
  void unexplained(const JudgedStep& step) {
    const StepReport& report = step.report;
    note(Severity::error, "unexplained-failure",
         fmt::format("{} ended with {} although no test failed: see its output for a check of its own, such as a "
                     "coverage threshold",
                     report.name, describe_ending(report)));
    const bool in_order = std::any_of(step.streams.begin(), step.streams.end(),
                                      [](const auto& stream) { return stream.runner_finished; });
    raise(in_order ? SuiteStatus::failed : SuiteStatus::crashed,
          fmt::format("{}: {} without a failing test", report.name, describe_ending(report)));
  }

  // A file that cannot be loaded hides an unknown number of tests: that is broken, not failed.
  void failed(const JudgedStep& step) {
    std::uint64_t unloaded = 0;
    for (const auto& stream : step.streams) unloaded += stream.unloaded_files();
    if (unloaded > 0)
      return raise(SuiteStatus::broken,
                   fmt::format("{} test file{} could not be loaded", unloaded, unloaded == 1 ? "" : "s"));
    raise(SuiteStatus::failed, fmt::format("{} of {} tests failed", step.tests_failed, step.tests_finished));
  }

  void contradictions(const JudgedStep& step) {
    const StepReport& report = step.report;
    if (step.tests_failed > 0) {
      note(Severity::error, "exit-code-contradicts",
           fmt::format("{} ended with exit code 0 although {} test(s) failed", report.name, step.tests_failed));
      return raise(SuiteStatus::failed, fmt::format("{} tests failed, against exit code 0", step.tests_failed));
    }
    if (native_failures(step) > 0) {
      note(Severity::error, "counts-contradict",
           fmt::format("{} counts {} failure(s) that its results do not show", report.name, native_failures(step)));
      raise(SuiteStatus::crashed, fmt::format("{}: its totals contradict its results", report.name));
    }
  }

  // The worst status wins; its reason is the first one seen.
  void raise(SuiteStatus status, std::string reason) {
    static constexpr SuiteStatus kOrder[] = {SuiteStatus::not_started, SuiteStatus::passed,   SuiteStatus::no_tests,
                                             SuiteStatus::failed,      SuiteStatus::crashed,  SuiteStatus::limit,
                                             SuiteStatus::broken,      SuiteStatus::cancelled};
    const auto rank = [](SuiteStatus each) {
      for (std::size_t i = 0; i < std::size(kOrder); ++i)
        if (kOrder[i] == each) return i;
      return std::size_t{0};
    };
    if (rank(status) <= rank(judgement_.status)) return;
    judgement_.status = status;
    judgement_.reason = std::move(reason);
  }

  void note(Severity severity, std::string code, std::string message) {
    judgement_.diagnostics.push_back({severity, std::move(code), std::move(message), {}, {}});
  }

  SuiteJudgement& judgement_;
  std::size_t test_steps_ = 0;
  std::uint64_t tests_ = 0;
};

}  // namespace

std::string describe_ending(const StepReport& step) {
  const std::string detail = step.ending_detail.empty() ? "" : fmt::format(" ({})", step.ending_detail);
  switch (step.ending) {
    case Ending::exited:
      return fmt::format("exit code {}", step.status.exit_code.value_or(-1));
    case Ending::signaled: {
      const int signal = step.status.signal.value_or(0);
      const char* name = ::sigabbrev_np(signal);
      return fmt::format("died by signal {} (SIG{})", signal, name != nullptr ? name : "?");
    }
    case Ending::wall_time:
      return "hit its wall time limit" + detail;
    case Ending::cpu_time:
      return "hit its CPU time limit" + detail;
    case Ending::memory:
      return "hit its memory limit" + detail;
    case Ending::pids:
      return "hit its limit of processes" + detail;
    case Ending::file_size:
      return "hit its file size limit" + detail;
    case Ending::output_limit:
      return "hit its output limit" + detail;
    case Ending::start_failed:
      return "could not be started" + detail;
    case Ending::cancelled:
      return "was interrupted";
    case Ending::internal:
      return "could not be supervised" + detail;
  }
  return std::string(name_of(step.ending));
}

SuiteJudgement judge_suite(const std::vector<JudgedStep>& steps, std::uint64_t damaged_results) {
  SuiteJudgement judgement;
  Judge judge(judgement);
  for (const JudgedStep& step : steps) judge.step(step);
  // Results that are damaged cannot be trusted to hold every failure.
  if (damaged_results > 0 &&
      (judgement.status == SuiteStatus::not_started || judgement.status == SuiteStatus::no_tests)) {
    judgement.status = SuiteStatus::crashed;
    judgement.reason = "its results are damaged";
  }
  if (judgement.status == SuiteStatus::not_started) {
    const bool empty = judge.any_test_step() && judge.tests() == 0;
    judgement.status = !judge.any_test_step() || empty ? SuiteStatus::no_tests : SuiteStatus::passed;
    judgement.reason = judgement.status == SuiteStatus::passed ? "" : "no tests were found";
  }
  return judgement;
}

}  // namespace rh::engine
