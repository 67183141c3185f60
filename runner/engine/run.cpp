#include "runner/engine/run.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <thread>

#include <fmt/core.h>

#include "runner/base/clock.h"
#include "runner/base/text.h"
#include "runner/engine/caller_secrets.h"
#include "runner/engine/fold.h"
#include "runner/engine/gate/compare.h"
#include "runner/engine/gate/gate.h"
#include "runner/engine/gate/past_rules.h"
#include "runner/engine/history/history.h"
#include "runner/engine/history/run_past.h"
#include "runner/engine/source_texts.h"
#include "runner/engine/suite_run.h"

namespace rh::engine {

using namespace rh::model;

namespace {

constexpr Milliseconds kRedraw{100};
constexpr Milliseconds kGitPatience{5000};

struct GitState {
  std::string commit;
  bool dirty = false;
};

// Asked while the suites run: `git status` of a large tree takes longer than starting them.
GitState ask_git(const adapters::Host& host, const std::filesystem::path& root) {
  GitState state;
  const auto git = [&](std::vector<std::string> argv) {
    argv.insert(argv.begin(), {"git", "-c", "core.fsmonitor=false", "-C", root.string()});
    return host.run_helper({std::move(argv), "/", {{"GIT_OPTIONAL_LOCKS", "0"}}}, kGitPatience);
  };
  if (auto head = git({"rev-parse", "HEAD"}); head && head->exit_code == 0) state.commit = trim(head->standard_output);
  if (state.commit.empty()) return state;
  if (auto status = git({"status", "--porcelain", "--untracked-files=no"}); status && status->exit_code == 0)
    state.dirty = !trim(status->standard_output).empty();
  return state;
}

class Run {
 public:
  explicit Run(RunSetup setup)
      : setup_(std::move(setup)),
        secrets_(caller_secrets(setup_.host.environment(), setup_.options)),
        done_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

  RunReport run() {
    log_.hide(secrets_);
    log_.subscribe([this](const RunEvent& event) { fold_.apply(event); });
    if (setup_.on_event) log_.subscribe(setup_.on_event);
    if (auto opened = log_.open(setup_.paths.run / "events.jsonl"); !opened) problem_ = opened.error().message();
    start();
    if (auto written = write_plugins(); !written)
      problem_ = written.error().message();
    else
      run_suites();
    return conclude();
  }

 private:
  void start() {
    git_ = std::async(std::launch::async, [this] { return ask_git(setup_.host, setup_.repository.root); });
    log_.append(RunStarted{setup_.info});
    if (const std::string& why = setup_.paths.state_problem; !why.empty())
      log_.append(DiagnosticRaised{
          {Severity::warning,
           "state-not-kept",
           why + "; caches and history of this run are not kept, its records are in " + setup_.paths.run.string(),
           setup_.repository.root.string(),
           {}}});
    for (Diagnostic& diagnostic : setup_.diagnostics) log_.append(DiagnosticRaised{std::move(diagnostic)});
    for (const Suite& suite : setup_.suites) log_.append(SuitePlanned{suite});
  }

  Result<void> write_plugins() {
    for (const auto& [name, adapter] : setup_.adapters.all())
      RH_CHECK(write_support_files(adapter->support_files(), setup_.paths.support));
    return {};
  }

  void run_suites() {
    RunContext context{setup_.options,
                       setup_.registry,
                       setup_.host,
                       setup_.repository,
                       setup_.launcher,
                       log_,
                       setup_.paths,
                       setup_.interrupt.descriptor(),
                       {},
                       {},
                       {},
                       secrets_};
    context.on_usage = setup_.on_usage;
    for (const Suite& suite : setup_.suites) context.suite_roots.emplace_back(suite.root, suite.ecosystem);
    context.on_series = [&](SampleSeries series) {
      const std::lock_guard lock(context.samples_mutex);
      if (auto kept = append_samples(setup_.paths.run / "samples.bin", series); !kept)
        log_.append(DiagnosticRaised{
            {Severity::warning, "samples-not-kept", kept.error().message(), "samples.bin", series.suite}});
      fold_.add_series(std::move(series));
    };
    std::vector<std::jthread> workers;
    const std::size_t count = std::min<std::size_t>(setup_.options.jobs, setup_.suites.size());
    running_ = count;
    for (std::size_t i = 0; i < count; ++i)
      workers.emplace_back([&] {
        work(context);
        if (--running_ == 0) wake();
      });
    if (count > 0) watch();
  }

  void work(RunContext& context) {
    for (;;) {
      const std::size_t number = next_++;
      if (number >= setup_.suites.size() || setup_.interrupt.cause() != RunStop::none) return;
      const Suite& suite = setup_.suites[number];
      run_suite(context, suite, setup_.adapters.of(suite), number);
    }
  }

  void wake() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t put = ::write(done_.get(), &one, sizeof one);
  }

