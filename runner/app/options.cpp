#include "runner/app/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>

#include <fmt/core.h>

#include "runner/base/exit_code.h"
#include "runner/base/text.h"
#include "runner/engine/settings.h"

namespace rh::app {
namespace {

using engine::OptionRow;
using engine::OptionType;

// The texts that CLI11 fills; addresses stay valid while the parser lives.
struct Texts {
  std::map<std::string, std::vector<std::string>> values;
  std::map<std::string, bool> switches;
};

std::string group_of(const OptionRow& row) {
  if (row.key.starts_with("limits.")) return "Limits of each suite";
  if (row.key.starts_with("gates.")) return "Gates";
  if (is_one_of(row.key, {"isolation", "network", "caches", "pass_env", "preset"})) return "Isolation";
  if (is_one_of(row.key, {"reports", "out"})) return "Reports";
  return "Run";
}

void add_setting(CLI::App& command, const OptionRow& row, Texts& texts) {
  if (row.flag.empty()) return;
  const std::string key(row.key);
  CLI::Option* option = nullptr;
  if (row.type == OptionType::boolean) {
    option = command.add_flag(std::string(row.flag), texts.switches[key], std::string(row.help));
  } else {
    option = command.add_option(std::string(row.flag), texts.values[key], std::string(row.help));
    option->type_name(std::string(row.placeholder))->expected(1)->allow_extra_args(false);
    const bool repeats = row.type == OptionType::list || row.type == OptionType::file_list;
    option->multi_option_policy(repeats ? CLI::MultiOptionPolicy::TakeAll : CLI::MultiOptionPolicy::TakeLast);
  }
  option->group(group_of(row));
}

void collect_settings(const CLI::App& command, const Texts& texts, CommandLine& line) {
  for (const OptionRow& row : engine::option_rows()) {
    if (row.flag.empty()) continue;
    const std::string key(row.key), flag(row.flag.substr(0, row.flag.find(',')));
    const CLI::Option* option = command.get_option_no_throw(flag);
    if (option == nullptr || option->count() == 0) continue;
    if (row.type == OptionType::boolean)
      line.settings[key] = {texts.switches.at(key) ? "true" : "false"};
    else
      line.settings[key] = texts.values.at(key);
    line.flags[key] = flag;
  }
}

struct Parser {
  CLI::App app{
      "Discovers pytest, npm, go and cargo test suites, runs them in sandboxes under limits,\n"
      "measures CPU and memory, and reports results and coverage with gates.",
      "runharness"};
  Texts texts;
  CommandLine line;
  CLI::App* test = nullptr;
  CLI::App* discover = nullptr;
  CLI::App* report = nullptr;
  CLI::App* config = nullptr;

  Parser() {
    app.require_subcommand(1);
    app.set_version_flag("--version", std::string("runharness ") + RUNHARNESS_VERSION);
    app.footer(
        "Exit codes: 0 passed, 1 tests failed, 2 usage, 3 gate failed, 4 no tests, 5 build or prepare broken,\n"
        "6 results unusable, 7 isolation not available, 8 internal, 124 deadline, 130/143 interrupted.");
    test = add("test", "discover, run, measure, gate and report the suites below PATH (default: here)");
    test->add_flag("--plan", line.plan, "print what would run, and run nothing")->group("Run");
    test->add_flag("-q,--quiet", line.quiet, "failures and the verdict only")->group("Output");
    test->add_flag("-v,--verbose", line.verbose, "a line for each test")->group("Output");
    test->add_flag("--json", line.json, "with --plan: print JSON; else print report.json instead of text")
        ->group("Output");
    test->footer("Everything behind -- goes to the suites' own runner.");
    discover = add("discover", "list the suites below PATH, why each was found and which tool runs it");
    discover->add_flag("--json", line.json, "print JSON")->group("Output");
    config = add("config", "show the settings in force");
    config->add_flag("--explain", line.explain, "each value with its origin")->group("Output");
    add_report();
  }

  CLI::App* add(const std::string& name, const std::string& help) {
    CLI::App* command = app.add_subcommand(name, help);
    command->add_option("PATH", line.paths, "folders of the project to test")->type_name("");
    command->add_option("--config", line.config_file, "use this runharness.toml")->type_name("FILE")->group("Run");
    command->add_flag("--no-config", line.no_config, "read no runharness.toml")->group("Run");
    for (const OptionRow& row : engine::option_rows()) add_setting(*command, row, texts);
    return command;
  }

  void add_report() {
    report = app.add_subcommand("report", "render a stored run again, also one that was killed");
    report->add_option("--run", line.run, "run id, run directory or 'latest'")->type_name("RUN");
    report->add_option("PATH", line.paths, "folder of the project (default: here)")->type_name("");
    for (const OptionRow& row : engine::option_rows())
      if (row.key == "reports") add_setting(*report, row, texts);
    report->add_flag("--json", line.json, "print report.json instead of text");
    report->add_flag("-q,--quiet", line.quiet, "failures and the verdict only");
    report->add_flag("-v,--verbose", line.verbose, "a line for each test");
  }

  void finish() {
    CLI::App* chosen = test->parsed() ? test : discover->parsed() ? discover : config->parsed() ? config : report;
    line.command = chosen == test       ? CommandName::test
                   : chosen == discover ? CommandName::discover
                   : chosen == config   ? CommandName::config
                                        : CommandName::report;
    // A key's texts are shared by the commands; only the chosen one was filled.
    collect_settings(*chosen, texts, line);
  }

  [[nodiscard]] std::string suggestion(const std::string& unknown) const {
    std::vector<std::string> known;
    for (const CLI::App* command : {test, discover, config, report}) {
      known.push_back(command->get_name());
      for (const CLI::Option* option : command->get_options())
        for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
    }
    const auto near = closest(unknown, known);
    return near ? fmt::format(" Did you mean {}?", *near) : std::string();
  }
};

// The first word of the line that looks like a flag or command and is none, for the suggestion.
std::string unknown_word(const CLI::ParseError& problem) {
  const std::string text = problem.what();
  const std::size_t colon = text.find(": ");
  const std::string rest = colon == std::string::npos ? "" : text.substr(colon + 2);
  return rest.substr(0, rest.find_first_of(" ="));
}

}  // namespace

ParsedLine parse_command_line(int argc, const char* const* argv) {
  ParsedLine parsed;
  Parser parser;
  std::vector<std::string> words(argv + 1, argv + argc);
  // What stands behind "--" is the runner's, whatever it looks like.
  const auto dashes = std::find(words.begin(), words.end(), "--");
  if (dashes != words.end()) parser.line.extra_args.assign(dashes + 1, words.end());
  words.erase(dashes, words.end());
  std::reverse(words.begin(), words.end());  // CLI11 takes them from the back
  try {
    parser.app.parse(words);
    parser.finish();
    parsed.run = true;
    parsed.line = std::move(parser.line);
  } catch (const CLI::ParseError& problem) {
    std::ostringstream out, err;
    const int code = parser.app.exit(problem, out, err);
    parsed.text = out.str();
    parsed.exit_code = code == 0 ? 0 : static_cast<int>(ExitCode::usage);
    if (code != 0)
      parsed.text = fmt::format("runharness: {}.{}\nRun 'runharness --help' for the options.\n", problem.what(),
                                parser.suggestion(unknown_word(problem)));
  }
  return parsed;
}

}  // namespace rh::app
