// Plan, spawn, supervise, record. The host is probed once, by the first that asks.
#include "sandbox/local_launcher.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <mutex>

#include "runner/base/clock.h"
#include "sandbox/cgroup_files.h"
#include "sandbox/ending.h"
#include "sandbox/file_changes.h"
#include "sandbox/launch_plan.h"
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
    subject = failure.error == ENOENT || !looked_up ? spec.command.argv.front() : plan.executables[index];
  } else if (failure.stage == Stage::working_folder) {
    subject = plan.working_folder;
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

// Makes each sandbox when it is asked for.
class FreshPool : public Pool {
 public:
  FreshPool(Launcher& launcher, LaunchSpec shape) : launcher_(launcher), shape_(std::move(shape)) {}
  Result<ExitRecord> run(const model::Command& command, const model::Limits& limits,
                         const SuperviseHooks& hooks) override {
    LaunchSpec spec = shape_;
    spec.command = command;
    spec.limits = limits;
    spec.limits.network = shape_.limits.network;
    return launcher_.run(spec, hooks);
  }

 private:
  Launcher& launcher_;
  LaunchSpec shape_;
};

class LocalLauncher : public Launcher {
 public:
  explicit LocalLauncher(const HostSwitches& switches) : switches_(switches) {}

  Result<ExitRecord> run(const LaunchSpec& spec, const SuperviseHooks& hooks) override {
    ExitRecord record;
    if (spec.command.argv.empty() || spec.command.argv.front().empty()) {
      record.ending = Ending::start_failed;
      record.ending_detail = "execve: the command has no name";
      return record;
    }
    RH_TRY(auto plan, plan_launch(spec, host(), mapper_, group_name()));
    const Nanoseconds begin = monotonic_now();
    RH_TRY(InitProcess init, spawn(plan->child, plan->spawn));
    close_child_ends(*plan);
    Outcome outcome = supervise(spec, hooks, *plan, std::move(init), begin);
    fill(record, spec, *plan, outcome);
    return record;
  }

  model::IsolationReport probe(model::IsolationLevel level) override {
    LaunchSpec spec;
    spec.level = level;
    spec.command.argv = {"/bin/true"};
    spec.limits.memory_bytes = 1ULL << 30;
    spec.limits.pids = 1024;
    spec.limits.cpu = std::chrono::seconds(60);
    spec.limits.tmp_bytes = 1ULL << 30;
    auto plan = plan_launch(spec, host(), mapper_, group_name());
    if (plan) return describe_isolation({spec, host(), **plan, {}});
    model::IsolationReport report;
    report.requested = level;
    report.rows.push_back({"launch plan", "yes", model::MechanismState::refused, {}, plan.error().message()});
    return report;
  }

  std::unique_ptr<Pool> make_pool(const LaunchSpec& shape, std::size_t) override {
    return std::make_unique<FreshPool>(*this, shape);
  }

 private:
  const Host& host() {
    std::call_once(probed_, [this] { host_ = probe_host(switches_, mapper_); });
    return host_;
  }

  // Unique in the process, not only in this launcher.
  static std::string group_name() {
    static std::atomic<unsigned> next{1};
    return own_group_name(std::to_string(next.fetch_add(1)));
  }

  void fill(ExitRecord& record, const LaunchSpec& spec, LaunchPlan& plan, Outcome& outcome) {
    const RunCgroup& group = *plan.cgroup;
    outcome.facts.oom_kills = group.oom_kills();
    outcome.facts.memory_source = group.memory_v2() ? "cgroup v2 memory" : "cgroup v1 memory";
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
    record.isolation = describe_isolation({spec, host(), plan, outcome.degraded});
    record.signals_sent = std::move(outcome.signals_sent);
    record.leftovers = std::move(outcome.leftovers);
    record.oom_kills = outcome.facts.oom_kills;
    record.output_bytes = outcome.output_bytes;
    record.output_truncated = outcome.output_truncated;
    if (plan.overlaid) record.changes = read_changes(receive_layers(plan.layer_receive, plan.overlays));
  }

  HostSwitches switches_;
  std::once_flag probed_;
  Host host_;
  IdMapper mapper_;
};

}  // namespace

std::unique_ptr<Launcher> make_local_launcher(const HostSwitches& switches) {
  return std::make_unique<LocalLauncher>(switches);
}

std::unique_ptr<Launcher> make_launcher() { return make_local_launcher({}); }

}  // namespace rh::sandbox