  // Redraws and watches the deadline until the last worker is done.
  void watch() {
    const Nanoseconds begin = setup_.info.started;
    for (;;) {
      pollfd wait{done_.get(), POLLIN, 0};
      Milliseconds patience = setup_.on_tick ? kRedraw : Milliseconds(-1);
      if (setup_.options.deadline && setup_.interrupt.cause() == RunStop::none) {
        const auto left = std::chrono::ceil<Milliseconds>(begin + *setup_.options.deadline - monotonic_now());
        if (left <= Milliseconds(0))
          setup_.interrupt.stop(RunStop::deadline);
        else if (patience < Milliseconds(0) || left < patience)
          patience = left;
      }
      ::poll(&wait, 1, static_cast<int>(patience.count()));
      if ((wait.revents & POLLIN) != 0) return;
      if (setup_.on_tick) setup_.on_tick();
    }
  }

  RunReport conclude() {
    const GitState git = git_.get();
    setup_.info.git_commit = git.commit;
    setup_.info.git_dirty = git.dirty;
    log_.append(RunStarted{setup_.info});  // now with what git said
    if (secrets_)
      if (auto found = secrets_found(*secrets_)) log_.append(DiagnosticRaised{*std::move(found)});

    RunReport report = fold_.report();
    const Comparison comparison = compare_with_base(report);
    report = fold_.report();
    const PastAnswer past = look_at_past(report);
    report = fold_.report();
    GateRules rules = setup_.options.gates;
    add_implied_rules(rules, past.quarantine);
    GateInput input{report, rules.components};
    if (past.resources) input.history = &*past.resources;
    input.history_reason = past.resources_reason;
    input.quarantine = &past.quarantine;
    comparison.fill(input, setup_.repository.root);
    for (GateVerdict& verdict : judge_gates(input, rules)) log_.append(GateJudged{std::move(verdict)});
    report = fold_.report();
    if (!problem_) {
      if (const auto error = log_.write_error())
        problem_ = error->message() + "; the report is complete, the event log is not";
    }
    RunOutcome outcome = judge_run(report, setup_.interrupt.cause(), rules, problem_);
    if (base_problem_ && !problem_) outcome = {ExitCode::usage, *base_problem_};
    log_.append(RunFinished{static_cast<int>(outcome.code), outcome.reason, monotonic_now()});
    report = fold_.report();
    report.sources = read_source_texts(report, secrets_.get());
    // The history waits for the disk for about as long as reports take to render.
    const auto history = std::async(std::launch::async, [&] { record_history(report, past.lineage.branch); });
    if (setup_.on_report) setup_.on_report(report);
    history.wait();
    return report;
  }

  // The base was looked at before anything ran. What is wrong with it only now (or with the baseline) is wrong
  // usage all the same, and everything else is still reported.
  Comparison compare_with_base(const RunReport& report) {
    CompareRequest request{report,      setup_.options,         setup_.registry,
                           setup_.host, setup_.repository.root, &setup_.repository};
    request.base_report = setup_.base_report.get();
    request.state = setup_.paths.state;
    auto compared = compare(request);
    if (!compared) {
      base_problem_ = compared.error().message();
      log_.append(DiagnosticRaised{{Severity::error, "base-not-compared", *base_problem_, setup_.options.base, {}}});
      return {};
    }
    for (const RunEvent& event : compared->events) log_.append(event);
    return *std::move(compared);
  }

  // What the history and the quarantine say becomes part of the log.
  PastAnswer look_at_past(const RunReport& report) {
    const RunOptions& options = setup_.options;
    PastQuestion question{report, setup_.host, {}};
    if (options.history) question.history_file = setup_.paths.state / "history.db";
    if (report.patch) question.base_commit = report.patch->merge_base;
    question.base_report = setup_.base_report.get();
    question.base_label = options.base_report.filename().string();
    question.quarantine = setup_.quarantine;
    question.trust_quarantine = options.quarantine.value_or(!is_one_of(options.preset, {"strict", "agent"}));
    question.whole =
        options.only.empty() && options.exclude.empty() && options.ecosystems.empty() && options.extra_args.empty();
    question.resources = resource_demand(options.gates);
    PastAnswer past = look_back(std::move(question));
    const EventLog::Batch batch(log_);
    for (const RunEvent& event : past.events) log_.append(event);
    return past;
  }

  void record_history(const RunReport& report, const std::string& branch) {
    if (!setup_.options.history) return;
    auto history = History::open(setup_.paths.state / "history.db");
    Result<void> recorded = history ? history->record(report, branch, setup_.options.history_limits)
                                    : Result<void>(Failure{history.error()});
    if (!recorded)
      log_.append(
          DiagnosticRaised{{Severity::warning, "history-not-kept", recorded.error().message(), "history.db", {}}});
  }

  RunSetup setup_;
  std::shared_ptr<const Secrets> secrets_;
  UniqueFd done_;
  EventLog log_;
  ReportFold fold_;
  std::future<GitState> git_;
  std::optional<std::string> problem_;
  std::optional<std::string> base_problem_;
  std::atomic<std::size_t> next_{0}, running_{0};
};

}  // namespace

RunReport run_tests(RunSetup setup) { return Run(std::move(setup)).run(); }

}  // namespace rh::engine
