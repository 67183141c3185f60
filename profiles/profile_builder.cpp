#include "profiles/profile_builder.h"

#include <algorithm>
#include <functional>
#include <numeric>

namespace rh::profiles {
namespace {

constexpr std::int64_t kMaxWeightNs = 4'200'000'000;  // fits 32 bits

std::size_t mix(std::size_t seed, std::size_t value) {
  return (seed ^ (value + 0x9e3779b97f4a7c15ULL + (seed << 6U) + (seed >> 2U)));
}

template <class T>
void reorder(std::vector<T>& column, const std::vector<std::uint32_t>& order) {
  std::vector<T> sorted;
  sorted.reserve(column.size());
  for (const std::uint32_t at : order) sorted.push_back(column[at]);
  column = std::move(sorted);
}

}  // namespace

std::size_t ProfileBuilder::FrameHash::operator()(const model::ProfileFrame& frame) const {
  const std::hash<std::string> text;
  return mix(mix(mix(text(frame.name), text(frame.file)), text(frame.module)), frame.line);
}

std::size_t ProfileBuilder::NodeHash::operator()(const model::StackNode& node) const {
  return mix(mix(node.parent * 0x9e3779b97f4a7c15ULL, node.frame), node.line);
}

ProfileBuilder::ProfileBuilder(std::int64_t started_ns) { profile_.started_ns = started_ns; }

std::uint32_t ProfileBuilder::add_process(model::ProfileProcess process) {
  profile_.processes.push_back(std::move(process));
  return static_cast<std::uint32_t>(profile_.processes.size() - 1);
}

std::uint32_t ProfileBuilder::add_thread(model::ProfileThread thread) {
  profile_.threads.push_back(std::move(thread));
  return static_cast<std::uint32_t>(profile_.threads.size() - 1);
}

std::uint32_t ProfileBuilder::frame(const model::ProfileFrame& frame) {
  const auto [at, made] = frames_.try_emplace(frame, static_cast<std::uint32_t>(profile_.frames.size()));
  if (made) profile_.frames.push_back(frame);
  return at->second;
}

std::uint32_t ProfileBuilder::stack(std::uint32_t parent, std::uint32_t frame, std::uint32_t line) {
  const model::StackNode node{parent, frame, line};
  const auto [at, made] = stacks_.try_emplace(node, static_cast<std::uint32_t>(profile_.stacks.size()));
  if (made) profile_.stacks.push_back(node);
  return at->second;
}

void ProfileBuilder::add(const Sample& sample) {
  model::ProfileSamples& to = profile_.samples;
  std::int64_t wall_left = std::max<std::int64_t>(sample.wall_ns, 0);
  std::int64_t cpu_left = std::max<std::int64_t>(sample.cpu_ns, 0);
  do {
    const std::int64_t wall = std::min(wall_left, kMaxWeightNs);
    const std::int64_t cpu = std::min(cpu_left, kMaxWeightNs);
    wall_left -= wall;
    cpu_left -= cpu;
    to.time_ns.push_back(sample.time_ns - wall_left);
    to.thread.push_back(sample.thread);
    to.stack.push_back(sample.stack);
    to.wall_ns.push_back(static_cast<std::uint32_t>(wall));
    to.cpu_ns.push_back(static_cast<std::uint32_t>(cpu));
    to.state.push_back(sample.state);
  } while (wall_left > 0 || cpu_left > 0);
}

void ProfileBuilder::say(model::Severity severity, std::string_view code, std::string message, std::string subject) {
  profile_.diagnostics.push_back({severity, std::string(code), std::move(message), std::move(subject), {}});
}

model::Profile ProfileBuilder::take() {
  model::ProfileSamples& samples = profile_.samples;
  std::vector<std::uint32_t> order(samples.time_ns.size());
  std::iota(order.begin(), order.end(), 0U);
  const auto before = [&](std::uint32_t a, std::uint32_t b) {
    return std::pair(samples.thread[a], samples.time_ns[a]) < std::pair(samples.thread[b], samples.time_ns[b]);
  };
  std::stable_sort(order.begin(), order.end(), before);
  reorder(samples.time_ns, order);
  reorder(samples.thread, order);
  reorder(samples.stack, order);
  reorder(samples.wall_ns, order);
  reorder(samples.cpu_ns, order);
  reorder(samples.state, order);
  frames_.clear();
  stacks_.clear();
  return std::exchange(profile_, {});
}

}  // namespace rh::profiles
