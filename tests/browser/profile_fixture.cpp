#include "tests/browser/profile_fixture.h"

#include <algorithm>
#include <string>

#include <fmt/core.h>

#include "profiles/profile_builder.h"

namespace rh::browser {
namespace {

using model::FrameKind;
using model::kNoIndex;

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::string_view kFolder = "/home/ada/shop";

class Random {
 public:
  std::uint32_t below(std::uint32_t bound) {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::uint32_t>(state_ >> 33) % bound;
  }

 private:
  std::uint64_t state_ = 7;
};

model::ProfileProcess process(int pid, std::uint32_t parent, std::string command, std::string runtime,
                              std::int64_t end_ns) {
  model::ProfileProcess made;
  made.pid = pid;
  made.parent = parent;
  made.command = std::move(command);
  made.profiler = runtime.empty() ? "" : "python-sampler";
  made.unprofiled_reason = runtime.empty() ? "no profiler knows this program" : "";
  made.runtime = std::move(runtime);
  made.end_ns = end_ns;
  made.cpu = {std::chrono::nanoseconds(end_ns * 9 / 10), model::Scope::exact_process, "rusage", {}};
  made.peak_rss = {64ULL << 20, model::Scope::sampled, "RSS", {}};
  return made;
}

std::string file(std::string_view name) { return fmt::format("{}/{}", kFolder, name); }

// The stacks of the usual profile.
class UsualStacks {
 public:
  UsualStacks(profiles::ProfileBuilder& builder, bool varied) : builder_(builder) {
    const auto module = python(kNoIndex, "<module>", "main.py", 1, 40);
    const auto main = python(module, "main", "main.py", 30, 34);
    import_ = builder.stack(python(module, "import_orders", "main.py", 3, 4),
                            builder.frame({"<import>", {}, 0, FrameKind::runtime, {}}), 0);
    const auto compute = python(main, "compute", "shop/orders.py", 10, 14);
    hot_ = python(compute, "hot", "shop/orders.py", 20, 22);
    native_ = builder.stack(python(compute, "hot", "shop/orders.py", 20, 23),
                            builder.frame({"scan_once_unicode", {}, 0, FrameKind::native, "_json.so"}), 0);
    gc_ = builder.stack(compute, builder.frame({"(garbage collection)", {}, 0, FrameKind::gc, {}}), 0);
    walk_ = compute;
    for (std::uint32_t depth = 0; depth < 30; ++depth) {
      walk_ = python(walk_, "walk", "shop/tree.py", 5, depth % 2 == 0 ? 8 : 9);
      walks_.push_back(walk_);
    }
    report_ = python(main, "write_report", "shop/report.py", 50, 57);
    wait_ = python(python(kNoIndex, "Thread._bootstrap", "/usr/lib/python3.11/threading.py", 995, 1002),
                   "Condition.wait", "/usr/lib/python3.11/threading.py", 288, 324);
    node_idle_ = builder.stack(kNoIndex, builder.frame({"(idle)", {}, 0, FrameKind::idle, {}}), 0);
    node_render_ = builder.stack(
        builder.stack(kNoIndex, builder.frame({"serve", file("web/server.js"), 12, FrameKind::javascript, {}}), 18),
        builder.frame({"render", file("web/page.js"), 3, FrameKind::javascript, {}}), 9);
    if (varied) add_many(compute);
  }

  // What the main thread does at this part of the time.
  std::uint32_t at(double part, std::uint32_t pick, Random& random) const {
    if (part < 0.2) return import_;
    if (part >= 0.7) return report_;
    if (!many_.empty()) return many_[random.below(static_cast<std::uint32_t>(many_.size()))];
    if (pick % 100 < 30) return hot_;
    if (pick % 100 < 50) return native_;
    return pick % 100 < 55 ? gc_ : walks_[pick % walks_.size()];
  }
  [[nodiscard]] std::uint32_t waiting() const { return wait_; }
  [[nodiscard]] std::uint32_t node(bool idle) const { return idle ? node_idle_ : node_render_; }
  [[nodiscard]] std::uint32_t hot() const { return hot_; }

 private:
  std::uint32_t python(std::uint32_t parent, std::string name, std::string_view path, std::uint32_t first,
                       std::uint32_t line) {
    const std::string where = path.starts_with('/') ? std::string(path) : file(path);
    return builder_.stack(parent, builder_.frame({std::move(name), where, first, FrameKind::python, {}}), line);
  }
  void add_many(std::uint32_t parent) {
    for (int branch = 0; branch < 40; ++branch)
      for (int leaf = 0; leaf < 60; ++leaf) {
        std::uint32_t node = parent;
        for (int depth = 0; depth < 12; ++depth)
          node = python(node, fmt::format("step_{}_{}", depth, depth < 6 ? branch : branch * 60 + leaf),
                        fmt::format("shop/rules/rule_{}.py", branch), 10 + static_cast<std::uint32_t>(depth) * 20,
                        12 + static_cast<std::uint32_t>(depth * 20 + leaf % 7));
        many_.push_back(node);
      }
  }

