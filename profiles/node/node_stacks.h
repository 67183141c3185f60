// From V8's tree of calls to the stacks of a profile.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "profiles/node/cpu_profile.h"
#include "profiles/profile_builder.h"

namespace rh::profiles {

// The frame of a function of V8: "(idle)", "(program)" and "(garbage collector)" get kinds of their own, functions
// built into node are native, and what `own_file` does is the profiler's own. `line` from 1, 0: unknown.
[[nodiscard]] model::ProfileFrame frame_of_v8(std::string_view function, std::string_view url, std::uint32_t line,
                                              std::string_view own_file);

// "file:///a%20b.js" as the path it means; anything else as it is.
[[nodiscard]] std::string path_of_url(std::string_view url);

// The stack of each sample of one CPU profile. V8 says how often each line of a leaf was seen, not in which sample:
// the counts of the lines are exact, their order within one function is not known. Callers have no line.
class NodeStacks {
 public:
  NodeStacks(const CpuProfile& profile, ProfileBuilder& builder, std::string_view own_file);
  // The stack of the next sample whose leaf is `node`, kNoIndex for the root alone.
  [[nodiscard]] std::uint32_t leaf(std::uint32_t node);
  [[nodiscard]] bool is_idle(std::uint32_t node) const { return kinds_[node] == model::FrameKind::idle; }

 private:
  struct Cursor {
    std::size_t tick = 0;
    std::uint32_t used = 0;  // of this tick
  };
  void make_callers();

  const CpuProfile& profile_;
  ProfileBuilder& builder_;
  std::vector<std::uint32_t> frames_;   // kNoIndex: the root
  std::vector<std::uint32_t> callers_;  // the stack above the node
  std::vector<model::FrameKind> kinds_;
  std::vector<Cursor> cursors_;
};

}  // namespace rh::profiles
