#include "runner/app/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>

#include <fmt/core.h>

#include "runner/app/command_rows.h"
#include "runner/app/registry.h"
#include "runner/app/run_line.h"
#include "runner/base/exit_code.h"
#include "runner/base/text.h"
#include "runner/engine/settings.h"

namespace rh::app {
namespace {

using engine::OptionRow;
using engine::OptionType;

constexpr const char* kVersionLine = "runharness " RUNHARNESS_VERSION "\n";

// The texts that CLI11 fills; addresses stay valid while the parser lives.
struct Texts {
  std::map<std::string, std::vector<std::string>> values;
  std::map<std::string, bool> switches;
  std::map<std::string, std::string> optional;
};

std::string group_of(const OptionRow& row, bool run) {
  if (row.key.starts_with("limits.")) return run ? "Limits of the command (or 'unlimited')" : "Limits of each suite";
  if (row.key.starts_with("gates.")) return "Gates";
  if (is_one_of(row.key, {"env", "pass_env"})) return "Environment";
  if (is_one_of(row.key, {"isolation", "require_isolation", "require", "network", "workspace", "rw", "ro", "hide",
                          "caches", "preset"}))
    return "Isolation";
  if (is_one_of(row.key, {"reports", "out"})) return "Reports";
  return "Run";
}

void add_setting(CLI::App& command, const OptionRow& row, Texts& texts, bool run = false) {
  if (row.flag.empty()) return;
  const std::string key(row.key);
  CLI::Option* option = nullptr;
  if (row.type == OptionType::boolean) {
    option = command.add_flag(std::string(row.flag), texts.switches[key], std::string(row.help));
  } else if (row.type == OptionType::slowest) {
    // A value is taken behind '=' only: the next word is a path. Without one it is "true".
    option = command.add_flag(std::string(row.flag), texts.optional[key], std::string(row.help));
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  } else {
    option = command.add_option(std::string(row.flag), texts.values[key], std::string(row.help));
    option->type_name(std::string(row.placeholder))->expected(1)->allow_extra_args(false);
    const bool repeats = row.type == OptionType::list || row.type == OptionType::file_list;
    option->multi_option_policy(repeats ? CLI::MultiOptionPolicy::TakeAll : CLI::MultiOptionPolicy::TakeLast);
  }
  option->group(group_of(row, run));
}

void collect_settings(const CLI::App& command, const Texts& texts, CommandLine& line) {
  for (const OptionRow& row : engine::option_rows()) {
    if (row.flag.empty()) continue;
    const std::string key(row.key), flag(row.first_flag());
    const CLI::Option* option = command.get_option_no_throw(flag);
    if (option == nullptr || option->count() == 0) continue;
    // A command may have a flag of its own by that name.
    if (!texts.values.contains(key) && !texts.switches.contains(key) && !texts.optional.contains(key)) continue;
    if (row.type == OptionType::boolean)
      line.settings[key] = {texts.switches.at(key) ? "true" : "false"};
    else if (row.type == OptionType::slowest)
      line.settings[key] = {texts.optional.at(key)};
    else
      line.settings[key] = texts.values.at(key);
    line.flags[key] = flag;
  }
}

class Parser {
 public:
  // Only the command that is asked for is made: making all of them costs more than a short command takes.
  explicit Parser(const std::string& first_word) {
    app.require_subcommand(1);
    app.set_version_flag("--version", std::string("runharness ") + RUNHARNESS_VERSION);
    app.footer(
        "Exit codes: 0 passed, 1 tests failed, 2 usage, 3 gate failed, 4 no tests, 5 build or prepare broken,\n"
        "6 results unusable, 7 isolation not available, 8 internal, 124 deadline, 130/143 interrupted.\n"
        "`run` passes the exit code of its command through.");
    const auto& rows = command_rows();
    const bool known =
        std::any_of(rows.begin(), rows.end(), [&](const CommandRow& row) { return row.word == first_word; });
    for (const CommandRow& row : rows) {
      if (known && row.word != first_word) continue;
      commands_.push_back(
          {&row, app.add_subcommand(std::string(row.word), std::string(row.help))->group(std::string(row.group))});
      add_options(commands_.back());
    }
  }

