#include "runner/engine/suite_run.h"

#include <algorithm>
#include <deque>

#include <fmt/core.h>

#include "runner/base/beneath.h"
#include "runner/base/clock.h"
#include "runner/base/file.h"
#include "runner/base/text.h"
#include "runner/engine/affected/suite_test_map.h"
#include "runner/engine/coverage_collect.h"
#include "runner/engine/redact_folder.h"
#include "runner/engine/step_profiles.h"
#include "runner/engine/step_run.h"
#include "runner/engine/suite_verdict.h"

namespace rh::engine {

using namespace rh::model;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMaxSteps = 10'000;  // a workspace of thousands of test binaries still fits

template <class T>
void add_figure(Figure<T>& into, const Figure<T>& other, bool largest) {
  if (!other.value) {
    if (!into.value && into.reason.empty())
      into = other;
    else if (into.value && !largest)
      into.scope = Scope::lower_bound, into.reason = other.reason;
    return;
  }
  if (!into.value)
    into = other;
  else if (!largest)
    into.value = *into.value + *other.value;
  else if (*other.value > *into.value)
    into = other;
}

void add_usage(ProcessUsage& into, const ProcessUsage& step) {
  into.wall += step.wall;
  add_figure(into.user_cpu, step.user_cpu, false);
  add_figure(into.system_cpu, step.system_cpu, false);
  add_figure(into.peak_memory, step.peak_memory, true);
  add_figure(into.max_processes, step.max_processes, true);
  add_figure(into.read_bytes, step.read_bytes, false);
  add_figure(into.written_bytes, step.written_bytes, false);
}

// FNV-1a: keeps the cache folders of suites apart whose slugs are equal.
std::uint32_t name_hash(std::string_view name) {
  std::uint32_t hash = 2166136261U;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash;
}

std::string cache_name(const SuiteId& id) { return fmt::format("{}-{:08x}", slug_of(id), name_hash(id.value)); }

class SuiteRun {
 public:
  SuiteRun(RunContext& context, Suite suite, const adapters::Adapter& adapter, std::size_t number)
      : context_(context),
        suite_(std::move(suite)),
        adapter_(adapter),
        slug_(fmt::format("{:03}-{}", number, slug_of(suite_.id))),
        ledger_(suite_.id, sinks(), context.secrets.get()),
        test_map_(context, suite_, cache_name(suite_.id)),
        profiles_(context, suite_.id) {}

  void run() {
    const Nanoseconds begin = monotonic_now();
    if (suite_.runnable()) adapter_.probe_tool(suite_, context_.repository, context_.host);
    context_.log.append(SuiteStarted{suite_.id, suite_.tool, begin});
    if (!suite_.runnable()) return finish({SuiteStatus::unavailable, suite_.tool.problem, {}}, begin);
    if (auto ready = make_folders(); !ready) return finish({SuiteStatus::broken, ready.error().message(), {}}, begin);

    test_map_.plan(adapter_, step_context());
    auto first = adapter_.first_steps(suite_, step_context());
    if (!first) return finish({SuiteStatus::broken, first.error().message(), {}}, begin);
    run_steps({first->begin(), first->end()});
    store_series();
    profiles_.finish();
    collect();
    SuiteJudgement judgement = judge_suite(steps_, damaged_results_);
    keep_test_map(judgement);
    redact_results();
    finish(std::move(judgement), begin);
  }

 private:
  TestLedger::Sinks sinks() {
    TestLedger::Sinks sinks;
    sinks.started = [this](const TestStarted& event) { context_.log.append(event); };
    sinks.finished = [this](const TestCase& test, const Attempt& attempt) {
      test_map_.take(test, attempt);
      profiles_.take(test, attempt);
      step_test_peak_ = std::max(step_test_peak_, attempt.usage.peak_memory.value.value_or(0));
      const std::string rerun = is_failure(attempt.outcome) ? adapter_.rerun_command(suite_, test) : std::string();
      context_.log.append(TestFinished{suite_.id, test, attempt, rerun});
    };
    sinks.ended_at = [this](Nanoseconds at) { profiles_.end_of_next(at); };
    sinks.native = [this](const RunnerFinished& counts) { add_native(counts); };
    sinks.diagnostic = [this](Diagnostic diagnostic) { note(std::move(diagnostic), true); };
    return sinks;
  }

  void note(Diagnostic diagnostic, bool from_results) {
    diagnostic.suite = suite_.id;
    if (from_results && diagnostic.severity == Severity::error) ++damaged_results_;
    context_.log.append(DiagnosticRaised{std::move(diagnostic)});
  }

