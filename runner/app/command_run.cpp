// `runharness run`: any command in the sandbox, as transparent as a pipeline, or as one JSON record. The
// way from here to the launcher is kept short: no walk, no probe, no store.
#include <unistd.h>

#include <algorithm>

#include <fmt/core.h>

#include "reporters/json/execution.h"
#include "runner/app/artifacts.h"
#include "runner/app/caller_streams.h"
#include "runner/app/commands.h"
#include "runner/app/output_relay.h"
#include "runner/app/run_signals.h"
#include "runner/app/workspace.h"
#include "runner/base/exit_code.h"
#include "runner/base/file.h"
#include "runner/base/text.h"
#include "runner/engine/caller_secrets.h"
#include "runner/engine/execution.h"
#include "runner/engine/machine.h"
#include "runner/engine/promises.h"
#include "runner/model/names.h"

namespace rh::app {
namespace {

namespace fs = std::filesystem;
using model::Ending;
using model::WorkspaceAccess;

// A record keeps so much of each stream, unless the caller set a limit of his own.
constexpr std::uint64_t kKeptOutputBytes = 2ULL << 20;
// After a limit or a signal ended the command, a reader of its output has so long to take the rest.
constexpr std::chrono::milliseconds kReaderPatience{2000};

struct Setup {
  engine::RunOptions options;
  sandbox::LaunchSpec spec;
  std::uint64_t kept_output_bytes = kKeptOutputBytes;
  std::vector<model::Diagnostic> diagnostics;
};

Result<fs::path> workspace_of(const CommandLine& line, const fs::path& here) {
  if (line.cwd.empty()) return here;
  std::error_code code;
  fs::path folder = fs::canonical(here / line.cwd, code);
  if (code) return fail_errno("open the working folder", line.cwd, code.value());
  if (!rh::is_directory(folder)) return fail_errno("open the working folder", line.cwd, ENOTDIR);
  return folder;
}

Result<void> check_line(const CommandLine& line, const engine::RunOptions& options) {
  const bool overlay = options.workspace == WorkspaceAccess::overlay;
  for (const auto& [asked, flag] :
       {std::pair{line.apply, "--apply"}, std::pair{!line.copy_changes.empty(), "--copy-changes"}})
    if (asked && !overlay)
      return fail(ErrorKind::usage,
                  fmt::format("use {}: the workspace is {}, and only an overlay has changes to take over "
                              "(--workspace overlay)",
                              flag, model::name_of(options.workspace)));
  if (line.artifacts.empty() != line.artifacts_dir.empty())
    return fail(ErrorKind::usage, "collect artifacts: --artifact and --artifacts-dir belong together");
  return {};
}

Result<Setup> set_up(const CommandLine& line) {
  Setup setup;
  RH_TRY(const fs::path here, working_directory());
  RH_TRY(const fs::path workspace, workspace_of(line, here));
  const engine::MachineHost host(engine::current_environment());
  const SettingsPlace place{workspace, here, engine::usable_cores(), engine::usable_memory()};
  RH_TRY(auto resolved, resolve_settings(line, place, host.environment(), setup.diagnostics));
  setup.options = std::move(resolved.options);
  RH_CHECK(check_line(line, setup.options));
  setup.spec = engine::launch_spec_of(line.extra_args, workspace, setup.options, host);
  const engine::SettingValue* limit = resolved.settings.find("limits.output");
  if (limit != nullptr && limit->layer > engine::Layer::preset && setup.options.limits.output_bytes)
    setup.kept_output_bytes = *setup.options.limits.output_bytes;
  return setup;
}

bool has_repository(const fs::path& workspace) {
  std::error_code ignored;
  return fs::exists(fs::symlink_status(workspace / ".git", ignored));
}

// Output limits that the relay enforces are not seen by the sandbox.
void note_output_limit(const OutputRelay& relay, model::Execution& execution) {
  if (!relay.over_limit()) return;
  execution.ending = Ending::output_limit;
  execution.ending_detail = fmt::format("more than {} of output", format_size(*execution.limits.output_bytes));
}

std::string why_not_applied(const CommandLine& line, const model::Execution& execution) {
  if (!line.apply) return "--apply was not given";
  if (execution.ending != Ending::exited)
    return fmt::format("the command did not end by itself: {}", model::name_of(execution.ending));
  return {};
}

class CommandRun {
 public:
  CommandRun(const CommandLine& line, Setup setup, const CallerStreams& caller, RunSignals& signals)
      : line_(line), setup_(std::move(setup)), caller_(caller), signals_(signals) {}