  CLI::App app{
      "Discovers pytest, npm, go and cargo test suites, runs them in sandboxes under limits,\n"
      "measures CPU and memory, and reports results and coverage with gates. Runs any other\n"
      "command in the same sandbox.",
      "runharness"};
  CommandLine line;

  // Where the command begins among the words behind `run` or `profile`: behind the first "--", or at the first
  // word that is neither an option nor the value of one.
  [[nodiscard]] std::size_t command_begin(const std::vector<std::string>& words) const {
    const CLI::App& run = *app.get_subcommand(words.front());
    for (std::size_t i = 1; i < words.size(); ++i) {
      const std::string& word = words[i];
      if (word == "--" || word.size() < 2 || word.front() != '-') return i;
      const CLI::Option* option = run.get_option_no_throw(word);  // with "=VALUE" it is none
      if (option != nullptr && option->get_items_expected_max() > 0) ++i;
    }
    return words.size();
  }

  void finish() {
    const CLI::App* chosen = app.get_subcommands().front();
    for (const Command& command : commands_)
      if (command.app == chosen) {
        line.command = command.row->name;
        line.word = command.row->word;
      }
    // A key's texts are shared by the commands; only the chosen one was filled.
    collect_settings(*chosen, texts_, line);
  }

  [[nodiscard]] bool has_command(const std::string& word) const {
    return std::any_of(commands_.begin(), commands_.end(),
                       [&](const Command& command) { return command.row->word == word; });
  }

  [[nodiscard]] std::string suggestion(const std::string& unknown) const {
    std::vector<std::string> known;
    for (const Command& command : commands_) {
      known.push_back(command.app->get_name());
      for (const CLI::Option* option : command.app->get_options())
        for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
    }
    const auto near = closest(unknown, known);
    return near ? fmt::format(" Did you mean {}?", *near) : std::string();
  }

 private:
  struct Command {
    const CommandRow* row;
    CLI::App* app;
  };

  void add_options(const Command& command) {
    const CommandRow whole = with_tools(*command.row);
    for (const FlagRow& flag : whole.flags) add_flag(*command.app, flag);
    if (whole.takes != nullptr)
      for (const OptionRow& row : engine::option_rows())
        if (whole.takes(row)) add_setting(*command.app, row, texts_, whole.name == CommandName::run);
    command.app->footer(std::string(whole.footer) + report_names(whole));
  }

  // The reports that a command writes, one a line.
  static std::string report_names(const CommandRow& row) {
    if (row.takes == nullptr || !row.takes(*engine::option_row("reports"))) return {};
    std::string text = row.footer.empty() ? "Reports:\n" : "\n\nReports:\n";
    for (const reporters::Reporter& reporter : registry().reporters)
      text += fmt::format("  {:<18} {}\n", reporter.name, reporter.help);
    return text;
  }

  CLI::Option* add_named(CLI::App& command, const FlagRow& flag, const NamedFlag& named) {
    const std::string name(flag.name), help(flag.help), argument(named.argument);
    if (!named.takes_value)  // counts how often it was given; "!--no-flag" counts down
      return command.add_flag_function(
          name, [this, argument](std::int64_t count) { line.named[argument] = {count > 0 ? "true" : "false"}; }, help);
    CLI::Option* const option = command.add_option(
        name,
        [this, argument](const CLI::results_t& texts) {
          line.named[argument] = texts;
          return true;
        },
        help);
    option->type_name(std::string(flag.placeholder))->expected(1)->allow_extra_args(false);
    return option->multi_option_policy(named.repeats ? CLI::MultiOptionPolicy::TakeAll
                                                     : CLI::MultiOptionPolicy::TakeLast);
  }

