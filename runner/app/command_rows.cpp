#include "runner/app/command_rows.h"

#include <algorithm>
#include <deque>

#include <fmt/core.h>

#include "runner/agent/tool.h"
#include "runner/app/commands.h"

namespace rh::app {
namespace {

using engine::OptionRow;
using engine::UsedBy;
using L = CommandLine;

bool takes_project(const OptionRow& row) { return row.used_by != UsedBy::run; }
bool takes_run(const OptionRow& row) { return row.used_by != UsedBy::test; }
bool takes_reports(const OptionRow& row) { return row.key == "reports"; }
bool takes_merge(const OptionRow& row) {
  return row.key == "reports" || row.key == "path_map" || row.key == "strict_paths";
}
bool takes_gates(const OptionRow& row) {
  return takes_merge(row) || row.key.starts_with("gates.") || row.key.starts_with("base") || row.key == "dirty";
}

bool takes_preset(const OptionRow& row) { return row.key == "preset"; }

constexpr FlagRow kProject{"PATH", &L::paths, "", "", "folders of the project to test"};
constexpr FlagRow kConfig{"--config", &L::config_file, "FILE", "Run", "use this runharness.toml"};
constexpr FlagRow kNoConfig{"--no-config", &L::no_config, "", "Run", "read no runharness.toml"};
constexpr FlagRow kTrustProject{"--trust-project-config", &L::trust_project_config, "", "Run",
                                "the project's file may also enable running code and loosen what protects you"};
constexpr FlagRow kJson{"--json", &L::json, "", "Output", "print JSON"};
constexpr FlagRow kQuiet{"-q,--quiet", &L::quiet, "", "Output", "failures and the verdict only"};
constexpr FlagRow kAgent{"--agent", &L::agent, "", "Output", "print at most 8 KB: the verdict, failures and reruns"};
constexpr FlagRow kVerbose{"-v,--verbose", &L::verbose, "", "Output", "a line for each test"};

const std::vector<FlagRow> kTestFlags = {
    kProject,  kConfig,
    kNoConfig, {"--plan", &L::plan, "", "Run", "print what would run, and run nothing"},
    kQuiet,    kVerbose,
    kAgent,    {"--json", &L::json, "", "Output", "with --plan: print JSON; else print report.json instead of text"},
};

const std::vector<FlagRow> kRunFlags = {
    {"CMD", &L::extra_args, "", "", "the command and its arguments; nothing in them is read as an option"},
    {"--cwd", &L::cwd, "DIR", "Run", "working folder, which is the workspace (default: here)"},
    kConfig,
    kNoConfig,
    {"--apply", &L::apply, "", "Results",
     "write the changes of an overlay to the real workspace when the command ended by itself"},
    {"--copy-changes", &L::copy_changes, "DIR", "Results", "copy what was added or changed in an overlay to DIR"},
    {"--artifact", &L::artifacts, "PATH", "Results", "collect this file or folder of the workspace; globs, repeatable"},
    {"--artifacts-dir", &L::artifacts_dir, "DIR", "Results", "folder that they are copied to"},
    {"--json", &L::json, "", "Results", "print one JSON record instead of the command's output"},
    {"-v,--verbose", &L::verbose, "", "Results", "say on stderr what was degraded, left over or not kept"},
};

const std::vector<FlagRow> kReportFlags = {
    {"--run", &L::run, "RUN", "", "run id, run directory or 'latest'"},
    {"PATH", &L::paths, "", "", "folder of the project (default: here)"},
    {"--json", &L::json, "", "Output", "print report.json instead of text"},
    kQuiet,
    kVerbose,
    kAgent,
};

const std::vector<FlagRow> kHistoryFlags = {
    {"ACTION", &L::operands, "", "",
     "list, show RUN, trend [SUITE|TEST|coverage], flaky, prune or quarantine; of executed code: executions, get ID, "
     "clear, failures or dependencies"},
    {"--executions", &L::executions, "", "Output", "list: executions of code instead of test runs"},
    {"--project", &L::project, "DIR", "", "folder of the project (default: here)"},
    {"-n", &L::most, "N", "Output", "list, trend: the newest N runs (20, 50); flaky: look at N runs (100); 0: all"},
    kJson,
    {"--keep", &L::keep, "N", "prune", "keep the newest N runs"},
    {"--older-than", &L::older_than, "DUR", "prune", "remove runs older than this, such as 90d"},
    {"--run-directories", &L::run_directories, "", "prune", "remove run directories of .runharness/runs, too"},
    {"--dry-run", &L::dry_run, "", "prune", "say what would be removed, and remove nothing"},
    {"--owner", &L::owner, "NAME", "quarantine add", "who takes care of it"},
    {"--reason", &L::why, "TEXT", "quarantine add", "why its failures do not count"},
    {"--expires", &L::expires, "DATE", "quarantine add", "last day on which it holds: 2026-12-31, or 30d from now"},
};

constexpr FlagRow kNames{"--names", &L::names, "", "Output", "with --json: the names of all tests"};

const std::vector<FlagRow> kGateFlags = {
    {"FILES", &L::paths, "", "", "results, coverage, folders of them, globs, run directories; - is standard input"},
    kConfig,
    kNoConfig,
    {"--run", &L::run, "RUN", "Run", "without FILES: the stored run to judge (default: latest)"},
    {"--json", &L::json, "", "Output", "print one JSON document instead of text"},
    kNames,
    kAgent,
    kQuiet,
    {"-v,--verbose", &L::verbose, "", "Output", "gates that passed, and all culprits"},
};

const std::vector<FlagRow> kMergeFlags = {
    {"FILES", &L::paths, "", "", "results, coverage and run directories of shards; folders and globs"},
    kConfig,
    kNoConfig,
    {"--json", &L::json, "", "Output", "print the document of `gate --json`"},
    kNames,
    kQuiet,
    {"-v,--verbose", &L::verbose, "", "Output", "all diagnostics"},
};

const std::vector<FlagRow> kProfileFlags = {
    {"SCRIPT", &L::extra_args, "", "", "the script and its arguments, or -- and any command; or: diff A B"},
    {"--rate", &L::rate, "HZ", "Record", "samples a second, 1 to 20000 (default: 1000)"},
    {"--python", &L::python, "PATH", "Record", "interpreter for SCRIPT (default: python3 of PATH)"},
    {"--memory", &L::memory, "", "Record", "record where memory is allocated, too"},
    {"--native", &L::native, "", "Record", "record machine code below interpreted code, too"},
    {"--no-subprocesses", &L::no_subprocesses, "", "Record", "record the process itself, not its children"},
    {"--clock", &L::clock, "cpu|wall", "Output", "which time the figures and exports carry (default: cpu)"},
    {"--out", &L::out_dir, "DIR", "Output", "write profile.json and profile.html here"},
    {"--html", &L::html_file, "FILE", "Output", "write the page with timeline, flame graph and sources"},
    {"--json", &L::json_file, "FILE", "Output", "write profile.json, which `profile diff` reads"},
    {"--collapsed", &L::collapsed, "FILE", "Output", "write collapsed stacks: name (file:line);... COUNT"},
    {"--speedscope", &L::speedscope, "FILE", "Output", "write a profile for speedscope"},
    {"--pprof", &L::pprof, "FILE", "Output", "write a profile for `go tool pprof`"},
    {"--firefox", &L::firefox, "FILE", "Output", "write a profile for profiler.firefox.com"},
    {"--chrome", &L::chrome, "FILE", "Output", "write a trace for Chrome and Perfetto"},
    {"--fail-on", &L::fail_on, "RULE", "diff", "exit code 3 when a function grew: 'NAME>5%'"},
    {"-q,--quiet", &L::quiet, "", "Output", "print no summary"},
};

const std::vector<FlagRow> kBaselineFlags = {
    {"ACTION", &L::operands, "", "", "update, show or diff; behind it FILES as for `gate` (default: the latest run)"},
    {"--from", &L::from, "FILES", "", "the same as FILES; repeatable"},
    {"--file", &L::baseline_file, "FILE", "", "the baseline (default: runharness.baseline.json)"},
    {"--run", &L::run, "RUN", "", "without FILES: the stored run (default: latest)"},
    {"--prune", &L::prune, "", "", "update: drop what these results do not have"},
    {"--force", &L::force, "", "", "update: also from results that did not pass"},
    {"--dry-run", &L::dry_run, "", "", "update: say what would change, and write nothing"},
    kConfig,
    kNoConfig,
};

const std::vector<FlagRow> kMcpFlags = {
    {"--stdio", NamedFlag{"stdio", false}, "", "Transport",
     "one message a line on standard input and output (default)"},
    {"--http", NamedFlag{"http"}, "HOST:PORT", "Transport",
     "HTTP at /mcp instead; port 0 is any, and it is printed (127.0.0.1 unless HOST says otherwise)"},
    {"--token-env", NamedFlag{"token-env"}, "NAME", "Transport", "HTTP clients must send the token in this variable"},
    {"--token-file", NamedFlag{"token-file"}, "FILE", "Transport", "the same, one token a line"},
    {"--allow-host", NamedFlag{"allow-host", true, true}, "NAME", "Transport",
     "Host header to accept beside the loopback names"},
    {"--allow-origin", NamedFlag{"allow-origin", true, true}, "ORIGIN", "Transport",
     "pages of this origin may use the server, such as https://app.example"},
    {"--tools", NamedFlag{"tools", true, true}, "NAMES", "Tools", "offer these only, separated by commas"},
    {"--toolset", NamedFlag{"toolset"}, "SET", "Tools", "'default', or 'all' with the rarely used ones"},
    {"--aliases,!--no-aliases", NamedFlag{"aliases", false}, "", "Tools", "list tools under all their other names"},
    {"--full-text", NamedFlag{"full-text", false}, "", "Tools",
     "the text of an answer is its whole record, for clients that do not read structured content"},
    {"--enable", NamedFlag{"enable", false}, "", "Execution",
     "code may be run; else what the configuration says, or --caller-may leaves to calls"},
    {"--allow-prod", NamedFlag{"allow-prod", false}, "", "Execution", "also where the environment says production"},
    {"--caller-may", NamedFlag{"caller-may", true, true}, "WHAT", "Execution",
     "what a call may lift by itself: enable, allow_prod, or nothing; not said: enable over stdio"},
    {"--warm", NamedFlag{"warm"}, "N", "Execution", "keep N interpreters ready"},
    {"--max-concurrent", NamedFlag{"max-concurrent"}, "N", "Limits", "calls of one caller at the same time (200)"},
    {"--max-per-minute", NamedFlag{"max-per-minute"}, "N", "Limits", "calls of one caller within a minute (3000)"},
    kConfig,
    kNoConfig,
    kTrustProject,
};

const std::vector<CommandRow> kRows = {
    {CommandName::test, "test", "discover, run, measure, gate and report the suites below PATH (default: here)",
     run_test, takes_project, kTestFlags, "Everything behind -- goes to the suites' own runner."},
    {CommandName::run, "run", "run any command in the sandbox, under limits", run_command, takes_run, kRunFlags,
     "Without --json the command has the caller's stdin, stdout and stderr, and its exit code is passed\n"
     "through: 124 when its time was up, 128+N when signal N or a limit ended it, 126 or 127 when it could\n"
     "not be started; 2 usage, 7 required isolation not available, 8 internal. See docs/exit-codes.md.\n"
     "\n"
     "Examples:\n"
     "  runharness run --memory 512M --timeout 1m -- make test\n"
     "  runharness run --preset strict --apply -- ./codegen.sh\n"
     "  runharness run --json --net none --hide secrets -- python3 script.py"},
    {CommandName::profile, "profile", "show where the time and the memory of a script or command went", run_profile,
     takes_preset, kProfileFlags,
     "The program runs as without us: same environment, folder, terminal, streams. Its exit code is passed\n"
     "through; the summary goes to standard error. --preset NAME runs it in the sandbox.\n"
     "\n"
     "Examples:\n"
     "  runharness profile script.py --its --arguments\n"
     "  runharness profile --html out.html --rate 5000 -- make -j4\n"
     "  runharness profile diff before.json after.json --fail-on 'parse>5%'"},
    {CommandName::discover,
     "discover",
     "list the suites below PATH, why each was found and which tool runs it",
     run_discover,
     takes_project,
     {kProject, kConfig, kNoConfig, kJson},
     ""},
    {CommandName::doctor,
     "doctor",
     "say what of the sandbox this host allows, and how to enable the rest",
     run_doctor,
     nullptr,
     {kJson},
     "Exit code 0 when the preset ci keeps every promise on this host, else 1."},
    {CommandName::report, "report", "render a stored run again, also one that was killed", run_report, takes_reports,
     kReportFlags, ""},
    {CommandName::gate, "gate", "judge results and coverage from anywhere against rules and a base", run_gate,
     takes_gates, kGateFlags,
     "Without FILES the latest stored run is judged. Without rules: 0 passed, 1 tests failed, 4 no tests,\n"
     "6 a file is damaged; rules stand in runharness.toml, or in the flags above. See docs/gates.md.\n"
     "\n"
     "Examples:\n"
     "  runharness gate 'reports/**/*.xml' coverage.xml --base origin/main --min-patch-coverage 80\n"
     "  runharness gate junit.xml --json\n"
     "  runharness gate lcov.info --min-coverage 79.95 --max-uncovered 120"},
    {CommandName::merge, "merge", "join the results of shards: results, coverage and run directories", run_merge,
     takes_merge, kMergeFlags,
     "Examples:\n"
     "  runharness merge shard-*/lcov.info --report lcov=lcov.info\n"
     "  runharness merge shards/*/.runharness/runs/* --report html=report.html --report junit=junit.xml"},
    {CommandName::baseline, "baseline", "write, show and compare the committed baseline of the ratchet rules",
     run_baseline, nullptr, kBaselineFlags,
     "Examples:\n"
     "  runharness baseline update\n"
     "  runharness baseline update coverage.xml junit.xml\n"
     "  runharness baseline diff"},
    {CommandName::history, "history", "what earlier runs gave and took, which tests are flaky or in quarantine",
     run_history, nullptr, kHistoryFlags,
     "Examples:\n"
     "  runharness history list -n 5\n"
     "  runharness history show 0198c0de\n"
     "  runharness history trend 'services/api:pytest'\n"
     "  runharness history prune --older-than 90d --run-directories\n"
     "  runharness history quarantine add 'web:jest::pay.test.js::refunds' --owner @pay --reason 'races' --expires "
     "30d\n"
     "  runharness history quarantine remove 'web:jest::pay.test.js::refunds'"},
    {CommandName::config,
     "config",
     "show the settings in force",
     run_config,
     takes_project,
     {kProject,
      kConfig,
      kNoConfig,
      kTrustProject,
      {"--explain", &L::explain, "", "Output", "each value with its origin"}},
     ""},
    {CommandName::schema,
     "schema",
     "print the JSON schema of what runharness writes",
     run_schema,
     nullptr,
     {{"NAME", &L::paths, "", "", "report, coverage or execution; none: list them"}},
     ""},
    {CommandName::mcp, "mcp", "serve the tools to agents (Model Context Protocol)", run_mcp, nullptr, kMcpFlags, "",
     "Code of agents"},
};

std::string_view first_word(std::string_view command) { return command.substr(0, command.find(' ')); }

FlagRow flag_row(const agent::ArgumentRow& argument) {
  // Names and their dashes live as long as the program: rows are made once.
  static std::deque<std::string> names;
  const bool is_switch = argument.type == agent::ArgumentType::boolean;
  const bool repeats = argument.type == agent::ArgumentType::texts || argument.type == agent::ArgumentType::map;
  const std::string_view flag = names.emplace_back(agent::flag_of(argument));
  return {flag, NamedFlag{argument.name, !is_switch, repeats}, argument.placeholder, "", argument.help};
}

// One command for all tools whose command begins with the same word; their flags together.
CommandRow row_of_tools(std::string_view word) {
  CommandRow row{CommandName::tool, word, {}, run_tool, nullptr, {}, {}, "Code of agents"};
  static std::deque<std::string> texts;
  std::string actions, positional;
  for (const agent::ToolRow& tool : agent::tool_rows()) {
    if (first_word(tool.command) != word) continue;
    if (row.help.empty() || tool.command == word) row.help = tool.title;
    if (tool.command != word) actions += fmt::format("  {:<12} {}\n", tool.command.substr(word.size() + 1), tool.title);
    for (const agent::ArgumentRow& argument : tool.arguments) {
      if (argument.offered == agent::Offered::mcp) continue;
      const FlagRow flag = flag_row(argument);
      if (!flag.name.starts_with('-')) {
        if (positional.find(flag.name) == std::string::npos)
          positional += fmt::format("{}{}: {}", positional.empty() ? "" : "; ", flag.name, flag.help);
      } else if (std::none_of(row.flags.begin(), row.flags.end(),
                              [&](const FlagRow& known) { return known.name == flag.name; })) {
        row.flags.push_back(flag);
      }
    }
  }
  if (!actions.empty()) {
    row.footer = texts.emplace_back("Actions:\n" + actions);
    positional = positional.empty() ? "the action" : "the action, and " + positional;
  }
  if (!positional.empty())
    row.flags.push_back({actions.empty() ? "ARGS" : "ACTION", &L::operands, "", "", texts.emplace_back(positional)});
  row.flags.push_back(
      {"--request", &L::request, "FILE", "", "arguments as a JSON object (-: standard input); flags win"});
  row.flags.push_back({"--json", &L::json, "", "Output", "print the whole answer as JSON"});
  row.flags.push_back(kConfig);
  row.flags.push_back(kNoConfig);
  row.flags.push_back(kTrustProject);
  return row;
}

// A command of its own with actions that are tools: their flags beside its own.
void join_tools(CommandRow& row) {
  for (const FlagRow& flag : row_of_tools(row.word).flags) {
    const bool known =
        std::any_of(row.flags.begin(), row.flags.end(), [&](const FlagRow& own) { return own.name == flag.name; });
    if (!known) row.flags.push_back(flag);
  }
}

bool has_tools(std::string_view word) {
  const auto& tools = agent::tool_rows();
  return std::any_of(tools.begin(), tools.end(),
                     [&](const agent::ToolRow& tool) { return first_word(tool.command) == word; });
}

std::vector<CommandRow> all_rows() {
  std::vector<CommandRow> rows = kRows;
  for (const agent::ToolRow& tool : agent::tool_rows()) {
    const std::string_view word = first_word(tool.command);
    if (word.empty()) continue;
    const auto known = std::find_if(rows.begin(), rows.end(), [&](const CommandRow& row) { return row.word == word; });
    if (known == rows.end())
      rows.push_back({CommandName::tool, word, tool.title, run_tool, nullptr, {}, {}, "Code of agents"});
    else if (known->name == CommandName::tool && tool.command == word)
      known->help = tool.title;
  }
  return rows;
}

}  // namespace

const std::vector<CommandRow>& command_rows() {
  static const std::vector<CommandRow> rows = all_rows();
  return rows;
}

CommandRow with_tools(const CommandRow& row) {
  if (row.name == CommandName::tool) return row_of_tools(row.word);
  CommandRow joined = row;
  if (has_tools(row.word)) join_tools(joined);
  return joined;
}

}  // namespace rh::app