  profiles::ProfileBuilder& builder_;
  std::uint32_t import_ = 0, hot_ = 0, native_ = 0, gc_ = 0, walk_ = 0, report_ = 0, wait_ = 0, node_idle_ = 0,
                node_render_ = 0;
  std::vector<std::uint32_t> walks_, many_;
};

void add_timeline(model::Profile& profile) {
  constexpr std::int64_t kPoints = 4000;
  Random random;
  std::uint64_t cpu = 0;
  for (std::int64_t i = 1; i <= kPoints; ++i) {
    const std::int64_t time = profile.duration_ns * i / kPoints;
    const double part = static_cast<double>(i) / kPoints;
    const auto step = static_cast<double>(profile.duration_ns) / kPoints;
    cpu += static_cast<std::uint64_t>(step *
                                      (part < 0.2   ? 0.7
                                       : part < 0.7 ? 1.6
                                                    : 0.9) *
                                      (0.9 + random.below(20) / 100.0));
    const double memory = part < 0.2 ? 60 + part * 200 : part < 0.6 ? 100 + (part - 0.2) * 900 : 210;
    const auto rss = static_cast<std::uint64_t>((memory + random.below(6)) * (1 << 20));
    profile.timeline.time_ns.push_back(time);
    profile.timeline.cpu_ns.push_back(cpu);
    profile.timeline.rss_bytes.push_back(rss);
    profile.timeline.pss_bytes.push_back(rss * 8 / 10);
    profile.timeline.processes.push_back(part < 0.1 ? 1 : part < 0.8 ? 4 : 2);
    profile.timeline.threads.push_back(part < 0.1 ? 1 : part < 0.8 ? 9 : 4);
  }
  profile.cpu = {std::chrono::nanoseconds(cpu), model::Scope::exact_process, "rusage", {}};
}

void add_spans(profiles::ProfileBuilder& builder, std::int64_t duration) {
  builder.add_span({"collection", "phase", 0, 0, 0, duration / 5});
  for (int i = 0; i < 30; ++i)
    builder.add_span({fmt::format("tests/test_orders.py::test_round[{}]", i), "test", 0, 0,
                      duration / 5 + duration * i / 60, duration / 5 + duration * (i + 1) / 60 - duration / 600});
}

void describe(model::Profile& profile, std::uint32_t rate) {
  profile.command = {"python3", "main.py", "--orders", "a b.json"};
  profile.cwd = kFolder;
  profile.started_at = "2024-05-17T08:30:00Z";
  profile.rate_hz = rate;
  profile.status.exit_code = 0;
  profile.machine = {"build-7", "Linux 6.1.0-18-amd64 x86_64", "Debian GNU/Linux 12 (bookworm)", "AMD EPYC 7763", 4,
                     8ULL << 30};
  profile.noise.load_at_start = 0.42;
  profile.noise.steal_share = 0.003;
  profile.noise.frequency_reason = "the kernel does not tell";
  profile.noise.hardware_counters_reason = "this machine has none (perf_event_open: No such file or directory)";
  profile.noise.wake_up_ns_median = 61'000;
  profile.noise.wake_up_ns_p99 = 240'000;
  profile.noise.own_cpu_ns = static_cast<std::uint64_t>(profile.duration_ns / 60);
}

std::string text_of(std::string_view name, int lines) {
  std::string text;
  for (int line = 1; line <= lines; ++line)
    text += fmt::format("{}total = total + price_of(order, {})  # {}:{}\n", line % 5 == 0 ? "\t" : "    ", line, name,
                        line);
  return text;
}

}  // namespace

ProfileFixture usual_profile(std::size_t samples, bool varied) {
  constexpr std::int64_t kTick = 1'000'000;
  constexpr std::size_t kThreads = 4;
  const auto ticks = static_cast<std::int64_t>(samples / kThreads);
  const std::int64_t duration = ticks * kTick;
  profiles::ProfileBuilder builder(0);
  const auto main_process =
      builder.add_process(process(4711, kNoIndex, "python3 main.py --orders 'a b.json'", "CPython 3.11.7", duration));
  const auto child =
      builder.add_process(process(4712, main_process, "python3 -c 'from multiprocessing.spawn import spawn_main'",
                                  "CPython 3.11.7", duration * 8 / 10));
  const auto node =
      builder.add_process(process(4713, main_process, "node web/server.js", "node v20.20.2", duration * 8 / 10));
  (void)builder.add_process(process(4714, main_process, "sleep 600", "", duration));
  const std::uint32_t threads[kThreads] = {
      builder.add_thread({main_process, 4711, "MainThread"}), builder.add_thread({main_process, 4720, "pool-1"}),
      builder.add_thread({child, 4712, "MainThread"}), builder.add_thread({node, 4713, "main"})};
  const UsualStacks stacks(builder, varied);
  Random random;
  std::int64_t before = 0;
  for (std::int64_t tick = 1; tick <= ticks; ++tick) {
    // Wake-ups are late by chance, as real ones are.
    const std::int64_t time = tick * kTick + random.below(120'000);
    const std::int64_t wall = time - before;
    before = time;
    const double part = static_cast<double>(tick) / static_cast<double>(ticks);
    const std::int64_t cpu = wall - random.below(20'000);
    builder.add({time, threads[0], stacks.at(part, static_cast<std::uint32_t>(tick * 7), random), wall, cpu,
                 model::kOnCpu | model::kHoldsGil});
    builder.add({time, threads[1], stacks.waiting(), wall, 0, 0});
    builder.add({time, threads[2], stacks.at(0.5, random.below(1000), random), wall, cpu / 2,
                 model::kOnCpu | model::kHoldsGil});
    const bool idle = tick % 10 != 0;
    builder.add({time, threads[3], stacks.node(idle), wall, idle ? 0 : cpu,
                 idle ? std::uint8_t{0} : std::uint8_t{model::kOnCpu}});
  }
  add_spans(builder, duration);
  builder.say(model::Severity::warning, "profile-late",
              "6.1 % of the ticks came late: the machine was busy; lower the rate with --rate");
  ProfileFixture fixture;
  model::Profile& profile = fixture.profile = builder.take();
  profile.duration_ns = duration;
  describe(profile, 1000);
  add_timeline(profile);
  profile.memory = {{461ULL << 20, model::Scope::sampled, "PSS of the tree", {}},
                    duration * 6 / 10,
                    {{threads[0], stacks.hot()}, {threads[1], stacks.waiting()}}};
  for (model::ProfileProcess& one : profile.processes)
    if (!one.profiler.empty()) {
      const auto expected = static_cast<std::uint64_t>(ticks);
      one.quality = {expected + 300, expected, 120, 80, 100, 431, 0};
    }
  profile.allocations.source = "tracemalloc";
  profile.allocations.overhead = "the program took 1.8 times as long";
  profile.allocations.sites = {{main_process, stacks.hot(), 120ULL << 20, 4000, 300ULL << 20},
                               {main_process, stacks.at(0.9, 0, random), 40ULL << 20, 10, 40ULL << 20}};
  for (const std::string_view name : {"main.py", "shop/orders.py", "shop/tree.py", "shop/report.py"})
    fixture.sources.push_back({file(name), text_of(name, 90), {}});
  fixture.sources.push_back({"/usr/lib/python3.11/threading.py", {}, "it lies outside of the program's folder"});
  return fixture;
}

ProfileFixture hostile_profile() {
  profiles::ProfileBuilder builder(0);
  const std::string name = "</script><img src=x onerror=\"document.title='pwned'\">\u202e\x1b[31m\x07",
                    path = "/tmp/<b>\"'&\n\u2028.py";
  model::ProfileProcess made = process(1, kNoIndex, name, name, kSecond);
  const auto thread = builder.add_thread({builder.add_process(made), 1, name});
  std::uint32_t stack = kNoIndex;
  for (int depth = 0; depth < 3; ++depth)
    stack =
        builder.stack(stack, builder.frame({fmt::format("{}{}", name, depth), path, 1, FrameKind::python, name}), 2);
  const auto constructor =
      builder.stack(stack, builder.frame({"__proto__", "constructor", 1, FrameKind::python, {}}), 1);
  const auto bytes =
      builder.stack(stack, builder.frame({"\xff\xfe bytes", "\xc0.py", 1, FrameKind::native, "\xff.so"}), 1);
  for (std::int64_t tick = 1; tick <= 1000; ++tick)
    builder.add({tick * 1'000'000, thread,
                 tick % 3 == 0   ? constructor
                 : tick % 3 == 1 ? bytes
                                 : stack,
                 1'000'000, 1'000'000, model::kOnCpu});
  builder.add_span({name, name, 0, 0, 0, kSecond});
  builder.say(model::Severity::error, name, name, name);
  ProfileFixture fixture;
  model::Profile& profile = fixture.profile = builder.take();
  profile.duration_ns = kSecond;
  describe(profile, 1000);
  profile.command = {name, "javascript:alert(1)"};
  profile.memory = {{1U << 20, model::Scope::sampled, name, {}}, 5, {{thread, stack}}};
  fixture.sources = {{path, "</script><script>document.title='pwned'</script>\n" + name + "\n", {}},
                     {"constructor", "x = 1\n", {}}};
  return fixture;
}

ProfileFixture empty_profile() {
  profiles::ProfileBuilder builder(0);
  model::ProfileProcess made = process(1, kNoIndex, "python3 -c pass", "CPython 3.11.7", 9'000'000);
  (void)builder.add_thread({builder.add_process(made), 1, "MainThread"});
  builder.say(model::Severity::warning, "profile-no-samples",
              "the program ended before the first sample: figures come from rusage");
  ProfileFixture fixture;
  fixture.profile = builder.take();
  fixture.profile.duration_ns = 9'000'000;
  describe(fixture.profile, 1000);
  fixture.profile.memory.bytes = model::BytesFigure::unknown("the program ended before its memory was read");
  fixture.profile.cpu = {std::chrono::milliseconds(8), model::Scope::exact_process, "rusage", {}};
  return fixture;
}

}  // namespace rh::browser
