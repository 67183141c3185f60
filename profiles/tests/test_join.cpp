// Joins the samples of a step to its tests.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include <fmt/core.h>

#include "profiles/analysis/stack_times.h"
#include "profiles/step_profiler.h"
#include "profiles/tests/stack_marks.h"
#include "profiles/tests/test_hot_functions.h"
#include "profiles/tests/test_processes.h"
#include "profiles/tests/test_windows.h"
#include "runner/base/text.h"

namespace rh::profiles {
namespace {

using model::kNoIndex;

constexpr unsigned kMaxDepth = 100;         // of tests within tests
constexpr std::size_t kMaxReasons = 3;      // of a step
constexpr std::uint64_t kWorthSaying = 20;  // a twentieth
constexpr std::size_t kManyForeign = 2;     // samples of another test that a clock's error explains

enum How : unsigned { by_time = 1, by_function = 2, by_thread = 4 };

class PhaseSums {
 public:
  void add(std::string_view phase, std::uint64_t cpu_ns, std::uint64_t wall_ns) {
    model::PhaseTime& time = times_[phase];
    time.cpu_ns += cpu_ns;
    time.wall_ns += wall_ns;
  }
  [[nodiscard]] std::vector<model::PhaseTime> list() const {
    std::vector<model::PhaseTime> list;
    for (const auto& [phase, time] : times_)
      if (time.cpu_ns > 0 || time.wall_ns > 0) list.push_back({std::string(phase), time.cpu_ns, time.wall_ns});
    std::stable_sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.cpu_ns > b.cpu_ns; });
    return list;
  }

 private:
  std::map<std::string_view, model::PhaseTime> times_;
};

struct JoinedSamples {
  std::vector<std::uint32_t> samples;
  PhaseSums phases;
  unsigned how = 0;
};

class Join {
 public:
  Join(const model::Profile& profile, const std::vector<RanTest>& tests)
      : profile_(profile),
        tests_(tests),
        marks_(mark_stacks(profile, tests)),
        of_threads_(tests_of_threads(profile, tests)),
        enclosing_(enclosing_tests(tests)),
        windows_(profile, tests, enclosing_, find_processes()),
        joined_(tests.size()),
        cpu_(profile.processes.size()),
        nobodys_cpu_(profile.processes.size()) {}

  [[nodiscard]] JoinedStep run() {
    find_foreign();
    const SampleWeights cpu(profile_, model::ProfileClock::cpu), wall(profile_, model::ProfileClock::wall);
    for (const std::uint32_t sample : samples_by_time(profile_)) assign(sample, cpu[sample], wall[sample]);
    JoinedStep result;
    describe_step(result.step);
    const FrameNames names(profile_);
    HotFunctions functions(profile_, names, marks_);
    for (std::uint32_t test = 0; test < tests_.size(); ++test) {
      model::TestProfile profile;
      if (tests_[test].wanted) describe_test(test, functions, profile);
      if (!profile.functions.empty()) ++result.step.tests;
      result.tests.push_back(std::move(profile));
    }
    return result;
  }

 private:
  [[nodiscard]] std::uint32_t process_of(std::uint32_t sample) const {
    return profile_.threads[profile_.samples.thread[sample]].process;
  }

  // The test that the stack or the thread names.
  [[nodiscard]] std::uint32_t marked(std::uint32_t sample, unsigned& how) const {
    const std::uint32_t stack = profile_.samples.stack[sample];
    if (stack != kNoIndex && marks_[stack].test != kNoIndex) {
      how = by_function;
      return marks_[stack].test;
    }
    how = by_thread;
    return of_threads_[profile_.samples.thread[sample]];
  }

  [[nodiscard]] std::vector<std::uint32_t> find_processes() const {
    std::vector<std::uint32_t> found(tests_.size(), kNoIndex);
    for (std::uint32_t sample = 0; sample < profile_.samples.time_ns.size(); ++sample) {
      unsigned how = 0;
      const std::uint32_t test = marked(sample, how);
      if (test != kNoIndex && found[test] == kNoIndex) found[test] = process_of(sample);
    }
    complete_processes(profile_, tests_, found);
    return found;
  }

  // Tests that pause and go on beside others have windows that do not show it; stacks that name the others do.
  void find_foreign() {
    std::map<std::uint32_t, std::size_t> foreign;
    for (std::uint32_t sample = 0; sample < profile_.samples.time_ns.size(); ++sample) {
      unsigned how = 0;
      const std::uint32_t named = marked(sample, how);
      if (named == kNoIndex) continue;
      const std::uint32_t timed = windows_.at(process_of(sample), profile_.samples.time_ns[sample]);
      if (timed == kNoIndex || windows_.is_part_of(timed, named) || windows_.is_part_of(named, timed)) continue;
      if (++foreign[timed] > kManyForeign) windows_.share(timed);
    }
  }

  void assign(std::uint32_t sample, std::uint64_t cpu_ns, std::uint64_t wall_ns) {
    const std::uint32_t process = process_of(sample);
    const std::int64_t time = profile_.samples.time_ns[sample];
    unsigned how = 0;
    std::uint32_t test = marked(sample, how);
    const std::uint32_t timed = windows_.at(process, time);
    if (test == kNoIndex) {
      test = timed;
      how = by_time;
    } else if (timed != kNoIndex && timed != test && windows_.is_part_of(timed, test)) {
      test = timed;  // a subtest has no function of its own
    }
    const std::string_view phase = name_of(phase_of(sample, test != kNoIndex || windows_.any_at(process, time)));
    phases_.add(phase, cpu_ns, wall_ns);
    cpu_[process] += cpu_ns;
    if (test == kNoIndex) nobodys_cpu_[process] += cpu_ns;
    for (unsigned depth = 0; test != kNoIndex && depth < kMaxDepth; ++depth, test = enclosing_[test]) {
      if (!tests_[test].wanted) continue;
      JoinedSamples& joined = joined_[test];
      joined.samples.push_back(sample);
      joined.phases.add(phase, cpu_ns, wall_ns);
      joined.how |= how;
    }
  }

