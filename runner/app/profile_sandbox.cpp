#include "runner/app/profile_sandbox.h"

#include <unistd.h>

#include <fmt/core.h>

#include "runner/app/run_signals.h"
#include "runner/app/workspace.h"
#include "runner/engine/execution.h"
#include "runner/engine/machine.h"
#include "runner/engine/promises.h"
#include "runner/model/names.h"

namespace rh::app {
namespace {

// What the profilers added to the caller's environment goes in beside what the preset lets through.
void add_environment(const model::Environment& caller, const profiles::Launch& launch, model::Environment& env) {
  for (const std::string& entry : launch.env) {
    const std::size_t equals = entry.find('=');
    const std::string name = entry.substr(0, equals), value = entry.substr(equals + 1);
    const auto before = caller.find(name);
    if (before == caller.end() || before->second != value) env[name] = value;
  }
}

void say_limits(const sandbox::ExitRecord& record, model::Profile& profile) {
  using model::Ending;
  if (record.ending == Ending::exited || record.ending == Ending::signaled) return;
  profile.diagnostics.push_back({model::Severity::error,
                                 "ended-by-sandbox",
                                 fmt::format("the sandbox ended the program: {}{}{}", model::name_of(record.ending),
                                             record.ending_detail.empty() ? "" : ", ", record.ending_detail),
                                 {},
                                 {}});
}

}  // namespace

Result<SandboxedProfile> record_in_sandbox(const CommandLine& line, const engine::MachineHost& host,
                                           const profiles::Launch& launch, const profiles::RecordingOptions& options,
                                           profiles::Recording& recording) {
  RH_TRY(auto signals, RunSignals::install());
  std::vector<model::Diagnostic> diagnostics;
  const SettingsPlace place{launch.cwd, launch.cwd, engine::usable_cores(), engine::usable_memory()};
  RH_TRY(const ResolvedSettings resolved, resolve_settings(line, place, host.environment(), diagnostics));
  sandbox::LaunchSpec spec = engine::launch_spec_of(launch.argv, launch.cwd, resolved.options, host);
  spec.name = "profile";
  add_environment(host.environment(), launch, spec.command.env);
  spec.files.writable.push_back(options.scratch);
  spec.streams = {BorrowedFd(STDIN_FILENO), BorrowedFd(STDOUT_FILENO), BorrowedFd(STDERR_FILENO)};
  const auto launcher = sandbox::make_launcher();
  RH_CHECK(engine::check_promises(*launcher, resolved.options, spec));
  bool started = false;
  sandbox::SuperviseHooks hooks;
  hooks.cancel = signals.descriptor();
  // Before exec: programs that are sampled by the kernel's counters lose none of their first samples.
  hooks.on_held = [&](int pid) { recording.start(pid); };
  hooks.on_start = [&](const sandbox::TreeLocation& tree) {
    signals.watch(tree.root_pid);
    started = true;
  };
  RH_TRY(const sandbox::ExitRecord record, launcher->run(spec, hooks));
  if (!started) return fail(ErrorKind::process, "start the command: " + record.ending_detail, launch.argv.front());
  profiles::RecordedEnd end;
  if (record.usage.user_cpu.value && record.usage.system_cpu.value)
    end.cpu_ns = (*record.usage.user_cpu.value + *record.usage.system_cpu.value).count();
  SandboxedProfile result{recording.finish(end), record.status};
  result.profile.diagnostics.insert(result.profile.diagnostics.begin(), diagnostics.begin(), diagnostics.end());
  say_limits(record, result.profile);
  return result;
}

}  // namespace rh::app
