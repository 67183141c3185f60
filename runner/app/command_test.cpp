// `runharness test`: the main job.
#include <unistd.h>

#include <future>

#include <fmt/core.h>

#include "runner/agent/telemetry/test_run.h"
#include "runner/app/commands.h"
#include "runner/app/registry.h"
#include "runner/app/workspace.h"
#include "runner/base/clock.h"
#include "runner/base/exit_code.h"
#include "runner/base/file.h"
#include "runner/base/text.h"
#include "runner/engine/execution.h"
#include "runner/engine/gate/compare.h"
#include "runner/engine/history/history.h"
#include "runner/engine/plan.h"
#include "runner/engine/promises.h"
#include "runner/engine/quarantine.h"
#include "runner/engine/run.h"
#include "runner/model/names.h"

namespace rh::app {
namespace {

namespace fs = std::filesystem;

engine::SuiteDurations known_durations(const fs::path& repository_root) {
  const fs::path file = repository_root / ".runharness/history.db";
  if (!is_file(file)) return {};
  auto history = engine::History::open(file);
  if (!history) return {};
  return history->suite_durations().value_or({});
}

model::RunInfo run_info(const Workspace& workspace, const engine::RunPaths& paths, const model::RunId& id,
                        Nanoseconds started, const std::vector<std::string>& argv) {
  model::RunInfo info;
  info.id = id;
  info.runharness_version = RUNHARNESS_VERSION;
  info.argv = argv;
  info.preset = workspace.options.preset;
  info.repository_root = workspace.repository.root.string();
  info.directory = paths.run.string();
  info.started_at = wall_now();
  info.started = started;
  info.jobs = workspace.options.jobs;
  info.sample_interval = workspace.options.sample_interval;
  info.machine = workspace.machine;
  return info;
}

// Every reporter's file in the run directory, and those that the caller named, side by side. One that
// cannot be written is said and does not keep the others from being written.
bool write_reports(const model::RunReport& report, const engine::RunOptions& options, const fs::path& run_directory) {
  std::vector<engine::ReportTarget> targets;
  for (const reporters::Reporter& row : registry().reporters)
    if (row.in_run_directory) targets.push_back({std::string(row.name), run_directory / row.default_file});
  targets.insert(targets.end(), options.reports.begin(), options.reports.end());
  std::vector<std::future<Result<void>>> writers;
  for (const engine::ReportTarget& target : targets)
    writers.push_back(std::async(std::launch::async, [&report, &target] { return write_report(report, target); }));
  bool good = true;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (auto written = writers[i].get(); !written) {
      print_error(fmt::format("runharness: {} report: {}\n", targets[i].name, written.error().message()));
      good = false;
    }
  }
  return good;
}

int print_plan(Workspace& workspace, const CommandLine& line) {
  engine::probe_tools(workspace.suites, workspace.adapters, workspace.repository, workspace.host);
  const auto options = terminal_options(line, workspace.host.environment(), STDOUT_FILENO);
  print(line.json ? reporters::suites_to_json(workspace.suites) + "\n"
                  : reporters::suites_to_text(workspace.suites, true, options));
  print_diagnostics(workspace.diagnostics);
  return static_cast<int>(workspace.suites.empty() ? ExitCode::no_tests : ExitCode::passed);
}

// The steps of a suite share what the earlier ones built, so their writes go to the workspace itself.
Result<void> take_workspace_access(Workspace& workspace) {
  const engine::SettingValue* asked = workspace.settings.find("workspace");
  workspace.options.workspace = model::WorkspaceAccess::rw;
  if (asked == nullptr || asked->values.back() == "rw" || asked->layer <= engine::Layer::preset) return {};
  const std::string what = fmt::format(
      "workspace = \"{}\" holds for `run`: the steps of a suite share what they "
      "build, and write to the workspace",
      asked->values.back());
  if (asked->layer == engine::Layer::command_line) return fail(ErrorKind::usage, "test with " + what, asked->origin);
  workspace.diagnostics.push_back({model::Severity::info, "workspace-is-written", what, asked->origin, {}});
  return {};
}

Result<engine::QuarantineState> read_quarantine(const Workspace& workspace) {
  engine::QuarantineState state;
  state.today = engine::date_of(wall_now());
  const auto file = engine::find_quarantine(workspace.repository.root);
  if (!file || !workspace.options.quarantine.value_or(true)) return state;
  state.file = *file;
  RH_TRY(state.entries, engine::read_quarantine(*file, state.today));
  return state;
}

// The trial has the suites' limits and file system; each step's own report is the last word.
sandbox::LaunchSpec example_of(const Workspace& workspace) {
  sandbox::LaunchSpec shape = engine::launch_spec_of({}, workspace.repository.root, workspace.options, workspace.host);
  shape.name = "test";
  return shape;
}

// Events come from workers, ticks from the calling thread: `screen` keeps them apart.
void show_live(engine::RunSetup& setup, reporters::Terminal& terminal, bool tty, std::mutex& screen) {
  setup.on_event = [&](const model::RunEvent& event) {
    const std::lock_guard lock(screen);
    terminal.on_event(event);
  };
  if (!tty) return;
  setup.on_tick = [&] {
    const std::lock_guard lock(screen);
    terminal.on_tick();
  };
  setup.on_usage = [&](const model::SuiteId& suite, const collectors::LatestSample& sample) {
    const std::lock_guard lock(screen);
    terminal.on_usage(suite, Nanoseconds(sample.cpu_ns), sample.rss_bytes);
  };
}

// A configuration that is wrong in the agent's part must not keep tests from running.
agent::TelemetrySettings telemetry_settings(const CommandLine& line, const Workspace& workspace) {
  auto config = agent::load_agent_config({workspace.repository.root, line.config_file, line.no_config,
                                          workspace.host.environment(), line.trust_project_config});
  if (config) return config->telemetry;
  print_error(fmt::format("runharness: telemetry is off: {}\n", config.error().message()));
  agent::TelemetrySettings off;
  off.enabled = false;
  return off;
}

void tell_collector(engine::RunSetup& setup, agent::TestRunTelemetry& collector) {
  setup.on_event = [&collector, shown = std::move(setup.on_event)](const model::RunEvent& event) {
    if (shown) shown(event);
    collector.on_event(event);
  };
}

// The document that was asked for in place of text, or where the page is. `directory` empty: not said.
Result<void> print_result(const CommandLine& line, const model::RunReport& report, const fs::path& directory) {
  if (line.json) {
    RH_TRY(const std::string json, reporters::render_json(report));
    print(json + "\n");
  } else if (line.agent) {
    RH_TRY(const std::string text, reporters::render_agent(report));
    print(text);
  } else if (!line.quiet && !directory.empty()) {
    const fs::path html = directory / registry().reporter("html")->default_file;
    print(fmt::format("report: {}\n", relative_to(html, fs::current_path())));
  }
  return {};
}

}  // namespace