  // Several streams (cargo's binaries) each end with their totals; the suite's are the sum.
  void add_native(const RunnerFinished& counts) {
    const auto add = [](std::optional<std::uint64_t>& into, const std::optional<std::uint64_t>& more) {
      if (more) into = into.value_or(0) + *more;
    };
    add(native_.tests, counts.tests);
    add(native_.passed, counts.passed);
    add(native_.failed, counts.failed);
    add(native_.skipped, counts.skipped);
    add(native_.errors, counts.errors);
    add(native_.expected_failures, counts.expected_failures);
    add(native_.unexpected_passes, counts.unexpected_passes);
    add(native_.subtests, counts.subtests);
    if (!counts.text.empty()) native_.text += (native_.text.empty() ? "" : "\n") + counts.text;
    has_native_ = true;
  }

  Result<void> make_folders() {
    place_.suite = &suite_;
    place_.suite_root = context_.repository.absolute(suite_.root);
    place_.capture = context_.paths.run / "suites" / slug_;
    place_.folders.out = place_.capture / "out";
    place_.folders.cache = context_.paths.state / "cache" / cache_name(suite_.id);
    RH_CHECK(make_directories(place_.folders.out));
    // The suite may write there, and the repository may have brought a link.
    RH_TRY(const Beneath state, Beneath::open(context_.paths.state));
    RH_CHECK(state.make_folders(relative_to(place_.folders.cache, context_.paths.state)));
    return {};
  }

  adapters::StepContext step_context() const {
    adapters::StepContext context;
    context.repository_root = context_.repository.root;
    context.suite_dir = place_.suite_root;
    context.out_dir = place_.folders.out;
    context.support_dir = context_.paths.support;
    context.cache_dir = place_.folders.cache;
    context.coverage = context_.options.coverage;
    context.test_map = test_map_.measures();
    context.left_out = test_map_.left_out();
    context.private_caches = context_.options.private_caches;
    context.extra_args = context_.options.extra_args;
    context.limits = suite_.limits;
    context.host = &context_.host;
    return context;
  }

  void run_steps(std::deque<Step> waiting) {
    while (!waiting.empty() && steps_.size() < kMaxSteps) {
      const Step step = std::move(waiting.front());
      waiting.pop_front();
      const StepMeaning meaning = step.kind == StepKind::prepare ? run_shared(step) : run_one(step);
      if (cancelled_ || (meaning != StepMeaning::ok && step.stop_on_failure && step.kind != StepKind::test)) return;
      auto more = adapter_.next_steps(suite_, step_context(), step, last_end_, waiting.empty());
      if (!more) {
        note({Severity::error, "step-planning-failed", more.error().message(), step.name, {}}, true);
        return;
      }
      waiting.insert(waiting.end(), more->begin(), more->end());
    }
  }

  StepMeaning run_shared(const Step& step) {
    const std::string key = step.command.cwd.string() + '\n' + shell_join(step.command.argv);
    last_end_ = {};
    last_end_.ending = Ending::exited;
    last_end_.status.exit_code = 0;  // what a suite sees that only waited for another one's step
    return context_.shared_steps.run_once(key, [&] { return run_one(step); });
  }

  StepMeaning run_one(const Step& step) {
    place_.number = static_cast<int>(steps_.size());
    place_.first_stream = next_stream_;
    step_test_peak_ = 0;
    StepOutcome outcome = run_step(context_, place_, step, ledger_);
    raise_peak(outcome.report.usage.peak_memory);
    next_stream_ += outcome.streams;
    last_end_ = outcome.end;
    outcome.report.meaning = meaning_of(step, outcome);
    cancelled_ = outcome.report.ending == Ending::cancelled;
    if (outcome.profile) profiles_.finish_step(step.name, profile_file(), *outcome.profile);
    if (outcome.series) keep_series(std::move(*outcome.series), step.kind);
    if (step.kind == StepKind::build || step.kind == StepKind::test) add_usage(usage_, outcome.report.usage);
    for (const CoverageSource& source : step.coverage) coverage_sources_.push_back(source);
    for (const TestMapSource& source : step.test_maps) test_map_sources_.push_back(source);

    JudgedStep judged{outcome.report, {}, outcome.end.tests_finished, outcome.end.tests_failed};
    for (int i = 0; i < outcome.streams; ++i) judged.streams.push_back(ledger_.stream(place_.first_stream + i));
    context_.log.append(StepFinished{suite_.id, outcome.report});
    note_leftovers(outcome.report);
    steps_.push_back(std::move(judged));
    return outcome.report.meaning;
  }

  [[nodiscard]] fs::path profile_file() const {
    return place_.capture / fmt::format("step-{}.profile.json", place_.number);
  }

  // A cgroup is charged for a file page only when it touched it first, so a process may hold more than
  // its group was charged for: libraries that were in the page cache before. The step's peak is never
  // below that of one of its tests.
  void raise_peak(BytesFigure& peak) const {
    if (step_test_peak_ <= peak.value.value_or(0)) return;
    peak = {step_test_peak_, Scope::lower_bound, "VmHWM of the largest test process",
            "the cgroup was charged less: file pages that others had read first are not counted there"};
  }

  StepMeaning meaning_of(const Step& step, const StepOutcome& outcome) const {
    if (outcome.report.ending == Ending::exited) return adapter_.interpret(step, outcome.end);
    return step.kind == StepKind::test ? StepMeaning::crashed : StepMeaning::broken;
  }

