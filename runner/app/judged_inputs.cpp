#include "runner/app/judged_inputs.h"

#include <unistd.h>

#include <algorithm>
#include <optional>

#include <fmt/core.h>

#include "reporters/gate.h"
#include "runner/app/registry.h"
#include "runner/base/clock.h"
#include "runner/base/exit_code.h"
#include "runner/base/file.h"
#include "runner/engine/caller_secrets.h"
#include "runner/engine/gate/gate.h"
#include "runner/engine/gate/verdict.h"
#include "runner/engine/machine.h"
#include "runner/engine/repository_walk.h"
#include "runner/engine/run_directory.h"
#include "runner/engine/source_texts.h"

namespace rh::app {
namespace {

namespace fs = std::filesystem;

// A record of every test costs memory: only where a rule looks at single tests, or a report shows them.
bool wants_tests(const CommandLine& line, const engine::RunOptions& options) {
  const auto shows_tests = [](const engine::ReportTarget& target) {
    return !target.name.starts_with("coverage") && target.name != "lcov" && target.name != "cobertura";
  };
  return engine::needs_tests(options.gates) || line.command == CommandName::baseline ||
         std::any_of(options.reports.begin(), options.reports.end(), shows_tests);
}

void describe_run(model::RunInfo& info, const CommandLine& line, const JudgedInputs& inputs) {
  if (info.id.value.empty()) {
    info.started_at = wall_now();
    info.machine = engine::describe_machine();
  }
  info.id = engine::make_run_id();
  info.runharness_version = RUNHARNESS_VERSION;
  info.argv = line.words;
  info.directory.clear();
  info.repository_root = inputs.repository ? inputs.root.string() : std::string();
}

Result<void> gather_files(const CommandLine& line, std::vector<std::string> words, JudgedInputs& inputs) {
  engine::GatherRequest request{std::move(words), inputs.here, registry(), inputs.host};
  if (inputs.repository) request.repository = &*inputs.repository;
  request.keep_tests = wants_tests(line, inputs.settings.options);
  request.names = line.names;
  request.path_map = inputs.settings.options.path_map;
  request.strict_paths = inputs.settings.options.strict_paths;
  RH_TRY(inputs.gathered, engine::gather(request));
  describe_run(inputs.gathered.report.run, line, inputs);
  return {};
}

std::string test_id(const model::TestRecord& record) { return record.test.id.value; }

Result<void> load_latest(const CommandLine& line, JudgedInputs& inputs) {
  auto directory = engine::find_run(inputs.root, line.run.empty() ? "latest" : line.run);
  if (!directory)
    return fail(ErrorKind::usage,
                "judge anything: name results and coverage files, or run `runharness test` first (" +
                    directory.error().what + ")",
                inputs.root.string());
  RH_TRY(inputs.gathered.report, engine::load_run(*directory));
  inputs.stored = true;
  model::RunReport& report = inputs.gathered.report;
  report.gates.clear();
  if (!report.complete) {
    inputs.gathered.problem = ExitCode::unusable;
    inputs.gathered.problem_reason = "the run did not finish: " + directory->string();
  }
  std::optional<collectors::ExactSeconds> time;
  for (const model::SuiteReport& suite : report.suites)
    for (const model::TestRecord& record : suite.tests) {
      if (line.names) inputs.gathered.names.push_back(test_id(record));
      for (const model::Attempt& attempt : record.attempts) {
        if (!attempt.duration || record.test.kind != model::TestKind::test) continue;
        if (!time) time.emplace();
        *time += collectors::ExactSeconds::from(*attempt.duration);
      }
    }
  inputs.gathered.time = time;
  return {};
}

}  // namespace

Result<JudgedInputs> read_inputs(const CommandLine& line, std::vector<std::string> words, WithoutFiles without) {
  RH_TRY(fs::path here, working_directory());
  JudgedInputs inputs{engine::MachineHost(engine::current_environment()), {}, here, here, {}, {}, false};
  std::vector<model::Diagnostic> diagnostics;
  const SettingsPlace place{here, here, engine::usable_cores(), engine::usable_memory()};
  RH_TRY(inputs.settings, resolve_settings(line, place, inputs.host.environment(), diagnostics));
  RH_CHECK(check_report_names(inputs.settings.options.reports));
  const fs::path top = engine::git_toplevel(here);
  if (!top.empty()) {
    inputs.root = top;
    RH_TRY(inputs.repository, engine::walk_repository({top}, diagnostics));
  } else if (!inputs.settings.config.path.empty()) {
    inputs.root = inputs.settings.config.path.parent_path();
  }
  words.insert(words.end(), line.extra_args.begin(), line.extra_args.end());
  if (words.empty() && without == WithoutFiles::nothing)
    return fail(ErrorKind::usage, "join anything: name results, coverage files or run directories", "FILES");
  if (words.empty())
    RH_CHECK(load_latest(line, inputs));
  else
    RH_CHECK(gather_files(line, std::move(words), inputs));
  auto& all = inputs.gathered.report.diagnostics;
  all.insert(all.begin(), diagnostics.begin(), diagnostics.end());
  return inputs;
}

bool write_asked_reports(const model::RunReport& judged, const std::vector<engine::ReportTarget>& targets) {
  bool good = true;
  std::optional<model::RunReport> with_sources;
  if (std::any_of(targets.begin(), targets.end(), [](const auto& target) { return target.name == "html"; })) {
    const auto secrets = engine::caller_secrets(engine::current_environment(), engine::RunOptions{});
    with_sources = judged;
    with_sources->sources = engine::read_source_texts(judged, secrets.get());
  }
  const model::RunReport& report = with_sources ? *with_sources : judged;
  for (const engine::ReportTarget& target : targets) {
    if (auto written = write_report(report, target); !written) {
      print_error(fmt::format("runharness: {} report: {}\n", target.name, written.error().message()));
      good = false;
    }
  }
  return good;
}

Result<int> tell_judged(const CommandLine& line, JudgedInputs& inputs, const engine::RunOutcome& outcome) {
  const engine::RunOptions& options = inputs.settings.options;
  model::RunReport& report = inputs.gathered.report;
  report.exit_code = static_cast<int>(outcome.code);
  report.exit_reason = outcome.reason;
  if (!write_asked_reports(report, options.reports)) report.exit_code = static_cast<int>(ExitCode::internal);
  std::optional<std::string> seconds;
  if (inputs.gathered.time) seconds = inputs.gathered.time->text();
  const reporters::GateDocument document{report, std::string(engine::name_of(outcome.code)), seconds,
                                         line.names ? &inputs.gathered.names : nullptr};
  if (line.json) {
    print(reporters::gate_to_json(document));
  } else if (line.agent) {
    RH_TRY(const std::string text, reporters::render_agent(report));
    print(text);
  } else if (!prints_report(options.reports)) {
    print(reporters::gate_to_text(document, terminal_options(line, inputs.host.environment(), STDOUT_FILENO)));
  }
  return report.exit_code;
}

}  // namespace rh::app
