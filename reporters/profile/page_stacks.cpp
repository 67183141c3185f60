#include "reporters/profile/page_stacks.h"

#include <algorithm>

#include "reporters/json/writer.h"
#include "reporters/page/columns.h"
#include "reporters/page/section.h"
#include "reporters/profile/varints.h"

namespace rh::reporters {
namespace {

constexpr std::string_view kKindLetters = "pnjsvkgir";  // in the order of FrameKind
static_assert(kKindLetters.size() == static_cast<std::size_t>(model::FrameKind::runtime) + 1);

// What each stack weighs with all that it calls, on one clock.
struct Weights {
  std::vector<double> of_node;
  double sum = 0;
  double least = 0;  // what is below it is rare

  void add(std::uint32_t stack, double weight) {
    sum += weight;
    if (stack < of_node.size()) of_node[stack] += weight;
  }
  void finish(const std::vector<model::StackNode>& stacks, double rare_share) {
    for (std::size_t i = stacks.size(); i-- > 0;)
      if (stacks[i].parent != model::kNoIndex) of_node[stacks[i].parent] += of_node[i];
    least = sum * rare_share;
  }
  [[nodiscard]] bool frequent(std::size_t node) const { return of_node[node] > 0 && of_node[node] >= least; }
};

struct Used {
  Weights cpu, wall, bytes;
};

Used weigh(const model::Profile& profile, double rare_share) {
  const std::size_t count = profile.stacks.size();
  Used used{{std::vector<double>(count)}, {std::vector<double>(count)}, {std::vector<double>(count)}};
  const model::ProfileSamples& samples = profile.samples;
  for (std::size_t i = 0; i < samples.stack.size(); ++i) {
    used.cpu.add(samples.stack[i], samples.cpu_ns[i]);
    used.wall.add(samples.stack[i], samples.wall_ns[i]);
  }
  for (const model::AllocationSite& site : profile.allocations.sites)
    used.bytes.add(site.stack, static_cast<double>(std::max(site.live_bytes, site.total_bytes)));
  used.cpu.finish(profile.stacks, rare_share);
  used.wall.finish(profile.stacks, rare_share);
  used.bytes.finish(profile.stacks, rare_share);
  return used;
}

// The stacks at the peak of the memory are shown one by one, so all of each is kept.
std::vector<bool> stacks_at_peak(const model::Profile& profile) {
  std::vector<bool> wanted(profile.stacks.size());
  for (const auto& [thread, stack] : profile.memory.stacks)
    for (std::uint32_t node = stack; node < wanted.size() && !wanted[node]; node = profile.stacks[node].parent)
      wanted[node] = true;
  return wanted;
}

}  // namespace

PageStacks::PageStacks(const model::Profile& profile, const Thinning& thinning)
    : profile_(profile),
      thinning_(thinning),
      nodes_(profile.stacks.size(), model::kNoIndex),
      frames_(profile.frames.size(), model::kNoIndex) {
  const Used used = weigh(profile, thinning.rare_share);
  const std::vector<bool> at_peak = stacks_at_peak(profile);
  for (std::size_t i = 0; i < profile.stacks.size(); ++i) {
    const auto& [parent, frame, line] = profile.stacks[i];
    if (at_peak[i] || used.cpu.frequent(i) || used.wall.frequent(i) || used.bytes.frequent(i)) {
      nodes_[i] = node_count_++;
      kept_nodes_.push_back(static_cast<std::uint32_t>(i));
      if (frames_[frame] == model::kNoIndex) {
        frames_[frame] = static_cast<std::uint32_t>(kept_frames_.size());
        kept_frames_.push_back(frame);
      }
    } else {
      if (parent != model::kNoIndex) nodes_[i] = nodes_[parent];
      if (used.cpu.of_node[i] + used.wall.of_node[i] + used.bytes.of_node[i] > 0) ++left_out_;
    }
  }
}

std::string PageStacks::frames_json() const {
  JsonWriter writer(0);
  DictionaryColumn files, modules;
  NumberColumn lines;
  std::string kinds;
  writer.open('{');
  writer.key("names");
  writer.open('[');
  for (const std::uint32_t index : kept_frames_) {
    const model::ProfileFrame& frame = profile_.frames[index];
    const std::string_view name = prefix_of(frame.name, thinning_.name_bytes);
    writer.string(name.size() == frame.name.size() ? frame.name : std::string(name) + "\u2026");
    files.add(frame.file);
    modules.add(frame.module);
    lines.add(frame.line);
    kinds += kKindLetters[static_cast<std::size_t>(frame.kind)];
  }
  writer.close(']');
  writer.key("files");
  files.write(writer);
  writer.key("modules");
  modules.write(writer);
  writer.key("lines");
  lines.write(writer);
  writer.key("kinds");
  writer.string(kinds);
  writer.close('}');
  return writer.take();
}

std::string PageStacks::stacks_bytes() const {
  Varints parents, frames, lines;
  for (std::uint32_t page = 0; page < node_count_; ++page) {
    const model::StackNode& node = profile_.stacks[kept_nodes_[page]];
    parents.add(node.parent == model::kNoIndex ? 0 : page - nodes_[node.parent]);
    frames.add(frames_[node.frame]);
    lines.add_signed(std::int64_t{node.line} - std::int64_t{profile_.frames[node.frame].line});
  }
  parents.append(frames);
  parents.append(lines);
  return parents.take();
}

}  // namespace rh::reporters
