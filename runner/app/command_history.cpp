// `runharness history`: questions to the store of earlier runs, and its upkeep.
#include "runner/app/command_history.h"

#include <unistd.h>

#include <fmt/core.h>

#include "reporters/history.h"
#include "runner/agent/history/execution_store.h"
#include "runner/agent/tool.h"
#include "runner/app/commands.h"
#include "runner/app/workspace.h"
#include "runner/base/exit_code.h"
#include "runner/base/file.h"
#include "runner/base/text.h"
#include "runner/engine/history/history.h"
#include "runner/engine/history/run_folders.h"

namespace rh::app {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kListed = 20, kTrendPoints = 50, kFlakyWindow = 100;
constexpr std::uint64_t kAllRuns = INT64_MAX;

struct Store {
  fs::path state;  // .runharness
  fs::path file;   // its history.db
};

Result<std::uint64_t> number_of(const std::string& text, std::string_view flag, std::uint64_t fallback) {
  if (text.empty()) return fallback;
  const auto number = parse_u64(text);
  if (!number || *number > static_cast<std::uint64_t>(kAllRuns))
    return fail(ErrorKind::usage, fmt::format("read '{}': write a whole number", text), std::string(flag));
  return *number;
}

// In a locale of UTF-8; others show the blocks of a sparkline as noise.
bool is_utf8(const model::Environment& environment) {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const auto found = environment.find(name);
    if (found == environment.end() || found->second.empty()) continue;
    return found->second.find("UTF-8") != std::string::npos || found->second.find("utf8") != std::string::npos;
  }
  return false;
}

reporters::HistoryTextOptions text_options(const CommandLine& line) {
  const auto environment = engine::current_environment();
  return {terminal_options(line, environment, STDOUT_FILENO), is_utf8(environment)};
}

Result<void> expect_operands(const CommandLine& line, std::size_t least, std::size_t most, std::string_view usage) {
  const std::size_t count = line.operands.empty() ? 0 : line.operands.size() - 1;
  if (count >= least && count <= most) return {};
  return fail(ErrorKind::usage, fmt::format("read the command line: write `runharness history {}`", usage),
              join(line.operands, " "));
}

// Test runs and executions of code are stored apart.
void tell_of_executions(const CommandLine& line) {
  const auto service = open_agent_service(line);
  if (!service) return;
  const auto count = (*service)->executions().count();
  if (count && *count > 0)
    print(fmt::format("{} execution{} of code {} stored, too: `runharness history list --executions`\n", *count,
                      *count == 1 ? "" : "s", *count == 1 ? "is" : "are"));
}

Result<int> list(const CommandLine& line, const Store& store) {
  RH_CHECK(expect_operands(line, 0, 0, "list [-n N]"));
  RH_TRY(const std::uint64_t most, number_of(line.most, "-n", kListed));
  std::vector<model::StoredRun> runs;
  std::uint64_t all = 0;
  if (is_file(store.file)) {
    RH_TRY(const auto history, engine::History::open_existing(store.file));
    RH_TRY(runs, history.runs(most));
    RH_TRY(all, history.run_count());
  }
  if (line.json) {
    print(reporters::runs_to_json(runs, store.file.string()));
  } else if (runs.empty()) {
    print(fmt::format("no run is stored in {} yet: `runharness test` stores each of its runs there\n",
                      store.file.string()));
  } else {
    print(reporters::runs_to_text(runs, text_options(line)));
    if (all > runs.size()) print(fmt::format("and {} older; -n 0 lists all\n", all - runs.size()));
  }
  if (!line.json) tell_of_executions(line);
  return static_cast<int>(ExitCode::passed);
}

Result<engine::History> open_store(const Store& store) {
  if (!is_file(store.file))
    return fail(ErrorKind::not_found,
                "read the history: no run is stored yet; `runharness test` stores each of its runs",
                store.file.string());
  return engine::History::open_existing(store.file);
}

Result<int> show(const CommandLine& line, const Store& store) {
  RH_CHECK(expect_operands(line, 0, 1, "show RUN"));
  RH_TRY(const auto history, open_store(store));
  RH_TRY(const auto details, history.run(line.operands.size() > 1 ? line.operands[1] : "latest"));
  print(line.json ? reporters::run_to_json(details) : reporters::run_to_text(details, text_options(line)));
  return static_cast<int>(ExitCode::passed);
}

