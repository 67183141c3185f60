// The command line as typed values. Only options.cpp includes the command-line library.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "runner/base/result.h"

namespace rh::app {

enum class CommandName {
  test,
  run,
  discover,
  doctor,
  report,
  config,
  history,
  schema,
  gate,
  merge,
  baseline,
  profile,
  mcp,
  tool
};

struct CommandLine {
  CommandName command = CommandName::test;
  std::vector<std::string> words;  // the whole line as it was given, the program's name first
  std::vector<std::string> paths;
  std::map<std::string, std::vector<std::string>> settings;  // option key -> texts
  std::map<std::string, std::string> flags;                  // option key -> the flag as it was written
  std::vector<std::string> extra_args;                       // behind "--"; of `run`, `profile`: the command
  std::string config_file;                                   // --config; empty: looked for
  std::string run = "latest";                                // report --run
  bool no_config = false;
  bool trust_project_config = false;        // tool, mcp, config: the project's file may loosen, too
  std::string cwd;                          // run
  std::string copy_changes, artifacts_dir;  // run
  std::vector<std::string> artifacts;       // run
  bool apply = false;                       // run
  bool plan = false, json = false, quiet = false, verbose = false, explain = false;
  bool agent = false;                                                // test, report, gate: the compact form
  std::vector<std::string> operands;                                 // history: what to do, and with what
  std::string project, most, keep, older_than, owner, why, expires;  // history
  bool executions = false;                                           // history list: of code
  bool run_directories = false, dry_run = false;                     // history; baseline update
  bool names = false;                                                // gate, merge: the names of all tests
  std::string baseline_file;                                         // baseline
  std::vector<std::string> from;                                     // baseline
  bool prune = false, force = false;                                 // baseline
  std::string rate, python, out_dir, clock;                          // profile
  std::vector<std::string> fail_on;                                  // profile diff
  std::string collapsed, speedscope, pprof, firefox, chrome;         // profile: files to write
  std::string html_file, json_file;                                  // profile
  bool memory = false, native = false, no_subprocesses = false;      // profile
  std::string word;                                                  // tool: the command as it was written
  std::map<std::string, std::vector<std::string>> named;             // tool: argument -> texts
  std::string request;                                               // tool: file with the arguments as JSON
};

// Either a command line, or text to print and the exit code to leave with (--help, --version, a usage
// error).
struct ParsedLine {
  bool run = false;
  CommandLine line;
  std::string text;
  int exit_code = 0;
};

[[nodiscard]] ParsedLine parse_command_line(int argc, const char* const* argv);
// The same by the command-line library alone, which is slower.
[[nodiscard]] ParsedLine parse_by_library(int argc, const char* const* argv);

}  // namespace rh::app
