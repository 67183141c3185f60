#include "tests/golden/profile_fixture.h"

#include <initializer_list>

#include "profiles/profile_builder.h"

namespace rh::golden {
namespace {

using model::FrameKind;
using profiles::ProfileBuilder;

constexpr std::int64_t kMs = 1'000'000;

struct At {
  const char* name;
  const char* file;
  std::uint32_t first_line, line;
  FrameKind kind = FrameKind::python;
  const char* module = "";
};

constexpr At kModule{"<module>", "/home/user/app/app.py", 1, 60};
constexpr At kMain{"main", "/home/user/app/app.py", 40, 44};
constexpr At kParse{"parse", "/home/user/app/lib/parse.py", 10, 14};
constexpr At kNext{"Tokenizer.next", "/home/user/app/lib/parse.py", 30, 33};
constexpr At kCompress{"deflate", "", 0, 0, FrameKind::native, "/usr/lib/x86_64-linux-gnu/libz.so.1.2.13"};
constexpr At kImport{"_find_and_load", "<frozen importlib._bootstrap>", 1165, 1176};
constexpr At kJson{"<module>", "/usr/lib/python3.11/json/__init__.py", 1, 106};
constexpr At kRegex{"compile", "/usr/lib/python3.11/re/_compiler.py", 738, 745};
constexpr At kReCompile{"_compile", "/usr/lib/python3.11/re/__init__.py", 272, 294};
constexpr At kGc{"garbage collection", "", 0, 0, FrameKind::gc};
constexpr At kRun{"Thread.run", "/usr/lib/python3.11/threading.py", 964, 975};
constexpr At kWork{"Worker.run", "/home/user/app/worker.py", 5, 9};
constexpr At kWait{"Popen._try_wait", "/usr/lib/python3.11/subprocess.py", 1955, 1960};

class Fixture {
 public:
  std::uint32_t stack(std::initializer_list<At> path) {
    std::uint32_t node = model::kNoIndex;
    for (const At& at : path)
      node = builder_.stack(node, builder_.frame({at.name, at.file, at.first_line, at.kind, at.module}), at.line);
    return node;
  }
  // `count` samples of 1 ms each.
  void run(std::uint32_t thread, int count, std::uint32_t stack, std::uint8_t state = model::kOnCpu) {
    for (int i = 0; i < count; ++i) {
      now_[thread] += kMs;
      const bool on_cpu = (state & model::kOnCpu) != 0;
      builder_.add({now_[thread], thread, stack, kMs, on_cpu ? kMs : 0, state});
    }
  }
  ProfileBuilder& builder() { return builder_; }

