// One difference that a command made in a folder which it saw through an overlay.
#pragma once

#include <cstdint>
#include <string>

namespace rh::model {

enum class FileChangeKind { added, changed, deleted };

enum class FileType { regular, folder, symlink, other };

struct FileChange {
  std::string path;  // from the overlay's root, without a leading '/'; bytes as the file system has them
  FileChangeKind kind = FileChangeKind::added;
  FileType type = FileType::regular;  // of what is there now; of a deleted entry: of what was there
  std::uint64_t size_bytes = 0;       // of a regular file
};

}  // namespace rh::model