  void note_leftovers(const StepReport& step) {
    for (const LeftoverProcess& process : step.leftovers)
      note({Severity::warning,
            "leftover-process",
            fmt::format("{} left a process running, which was killed: {}", step.name, process.command),
            fmt::format("pid {}", process.pid),
            {}},
           false);
  }

  void keep_series(SampleSeries series, StepKind kind) {
    if (kind == StepKind::prepare) return;
    if (series_.t_ns.empty())
      series_ = std::move(series);
    else
      collectors::append_series(series_, series);
  }

  void store_series() {
    if (series_.t_ns.empty()) return;
    series_.suite = suite_.id;
    context_.on_series(series_);
    context_.log.append(SamplesStored{suite_.id, "samples.bin"});
  }

  void collect() {
    if (has_native_) context_.log.append(NativeCounts{suite_.id, native_});
    if (!context_.options.coverage) return store_coverage({{}, {}, "lines", "", "coverage was switched off", {}});
    if (const std::string problem = adapter_.coverage_problem(suite_, step_context()); !problem.empty()) {
      note({Severity::info, "coverage-unavailable", problem, suite_.runner, {}}, false);
      return store_coverage({{}, {}, "lines", "", problem, {}});
    }
    if (coverage_sources_.empty()) return store_coverage({{}, {}, "lines", "", "no step measured coverage", {}});
    CoverageReport report =
        collect_coverage(coverage_sources_, {place_.folders.out, place_.folders.cache, context_.repository.root},
                         context_.registry, context_.repository, context_.options.path_map,
                         [this](Diagnostic diagnostic) { note(std::move(diagnostic), false); });
    report.tool = adapter_.coverage_tool(suite_, step_context());
    if (context_.options.strict_paths && !report.unresolved.empty())
      note(unresolved_paths(report.unresolved, true), false);
    store_coverage(report);
  }

  // Only where every test that was to run did is one that did not run no more.
  void keep_test_map(SuiteJudgement& judgement) {
    const SuiteStatus status = judgement.status;
    const bool ended =
        status == SuiteStatus::passed || status == SuiteStatus::failed || status == SuiteStatus::no_tests;
    test_map_.finish(test_map_sources_, {place_.folders.out, place_.folders.cache, context_.repository.root}, ended,
                     [this](Diagnostic diagnostic) { note(std::move(diagnostic), false); });
    if (status != SuiteStatus::no_tests || test_map_.left_out() == nullptr) return;
    judgement.status = SuiteStatus::passed;
    judgement.reason = "no change reaches a test";
  }

  // The readers needed these files as they were.
  void redact_results() {
    if (!context_.secrets) return;
    for (const std::string& problem : redact_folder(place_.folders.out, *context_.secrets))
      note({Severity::warning,
            "secrets-not-searched",
            "not searched for secrets: " + problem,
            place_.folders.out.string(),
            {}},
           false);
  }

  void store_coverage(const CoverageReport& report) {
    context_.log.append(
        CoverageStored{suite_.id, report.tool, report.basis, report.reason, report.totals, report.unresolved});
    for (const CoverageFile& file : report.files) context_.log.append(CoverageFileSeen{suite_.id, file});
  }

  void finish(SuiteJudgement judgement, Nanoseconds begin) {
    for (Diagnostic& diagnostic : judgement.diagnostics) note(std::move(diagnostic), false);
    context_.log.append(SuiteFinished{suite_.id, judgement.status, judgement.reason, monotonic_now() - begin, usage_});
  }

  RunContext& context_;
  Suite suite_;
  const adapters::Adapter& adapter_;
  std::string slug_;
  TestLedger ledger_;
  StepPlace place_;
  int next_stream_ = 0;
  std::vector<JudgedStep> steps_;
  StepEnd last_end_;
  SampleSeries series_;
  ProcessUsage usage_;
  RunnerFinished native_;
  bool has_native_ = false, cancelled_ = false;
  std::uint64_t damaged_results_ = 0;
  std::uint64_t step_test_peak_ = 0;
  std::vector<CoverageSource> coverage_sources_;
  std::vector<TestMapSource> test_map_sources_;
  SuiteTestMap test_map_;
  StepProfiles profiles_;
};

}  // namespace

std::string slug_of(const SuiteId& id) {
  std::string slug;
  for (const char c : id.value) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
    if (plain)
      slug += c;
    else if (!slug.empty() && slug.back() != '-')
      slug += '-';
  }
  constexpr std::size_t kLongest = 100;  // file names end at 255 bytes
  if (slug.size() > kLongest) slug = slug.substr(slug.size() - kLongest);
  return slug.empty() || slug == "." || slug == ".." ? "suite" : slug;
}

void run_suite(RunContext& context, Suite suite, const adapters::Adapter& adapter, std::size_t number) {
  SuiteRun(context, std::move(suite), adapter, number).run();
}

}  // namespace rh::engine