 private:
  ProfileBuilder builder_{1'000'000'000};
  std::int64_t now_[4] = {0, 200 * kMs, 300 * kMs, 0};
};

void describe(model::Profile& profile) {
  profile.command = {"python3", "app.py", "--input", "a b.json"};
  profile.cwd = "/home/user/app";
  profile.started_at = "2026-03-01T12:34:56.789Z";
  profile.duration_ns = 1000 * kMs;
  profile.rate_hz = 1000;
  profile.status.exit_code = 0;
  profile.machine = {
      "builder-1",  "Linux 6.1.0-18-amd64 x86_64", "Debian GNU/Linux 12 (bookworm)", "Example CPU 3000", 4,
      8'589'934'592};
  profile.cpu = {std::chrono::milliseconds(1340), model::Scope::exact_process, "rusage", {}};
}

void add_tables(ProfileBuilder& builder) {
  model::ProfileProcess parent;
  parent.pid = 4711;
  parent.command = "python3 app.py --input a b.json";
  parent.runtime = "CPython 3.11.2";
  parent.profiler = "python";
  parent.end_ns = 1000 * kMs;
  parent.quality = {1000, 960, 10, 20, 10, 45, 0};
  parent.cpu = {std::chrono::milliseconds(1010), model::Scope::exact_process, "rusage", {}};
  parent.peak_rss = {52'428'800, model::Scope::sampled, "statm", {}};
  model::ProfileProcess child = parent;
  child.pid = 4720;
  child.parent = 0;
  child.command = "python3 worker.py";
  child.start_ns = 290 * kMs;
  child.end_ns = 600 * kMs;
  child.quality = {300, 300, 0, 0, 0, 2, 0};
  child.cpu.value = std::chrono::milliseconds(300);
  model::ProfileProcess shell = child;
  shell.pid = 4730;
  shell.command = "sh -c true";
  shell.runtime = "";
  shell.profiler = "";
  shell.unprofiled_reason = "it ended within 3 ms";
  shell.quality = {};
  shell.cpu.value = std::chrono::milliseconds(30);
  shell.peak_rss = model::BytesFigure::unknown("it ended before it was read");
  for (const auto& each : {parent, child, shell}) (void)builder.add_process(each);
  (void)builder.add_thread({0, 4711, "MainThread"});
  (void)builder.add_thread({0, 4712, "worker \"a\";b"});
  (void)builder.add_thread({1, 4720, "MainThread"});
}

void add_surroundings(model::Profile& profile, std::uint32_t peak_stack) {
  profile.memory.bytes = {73'400'320, model::Scope::sampled, "PSS of all processes, every 20 ms", {}};
  profile.memory.time_ns = 480 * kMs;
  profile.memory.stacks = {{0, peak_stack}};
  for (int i = 0; i <= 10; ++i) {
    profile.timeline.time_ns.push_back(i * 100 * kMs);
    profile.timeline.cpu_ns.push_back(static_cast<std::uint64_t>(i) * 134'000'000U);
    profile.timeline.rss_bytes.push_back(i == 5 ? 80'000'000U : 50'000'000U);
    profile.timeline.pss_bytes.push_back(i == 5 ? 73'400'320U : 45'000'000U);
    profile.timeline.processes.push_back(i > 2 && i < 6 ? 2 : 1);
    profile.timeline.threads.push_back(i > 2 ? 3 : 1);
  }
  profile.spans = {{"reads a file", "test", 0, 0, 100 * kMs, 400 * kMs}};
  profile.allocations = {{{0, peak_stack, 30'000'000, 1200, 90'000'000}, {0, 0, 4096, 3, 8192}},
                         "tracemalloc",
                         "every 10th allocation, about 4 % of the time"};
  profile.noise.steal_share = 0.002;
  profile.noise.load_at_start = 0.5;
  profile.noise.frequency_reason = "no cpufreq in this virtual machine";
  profile.noise.hardware_counters_reason = "this machine has no PMU";
  profile.noise.wake_up_ns_median = 12'000;
  profile.noise.wake_up_ns_p99 = 80'000;
  profile.noise.own_cpu_ns = 14'000'000;
  profile.diagnostics.push_back(
      {model::Severity::warning, "profile-child-exec", "a child replaced its program", "4730", {}});
}

model::Profile build(int parse_ms) {
  Fixture fixture;
  add_tables(fixture.builder());
  const std::uint32_t parsing = fixture.stack({kModule, kMain, kParse, kNext, kNext});
  const std::uint32_t compiling = fixture.stack({kModule, kMain, kParse, kReCompile, kRegex});
  fixture.run(0, 150, fixture.stack({kModule, kImport, kJson}));
  fixture.run(0, parse_ms, parsing);
  for (int i = 0; i < 5; ++i) {
    fixture.run(0, 8, compiling);
    fixture.run(0, 10, fixture.stack({kModule, kMain, kParse}));
  }
  fixture.run(0, 60, fixture.stack({kModule, kMain, kGc}));
  fixture.run(0, 590 - parse_ms, fixture.stack({kModule, kMain, kCompress}));
  fixture.run(0, 9, model::kNoIndex);
  fixture.run(0, 100, fixture.stack({kModule, kMain, kWait}), 0);
  fixture.run(1, 61, fixture.stack({kRun, kWork}));
  fixture.run(1, 40, fixture.stack({kRun, kWork}), model::kWaitsForGil);
  fixture.run(2, 300, fixture.stack({kModule, kWork}));
  model::Profile profile = fixture.builder().take();
  describe(profile);
  add_surroundings(profile, parsing);
  return profile;
}

}  // namespace

model::Profile make_profile() { return build(300); }
model::Profile make_changed_profile() { return build(480); }

model::Profile make_empty_profile() {
  ProfileBuilder builder(0);
  model::ProfileProcess process;
  process.pid = 17;
  process.command = "python3 broken.py";
  process.profiler = "python";
  process.end_ns = 9 * kMs;
  (void)builder.add_process(process);
  (void)builder.add_thread({0, 17, "MainThread"});
  model::Profile profile = builder.take();
  describe(profile);
  profile.command = {"python3", "broken.py"};
  profile.duration_ns = 9 * kMs;
  profile.status.exit_code = 1;
  profile.cpu.value = std::chrono::milliseconds(8);
  profile.memory.bytes = model::BytesFigure::unknown("it ended before the first reading");
  return profile;
}

}  // namespace rh::golden