  Result<int> run(sandbox::Launcher& launcher) {
    if (caller_.open(STDIN_FILENO)) setup_.spec.streams.input = BorrowedFd(STDIN_FILENO);
    const bool had_repository = has_repository(setup_.spec.command.cwd);
    RH_TRY(model::Execution execution, line_.json ? run_captured(launcher) : run_transparent(launcher));
    caller_.restore();
    const bool good = take_results(execution);
    if (!had_repository && has_repository(setup_.spec.command.cwd))
      setup_.diagnostics.push_back({model::Severity::warning,
                                    "git-repository-made",
                                    "the command made .git: git will run what its hooks and configuration say",
                                    (setup_.spec.command.cwd / ".git").string(),
                                    {}});
    execution.diagnostics = std::move(setup_.diagnostics);
    if (line_.json) {
      for (const std::string& notice : notices_)
        execution.diagnostics.push_back({model::Severity::warning, "result-not-taken", notice, {}, {}});
      RH_CHECK(write_all(BorrowedFd(STDOUT_FILENO), record_of(execution), "stdout"));
    } else {
      report(execution);
    }
    const int code = engine::exit_code_of(execution, signals_.first());
    if (!good && code == 0) return static_cast<int>(ExitCode::internal);
    return interrupted_ && signals_.first() != 0 ? 128 + signals_.first() : code;
  }

 private:
  // A record is likely to be kept, so no secret of the caller stands in it: neither in the output nor in
  // the command line, in messages or in names of files.
  std::string record_of(model::Execution execution) const {
    const auto secrets = engine::caller_secrets(engine::current_environment(), setup_.options);
    if (!secrets) return reporters::execution_to_json(execution);
    for (model::CapturedText* text : {&execution.standard_output, &execution.standard_error})
      text->bytes = secrets->redact(text->bytes);
    std::string record = secrets->redact(reporters::execution_to_json(execution));
    auto found = engine::secrets_found(*secrets);
    if (!found) return record;
    execution.diagnostics.push_back(*std::move(found));
    return secrets->redact(reporters::execution_to_json(execution));
  }

  Result<model::Execution> launch(sandbox::Launcher& launcher, sandbox::SuperviseHooks& hooks) {
    hooks.cancel = signals_.descriptor();
    RH_TRY(sandbox::ExitRecord record, launcher.run(setup_.spec, hooks));
    changes_ = std::move(record.changes);
    return engine::execution_of(std::move(record), setup_.spec, setup_.options);
  }

  Result<model::Execution> run_captured(sandbox::Launcher& launcher) {
    model::CapturedText out, err;
    sandbox::SuperviseHooks hooks;
    hooks.on_start = [this](const sandbox::TreeLocation& tree) { signals_.watch(tree.root_pid); };
    hooks.on_output = [&](model::Stream stream, std::string_view bytes) {
      model::CapturedText& text = stream == model::Stream::standard_output ? out : err;
      const std::uint64_t room = setup_.kept_output_bytes - text.bytes.size();
      text.truncated = text.truncated || bytes.size() > room;
      text.bytes += bytes.substr(0, static_cast<std::size_t>(room));
    };
    RH_TRY(model::Execution execution, launch(launcher, hooks));
    // Behind the limit neither stream was read on.
    if (execution.ending == Ending::output_limit) out.truncated = err.truncated = true;
    execution.standard_output = std::move(out);
    execution.standard_error = std::move(err);
    return execution;
  }

  Result<model::Execution> run_transparent(sandbox::Launcher& launcher) {
    RH_TRY(OutputRelay relay, OutputRelay::make(caller_, setup_.spec.limits.output_bytes));
    setup_.spec.streams.output = relay.output();
    setup_.spec.streams.error = relay.error();
    uncounted_ = setup_.spec.limits.output_bytes && !relay.counts();
    sandbox::SuperviseHooks hooks;
    hooks.on_start = [&](const sandbox::TreeLocation& tree) {
      signals_.watch(tree.root_pid);
      relay.start([this] { signals_.stop(); });
    };
    RH_TRY(model::Execution execution, launch(launcher, hooks));
    const bool by_itself = execution.ending == Ending::exited || execution.ending == Ending::signaled;
    bool taken = by_itself && !relay.over_limit() && relay.finish(signals_.descriptor(), std::nullopt);
    if (!taken) taken = relay.finish(signals_.second(), kReaderPatience);
    note_output_limit(relay, execution);
    interrupted_ = by_itself && !taken;
    return execution;
  }

