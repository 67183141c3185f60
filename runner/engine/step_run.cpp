#include "runner/engine/step_run.h"

#include <fcntl.h>

#include <fmt/core.h>

#include "runner/base/clock.h"
#include "runner/base/file.h"
#include "runner/base/redact.h"
#include "runner/base/remove_tree.h"
#include "runner/engine/suite_verdict.h"

namespace rh::engine {

using namespace rh::model;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kTailBytes = 16 * 1024;

// One captured stream: a file in the run directory and the last bytes for the report, both without
// secrets. A full disk ends the capture, not the run.
class Capture {
 public:
  Capture(fs::path path, const Secrets* secrets)
      : path_(std::move(path)), fd_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644)) {
    if (!fd_) problem_ = Error{ErrorKind::io, "create the capture file", path_.string(), errno};
    if (secrets != nullptr) redactor_.emplace(*secrets);
  }

  void add(std::string_view bytes) {
    if (!redactor_) return keep(bytes);
    shown_.clear();
    redactor_->feed(bytes, shown_);
    keep(shown_);
  }

  // The stream is at its end.
  void finish() {
    if (!redactor_) return;
    shown_.clear();
    redactor_->finish(shown_);
    keep(shown_);
  }

  // Whole last lines.
  [[nodiscard]] std::string tail() const {
    if (tail_.size() <= kTailBytes) return tail_;
    const std::string last = tail_.substr(tail_.size() - kTailBytes);
    const std::size_t line = last.find('\n');
    return line == std::string::npos ? last : last.substr(line + 1);
  }
  [[nodiscard]] const fs::path& path() const { return path_; }
  [[nodiscard]] const std::optional<Error>& problem() const { return problem_; }

 private:
  void keep(std::string_view bytes) {
    if (fd_ && !problem_) {
      if (auto written = write_all(fd_, bytes, path_.string()); !written) problem_ = written.error();
    }
    tail_.append(bytes.size() > kTailBytes ? bytes.substr(bytes.size() - kTailBytes) : bytes);
    if (tail_.size() > 2 * kTailBytes) tail_.erase(0, tail_.size() - kTailBytes);
  }

  fs::path path_;
  UniqueFd fd_;
  std::optional<Redactor> redactor_;
  std::string shown_;  // kept for its memory
  std::string tail_;
  std::optional<Error> problem_;
};

