// Carries changes from an overlay's upper folder into a real folder.
#pragma once

#include <string>
#include <vector>

#include "runner/base/result.h"
#include "runner/base/unique_fd.h"
#include "runner/model/file_change.h"

namespace rh::sandbox {

// Regular files, folders and symbolic links that stay within the folder; others are named in `left_out`
// with the reason. A file is replaced in one step and keeps its owner; set-uid bits are dropped.
class LayerWriter {
 public:
  LayerWriter(BorrowedFd upper, BorrowedFd target) : upper_(upper), target_(target) {}
  Result<void> write(const model::FileChange& change);
  [[nodiscard]] std::vector<std::string> take_left_out() { return std::move(left_out_); }

 private:
  Result<void> remove(const std::string& path);
  Result<void> write_regular(const std::string& path);
  Result<void> write_link(const std::string& path);
  Result<void> write_folder(const std::string& path);
  Result<UniqueFd> parent_of(const std::string& path, bool make);

  BorrowedFd upper_, target_;
  std::vector<std::string> left_out_;
};

}  // namespace rh::sandbox
