// What a command left in the private layer of an overlay, and how it gets out of there: nothing is
// followed, nothing is opened that is not a regular file or a folder.
#pragma once

#include <memory>
#include <vector>

#include "runner/base/unique_fd.h"
#include "sandbox/sandbox.h"

namespace rh::sandbox {

// The upper folder of one overlay, and the real folder below it.
struct Layer {
  std::filesystem::path root;
  UniqueFd upper;
};

// Takes what the child sent, in the order of `roots`; fewer when it sent fewer.
[[nodiscard]] std::vector<Layer> receive_layers(BorrowedFd socket, const std::vector<std::filesystem::path>& roots);

// Reads the layers; the tree that wrote them must be dead.
[[nodiscard]] std::shared_ptr<FileChanges> read_changes(std::vector<Layer> layers);

}  // namespace rh::sandbox
