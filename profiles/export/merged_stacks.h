// The stacks of a profile by function: stacks that differ only in the lines their functions are at are one.
#pragma once

#include <cstdint>
#include <vector>

#include "profiles/analysis/frame_names.h"
#include "runner/model/profile.h"

namespace rh::profiles {

struct MergedStacks {
  struct Node {
    std::uint32_t parent = model::kNoIndex;  // smaller than the node's own index; kNoIndex: a root
    std::uint32_t function = 0;              // index into FrameNames::functions(), or unknown_function()
    bool operator==(const Node&) const = default;
  };

  MergedStacks(const model::Profile& profile, const FrameNames& names);
  // The node of a sample's stack; that of "[unknown]" if the stack is not known.
  [[nodiscard]] std::uint32_t node_of(std::uint32_t stack) const {
    return stack == model::kNoIndex ? unknown : of_stack[stack];
  }
  // Functions of the node's path, root first.
  [[nodiscard]] std::vector<std::uint32_t> path(std::uint32_t node) const;

  std::vector<Node> nodes;
  std::vector<std::uint32_t> of_stack;  // by Profile::stacks
  std::uint32_t unknown = 0;            // a root of its own
  std::uint32_t unknown_function = 0;   // one past the functions
};

inline constexpr const char* kUnknownStack = "[unknown]";

// Numbers of the samples of each thread, ordered by time.
[[nodiscard]] std::vector<std::vector<std::uint32_t>> samples_by_thread(const model::Profile& profile);
// "python app.py (4711)", "MainThread (pid 4711)", "worker 4712 (pid 4711)"
[[nodiscard]] std::string process_title(const model::ProfileProcess& process);
[[nodiscard]] std::string thread_title(const model::Profile& profile, std::uint32_t thread);

}  // namespace rh::profiles
