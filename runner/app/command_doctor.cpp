// `runharness doctor`: what of the sandbox this host allows, what an administrator would run to allow
// the rest, and which toolchains there are. The presets are judged by setting up a sandbox of each.
#include <unistd.h>

#include "reporters/doctor.h"
#include "runner/app/commands.h"
#include "runner/app/toolchains.h"
#include "runner/app/workspace.h"
#include "runner/base/exit_code.h"
#include "runner/base/file.h"
#include "runner/engine/execution.h"
#include "runner/engine/machine.h"
#include "runner/engine/promises.h"

namespace rh::app {
namespace {

Result<sandbox::LaunchSpec> shape_of(const std::string& preset, const std::filesystem::path& workspace,
                                     const adapters::Host& host) {
  engine::Settings settings;
  RH_CHECK(settings.set("preset", {preset}, engine::Layer::command_line, "doctor"));
  const engine::ResolveContext context{false, engine::usable_cores(), engine::usable_memory(), workspace};
  std::vector<model::Diagnostic> diagnostics;
  RH_TRY(const engine::RunOptions options, engine::resolve_options(settings, {}, context, diagnostics));
  return engine::launch_spec_of({}, workspace, options, host);
}

// The workspace is a fresh folder, so that the verdict is about the host and not about where one stands.
model::PresetFinding try_preset(sandbox::Launcher& launcher, const char* name, const adapters::Host& host) {
  model::PresetFinding finding;
  finding.name = name;
  const auto report = [&]() -> Result<model::IsolationReport> {
    RH_TRY(const TempDir workspace, TempDir::make("runharness-doctor"));
    RH_TRY(sandbox::LaunchSpec shape, shape_of(name, workspace.path(), host));
    return engine::try_sandbox(launcher, std::move(shape));
  }();
  if (!report) {
    finding.problem = report.error().message();
    return finding;
  }
  for (const model::IsolationRow& row : report->rows)
    if (row.state == model::MechanismState::degraded || row.state == model::MechanismState::refused)
      finding.missing.push_back(row);
  return finding;
}

}  // namespace

Result<int> run_doctor(const CommandLine& line) {
  const engine::MachineHost host(engine::current_environment());
  const auto launcher = sandbox::make_launcher();
  model::DoctorReport report;
  report.host = launcher->survey();
  for (const char* preset : {"local", "ci", "strict", "agent"})
    report.presets.push_back(try_preset(*launcher, preset, host));
  report.tools = find_toolchains(host);
  print(line.json ? reporters::doctor_to_json(report)
                  : reporters::doctor_to_text(report, terminal_options(line, host.environment(), STDOUT_FILENO)));
  return reporters::keeps_preset(report, "ci") ? 0 : 1;
}

}  // namespace rh::app
