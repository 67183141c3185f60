// `runharness profile`: runs a script or command as without us, records where time and memory went, and tells.
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>

#include <fmt/core.h>

#include "profiles/analysis/summary.h"
#include "profiles/recording.h"
#include "profiles/script.h"
#include "profiles/target.h"
#include "runner/app/commands.h"
#include "runner/app/profile_output.h"
#include "runner/app/profile_sandbox.h"
#include "runner/app/workspace.h"
#include "runner/base/clock.h"
#include "runner/base/exit_code.h"
#include "runner/base/file.h"
#include "runner/base/text.h"
#include "runner/engine/machine.h"

namespace rh::app {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kMaxRate = 20'000;

Result<std::uint32_t> rate_of(const CommandLine& line) {
  if (line.rate.empty()) return profiles::RecordingOptions{}.rate_hz;
  const auto rate = parse_u64(line.rate);
  if (!rate || *rate == 0 || *rate > kMaxRate)
    return fail(ErrorKind::usage,
                fmt::format("use --rate {}: it is a number of samples a second, 1 to {}", line.rate, kMaxRate));
  return static_cast<std::uint32_t>(*rate);
}

std::string variable(const model::Environment& environment, const std::string& name) {
  const auto at = environment.find(name);
  return at == environment.end() ? std::string() : at->second;
}

// Whether the words are a script with its arguments, or a command behind "--".
bool is_command(const CommandLine& line) {
  return std::find(line.words.begin(), line.words.end(), "--") != line.words.end() &&
         line.words.end() - std::find(line.words.begin(), line.words.end(), "--") - 1 ==
             static_cast<std::ptrdiff_t>(line.extra_args.size());
}

Result<profiles::Launch> launch_of(const CommandLine& line, const model::Environment& environment) {
  profiles::Launch launch;
  RH_TRY(launch.cwd, working_directory());
  const std::string path = variable(environment, "PATH");
  if (is_command(line)) {
    launch.argv = line.extra_args;
  } else {
    RH_TRY(launch.argv, profiles::command_of_script({line.extra_args, line.python, path, launch.cwd}));
  }
  RH_TRY(launch.executable, profiles::find_executable(launch.argv.front(), path, launch.cwd));
  for (const auto& [name, value] : environment) launch.env.push_back(name + "=" + value);
  return launch;
}

int exit_code_of(const model::WaitStatus& status) {
  return status.signal ? 128 + *status.signal : status.exit_code.value_or(static_cast<int>(ExitCode::internal));
}

std::int64_t nanoseconds_of(const timeval& time) { return time.tv_sec * 1'000'000'000LL + time.tv_usec * 1000LL; }

// ru_maxrss is kept over exec, so it says nothing below what this process had when it forked.
std::uint64_t own_rss_bytes() {
  rusage own{};
  ::getrusage(RUSAGE_SELF, &own);
  return static_cast<std::uint64_t>(own.ru_maxrss) * 1024;
}

struct Recorded {
  model::Profile profile;
  model::WaitStatus status;
};

Result<Recorded> record_plainly(profiles::Recording& recording, const profiles::Launch& launch) {
  const std::uint64_t own_rss = own_rss_bytes();
  RH_TRY(profiles::Target target, profiles::Target::start(launch));
  recording.start(target.pid());
  if (auto released = target.release(); !released) {
    (void)recording.finish({});
    Error problem = released.error();
    problem.subject = launch.argv.front();
    return Failure{std::move(problem)};
  }
  const profiles::TargetEnd end = target.wait();
  profiles::RecordedEnd known;
  known.cpu_ns = nanoseconds_of(end.usage.ru_utime) + nanoseconds_of(end.usage.ru_stime);
  const auto max_rss = static_cast<std::uint64_t>(end.usage.ru_maxrss) * 1024;
  if (max_rss > own_rss) known.max_rss_bytes = max_rss;
  return Recorded{recording.finish(known), end.status};
}

// 126 and 127 as a shell has them.
Result<int> start_failure(const Error& problem) {
  if (problem.sys_errno == 0) return Failure{problem};
  print_error(fmt::format("runharness: {}\n", problem.message()));
  return problem.sys_errno == ENOENT ? 127 : 126;
}

Result<int> record(const CommandLine& line) {
  profiles::RecordingOptions options;
  RH_TRY(options.rate_hz, rate_of(line));
  RH_TRY(const model::ProfileClock clock, profile_clock(line.clock));
  options.memory = line.memory;
  options.native = line.native;
  options.follow_children = !line.no_subprocesses;
  RH_CHECK(check_profile_outputs(line));
  RH_TRY(const TempDir scratch, TempDir::make("runharness-profile-"));
  options.scratch = scratch.path();
  const engine::MachineHost host(engine::current_environment());
  auto made = launch_of(line, host.environment());
  if (!made && is_command(line)) return start_failure(made.error());
  RH_TRY(profiles::Launch launch, std::move(made));
  const std::vector<std::string> asked = launch.argv;
  const bool sandboxed = line.settings.contains("preset");
  const std::string started_at = to_rfc3339(wall_now());
  profiles::Recording recording(options);
  RH_CHECK(recording.prepare(launch));
  auto recorded = [&]() -> Result<Recorded> {
    if (!sandboxed) return record_plainly(recording, launch);
    RH_TRY(SandboxedProfile run, record_in_sandbox(line, host, launch, options, recording));
    return Recorded{std::move(run.profile), run.status};
  }();
  if (!recorded) return start_failure(recorded.error());
  model::Profile& profile = recorded->profile;
  profile.command = asked;
  profile.cwd = launch.cwd.string();
  profile.started_at = started_at;
  profile.clock = clock;
  profile.status = recorded->status;
  profile.machine = engine::describe_machine();
  if (sandboxed) profile.preset = line.settings.at("preset").back();
  const bool good = tell_profile(line, profile, profiles::summarize(profile), host.environment());
  const int code = exit_code_of(profile.status);
  return code == 0 && !good ? static_cast<int>(ExitCode::internal) : code;
}

}  // namespace

Result<int> run_profile(const CommandLine& line) {
  if (line.extra_args.empty())
    return fail(ErrorKind::usage, "profile anything: name a script, or a command behind --", "SCRIPT");
  if (line.extra_args.front() == "diff" && !is_command(line) && !is_file("diff")) return run_profile_diff(line);
  return record(line);
}

}  // namespace rh::app
