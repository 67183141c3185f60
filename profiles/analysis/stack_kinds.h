// Of what kind the time of a stack is, and which of its frames are known to stand for something: importing a
// module, compiling a regular expression, waiting for a child. Only frames whose name and file are those of a
// known function of the standard libraries are believed.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "runner/model/profile.h"

namespace rh::profiles {

enum class Activity : std::uint8_t {
  none,
  import,         // of a module
  regex_compile,  // not from a cache
  child_wait,     // for another process to end or to write
  network_wait,
  event_wait,  // for any of several sources: an event loop's select, epoll, kqueue
  file_sync,   // until data is on the disk
};

[[nodiscard]] Activity activity_of(const model::ProfileFrame& frame);

// The kinds of ProfileSummary::kinds.
[[nodiscard]] const std::vector<std::string_view>& kind_names();
// For every node of Profile::stacks, an index into kind_names(): the kind of a stack that ends there.
[[nodiscard]] std::vector<std::uint32_t> kinds_of_nodes(const model::Profile& profile);
// The index of samples without a stack.
[[nodiscard]] std::uint32_t unknown_kind();
[[nodiscard]] std::uint32_t import_kind();
[[nodiscard]] std::uint32_t gc_kind();

}  // namespace rh::profiles
