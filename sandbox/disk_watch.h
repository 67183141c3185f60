// What a tree writes into folders on a disk, which no limit of the kernel counts: looked at every few moments, cheaply
// while the file system has lost less than the limit, else by adding up the folders.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "runner/base/clock.h"

namespace rh::sandbox {

// Bytes, and entries: an empty file takes room, too. Absent bytes: nothing is watched.
struct DiskLimit {
  std::vector<std::filesystem::path> folders;
  std::optional<std::uint64_t> bytes;
};

class DiskWatch {
 public:
  explicit DiskWatch(DiskLimit limit);

  [[nodiscard]] bool needed() const { return limit_.bytes.has_value(); }
  [[nodiscard]] Nanoseconds next_look() const { return next_; }
  // Looks when it is time to. The text says what was exceeded; the tree must be killed then. `processes` are asked for
  // where the folders have to be added up: files without a name are found in the hands of those who hold them open.
  [[nodiscard]] std::optional<std::string> look(Nanoseconds now, const std::function<std::vector<int>()>& processes);

 private:
  struct FileSystem {
    std::filesystem::path folder;  // one on it
    dev_t device = 0;
    std::uint64_t free_bytes = 0, free_files = 0;  // when it was last known that the folders are within the limit
    std::uint64_t first_free_bytes = 0;
  };
  struct Content {
    std::uint64_t bytes = 0, entries = 0;
    bool hidden = false;  // something of it cannot be counted
  };
  [[nodiscard]] bool may_be_over() const;
  [[nodiscard]] std::optional<std::string> nearly_full() const;
  [[nodiscard]] Content content() const;
  void add_nameless(const std::vector<int>& processes, Content& content) const;
  void remember_free();
  [[nodiscard]] std::uint64_t max_entries() const;

  DiskLimit limit_;
  std::vector<FileSystem> systems_;
  Nanoseconds next_{};
};

}  // namespace rh::sandbox
