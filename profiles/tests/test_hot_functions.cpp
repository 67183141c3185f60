#include "profiles/tests/test_hot_functions.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "profiles/analysis/share.h"
#include "profiles/analysis/stack_times.h"

namespace rh::profiles {
namespace {

using model::kNoIndex;

struct BothClocks {
  TimeSums cpu, wall;
  std::uint64_t samples = 0;

  void add(const BothClocks& other) {
    cpu.add(other.cpu);
    wall.add(other.wall);
    samples += other.samples;
  }
};

struct FunctionTimes {
  BothClocks self, total;
};

std::uint64_t whole(double ns) { return static_cast<std::uint64_t>(std::llround(ns)); }

// The part of the ticks of the samples' processes that were read and found torn.
double rejected_part(const model::Profile& profile, const std::vector<std::uint32_t>& samples) {
  double part = 0;
  for (const std::uint32_t sample : samples) {
    const std::uint32_t process = profile.threads[profile.samples.thread[sample]].process;
    const model::SampleQuality& quality = profile.processes[process].quality;
    const auto read = static_cast<double>(quality.taken + quality.rejected);
    if (read > 0) part += static_cast<double>(quality.rejected) / read;
  }
  return samples.empty() ? 0 : part / static_cast<double>(samples.size());
}

// By stack, with the product that shares need: the samples of one time are one draw.
std::unordered_map<std::uint32_t, BothClocks> sum_stacks(const model::Profile& profile,
                                                         const std::vector<std::uint32_t>& samples) {
  const SampleWeights cpu(profile, model::ProfileClock::cpu), wall(profile, model::ProfileClock::wall);
  std::unordered_map<std::uint32_t, BothClocks> stacks;
  for (std::size_t begin = 0, end = 0; begin < samples.size(); begin = end) {
    double cpu_tick = 0, wall_tick = 0;
    for (; end < samples.size() && profile.samples.time_ns[samples[end]] == profile.samples.time_ns[samples[begin]];
         ++end) {
      cpu_tick += static_cast<double>(cpu[samples[end]]);
      wall_tick += static_cast<double>(wall[samples[end]]);
    }
    for (std::size_t i = begin; i < end; ++i) {
      const auto on_cpu = static_cast<double>(cpu[samples[i]]), on_wall = static_cast<double>(wall[samples[i]]);
      stacks[profile.samples.stack[samples[i]]].add(
          {{on_cpu, on_cpu * cpu_tick, on_cpu > 0 ? 1U : 0U}, {on_wall, on_wall * wall_tick, 1}, 1});
    }
  }
  return stacks;
}

model::HotFunction hot_function(const ShownFunction& shown, const FunctionTimes& times, const BothClocks& all,
                                const Population& population) {
  model::HotFunction hot;
  hot.name = shown.name;
  hot.file = shown.file;
  hot.line = shown.line;
  hot.self_cpu_ns = whole(times.self.cpu.ns);
  hot.total_cpu_ns = whole(times.total.cpu.ns);
  hot.self_wall_ns = whole(times.self.wall.ns);
  hot.total_wall_ns = whole(times.total.wall.ns);
  hot.samples = times.total.samples;
  const model::ShareFigure share = share_of(all.cpu.ns > 0 ? times.self.cpu : times.self.wall, population);
  hot.self_low = share.low;
  hot.self_high = share.high;
  return hot;
}

// A function that only waits counts as much as one that works: both say where the test's time went.
double interest(const model::HotFunction& function, const model::TestProfile& test) {
  const auto part = [](std::uint64_t of, std::uint64_t all) {
    return all == 0 ? 0.0 : static_cast<double>(of) / static_cast<double>(all);
  };
  return std::max(part(function.self_cpu_ns, test.cpu_ns), part(function.self_wall_ns, test.wall_ns));
}

void keep_hottest(model::TestProfile& test) {
  std::vector<model::HotFunction>& functions = test.functions;
  const auto place = [](const model::HotFunction& function) {
    return std::tie(function.name, function.file, function.line);
  };
  if (functions.size() > model::kMaxFunctionsOfTest) {
    std::sort(functions.begin(), functions.end(), [&](const auto& a, const auto& b) {
      const double of_a = interest(a, test), of_b = interest(b, test);
      if (of_a != of_b) return of_a > of_b;
      return std::tuple(b.total_wall_ns, place(a)) < std::tuple(a.total_wall_ns, place(b));
    });
    test.functions_left_out = functions.size() - model::kMaxFunctionsOfTest;
    functions.resize(model::kMaxFunctionsOfTest);
  }
  const auto times = [](const model::HotFunction& function) {
    return std::tie(function.self_cpu_ns, function.total_cpu_ns, function.self_wall_ns, function.total_wall_ns);
  };
  std::sort(functions.begin(), functions.end(), [&](const auto& a, const auto& b) {
    return std::tuple(times(b), place(a)) < std::tuple(times(a), place(b));
  });
}

}  // namespace

HotFunctions::HotFunctions(const model::Profile& profile, const FrameNames& names, const std::vector<StackMark>& marks)
    : profile_(profile), names_(names), marks_(marks), met_(names.functions().size()) {}

void HotFunctions::fold(const std::vector<std::uint32_t>& samples, model::TestProfile& into) {
  BothClocks all, unknown;
  std::unordered_map<std::uint32_t, FunctionTimes> functions;
  for (const auto& [stack, times] : sum_stacks(profile_, samples)) {
    all.add(times);
    if (stack == kNoIndex) {
      unknown.add(times);
      continue;
    }
    ++stacks_;
    // What a runner did to get to the test is on every stack and says nothing; where only the runner itself is
    // left, its innermost function is what ran.
    const std::uint32_t base = marks_[stack].base;
    functions[names_.function_of_frame(profile_.stacks[stack].frame)].self.add(times);
    for (std::uint32_t node = stack; node != kNoIndex && (node != base || node == stack);
         node = profile_.stacks[node].parent) {
      const std::uint32_t function = names_.function_of_frame(profile_.stacks[node].frame);
      if (std::exchange(met_[function], stacks_) != stacks_) functions[function].total.add(times);
      if (node == base) break;
    }
  }
  into.cpu_ns = whole(all.cpu.ns);
  into.wall_ns = whole(all.wall.ns);
  into.samples = samples.size();
  Population population;
  const bool on_cpu = all.cpu.ns > 0;
  population.all = on_cpu ? all.cpu : all.wall;
  population.rejected = rejected_part(profile_, samples);
  if (population.all.ns > 0) population.unknown = (on_cpu ? unknown.cpu.ns : unknown.wall.ns) / population.all.ns;
  for (const auto& [function, times] : functions)
    into.functions.push_back(hot_function(names_.functions()[function], times, all, population));
  keep_hottest(into);
}

}  // namespace rh::profiles
