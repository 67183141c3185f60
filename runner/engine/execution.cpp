#include "runner/engine/execution.h"

#include <signal.h>

#include <system_error>

#include <fmt/core.h>

#include "runner/base/exit_code.h"
#include "runner/base/file.h"
#include "runner/base/text.h"
#include "runner/engine/step_environment.h"
#include "runner/model/names.h"

namespace rh::engine {
namespace {

namespace fs = std::filesystem;
using model::Ending;

constexpr int kSignalBase = 128;
constexpr int kCannotExecute = 126;
constexpr int kNotFound = 127;

// A missing command, as against one that is there and cannot be started.
bool is_missing(const std::string& start_problem) {
  return start_problem.starts_with("execve") &&
         (start_problem.find("has no name") != std::string::npos ||
          start_problem.find(std::generic_category().message(ENOENT)) != std::string::npos);
}

int own_end_of(const model::WaitStatus& status) {
  if (status.signal) return kSignalBase + *status.signal;
  // Without any status init itself was killed, together with the command.
  return status.exit_code.value_or(kSignalBase + SIGKILL);
}

}  // namespace

sandbox::LaunchSpec launch_spec_of(std::vector<std::string> argv, const fs::path& cwd, const RunOptions& options,
                                   const adapters::Host& host) {
  sandbox::LaunchSpec spec;
  spec.name = "run";
  spec.command.argv = std::move(argv);
  spec.command.cwd = cwd;
  spec.command.env = passed_environment(host.environment(), options.pass_env);
  for (const auto& [name, value] : options.env) spec.command.env[name] = value;
  spec.limits = options.limits;
  spec.level = options.isolation;
  spec.files = workspace_policy(host, cwd, options.workspace, options.paths);
  // History and reports of earlier runs are not the command's to rewrite.
  if (rh::is_directory(cwd / ".runharness")) spec.files.protected_.push_back(cwd / ".runharness");
  return spec;
}

model::Execution execution_of(sandbox::ExitRecord&& record, const sandbox::LaunchSpec& spec,
                              const RunOptions& options) {
  model::Execution execution;
  execution.command.argv = spec.command.argv;
  execution.command.cwd = spec.command.cwd;
  execution.preset = options.preset;
  execution.workspace = spec.command.cwd;
  execution.workspace_access = options.workspace;
  execution.ending = record.ending;
  execution.ending_detail = std::move(record.ending_detail);
  execution.status = record.status;
  execution.usage = std::move(record.usage);
  execution.oom_kills = record.oom_kills;
  execution.leftovers = std::move(record.leftovers);
  execution.signals_sent = std::move(record.signals_sent);
  execution.sources = {std::move(record.sources.oom_kills), std::move(record.sources.leftovers),
                       std::move(record.sources.signals_sent)};
  execution.limits = spec.limits;
  execution.isolation = std::move(record.isolation);
  return execution;
}

int exit_code_of(const model::Execution& execution, int interrupted_by) {
  switch (execution.ending) {
    case Ending::exited:
    case Ending::signaled:
    case Ending::memory:
    case Ending::pids:
    case Ending::file_size:
      return own_end_of(execution.status);
    case Ending::wall_time:
    case Ending::cpu_time:
      return static_cast<int>(ExitCode::deadline);
    case Ending::output_limit:  // output is missing, whatever the command itself said
      return kSignalBase + SIGKILL;
    case Ending::start_failed:
      return is_missing(execution.ending_detail) ? kNotFound : kCannotExecute;
    case Ending::cancelled:
      return kSignalBase + (interrupted_by != 0 ? interrupted_by : SIGTERM);
    case Ending::internal:
      break;
  }
  return static_cast<int>(ExitCode::internal);
}

std::string limit_text(const model::Execution& execution) {
  const model::Limits& limits = execution.limits;
  std::string limit;
  switch (execution.ending) {
    case Ending::wall_time:
    case Ending::cpu_time:
    case Ending::output_limit:
      break;  // the detail names the limit
    case Ending::memory:
      if (limits.memory_bytes) limit = format_size(*limits.memory_bytes);
      break;
    case Ending::pids:
      if (limits.pids) limit = std::to_string(*limits.pids);
      break;
    case Ending::file_size:
      // What all files of a run may hold names its limit itself.
      if (limits.file_bytes && execution.ending_detail.starts_with("RLIMIT")) limit = format_size(*limits.file_bytes);
      break;
    default:
      return {};
  }
  return fmt::format("{}: {}{}", model::name_of(execution.ending), execution.ending_detail,
                     limit.empty() ? limit : fmt::format(" (limit {})", limit));
}

}  // namespace rh::engine
