#include "profiles/export/merged_stacks.h"

#include <algorithm>
#include <unordered_map>

#include <fmt/core.h>

namespace rh::profiles {

MergedStacks::MergedStacks(const model::Profile& profile, const FrameNames& names)
    : unknown_function(static_cast<std::uint32_t>(names.functions().size())) {
  std::unordered_map<std::uint64_t, std::uint32_t> known;
  of_stack.reserve(profile.stacks.size());
  for (const model::StackNode& stack : profile.stacks) {
    const Node node{stack.parent == model::kNoIndex ? model::kNoIndex : of_stack[stack.parent],
                    names.function_of_frame(stack.frame)};
    const std::uint64_t key = (std::uint64_t{node.parent} << 32U) | node.function;
    const auto [found, made] = known.try_emplace(key, static_cast<std::uint32_t>(nodes.size()));
    if (made) nodes.push_back(node);
    of_stack.push_back(found->second);
  }
  unknown = static_cast<std::uint32_t>(nodes.size());
  nodes.push_back({model::kNoIndex, unknown_function});
}

std::vector<std::uint32_t> MergedStacks::path(std::uint32_t node) const {
  std::vector<std::uint32_t> functions;
  for (; node != model::kNoIndex; node = nodes[node].parent) functions.push_back(nodes[node].function);
  std::reverse(functions.begin(), functions.end());
  return functions;
}

std::vector<std::vector<std::uint32_t>> samples_by_thread(const model::Profile& profile) {
  std::vector<std::vector<std::uint32_t>> threads(profile.threads.size());
  const model::ProfileSamples& samples = profile.samples;
  for (std::uint32_t i = 0; i < samples.thread.size(); ++i) threads[samples.thread[i]].push_back(i);
  const auto before = [&](std::uint32_t a, std::uint32_t b) { return samples.time_ns[a] < samples.time_ns[b]; };
  for (std::vector<std::uint32_t>& thread : threads)
    if (!std::is_sorted(thread.begin(), thread.end(), before)) std::stable_sort(thread.begin(), thread.end(), before);
  return threads;
}

std::string process_title(const model::ProfileProcess& process) {
  constexpr std::size_t kLongest = 120;
  std::string command = process.command.substr(0, kLongest);
  if (command.size() < process.command.size()) command += "...";
  return command.empty() ? fmt::format("pid {}", process.pid) : fmt::format("{} ({})", command, process.pid);
}

std::string thread_title(const model::Profile& profile, std::uint32_t thread) {
  const model::ProfileThread& row = profile.threads[thread];
  const int pid = profile.processes[row.process].pid;
  const std::string name = row.name.empty() ? "thread" : row.name;
  return row.tid == pid ? fmt::format("{} (pid {})", name, pid) : fmt::format("{} {} (pid {})", name, row.tid, pid);
}

}  // namespace rh::profiles