  // Changes and artifacts of the workspace; false when the caller asked for something that failed.
  bool take_results(model::Execution& execution) {
    bool good = true;
    if (setup_.options.workspace == WorkspaceAccess::overlay) good = take_changes(execution);
    if (line_.artifacts.empty()) return good;
    sandbox::FileChanges* unapplied = execution.changes && execution.changes->applied ? nullptr : changes_.get();
    auto files = collect_artifacts(execution.workspace, unapplied, line_.artifacts, fs::absolute(line_.artifacts_dir));
    if (!files) return complain("artifacts", files.error().message());
    execution.artifacts = *std::move(files);
    for (model::CollectedFile& file : execution.artifacts) {
      if (file.state == model::CollectState::collected) continue;
      if (file.state == model::CollectState::missing) file.detail.clear();
      notices_.push_back(fmt::format("artifact {} is not collected: {}", file.path,
                                     file.detail.empty() ? model::name_of(file.state) : file.detail));
    }
    return good;
  }

  bool take_changes(model::Execution& execution) {
    model::ChangesRecord& record = execution.changes.emplace();
    if (!changes_) {
      record.reason = "there is no overlay: see the mechanism 'workspace'";
      return !(line_.apply || !line_.copy_changes.empty()) || complain("changes", record.reason);
    }
    record.list = changes_->list();
    record.truncated = changes_->truncated();
    bool good = true;
    if (!line_.copy_changes.empty()) {
      const fs::path target = fs::absolute(line_.copy_changes);
      if (auto left_out = changes_->copy_to(target)) {
        record.copied_to = target;
        record.left_out = *std::move(left_out);
      } else {
        good = complain("changes are not copied", left_out.error().message());
      }
    }
    record.reason = why_not_applied(line_, execution);
    if (!record.reason.empty()) {
      if (line_.apply) notices_.push_back("changes are not applied: " + record.reason);
      return good;
    }
    auto left_out = changes_->apply();
    record.applied = left_out.has_value();
    if (!left_out) {
      record.reason = left_out.error().message();
      return complain("changes are not applied", record.reason);
    }
    record.left_out = *std::move(left_out);
    for (const std::string& one : record.left_out) complain("not applied", one);
    return good;
  }

  bool complain(std::string_view about, const std::string& problem) {
    notices_.push_back(fmt::format("{}: {}", about, problem));
    return false;
  }

  static void say(std::string_view text) { print_error(fmt::format("runharness: {}\n", text)); }

  // What is about the command itself is said in any case, everything else when it is asked for.
  void report(const model::Execution& execution) const {
    if (execution.ending == Ending::start_failed) say("the command cannot be started: " + execution.ending_detail);
    if (execution.ending == Ending::internal) say("the sandbox failed: " + execution.ending_detail);
    if (const std::string limit = engine::limit_text(execution); !limit.empty()) say("ended by " + limit);
    for (const std::string& notice : notices_) say(notice);
    if (line_.verbose) report_details(execution);
  }

  void report_details(const model::Execution& execution) const {
    print_diagnostics(execution.diagnostics);
    for (const model::IsolationRow& row : execution.isolation.rows)
      if (row.state == model::MechanismState::degraded || row.state == model::MechanismState::refused)
        say(fmt::format("{} is {}{}{}: {}", row.mechanism, model::name_of(row.state), row.detail.empty() ? "" : " to ",
                        row.detail, row.reason));
    if (uncounted_) say("output limit is not enforced: the command writes to the terminal itself");
    if (execution.ending == Ending::exited && !execution.ending_detail.empty()) say(execution.ending_detail);
    for (const model::LeftoverProcess& process : execution.leftovers)
      say(fmt::format("left over and killed: process {}, {}", process.pid, process.command));
    if (execution.changes && !execution.changes->applied && !execution.changes->list.empty())
      say(fmt::format("{}{} changes of the workspace are not applied: {}", execution.changes->list.size(),
                      execution.changes->truncated ? " and more" : "", execution.changes->reason));
  }

  const CommandLine& line_;
  Setup setup_;
  const CallerStreams& caller_;
  RunSignals& signals_;
  std::shared_ptr<sandbox::FileChanges> changes_;
  std::vector<std::string> notices_;  // about what the caller asked for and did not get
  bool uncounted_ = false;            // there is an output limit and nobody counts
  bool interrupted_ = false;          // a signal came while the reader of the output was waited for
};

}  // namespace

Result<int> run_command(const CommandLine& line) {
  const CallerStreams caller;
  RH_TRY(auto signals, RunSignals::install());
  RH_TRY(Setup setup, set_up(line));
  const auto launcher = sandbox::make_launcher();
  RH_CHECK(engine::check_promises(*launcher, setup.options, setup.spec));
  auto code = CommandRun(line, std::move(setup), caller, signals).run(*launcher);
  if (code) return code;
  // Whatever goes wrong from here on is no mistake of the caller.
  Error problem = code.error();
  problem.kind = ErrorKind::internal;
  return Failure{std::move(problem)};
}

}  // namespace rh::app