Result<int> run_test(const CommandLine& line) {
  const Nanoseconds started = monotonic_now();
  RH_TRY(auto interrupt, engine::Interrupt::install());
  RH_TRY(auto workspace, open_workspace(line));
  RH_CHECK(take_workspace_access(*workspace));
  RH_TRY(workspace->suites,
         engine::plan_suites(std::move(workspace->suites), workspace->options,
                             known_durations(workspace->repository.root), workspace->machine.memory_bytes));
  if (line.plan) return print_plan(*workspace, line);

  RH_CHECK(engine::check_base(workspace->options, workspace->host, workspace->repository.root));
  RH_TRY(auto quarantine, read_quarantine(*workspace));
  RH_TRY(auto base_report, read_base_report(workspace->options.base_report));
  const model::RunId id = engine::make_run_id();
  RH_TRY(const auto fallback, TempDir::make("runharness-state-"));
  RH_TRY(const auto paths,
         engine::make_run_folders(workspace->repository.root, workspace->options.out, id, fallback.path()));
  const auto launcher = sandbox::make_launcher();
  RH_CHECK(engine::check_promises(*launcher, workspace->options, example_of(*workspace)));
  const auto options = terminal_options(line, workspace->host.environment(), STDOUT_FILENO);
  const bool prints = prints_report(workspace->options.reports);
  const auto terminal = reporters::make_terminal(options, prints ? print_error : print);
  const bool live = !line.json && !line.agent;

  engine::RunSetup setup{workspace->options,
                         registry(),
                         workspace->adapters,
                         workspace->host,
                         workspace->repository,
                         *launcher,
                         interrupt,
                         paths,
                         run_info(*workspace, paths, id, started, line.words),
                         workspace->suites,
                         workspace->diagnostics,
                         {},
                         {}};
  std::mutex screen;
  if (live) show_live(setup, *terminal, options.tty, screen);
  std::error_code ignored;
  agent::Telemetry telemetry(telemetry_settings(line, *workspace), workspace->host.environment(),
                             fs::read_symlink("/proc/self/exe", ignored));
  agent::TestRunTelemetry collector(telemetry);
  if (telemetry.enabled()) tell_collector(setup, collector);
  setup.quarantine = std::move(quarantine);
  setup.base_report = std::move(base_report);
  bool written = false;
  setup.on_report = [&](const model::RunReport& report) {
    if (live) {
      const std::lock_guard lock(screen);
      terminal->on_report(report);
    }
    written = write_reports(report, workspace->options, paths.run);
  };
  const model::RunReport report = engine::run_tests(std::move(setup));
  collector.on_report(report);
  RH_CHECK(print_result(line, report, written && !prints ? paths.run : fs::path()));
  return written ? report.exit_code : static_cast<int>(ExitCode::internal);
}

}  // namespace rh::app
