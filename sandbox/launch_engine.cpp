#include "sandbox/launch_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "runner/base/clock.h"
#include "sandbox/cgroup_files.h"
#include "sandbox/ending.h"
#include "sandbox/file_changes.h"
#include "sandbox/mechanisms.h"
#include "sandbox/supervise.h"
#include "sandbox/usage.h"

namespace rh::sandbox {
namespace {

using model::Ending;

// "execve /x/y: No such file or directory"; a set-up failure names the folder, mount or limit meant.
std::string describe_failure(const LaunchSpec& spec, const ChildPlan& plan, const InitMessage& failure) {
  std::string subject;
  const auto index = static_cast<std::size_t>(std::max(failure.index, 0));
  if (failure.stage == Stage::execute) {
    const bool looked_up = spec.command.argv.front().find('/') == std::string::npos;
    subject = failure.error == ENOENT || !looked_up ? spec.command.argv.front() : plan.command->executables[index];
  } else if (failure.stage == Stage::working_folder) {
    subject = plan.command->working_folder;
  } else if (failure.stage == Stage::mount_step) {
    subject = plan.mounts[index].target;
  } else if (failure.stage == Stage::grab) {
    subject = plan.grabs[index].source;
  }
  std::string text = fmt::format("{}{}{}: {}", stage_text(failure.stage), subject.empty() ? "" : " ", subject,
                                 errno_text(failure.error));
  if (failure.stage == Stage::execute && failure.error == ENOENT && subject.find('/') == std::string::npos)
    text += " (in no folder of PATH)";
  return text;
}

bool is_commands_own_fault(Stage stage) { return stage == Stage::execute || stage == Stage::working_folder; }

// Unique in the process, not only in this engine.
std::string group_name() {
  static std::atomic<unsigned> next{1};
  return own_group_name(std::to_string(next.fetch_add(1)));
}

// What a parked sandbox used before its run began is not the run's.
void subtract(model::CpuFigure& figure, std::chrono::nanoseconds before) {
  if (figure.value) figure.value = std::max(*figure.value - before, std::chrono::nanoseconds{});
}

ExitRecord record_of(const LaunchSpec& spec, Prepared& prepared, Outcome& outcome) {
  LaunchPlan& plan = *prepared.plan;
  const RunCgroup& group = *plan.cgroup;
  ExitRecord record;
  outcome.facts.oom_kills = group.oom_kills();
  outcome.facts.memory_source = group.oom_source();
  outcome.facts.pids_refused = spec.limits.pids ? group.pids_refused() : std::nullopt;
  outcome.facts.pids_source = "cgroup pids.max";
  outcome.facts.file_size_limited = spec.limits.file_bytes.has_value();
  record.status = outcome.facts.status;
  const EndingVerdict verdict = decide_ending(outcome.facts);
  record.ending = verdict.ending;
  record.ending_detail = verdict.detail;
  if (outcome.failure && !outcome.facts.stopped_for) {
    record.ending = is_commands_own_fault(outcome.failure->stage) ? Ending::start_failed : Ending::internal;
    record.ending_detail = describe_failure(spec, plan.child, *outcome.failure);
  }
  record.usage = measure_usage(group, outcome);
  if (plan.cpu_before) {
    subtract(record.usage.user_cpu, plan.cpu_before->user);
    subtract(record.usage.system_cpu, plan.cpu_before->system);
  }
  record.isolation = describe_isolation({spec, *prepared.host, plan, outcome.degraded});
  record.signals_sent = std::move(outcome.signals_sent);
  record.leftovers = std::move(outcome.leftovers);
  record.oom_kills = outcome.facts.oom_kills;
  record.sources = name_sources(plan);
  record.output_bytes = outcome.output_bytes;
  record.output_truncated = outcome.output_truncated;
  if (plan.overlaid) record.changes = read_changes(receive_layers(plan.layer_receive, plan.overlays));
  return record;
}

LaunchSpec example_of(model::IsolationLevel level) {
  LaunchSpec spec;
  spec.level = level;
  spec.command.argv = {"/bin/true"};
  spec.limits.memory_bytes = 1ULL << 30;
  spec.limits.pids = 1024;
  spec.limits.cpu = std::chrono::seconds(60);
  spec.limits.tmp_bytes = 1ULL << 30;
  return spec;
}

}  // namespace

std::shared_ptr<const Host> LaunchEngine::host() {
  const std::lock_guard lock(mutex_);
  if (!host_) host_ = std::make_shared<Host>(assume_host(switches_));
  return host_;
}

std::shared_ptr<const Host> LaunchEngine::probed_host() {
  const std::lock_guard lock(mutex_);
  if (!host_ || host_->assumed) host_ = std::make_shared<Host>(probe_host(switches_, mapper_));
  return host_;
}

Result<Prepared> LaunchEngine::prepare(const LaunchSpec& spec, std::shared_ptr<const Host> host, std::size_t room,
                                       bool parked, std::function<void(int pid)> held) {
  Prepared prepared;
  prepared.host = std::move(host);
  RH_TRY(prepared.plan, plan_launch(spec, *prepared.host, mapper_, group_name(), room));
  prepared.plan->child.parked = parked;
  prepared.plan->spawn.held = std::move(held);
  RH_TRY(prepared.init, spawn(prepared.plan->child, prepared.plan->spawn));
  close_child_ends(*prepared.plan);
  return prepared;
}

void LaunchEngine::sweep() {
  std::call_once(swept_, [this] { sweep_groups(host()->cgroups); });
}

Result<ExitRecord> LaunchEngine::run(const LaunchSpec& spec, const SuperviseHooks& given) {
  if (spec.command.argv.empty() || spec.command.argv.front().empty()) {
    ExitRecord record;
    record.ending = Ending::start_failed;
    record.ending_detail = "execve: the command has no name";
    return record;
  }
  const Nanoseconds begin = monotonic_now();
  SuperviseHooks hooks = given;
  hooks.on_start = [&](const TreeLocation& location) {
    if (given.on_start) given.on_start(location);
    sweep();
  };
  auto known = host();
  if (known->assumed) {
    // Nothing of the command has run where the set-up failed, so a second try is safe.
    auto prepared = prepare(spec, known, 0, false, given.on_held);
    if (prepared) {
      Outcome outcome = supervise(spec, hooks, *prepared->plan, prepared->init, begin);
      const bool set_up = !outcome.failure || is_commands_own_fault(outcome.failure->stage);
      if (set_up || outcome.facts.stopped_for) return record_of(spec, *prepared, outcome);
    }
    known = probed_host();
  }
  RH_TRY(Prepared prepared, prepare(spec, known, 0, false, given.on_held));
  Outcome outcome = supervise(spec, hooks, *prepared.plan, prepared.init, begin);
  return record_of(spec, prepared, outcome);
}

Result<Prepared> LaunchEngine::park(const LaunchSpec& shape, std::size_t room) {
  return prepare(shape, host(), room, true, {});
}

ExitRecord LaunchEngine::follow(const LaunchSpec& spec, Prepared& prepared, const SuperviseHooks& hooks) {
  Outcome outcome = supervise(spec, hooks, *prepared.plan, prepared.init, monotonic_now());
  return record_of(spec, prepared, outcome);
}

model::IsolationReport LaunchEngine::probe(model::IsolationLevel level) {
  const LaunchSpec spec = example_of(level);
  const auto known = probed_host();
  auto plan = plan_launch(spec, *known, mapper_, group_name());
  if (plan) return describe_isolation({spec, *known, **plan, {}});
  model::IsolationReport report;
  report.requested = level;
  report.rows.push_back({"launch plan", "yes", model::MechanismState::refused, {}, plan.error().message()});
  return report;
}

}  // namespace rh::sandbox