  void add_flag(CLI::App& command, const FlagRow& flag) {
    const std::string name(flag.name), help(flag.help);
    CLI::Option* option = nullptr;
    if (const auto* named = std::get_if<NamedFlag>(&flag.into)) {
      option = add_named(command, flag, *named);
    } else if (const auto* truth = std::get_if<bool CommandLine::*>(&flag.into)) {
      option = command.add_flag(name, line.*(*truth), help);
    } else if (const auto* text = std::get_if<std::string CommandLine::*>(&flag.into)) {
      option = command.add_option(name, line.*(*text), help)->type_name(std::string(flag.placeholder));
    } else {
      option = command.add_option(name, line.*std::get<std::vector<std::string> CommandLine::*>(flag.into), help);
      option->type_name(std::string(flag.placeholder));
      if (name.front() == '-')
        option->expected(1)->allow_extra_args(false)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    }
    if (!flag.group.empty()) option->group(std::string(flag.group));
  }

  std::vector<Command> commands_;
  Texts texts_;
};

bool takes_command(std::string_view word) { return word == "run" || word == "profile"; }

// The first word of the line that looks like a flag or command and is none, for the suggestion.
std::string unknown_word(const CLI::ParseError& problem) {
  const std::string text = problem.what();
  const std::size_t colon = text.find(": ");
  const std::string rest = colon == std::string::npos ? "" : text.substr(colon + 2);
  return rest.substr(0, rest.find_first_of(" ="));
}

}  // namespace

ParsedLine parse_command_line(int argc, const char* const* argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 1 && words.front() == "--version") return {false, {}, kVersionLine, 0};
  if (!words.empty() && words.front() == "run")
    if (auto line = read_run_line(words)) return {true, *std::move(line), {}, 0};
  return parse_by_library(argc, argv);
}

ParsedLine parse_by_library(int argc, const char* const* argv) {
  ParsedLine parsed;
  std::vector<std::string> words(argv + 1, argv + argc);
  const std::string first = words.empty() ? std::string() : words.front();
  Parser parser(first);
  // What stands behind "--" is the runner's, or the command of `run`, whatever it looks like.
  const auto behind = takes_command(first) ? words.begin() + static_cast<std::ptrdiff_t>(parser.command_begin(words))
                                           : std::find(words.begin(), words.end(), "--");
  if (behind != words.end())
    parser.line.extra_args.assign(std::make_move_iterator(behind + (*behind == "--" ? 1 : 0)),
                                  std::make_move_iterator(words.end()));
  words.erase(behind, words.end());
  std::reverse(words.begin(), words.end());  // CLI11 takes them from the back
  try {
    parser.app.parse(words);
    parser.finish();
    parsed.run = true;
    parsed.line = std::move(parser.line);
    if (parsed.line.command == CommandName::run && parsed.line.extra_args.empty())
      return {false,
              {},
              "runharness: there is no command to run: runharness run [OPTIONS] -- CMD [ARGS...]\n",
              static_cast<int>(ExitCode::usage)};
  } catch (const CLI::ParseError& problem) {
    std::ostringstream out, err;
    const int code = parser.app.exit(problem, out, err);
    parsed.text = out.str();
    parsed.exit_code = code == 0 ? 0 : static_cast<int>(ExitCode::usage);
    const bool no_command = !first.empty() && !first.starts_with('-') && !parser.has_command(first);
    if (code != 0 && no_command)
      parsed.text = fmt::format("runharness: there is no command '{}'.{}\nRun 'runharness --help' for the commands.\n",
                                first, parser.suggestion(first));
    else if (code != 0)
      parsed.text = fmt::format("runharness: {}.{}\nRun 'runharness{} --help' for the options.\n", problem.what(),
                                parser.suggestion(unknown_word(problem)), first == "run" ? " run" : "");
  }
  return parsed;
}

}  // namespace rh::app
