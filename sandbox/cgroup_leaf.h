// A version 2 group that has processes of its own cannot hand out controllers. A runner that is alone
// in a group which was delegated to it (a scope of the user's service manager) moves itself one level
// down, and back at the end.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "runner/base/result.h"

namespace rh::sandbox {

class RunnerLeaf {
 public:
  // Moves the runner, which must be alone in `group`, into a leaf below it and enables `controllers`
  // there. All callers in a process share one leaf.
  [[nodiscard]] static Result<std::shared_ptr<RunnerLeaf>> make(const std::filesystem::path& group,
                                                                const std::vector<std::string>& controllers);
  // The leaf that this process is in, if any.
  [[nodiscard]] static std::shared_ptr<RunnerLeaf> current();
  RunnerLeaf(const RunnerLeaf&) = delete;
  RunnerLeaf& operator=(const RunnerLeaf&) = delete;
  ~RunnerLeaf();

  [[nodiscard]] const std::filesystem::path& group() const { return group_; }

 private:
  explicit RunnerLeaf(const std::filesystem::path& group);
  std::filesystem::path group_, leaf_;
  std::vector<std::string> enabled_;
  int owner_;
};

}  // namespace rh::sandbox
