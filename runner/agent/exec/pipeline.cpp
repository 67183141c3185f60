#include "runner/agent/exec/pipeline.h"

#include <algorithm>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/approval/gate.h"
#include "runner/agent/audit/audit_log.h"
#include "runner/agent/audit/debug_log.h"
#include "runner/agent/exec/build_cache.h"
#include "runner/agent/exec/interpreter_pool.h"
#include "runner/agent/exec/isolation_check.h"
#include "runner/agent/exec/keeping.h"
#include "runner/agent/exec/packages.h"
#include "runner/agent/exec/programs.h"
#include "runner/agent/exec/result_value.h"
#include "runner/agent/exec/sandboxed.h"
#include "runner/agent/exec/stage_clock.h"
#include "runner/agent/history/execution_id.h"
#include "runner/agent/history/execution_store.h"
#include "runner/agent/jupyter/jupyter_run.h"
#include "runner/agent/notebook/run.h"
#include "runner/agent/safety/safety_check.h"
#include "runner/agent/session/session_manager.h"
#include "runner/agent/telemetry/telemetry.h"
#include "runner/agent/validate/validate.h"
#include "runner/base/clock.h"
#include "runner/base/text.h"
#include "runner/engine/execution.h"

namespace rh::agent {
namespace {

namespace fs = std::filesystem;
using model::Ending;

constexpr std::uint64_t kLargeFileBytes = 1 << 20;
constexpr std::chrono::milliseconds kLongRun{300'000};
constexpr std::string_view kShownReason =
    "there is no sandbox on this machine: the code is shown and was not run (runharness doctor says why)";

std::string last_line(std::string_view text) {
  const auto lines = split_lines(trim(text));
  return lines.empty() ? std::string() : std::string(trim(lines.back()).substr(0, 500));
}

void refuse(ExecutionRecord& record, ErrorKind kind, std::string message) {
  record.error.kind = kind;
  record.error.message = std::move(message);
  const ErrorCategory category = row_of(kind).category;
  record.status = kind == ErrorKind::cancelled        ? ExecutionStatus::cancelled
                  : category == ErrorCategory::policy ? ExecutionStatus::blocked
                                                      : ExecutionStatus::failed;
}

// What runharness could not do, in the words of what it means for the caller.
ErrorKind kind_of(const Error& error, ErrorKind otherwise) {
  switch (error.kind) {
    case rh::ErrorKind::usage:
      return ErrorKind::invalid_request;
    case rh::ErrorKind::not_found:
      return ErrorKind::runtime_missing;
    default:
      return otherwise;
  }
}

// What the request and the configuration leave open: isolated where it is asked for or where packages, a long time or a
// setting of the caller ask for it, else with the caller's interpreters.
ExecutionMethod method_of(const AgentConfig& config, const ExecutionRequest& request) {
  const ExecutionMethod asked = request.method.value_or(config.method);
  if (asked != ExecutionMethod::automatic) return asked;
  const bool isolated = request.requires_isolation || !request.packages.empty() || !request.requirements.empty() ||
                        request.timeout.value_or(std::chrono::milliseconds(0)) > kLongRun;
  return isolated ? ExecutionMethod::container : ExecutionMethod::local;
}

class Pipeline {
 public:
  Pipeline(Service& service, const CallContext& context, ExecutionRecord& record, std::future<void>& removal)
      : service_(service), context_(context), record_(record), request_(record.request), removal_(removal) {}

  void run() {
    if (!allowed()) return;
    warn_of_request();
    if (!analyse() || !approve()) return;
    record_.method = method_of(service_.config(), request_);
    if (runs_on_jupyter(service_.config(), record_.method)) return run_on_server();
    if (!isolated()) return;
    if (!request_.session.empty()) return run_in_session();
    if (!prepare()) return;
    execute_code();
    if (record_.status == ExecutionStatus::shown) return forget_stage("execute");
    take_result();
    removal_ = WorkFolder::remove_beside(std::move(folder_));
  }

 private:
  bool stop(ErrorKind kind, std::string message) {
    refuse(record_, kind, std::move(message));
    return false;
  }
  bool stop(const Error& error, ErrorKind otherwise) { return stop(kind_of(error, otherwise), error.message()); }

  bool allowed() {
    const Permission permission = permission_to_run(service_, context_, request_);
    if (permission.error != ErrorKind::none) {
      record_.error.concerns = permission.concerns;
      return stop(permission.error, permission.message);
    }
    if (!request_.expected.empty() && !is_expected_type(request_.expected))
      return stop(ErrorKind::invalid_request, fmt::format("'expected_type' is no type: '{}'", request_.expected));
    return true;
  }

  bool analyse() {
    StageClock stage(record_, "analyse");
    const AgentConfig& config = service_.config();
    const auto profile = config.environments.find(request_.environment);
    if (!request_.environment.empty() && profile == config.environments.end())
      return stop(ErrorKind::invalid_request,
                  fmt::format("'environment' names '{}', which is not configured", request_.environment));
    Rules rules = rules_of(config, record_.security, profile == config.environments.end() ? nullptr : &profile->second);
    assessment_ = assess_with_files(request_.language, request_.code, request_.files, std::move(rules));
    if (!assessment_.built_in) {
      stage.end("skipped", "validation is not built in");
      return true;
    }
    record_.assessment_json = to_json(assessment_).dump();
    if (assessment_.blocking() == 0) return true;
    for (const Finding& finding : assessment_.findings)
      if (finding.severity == Severity::block)
        record_.error.concerns.push_back(fmt::format("line {}: {} ({})", finding.line, finding.message, finding.rule));
    stop(ErrorKind::security_violation, "blocked before it was started: " + record_.error.concerns.front());
    stage.end("failed", record_.error.message);
    return false;
  }

  bool approve() {
    StageClock stage(record_, "approve");
    const ApprovalDecision decision = decide_approval(service_, context_, request_, assessment_);
    record_.approval_id = decision.id;
    record_.access_mode = decision.access.name;
    record_.kernel_name = decision.access.kernel_name;
    if (decision.verdict == ApprovalVerdict::go) {
      if (decision.id.empty()) stage.end("skipped", "no approval is needed");
      return true;
    }
    stop(decision.error, decision.message);
    if (decision.verdict == ApprovalVerdict::waiting) {
      record_.status = ExecutionStatus::waiting;
      record_.question = decision.question;
    }
    stage.end("failed", decision.message);
    return false;
  }

  void warn_of_request() {
    for (const auto& [name, content] : request_.files)
      if (content.size() > kLargeFileBytes)
        record_.diagnostics.push_back(
            {model::Severity::warning,
             "large-file",
             fmt::format("the file {} is {}: files above 1 MiB make a request slow", name, format_size(content.size())),
             name,
             {}});
  }

  // Before anything is started, installers and compilers too. What only starts the code itself is watched there.
  bool isolated() {
    if (starts_directly() || can_isolate(service_)) return true;
    StageClock stage(record_, "prepare");
    stage.end("failed", std::string(kShownReason));
    return show();
  }

  [[nodiscard]] bool starts_directly() const {
    const bool compiled =
        request_.language == Language::go || request_.language == Language::rust || request_.language == Language::java;
    return !compiled && request_.packages.empty() && request_.requirements.empty() && request_.session.empty() &&
           !fits_warm(service_.config(), request_, record_.mode);
  }

  // Only its sandbox was tried.
  void forget_stage(std::string_view name) {
    std::erase_if(record_.stages, [&](const Stage& stage) { return stage.name == name; });
    record_.stages.back().outcome = "failed";
    record_.stages.back().detail = std::string(kShownReason);
  }

  bool show() {
    stop(ErrorKind::isolation_unavailable, std::string(kShownReason));
    record_.status = ExecutionStatus::shown;
    return false;
  }

  bool prepare() {
    StageClock stage(record_, "prepare");
    const bool done = make_ready();
    if (!done) stage.end("failed", record_.error.message);
    return done;
  }

  bool make_ready() {
    auto settings = settings_of(service_, context_, request_, record_.method);
    if (!settings) return stop(settings.error(), ErrorKind::internal_error);
    settings_ = *std::move(settings);
    auto found = find_runtime(service_, request_, record_.method);
    if (!found) return stop(found.error(), ErrorKind::runtime_missing);
    record_.runtime = found->runtime;
    if (!found->root.empty()) settings_.root_image = found->root;
    if (fits_warm(service_.config(), request_, record_.mode)) {
      auto lease = interpreters_of(service_).take(context_, request_, record_.method);
      if (lease) lease_.emplace(*std::move(lease));
      if (lease_) return true;
    }
    record_.mode = ExecutionMode::subprocess;
    auto folder = WorkFolder::make();
    if (!folder) return stop(folder.error(), ErrorKind::sandbox_error);
    folder_ = std::make_unique<WorkFolder>(*std::move(folder));
    auto packages = prepare_packages(service_, context_, request_, settings_, *found, *folder_);
    if (!packages) return package_problem(packages.error());
    packages_ = *std::move(packages);
    if (request_.language == Language::go) share_go_library(service_, context_, request_, settings_, *found, packages_);
    auto program = make_program(service_, request_, settings_, *std::move(found), *folder_, packages_);
    if (!program) return stop(program.error(), ErrorKind::internal_error);
    program_ = *std::move(program);
    return true;
  }

  bool package_problem(const Error& error) {
    if (error.kind == rh::ErrorKind::cancelled) return stop(ErrorKind::cancelled, error.message());
    if (error.kind == rh::ErrorKind::usage) return stop(ErrorKind::invalid_request, error.what);
    const bool named = error.kind == rh::ErrorKind::process;
    if (named)
      for (const std::string_view name : split(error.subject, '\n')) record_.error.concerns.emplace_back(name);
    return stop(ErrorKind::package_install_failed, named ? "failed to " + error.what : error.message());
  }

  // What is left of the time limit for the next command.
  [[nodiscard]] model::Limits remaining(model::Limits limits) const {
    if (!limits.wall) return limits;
    const auto used = std::chrono::duration_cast<std::chrono::milliseconds>(monotonic_now() - begin_);
    limits.wall = std::max(*limits.wall - used, std::chrono::milliseconds(1));
    return limits;
  }

  // Isolated runs leave nothing behind, not even what a compiler made.
  bool build() {
    const BuildCache cache(service_);
    const bool keeps = record_.method != ExecutionMethod::container;
    if (keeps && cache.restore(program_, *folder_)) return true;
    if (!compile()) return false;
    if (keeps) cache.keep(program_, *folder_);
    return true;
  }

  bool compile() {
    for (SandboxedCommand& command : program_.build) {
      command.limits = remaining(command.limits);
      auto run = run_sandboxed(service_, context_, settings_, *folder_, command);
      if (!run) return stop(run.error(), ErrorKind::sandbox_error);
      if (run->no_sandbox) return show();
      const bool good = run->execution.ending == Ending::exited && run->execution.status.exit_code == 0;
      if (good) continue;
      take(*std::move(run));
      if (record_.error.kind == ErrorKind::code_error) {
        record_.error.kind = ErrorKind::syntax_error;
        record_.error.message = "the code does not compile: " + last_line(record_.standard_error.bytes);
      }
      return false;
    }
    return true;
  }

  void execute_code() {
    StageClock stage(record_, "execute");
    begin_ = monotonic_now();
    if (lease_) {
      run_warm(context_, settings_, interpreters_of(service_), *lease_, record_);
      if (!record_.success()) stage.end("failed", std::string(name_of(record_.error.kind)));
      return;
    }
    if (!build()) return stage.end("failed", "build");
    program_.run.limits = remaining(program_.run.limits);
    program_.run.sampled = request_.collect_metrics.value_or(true);
    auto run = run_sandboxed(service_, context_, settings_, *folder_, program_.run);
    if (!run) return stop(run.error(), ErrorKind::sandbox_error), stage.end("failed", record_.error.message);
    if (run->no_sandbox) return show(), stage.end("failed", record_.error.message);
    take(*std::move(run));
    if (!record_.success()) stage.end("failed", std::string(name_of(record_.error.kind)));
  }

  // Of this machine it needs no sandbox, only a folder for what the code made there.
  void run_on_server() {
    auto folder = WorkFolder::make();
    if (!folder) return void(stop(folder.error(), ErrorKind::sandbox_error));
    folder_ = std::make_unique<WorkFolder>(*std::move(folder));
    {
      StageClock stage(record_, "execute");
      run_on_jupyter(service_, context_, *folder_, record_);
      if (!record_.success()) stage.end("failed", std::string(name_of(record_.error.kind)));
    }
    if (record_.execution) take_result();
    removal_ = WorkFolder::remove_beside(std::move(folder_));
  }

  // The interpreter of a session is there already, or is made for it.
  void run_in_session() {
    StageClock stage(record_, "execute");
    service_.sessions().run(context_, record_, record_.method);
    if (!record_.success()) stage.end("failed", std::string(name_of(record_.error.kind)));
  }

  void take(SandboxedRun&& run) {
    record_.execution = std::move(run.execution);
    record_.samples = std::move(run.samples);
    record_.standard_output = std::move(run.standard_output);
    record_.standard_error = std::move(run.standard_error);
    judge_execution(record_);
  }

  void take_result() {
    StageClock stage(record_, "result");
    WorkFolder& folder = lease_ ? lease_->interpreter().folder() : *folder_;
    if (record_.result_json.empty()) read_result(folder, record_);
    record_.result_json = service_.secrets().redact(record_.result_json);
    const std::string name = request_.folder_name.empty() ? record_.id : request_.folder_name;
    auto artifacts =
        folder.take_artifacts(request_.artifacts, service_.paths().state / "artifacts" / name, record_.diagnostics);
    if (artifacts)
      record_.artifacts = *std::move(artifacts);
    else
      record_.diagnostics.push_back(
          {model::Severity::warning, "artifacts-not-taken", artifacts.error().message(), {}, {}});
    check_expected(record_);
    if (!artifacts) stage.end("failed", artifacts.error().message());
  }

  Service& service_;
  const CallContext& context_;
  ExecutionRecord& record_;
  const ExecutionRequest& request_;
  std::future<void>& removal_;
  RunSettings settings_;
  std::unique_ptr<WorkFolder> folder_;
  std::optional<InterpreterPool::Lease> lease_;
  PreparedPackages packages_;
  Program program_;
  Assessment assessment_;
  Nanoseconds begin_{};
};

// Asked for before anything is done, told afterwards: a log that cannot be written stops what it should show.
bool begin_audit(Service& service, const CallContext& context, ExecutionRecord& record) {
  const auto logged = service.audit().before(record, context);
  if (!logged)
    refuse(record, ErrorKind::internal_error, "the audit log cannot be written: " + logged.error().message());
  return logged.has_value();
}

}  // namespace

ExecutionRecord execute(Service& service, const CallContext& context, ExecutionRequest request) {
  const Nanoseconds begin = monotonic_now();
  const OpenSpan span = service.telemetry().begin(context.trace_parent);
  ExecutionRecord record = new_record(service, request);
  debug_begin(service.config(), record, context.caller);
  try {
    const bool logged = begin_audit(service, context, record);
    std::future<void> removal;  // of the work folder, beside what follows the run
    if (logged) Pipeline(service, context, record, removal).run();
    add_notebook(service, record);
    record.total = monotonic_now() - begin;
    if (logged) keep(service, record);
  } catch (const std::exception& problem) {
    refuse(record, ErrorKind::internal_error, problem.what());
    record.total = monotonic_now() - begin;
  }
  debug_end(service.config(), record);
  service.telemetry().end_execution(span, record);
  return record;
}

}  // namespace rh::agent
