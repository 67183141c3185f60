// Wall time of one launch of /bin/true in this process, at every level and with one mechanism after the other left out:
// the difference to the full row is what that mechanism costs. start_bench compares whole programs.
#include <benchmark/benchmark.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "runner/base/file.h"
#include "sandbox/local_launcher.h"

namespace {

using rh::model::IsolationLevel;
using rh::model::NetworkPolicy;
using rh::sandbox::HostSwitches;
using rh::sandbox::LaunchSpec;

// One writable folder, a private HOME, limits on memory and processes: what `run` asks for by default.
LaunchSpec make_spec(IsolationLevel level, NetworkPolicy network, const std::filesystem::path& workspace) {
  LaunchSpec spec;
  spec.command.argv = {"/bin/true"};
  spec.command.env = {{"PATH", "/usr/bin:/bin"}};
  spec.command.cwd = workspace;
  spec.level = level;
  spec.limits.memory_bytes = 1ULL << 30;
  spec.limits.pids = 512;
  spec.limits.network = network;
  spec.files.writable = {workspace};
  spec.files.home = "/root";
  spec.name = "bench";
  return spec;
}

// Ends the benchmark when a run did not end as it must.
bool good(benchmark::State& state, const rh::Result<rh::sandbox::ExitRecord>& record) {
  if (record && record->ending == rh::model::Ending::exited) return true;
  state.SkipWithError(record ? record->ending_detail.c_str() : record.error().message().c_str());
  return false;
}

void bare_spawn(benchmark::State& state) {
  char name[] = "/bin/true";
  char* argv[] = {name, nullptr};
  char* env[] = {nullptr};
  for (auto _ : state) {
    pid_t pid = 0;
    if (posix_spawn(&pid, name, nullptr, nullptr, argv, env) != 0) return state.SkipWithError("posix_spawn");
    waitpid(pid, nullptr, 0);
  }
}
BENCHMARK(bare_spawn)->UseRealTime()->Unit(benchmark::kMicrosecond);

void launch(benchmark::State& state, IsolationLevel level, NetworkPolicy network, HostSwitches switches) {
  const auto folder = rh::TempDir::make("runharness-bench");
  if (!folder) return state.SkipWithError("no temporary folder");
  const LaunchSpec spec = make_spec(level, network, folder->path());
  const auto launcher = rh::sandbox::make_local_launcher(switches);
  for (auto _ : state)
    if (!good(state, launcher->run(spec, {}))) return;
}

constexpr HostSwitches without(bool HostSwitches::*mechanism) {
  HostSwitches switches;
  switches.*mechanism = false;
  return switches;
}

#define RH_LAUNCH(name, ...) BENCHMARK_CAPTURE(launch, name, __VA_ARGS__)->UseRealTime()->Unit(benchmark::kMicrosecond)
RH_LAUNCH(none, IsolationLevel::none, NetworkPolicy::host, HostSwitches{});
RH_LAUNCH(contained, IsolationLevel::contained, NetworkPolicy::none, HostSwitches{});
RH_LAUNCH(contained_host_network, IsolationLevel::contained, NetworkPolicy::host, HostSwitches{});
RH_LAUNCH(strict, IsolationLevel::strict, NetworkPolicy::none, HostSwitches{});
RH_LAUNCH(strict_host_network, IsolationLevel::strict, NetworkPolicy::host, HostSwitches{});
RH_LAUNCH(strict_no_cgroups, IsolationLevel::strict, NetworkPolicy::none, without(&HostSwitches::cgroups));
RH_LAUNCH(strict_no_filter, IsolationLevel::strict, NetworkPolicy::none, without(&HostSwitches::seccomp));
RH_LAUNCH(strict_no_namespaces, IsolationLevel::strict, NetworkPolicy::none, without(&HostSwitches::namespaces));
#undef RH_LAUNCH

// What `runharness run` pays: a launcher that knows nothing of the host yet.
void first_launch(benchmark::State& state) {
  const auto folder = rh::TempDir::make("runharness-bench");
  if (!folder) return state.SkipWithError("no temporary folder");
  const LaunchSpec spec = make_spec(IsolationLevel::strict, NetworkPolicy::none, folder->path());
  for (auto _ : state)
    if (!good(state, rh::sandbox::make_launcher()->run(spec, {}))) return;
}
BENCHMARK(first_launch)->UseRealTime()->Unit(benchmark::kMicrosecond);

// The time to make the next sandbox is not counted: callers that start runs back to back pay it.
void from_pool(benchmark::State& state) {
  const auto folder = rh::TempDir::make("runharness-bench");
  if (!folder) return state.SkipWithError("no temporary folder");
  const LaunchSpec spec = make_spec(IsolationLevel::strict, NetworkPolicy::none, folder->path());
  const auto launcher = rh::sandbox::make_launcher();
  const auto pool = launcher->make_pool(spec, 2);
  for (auto _ : state) {
    state.PauseTiming();
    usleep(10'000);
    state.ResumeTiming();
    if (!good(state, pool->run(spec.command, spec.limits, {}))) return;
  }
}
BENCHMARK(from_pool)->UseRealTime()->Iterations(100)->Unit(benchmark::kMicrosecond);

void probe(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(rh::sandbox::make_launcher()->probe(IsolationLevel::strict));
}
BENCHMARK(probe)->UseRealTime()->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
