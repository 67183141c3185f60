// User namespaces: who the command is outside, how the maps are written, and the id-mapped mounts
// that let a command with another kernel uid work in its caller's folders.
#pragma once

#include <sys/types.h>

#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "runner/base/result.h"
#include "runner/base/unique_fd.h"

namespace rh::sandbox {

struct Identity {
  uid_t inside_uid = 0, outside_uid = 0;
  gid_t inside_gid = 0, outside_gid = 0;
  bool mapped_root = false;  // a privileged runner: the command is root inside and nobody outside

  // The caller's own ids, or the unprivileged ids that root gives away.
  [[nodiscard]] static Identity of_caller();
  // Root stays root outside: where no mount can be id-mapped.
  [[nodiscard]] static Identity unmapped_root();
};

// Writes the maps of `pid`, a fresh child in its own user namespace.
[[nodiscard]] Result<void> write_maps(int pid, const Identity& identity);

// The extents of a map that swaps ids `a` and `b` and leaves all others, clipped to [0, end).
[[nodiscard]] std::string swap_map(std::uint64_t a, std::uint64_t b, std::uint64_t end);

// How many ids from 0 on this namespace maps, from the text of /proc/self/uid_map.
[[nodiscard]] std::uint64_t mapped_range(std::string_view map_text);

// Makes detached, id-mapped copies of mounts. Thread-safe; keeps one user namespace per owner.
class IdMapper {
 public:
  // `path` with its owner's files appearing as `identity`'s; attributes are MOUNT_ATTR_*.
  [[nodiscard]] Result<UniqueFd> map(const std::string& path, std::uint64_t attributes, const Identity& identity);

 private:
  Result<int> namespace_for(uid_t owner, gid_t group, const Identity& identity);
  std::mutex mutex_;
  std::map<std::pair<uid_t, gid_t>, UniqueFd> namespaces_;
};

}  // namespace rh::sandbox