Result<int> trend(const CommandLine& line, const Store& store) {
  RH_CHECK(expect_operands(line, 0, 1, "trend [SUITE|TEST|coverage]"));
  RH_TRY(const std::uint64_t most, number_of(line.most, "-n", kTrendPoints));
  RH_TRY(const auto history, open_store(store));
  RH_TRY(const auto found, history.trend(line.operands.size() > 1 ? line.operands[1] : "", most));
  if (line.json)
    print(reporters::trend_to_json(found));
  else if (found.points.empty())
    print(found.kind == model::TrendKind::coverage ? "no stored run has measured coverage\n"
                                                   : "no run is stored yet\n");
  else
    print(reporters::trend_to_text(found, text_options(line)));
  return static_cast<int>(ExitCode::passed);
}

Result<int> flaky(const CommandLine& line, const Store& store) {
  RH_CHECK(expect_operands(line, 0, 0, "flaky [-n RUNS]"));
  RH_TRY(std::uint64_t window, number_of(line.most, "-n", kFlakyWindow));
  RH_TRY(const auto history, open_store(store));
  if (window == 0) {
    RH_TRY(window, history.run_count());
  }
  RH_TRY(const auto tests, history.flaky_tests(window));
  print(line.json ? reporters::flaky_to_json(tests, window)
                  : reporters::flaky_to_text(tests, window, text_options(line)));
  return static_cast<int>(ExitCode::passed);
}

Result<int> prune(const CommandLine& line, const Store& store) {
  RH_CHECK(expect_operands(line, 0, 0, "prune --keep N|--older-than DUR"));
  if (line.keep.empty() && line.older_than.empty())
    return fail(ErrorKind::usage, "prune the history: say what goes, with --keep N, --older-than 90d, or both",
                "prune");
  engine::HistoryLimits limits;
  RH_TRY(limits.runs, number_of(line.keep, "--keep", kAllRuns));
  if (!line.older_than.empty()) {
    RH_TRY(limits.age, parse_duration(line.older_than));
  }
  model::Pruned pruned;
  pruned.dry_run = line.dry_run;
  if (is_file(store.file)) {
    RH_TRY(auto history, engine::History::open_existing(store.file));
    RH_TRY(pruned, history.prune(limits, line.dry_run));
  }
  if (line.run_directories) RH_CHECK(engine::prune_run_folders(store.state / "runs", limits, line.dry_run, pruned));
  print(line.json ? reporters::pruned_to_json(pruned) : reporters::pruned_to_text(pruned));
  return static_cast<int>(ExitCode::passed);
}

Result<int> list_executions(const CommandLine& line) {
  CommandLine asked = line;
  asked.operands.assign(1, "executions");
  if (!line.most.empty()) asked.named.try_emplace("limit", std::vector{line.most});
  return run_tool(asked);
}

struct Action {
  std::string_view name;
  Result<int> (*run)(const CommandLine& line, const Store& store);
};

constexpr Action kActions[] = {{"list", list}, {"show", show}, {"trend", trend}, {"flaky", flaky}, {"prune", prune}};

}  // namespace

Result<fs::path> project_folder(const CommandLine& line) {
  RH_TRY(const fs::path here, working_directory());
  const fs::path asked = line.project.empty() ? here : here / line.project;
  std::error_code code;
  const fs::path folder = fs::canonical(asked, code);
  if (code) return fail_errno("open the project", asked.string(), code.value());
  if (!rh::is_directory(folder)) return fail(ErrorKind::usage, "open the project: it is no folder", folder.string());
  return folder;
}

fs::path state_folder(const fs::path& project) {
  for (fs::path folder = project;; folder = folder.parent_path()) {
    if (is_file(folder / ".runharness/history.db")) return folder / ".runharness";
    if (folder == folder.root_path()) return project / ".runharness";
  }
}

Result<int> run_history(const CommandLine& line) {
  const std::string action = line.operands.empty() ? "list" : line.operands.front();
  if (action == "quarantine") return run_quarantine(line);
  if (action == "list" && line.executions) return list_executions(line);
  if (agent::tool_of_command("history", action) != nullptr) return run_tool(line);
  RH_TRY(const fs::path project, project_folder(line));
  const Store store{state_folder(project), state_folder(project) / "history.db"};
  std::vector<std::string> known{"quarantine"};
  for (const Action& row : kActions) {
    if (row.name == action) return row.run(line, store);
    known.emplace_back(row.name);
  }
  const auto near = closest(action, known);
  return fail(ErrorKind::usage,
              fmt::format("understand '{}': history has {}{}", action, join(known, ", "),
                          near ? fmt::format("; did you mean {}?", *near) : ""),
              "history");
}

}  // namespace rh::app