sandbox::LaunchSpec launch_spec(const RunContext& context, const StepPlace& place, const Step& step) {
  sandbox::LaunchSpec spec;
  spec.command = step.command;
  spec.command.env =
      step_environment(context.host.environment(), *place.suite, step, context.options.pass_env, context.options.env);
  spec.limits = place.suite->limits;
  // Dependencies come over the network before the tests run; the tests keep the preset's policy.
  if (step.kind == StepKind::prepare) spec.limits.network = NetworkPolicy::host;
  if (step.kind == StepKind::build || step.kind == StepKind::coverage) spec.limits.network = NetworkPolicy::none;
  spec.level = context.options.isolation;
  spec.files = filesystem_policy(context, step, place.folders);
  for (const char c : place.suite->id.value) spec.name += (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '-';
  return spec;
}

std::vector<fs::path> writable_folders(const RunContext& context, const StepPlace& place) {
  return {place.folders.out, place.folders.cache, context.repository.root};
}

void take_exit_record(StepReport& report, sandbox::ExitRecord&& record) {
  report.ending = record.ending;
  report.ending_detail = std::move(record.ending_detail);
  report.status = record.status;
  report.usage = std::move(record.usage);
  report.isolation = std::move(record.isolation);
  report.signals_sent = std::move(record.signals_sent);
  report.leftovers = std::move(record.leftovers);
  report.oom_kills = record.oom_kills;
  report.output_bytes = record.output_bytes;
  report.output_truncated = record.output_truncated;
}

// The cgroup's figures are exact and stay; the sampler fills what the cgroup could not say.
void add_sampled(ProcessUsage& usage, const collectors::SampledTotals& totals) {
  if (!usage.peak_memory.value) usage.peak_memory = totals.peak_memory;
  if (!usage.max_processes.value) usage.max_processes = totals.max_processes;
  if (!usage.read_bytes.value) usage.read_bytes = totals.read_bytes;
  if (!usage.written_bytes.value) usage.written_bytes = totals.written_bytes;
}

class StepRun {
 public:
  StepRun(RunContext& context, const StepPlace& place, const Step& step, TestLedger& ledger)
      : context_(context),
        place_(place),
        step_(step),
        ledger_(ledger),
        streams_(context.registry, step, place.suite_root, writable_folders(context, place), ledger,
                 place.first_stream),
        out_(place.capture / fmt::format("step-{}.stdout", place.number), context.secrets.get()),
        err_(place.capture / fmt::format("step-{}.stderr", place.number), context.secrets.get()) {}

  StepOutcome run() {
    StepOutcome outcome;
    outcome.report.name = step_.name;
    outcome.report.kind = step_.kind;
    outcome.report.argv = step_.command.argv;
    outcome.report.cwd = step_.command.cwd.string();
    outcome.report.started = monotonic_now();
    context_.log.append(StepStarted{place_.suite->id, step_.name, step_.kind, step_.command.argv, outcome.report.cwd,
                                    outcome.report.started});

    sandbox::LaunchSpec spec = launch_spec(context_, place_, step_);
    if (context_.options.profile.any && step_.kind == StepKind::test) prepare_profiler(spec);
    auto record = context_.launcher.run(spec, hooks());
    if (record)
      take_exit_record(outcome.report, std::move(*record));
    else
      outcome.report.ending_detail = record.error().message();
    if (sampler_) {
      sampler_->sample(monotonic_now());
      add_sampled(outcome.report.usage, sampler_->totals());
      outcome.series = sampler_->take_series();
      outcome.series->suite = place_.suite->id;
    }
    if (profiler_) outcome.profile = take_profile(outcome.report.usage);
    streams_.finish(outcome.report.ending, outcome.report.status, monotonic_now());
    fill_output(outcome);
    outcome.streams = streams_.count();
    if (step_.kind == StepKind::test && step_.results.empty()) take_exit_code(outcome);
    return outcome;
  }

 private:
  // A step that cannot be profiled runs without.
  void prepare_profiler(sandbox::LaunchSpec& spec) {
    scratch_ = place_.folders.out / fmt::format("profile-{}", place_.number);
    auto ready = make_directories(scratch_);
    if (ready) {
      profiler_ = context_.registry.profiling.make({scratch_, context_.repository.root});
      model::Command command = spec.command;
      ready = profiler_->prepare(command);
      if (ready) spec.command = std::move(command);
    }
    if (ready) return;
    profiler_.reset();
    ledger_.take(place_.first_stream,
                 Diagnostic{Severity::warning, "step-not-profiled", ready.error().message(), step_.name, {}});
  }

  Profile take_profile(const ProcessUsage& usage) {
    std::optional<Nanoseconds> cpu;
    if (usage.user_cpu.value && usage.system_cpu.value) cpu = *usage.user_cpu.value + *usage.system_cpu.value;
    Profile profile = profiler_->finish(cpu);
    profiler_.reset();
    (void)remove_tree(scratch_);  // what the programs recorded themselves is in the profile
    return profile;
  }

  // A test program without a result format is one test, and its exit code is the result.
  void take_exit_code(StepOutcome& outcome) {
    const bool exited = outcome.report.ending == Ending::exited;
    TestEnded ended{"exit", {}, {}};
    ended.test.name = step_.name;
    ended.attempt.outcome = exited && outcome.report.status.exit_code == 0 ? Outcome::passed
                            : exited                                       ? Outcome::failed
                                                                           : Outcome::crashed;
    ended.attempt.start = outcome.report.started;
    ended.attempt.duration = outcome.report.usage.wall;
    ended.attempt.usage.peak_memory = outcome.report.usage.peak_memory;
    ended.attempt.usage.cpu = sum_cpu(outcome.report.usage);
    if (is_failure(ended.attempt.outcome)) {
      ended.attempt.message = describe_ending(outcome.report);
      ended.attempt.details = outcome.report.output_tail;
    }
    ledger_.take(place_.first_stream, ended);
    outcome.streams = 1;
    outcome.end.tests_finished = 1;
    outcome.end.tests_failed = is_failure(ended.attempt.outcome) ? 1 : 0;
  }

  static CpuFigure sum_cpu(const ProcessUsage& usage) {
    if (!usage.user_cpu.value || !usage.system_cpu.value)
      return usage.user_cpu.value ? usage.system_cpu : usage.user_cpu;
    CpuFigure sum = usage.user_cpu;
    sum.value = *usage.user_cpu.value + *usage.system_cpu.value;
    return sum;
  }

  sandbox::SuperviseHooks hooks() {
    sandbox::SuperviseHooks hooks;
    hooks.tick = context_.options.sample_interval;
    hooks.cancel = context_.cancel;
    hooks.on_start = [this](const sandbox::TreeLocation& tree) {
      sampler_ = collectors::make_tree_sampler(
          {tree.root_pid, tree.memory_cgroup, tree.cpu_cgroup, tree.procs_cgroup, tree.cgroup_v2, "/proc"},
          context_.options.sample_interval);
      sampler_->sample(monotonic_now());
    };
    if (profiler_) hooks.on_held = [this](int pid) { profiler_->start(pid); };
    hooks.on_output = [this](Stream stream, std::string_view bytes) {
      const EventLog::Batch batch(context_.log);
      if (stream == Stream::standard_output) streams_.feed_standard_output(bytes);
      (stream == Stream::standard_output ? out_ : err_).add(bytes);
    };
    hooks.on_tick = [this] {
      if (sampler_) {
        sampler_->sample(monotonic_now());
        if (context_.on_usage) context_.on_usage(place_.suite->id, sampler_->latest());
      }
      const EventLog::Batch batch(context_.log);
      streams_.tail_files();
    };
    return hooks;
  }

  void fill_output(StepOutcome& outcome) {
    out_.finish();
    err_.finish();
    StepReport& report = outcome.report;
    report.stdout_file = relative_to(out_.path(), context_.paths.run);
    report.stderr_file = relative_to(err_.path(), context_.paths.run);
    const std::string out_tail = step_.quiet_output ? std::string() : out_.tail();
    report.output_tail = out_tail + (out_tail.empty() || out_tail.back() == '\n' ? "" : "\n") + err_.tail();
    for (const Capture* capture : {&out_, &err_}) {
      if (!capture->problem()) continue;
      ledger_.take(place_.first_stream,
                   Diagnostic{Severity::warning,
                              "capture-incomplete",
                              capture->problem()->message() + "; the rest of this output is not kept",
                              capture->path().string(),
                              {}});
    }
    outcome.end = {report.ending,          report.status, out_.path(), err_.path(), streams_.tests_finished(),
                   streams_.tests_failed()};
  }

  RunContext& context_;
  const StepPlace& place_;
  const Step& step_;
  TestLedger& ledger_;
  ResultStreams streams_;
  Capture out_, err_;
  std::unique_ptr<collectors::TreeSampler> sampler_;
  std::unique_ptr<profiles::StepProfiler> profiler_;
  fs::path scratch_;  // what the profiler's parts inside of the programs write
};

}  // namespace

StepOutcome run_step(RunContext& context, const StepPlace& place, const Step& step, TestLedger& ledger) {
  return StepRun(context, place, step, ledger).run();
}

}  // namespace rh::engine
