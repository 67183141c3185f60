// Compares one overlay's upper folder with the real folder below it. What overlayfs leaves in an
// upper folder: a character device 0:0 for what was deleted, the attribute user.overlay.opaque on a
// folder that replaced another (Documentation/filesystems/overlayfs.rst).
#pragma once

#include <vector>

#include "runner/base/unique_fd.h"
#include "runner/model/file_change.h"

namespace rh::sandbox {

// More changes than kMaxListed, more than kMaxVisited files or folders deeper than kMaxDepth are cut
// off, and said.
constexpr std::size_t kMaxListed = 10'000;
constexpr std::size_t kMaxVisited = 1'000'000;
constexpr std::size_t kMaxDepth = 200;

struct LayerChanges {
  std::vector<model::FileChange> changes;  // sorted by path
  bool truncated = false;
};

[[nodiscard]] LayerChanges walk_layer(BorrowedFd upper, BorrowedFd lower);

}  // namespace rh::sandbox
