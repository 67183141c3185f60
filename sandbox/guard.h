// Keeps a path of the host that does not exist from coming into being while a command may write to
// the folder around it: an empty placeholder folder is made there, which the command sees as a
// read-only mount, and removed when the last run that needs it is over. A folder, whatever is
// expected there, because version control does not see empty folders. What a killed runner left is
// told by its mode (sticky, not writable, empty) and taken over by the next run.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "runner/base/unique_fd.h"

namespace rh::sandbox {

class Placeholder {
 public:
  // Nothing where something real is at `path` already, or where the runner may not make a folder
  // (the command, which has no more rights, may not either).
  [[nodiscard]] static std::optional<Placeholder> make(const std::filesystem::path& path);
  Placeholder(Placeholder&&) = default;
  Placeholder& operator=(Placeholder&&) = delete;
  ~Placeholder();

 private:
  Placeholder(std::filesystem::path path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  std::filesystem::path path_;
  UniqueFd fd_;  // holds a shared lock: other runs may use the same placeholder
};

// The first component of `path` that is missing below an existing folder, in its real spelling; nothing
// when all of it exists or no folder above is one.
[[nodiscard]] std::optional<std::filesystem::path> first_missing(const std::filesystem::path& path);

// Placeholders for every guarded path that lies in one of `writable`.
[[nodiscard]] std::vector<Placeholder> place(const std::vector<std::filesystem::path>& guarded,
                                             const std::vector<std::filesystem::path>& writable);

}  // namespace rh::sandbox
