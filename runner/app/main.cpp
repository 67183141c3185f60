// Entry point: parses the command line, runs the command, turns errors into messages and exit codes.
#include <exception>

#include <fmt/core.h>

#include "runner/app/command_rows.h"
#include "runner/app/options.h"
#include "runner/app/workspace.h"
#include "runner/base/exit_code.h"

namespace {

using rh::ErrorKind;
using rh::ExitCode;

ExitCode exit_code_of(const rh::Error& error) {
  switch (error.kind) {
    case ErrorKind::usage:
    case ErrorKind::config:
    case ErrorKind::not_found:
    case ErrorKind::io:
    case ErrorKind::parse:
    case ErrorKind::limit:
      return ExitCode::usage;
    case ErrorKind::isolation:
      return ExitCode::isolation;
    default:
      return ExitCode::internal;
  }
}

rh::Result<int> run(const rh::app::CommandLine& line) {
  for (const rh::app::CommandRow& row : rh::app::command_rows())
    if (row.name == line.command) return row.run(line);
  return static_cast<int>(ExitCode::internal);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    rh::app::ParsedLine parsed = rh::app::parse_command_line(argc, argv);
    if (!parsed.run) {
      (parsed.exit_code == 0 ? rh::app::print : rh::app::print_error)(parsed.text);
      return parsed.exit_code;
    }
    parsed.line.words.assign(argv, argv + argc);
    const rh::Result<int> code = run(parsed.line);
    if (code) return *code;
    rh::app::print_error(fmt::format("runharness: {}\n", code.error().message()));
    return static_cast<int>(exit_code_of(code.error()));
  } catch (const std::exception& problem) {
    rh::app::print_error(fmt::format("runharness: internal error: {}\n", problem.what()));
    return static_cast<int>(ExitCode::internal);
  }
}
