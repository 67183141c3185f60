// One file that a command left behind and that was asked for, and what became of it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rh::model {

enum class CollectState {
  collected,
  symlink,      // it is a symbolic link, or lies behind one: links are never followed
  not_regular,  // a folder, pipe, socket or device
  too_large,    // beyond a bound, which `detail` names
  missing,
  unreadable,  // `detail` says why
};

[[nodiscard]] constexpr std::string_view name_of(CollectState state) {
  switch (state) {
    case CollectState::collected:
      return "collected";
    case CollectState::symlink:
      return "symlink";
    case CollectState::not_regular:
      return "not_regular";
    case CollectState::too_large:
      return "too_large";
    case CollectState::missing:
      return "missing";
    case CollectState::unreadable:
      return "unreadable";
  }
  return "unreadable";
}

struct CollectedFile {
  std::string path;  // from the folder that was searched; bytes as the file system has them
  CollectState state = CollectState::missing;
  std::uint64_t size_bytes = 0;  // as the file claims
  std::uint64_t disk_bytes = 0;  // as it takes up: less where it has holes
  std::string detail;            // empty for a collected file
};

}  // namespace rh::model