  // Inside of a test whatever no frame tells apart is the test: its threads have no frame of the runner.
  [[nodiscard]] Phase phase_of(std::uint32_t sample, bool in_test) const {
    const std::uint32_t stack = profile_.samples.stack[sample];
    const Phase phase = stack == kNoIndex ? Phase::unknown : marks_[stack].phase;
    if (in_test)
      return phase == Phase::unknown || phase == Phase::loading || phase == Phase::collection ? Phase::tests : phase;
    if (phase == Phase::unknown && windows_.owns_tests(process_of(sample))) return Phase::runner;
    return phase;
  }

  void describe_test(std::uint32_t test, HotFunctions& functions, model::TestProfile& profile) const {
    const JoinedSamples& joined = joined_[test];
    functions.fold(joined.samples, profile);
    profile.phases = joined.phases.list();
    if ((joined.how & by_function) != 0) profile.joined_by = "function";
    if ((joined.how & by_thread) != 0) profile.joined_by += profile.joined_by.empty() ? "thread" : ", thread";
    if ((joined.how & by_time) != 0)
      profile.joined_by += profile.joined_by.empty() ? "process and time" : ", process and time";
    profile.reason = joined.samples.empty() ? why_empty(test) : limits_of(test);
  }

  // Only where there is work that could be the test's and was given to none.
  [[nodiscard]] std::string limits_of(std::uint32_t test) const {
    const std::uint32_t process = windows_.process_of(test);
    if (process == kNoIndex || nobodys_cpu_[process] <= cpu_[process] / kWorthSaying) return {};
    if (windows_.shared(test))
      return "other tests ran in its process at the same time: what bears the test's own function or name is counted, "
             "not other threads that it started";
    if (tests_[test].pid == 0 && !tests_[test].start)
      return "the runner does not tell when the test ran: threads that it started are counted only where they bear "
             "its name";
    return {};
  }

  [[nodiscard]] std::string why_empty(std::uint32_t index) const {
    const RanTest& test = tests_[index];
    const std::uint32_t process = windows_.process_of(index);
    if (windows_.shared(index))
      return "other tests ran in its process at the same time, and its stacks do not tell them apart";
    if (process == kNoIndex && test.pid != 0)
      return fmt::format("its process {} was not seen: it ended too soon, or cannot be read", test.pid);
    if (process != kNoIndex && profile_.processes[process].profiler.empty())
      return "its process has no stacks: " + profile_.processes[process].unprofiled_reason;
    if (test.pid != 0 && !(test.start && (test.lasted || test.duration)))
      return "the runner does not tell when the test ran";
    if (process == kNoIndex)
      if (const model::Diagnostic* none = no_machine_code()) return none->message;
    const std::string in = test.duration ? " in its " + format_duration(*test.duration) : std::string();
    if (process == kNoIndex)
      return fmt::format("no sample at {} Hz met the test's function{}, and the runner does not tell its process",
                         profile_.rate_hz, in);
    return fmt::format("no sample was taken{} at {} Hz", in, profile_.rate_hz);
  }

  // Null if machine code was sampled.
  [[nodiscard]] const model::Diagnostic* no_machine_code() const {
    const auto at = std::find_if(profile_.diagnostics.begin(), profile_.diagnostics.end(),
                                 [](const model::Diagnostic& each) { return each.code == "native-not-sampled"; });
    return at == profile_.diagnostics.end() ? nullptr : &*at;
  }

  void describe_step(model::StepProfile& step) const {
    step.rate_hz = profile_.rate_hz;
    step.samples = profile_.samples.time_ns.size();
    step.own_cpu_ns = profile_.noise.own_cpu_ns;
    step.phases = phases_.list();
    for (const model::PhaseTime& phase : step.phases) step.cpu_ns += phase.cpu_ns;
    model::SampleQuality sum;
    for (const model::ProfileProcess& process : profile_.processes) {
      sum.expected += process.quality.expected;
      sum.rejected += process.quality.rejected;
      sum.late += process.quality.late;
    }
    if (sum.expected > 0) {
      step.rejected = static_cast<double>(sum.rejected) / static_cast<double>(sum.expected);
      step.late = static_cast<double>(sum.late) / static_cast<double>(sum.expected);
    }
    std::size_t reasons = 0;
    for (const model::Diagnostic& diagnostic : profile_.diagnostics) {
      if (diagnostic.severity == model::Severity::info || ++reasons > kMaxReasons) continue;
      step.reason += (step.reason.empty() ? "" : "; ") + diagnostic.message;
    }
  }

  const model::Profile& profile_;
  const std::vector<RanTest>& tests_;
  std::vector<StackMark> marks_;
  std::vector<std::uint32_t> of_threads_, enclosing_;
  TestWindows windows_;
  std::vector<JoinedSamples> joined_;             // by test
  std::vector<std::uint64_t> cpu_, nobodys_cpu_;  // by process: of all samples, and of those of no test
  PhaseSums phases_;
};

}  // namespace

JoinedStep join_tests(const model::Profile& profile, const std::vector<RanTest>& tests) {
  return Join(profile, tests).run();
}

}  // namespace rh::profiles
