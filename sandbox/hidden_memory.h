// Memory that a tree holds without showing it in any of its processes: files on tmpfs, in /dev/shm, in
// memfds. Control groups count these; without one they are looked for.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/process_tree.h"

namespace rh::sandbox {

class HiddenMemory {
 public:
  struct Found {
    std::uint64_t bytes = 0;
    FileSet files;  // where they lie
  };

  // Begins to count now. `granted`: folders that the caller gave to the tree to fill.
  HiddenMemory(const ProcessTree& tree, std::vector<std::filesystem::path> granted);

  // How much shared memory the host has above its least since the start: cheap, and never less than
  // what the tree took unless somebody else freed some just then.
  [[nodiscard]] std::uint64_t growth();
  // Files that these processes hold open, file systems that only they see, and, where they see the
  // host's own, files of the same user there that are newer than the start.
  [[nodiscard]] Found look(const std::vector<int>& pids);

 private:
  struct PrivateMount {
    std::uint64_t device;
    std::string point;
  };
  void find_private_mounts(const std::vector<int>& pids);
  void add_private_mounts(const std::vector<int>& pids, Found& found) const;
  void add_open_files(int pid, Found& found) const;
  std::uint64_t add_shared_folder(const std::filesystem::path& folder, FileSet& files) const;

  ProcessTree tree_;
  std::vector<std::filesystem::path> granted_;
  std::uint64_t least_shared_;
  std::int64_t began_;                                       // seconds of the file systems' clock
  std::optional<std::vector<PrivateMount>> private_mounts_;  // not before a process of the tree has been asked
};

}  // namespace rh::sandbox
