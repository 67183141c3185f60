// Collapsed stacks, as Brendan Gregg's stackcollapse scripts write them and flamegraph.pl reads them: a line for
// each stack, its frames from the root separated by ';', a blank, a count.
//
// The count is the time of the stack in units of the sampling period, which is the number of samples that a
// sampler would have counted that never wakes late and sees a thread only while it runs. Rounded so that the sum
// of all counts is the rounded sum of all times (largest remainder); a stack with less than it takes for one is
// left out.
#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/core.h>

#include "profiles/analysis/stack_times.h"
#include "profiles/export/exporter.h"
#include "profiles/export/merged_stacks.h"

namespace rh::profiles {
namespace {

constexpr double kDefaultRate = 1000;  // Hz, where the profile does not tell one

// ';' would begin another frame, a line break another stack.
std::string frame_text(const std::string& text) {
  std::string safe = text;
  for (char& c : safe) {
    if (c == ';') c = ':';
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return safe;
}

std::vector<std::uint64_t> whole_counts(const std::vector<double>& counts) {
  std::vector<std::uint64_t> whole;
  double sum = 0;
  std::uint64_t given = 0;
  for (const double count : counts) {
    sum += count;
    whole.push_back(static_cast<std::uint64_t>(count));
    given += whole.back();
  }
  std::vector<std::size_t> order(counts.size());
  std::iota(order.begin(), order.end(), 0U);
  const auto remainder = [&](std::size_t i) { return counts[i] - std::floor(counts[i]); };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return remainder(a) > remainder(b); });
  const auto wanted = static_cast<std::uint64_t>(std::llround(sum));
  for (std::size_t i = 0; i < order.size() && given < wanted; ++i, ++given) ++whole[order[i]];
  return whole;
}

}  // namespace

Result<std::string> write_collapsed(const model::Profile& profile, model::ProfileClock clock) {
  const FrameNames names(profile);
  const MergedStacks stacks(profile, names);
  const SampleWeights weights(profile, clock);
  const double rate = profile.rate_hz > 0 ? profile.rate_hz : kDefaultRate;
  std::vector<double> counts(stacks.nodes.size());
  for (std::size_t i = 0; i < profile.samples.stack.size(); ++i)
    counts[stacks.node_of(profile.samples.stack[i])] += static_cast<double>(weights[i]) * rate / 1e9;
  const std::vector<std::uint64_t> whole = whole_counts(counts);

  std::vector<std::string> texts;
  for (const ShownFunction& function : names.functions()) texts.push_back(frame_text(function.text()));
  texts.emplace_back(kUnknownStack);
  std::string lines;
  for (std::uint32_t node = 0; node < stacks.nodes.size(); ++node) {
    if (whole[node] == 0) continue;
    const std::vector<std::uint32_t> path = stacks.path(node);
    for (std::size_t i = 0; i < path.size(); ++i) {
      if (i > 0) lines += ';';
      lines += texts[path[i]];
    }
    lines += fmt::format(" {}\n", whole[node]);
  }
  return lines;
}

}  // namespace rh::profiles
