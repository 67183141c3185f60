// Entry point: parses the command line, runs the command, turns errors into messages and exit codes.
#include <exception>

#include <fmt/core.h>

#include "runner/app/commands.h"
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

rh::Result<int> run(const rh::app::CommandLine& line, int argc, const char* const* argv) {
  switch (line.command) {
    case rh::app::CommandName::test:
      return rh::app::run_test(line, argc, argv);
    case rh::app::CommandName::run:
      return rh::app::run_command(line);
    case rh::app::CommandName::discover:
      return rh::app::run_discover(line);
    case rh::app::CommandName::config:
      return rh::app::run_config(line);
    case rh::app::CommandName::doctor:
      return rh::app::run_doctor(line);
    case rh::app::CommandName::report:
      return rh::app::run_report(line);
  }
  return static_cast<int>(ExitCode::internal);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const rh::app::ParsedLine parsed = rh::app::parse_command_line(argc, argv);
    if (!parsed.run) {
      (parsed.exit_code == 0 ? rh::app::print : rh::app::print_error)(parsed.text);
      return parsed.exit_code;
    }
    const rh::Result<int> code = run(parsed.line, argc, argv);
    if (code) return *code;
    rh::app::print_error(fmt::format("runharness: {}\n", code.error().message()));
    return static_cast<int>(exit_code_of(code.error()));
  } catch (const std::exception& problem) {
    rh::app::print_error(fmt::format("runharness: internal error: {}\n", problem.what()));
    return static_cast<int>(ExitCode::internal);
  }
}
