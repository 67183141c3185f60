// Profiles a command with the recording loop alone and prints its stacks: a bare tool for trying a profiler without
// the options and reports of `runharness profile`.
//
//   profile_driver RATE COMMAND [ARGS...]
//
// stdout is the command's. stderr, after its end: "STACK <tid> <state> <cpu_ns> <wall_ns> <count> a:3;b:9" of all
// stacks, and "QUALITY ..." of each process.
#include <fmt/core.h>
#include <unistd.h>

#include <cstdlib>
#include <map>
#include <tuple>

#include "profiles/recording.h"
#include "profiles/target.h"

namespace rh {
namespace {

std::string text_of(const model::Profile& profile, std::uint32_t stack) {
  std::string text;
  for (; stack != model::kNoIndex; stack = profile.stacks[stack].parent) {
    const model::StackNode& node = profile.stacks[stack];
    const std::string frame = fmt::format("{}:{}", profile.frames[node.frame].name, node.line);
    text = text.empty() ? frame : frame + ";" + text;
  }
  return text.empty() ? "?" : text;
}

void print(const model::Profile& profile) {
  struct Sum {
    std::uint64_t cpu_ns = 0, wall_ns = 0, count = 0;
  };
  std::map<std::tuple<int, int, std::string>, Sum> stacks;
  const model::ProfileSamples& samples = profile.samples;
  std::map<std::uint32_t, std::string> names;
  for (std::size_t i = 0; i < samples.time_ns.size(); ++i) {
    const auto [name, made] = names.try_emplace(samples.stack[i]);
    if (made) name->second = text_of(profile, samples.stack[i]);
    Sum& sum = stacks[{profile.threads[samples.thread[i]].tid, samples.state[i], name->second}];
    sum.cpu_ns += samples.cpu_ns[i];
    sum.wall_ns += samples.wall_ns[i];
    ++sum.count;
  }
  for (const auto& [key, sum] : stacks)
    fmt::print(stderr, "STACK {} {} {} {} {} {}\n", std::get<0>(key), std::get<1>(key), sum.cpu_ns, sum.wall_ns,
               sum.count, std::get<2>(key));
  for (const model::ProfileProcess& process : profile.processes)
    fmt::print(stderr,
               "QUALITY pid {} '{}' {} by '{}' {} expected {} taken {} rejected {} idle {} late {} retries {} cpu {}\n",
               process.pid, process.command, process.runtime, process.profiler, process.unprofiled_reason,
               process.quality.expected, process.quality.taken, process.quality.rejected, process.quality.idle,
               process.quality.late, process.quality.retries, process.cpu.value ? process.cpu.value->count() : -1);
  fmt::print(stderr, "OWN cpu {} of {} ns, cpu of the tree {}\n", profile.noise.own_cpu_ns, profile.duration_ns,
             profile.cpu.value ? profile.cpu.value->count() : -1);
}

int run(int argc, char** argv) {
  profiles::Launch launch;
  for (int i = 2; i < argc; ++i) launch.argv.emplace_back(argv[i]);
  for (char** each = environ; *each != nullptr; ++each) launch.env.emplace_back(*each);
  launch.cwd = std::filesystem::current_path();
  launch.executable = launch.argv[0];
  profiles::RecordingOptions options;
  options.rate_hz = static_cast<std::uint32_t>(std::atoi(argv[1]));
  profiles::Recording recording(options);
  auto target = profiles::Target::start(launch);
  if (!target) return fmt::print(stderr, "{}\n", target.error().message()), 2;
  recording.start(target->pid());
  if (const auto released = target->release(); !released)
    return fmt::print(stderr, "{}\n", released.error().message()), 2;
  (void)target->wait();
  print(recording.finish({}));
  return 0;
}

}  // namespace
}  // namespace rh

int main(int argc, char** argv) { return argc < 3 ? 2 : rh::run(argc, argv); }
