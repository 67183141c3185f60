// A file without a name that is only mapped, or on its way through a socket, cannot be found. So a file system that is
// nearly full, and has lost more than the limit since the start, ends the run as well, whoever filled it.
#include "sandbox/disk_watch.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "runner/base/text.h"

namespace rh::sandbox {
namespace {

namespace fs = std::filesystem;

constexpr Nanoseconds kPause = std::chrono::milliseconds(100);
// Of the time at most a third is spent adding up.
constexpr int kRestPerLook = 2;
constexpr std::uint64_t kBytesPerEntry = 16U << 10;
constexpr std::uint64_t kLeastEntries = 10'000;
constexpr std::uint64_t kReserveBytes = 1ULL << 30;  // that the host needs to go on
constexpr std::uint64_t kReserveShare = 50;          // a 50th of a small disk
constexpr std::size_t kMaxNesting = 200;             // what lies deeper is not counted

struct Room {
  std::uint64_t bytes = 0, files = 0, all_bytes = 0;
};

std::optional<Room> room_at(const fs::path& folder) {
  struct statvfs info {};
  if (statvfs(folder.c_str(), &info) != 0) return std::nullopt;
  return Room{info.f_bavail * info.f_frsize, info.f_ffree, info.f_blocks * info.f_frsize};
}

using Folder = std::unique_ptr<DIR, int (*)(DIR*)>;

Folder open_folder(int parent, const char* name) {
  const int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  DIR* stream = fd < 0 ? nullptr : fdopendir(fd);
  if (stream == nullptr && fd >= 0) close(fd);
  return {stream, closedir};
}

std::uint64_t lost(std::uint64_t before, std::uint64_t now) { return before > now ? before - now : 0; }

}  // namespace

DiskWatch::DiskWatch(DiskLimit limit) : limit_(std::move(limit)) {
  if (!needed()) return;
  for (const fs::path& folder : limit_.folders) {
    struct stat info {};
    if (stat(folder.c_str(), &info) != 0) continue;
    const auto same = [&](const FileSystem& one) { return one.device == info.st_dev; };
    if (std::none_of(systems_.begin(), systems_.end(), same)) systems_.push_back({folder, info.st_dev, 0, 0, 0});
  }
  remember_free();
  for (FileSystem& system : systems_) system.first_free_bytes = system.free_bytes;
  if (systems_.empty()) limit_.bytes.reset();
}

std::uint64_t DiskWatch::max_entries() const { return std::max(*limit_.bytes / kBytesPerEntry, kLeastEntries); }

void DiskWatch::remember_free() {
  for (FileSystem& system : systems_) {
    const auto room = room_at(system.folder);
    if (room) std::tie(system.free_bytes, system.free_files) = std::pair(room->bytes, room->files);
  }
}

std::optional<std::string> DiskWatch::look(Nanoseconds now, const std::function<std::vector<int>()>& processes) {
  if (!needed() || now < next_) return std::nullopt;
  const Nanoseconds begin = monotonic_now();
  std::optional<std::string> alarm = nearly_full();
  if (!alarm && may_be_over()) {
    Content found = content();
    if (found.bytes <= *limit_.bytes) add_nameless(processes(), found);
    if (found.hidden)
      alarm = fmt::format("the disk of the run's folders lost {}, and some of them are closed or nest deeper than {}",
                          format_size(*limit_.bytes / 2), kMaxNesting);
    else if (found.bytes > *limit_.bytes)
      alarm = fmt::format("the run's folders hold {}, limit {}", format_size(found.bytes), format_size(*limit_.bytes));
    else if (found.entries > max_entries())
      alarm = fmt::format("the run's folders hold more than {} files", max_entries());
    else if (found.bytes <= *limit_.bytes / 2 && found.entries <= max_entries() / 2)
      remember_free();  // it was somebody else
  }
  next_ = now + std::max(kPause, (monotonic_now() - begin) * kRestPerLook);
  return alarm;
}

// Half of the limit, because what the folders held when the figures were taken is not known.
bool DiskWatch::may_be_over() const {
  return std::any_of(systems_.begin(), systems_.end(), [&](const FileSystem& system) {
    const auto room = room_at(system.folder);
    return room && (lost(system.free_bytes, room->bytes) > *limit_.bytes / 2 ||
                    lost(system.free_files, room->files) > max_entries() / 2);
  });
}

std::optional<std::string> DiskWatch::nearly_full() const {
  for (const FileSystem& system : systems_) {
    const auto room = room_at(system.folder);
    if (room && room->bytes < std::min(kReserveBytes, room->all_bytes / kReserveShare) &&
        lost(system.first_free_bytes, room->bytes) > *limit_.bytes)
      return fmt::format("the disk of the run's folders is nearly full: {} are left, {} less than at the start",
                         format_size(room->bytes), format_size(system.first_free_bytes - room->bytes));
  }
  return std::nullopt;
}

// Removed files that are open still, each once.
void DiskWatch::add_nameless(const std::vector<int>& processes, Content& content) const {
  std::set<std::pair<dev_t, ino_t>> seen;
  for (const int pid : processes) {
    const Folder files = open_folder(AT_FDCWD, fmt::format("/proc/{}/fd", pid).c_str());
    while (const dirent* entry = files ? readdir(files.get()) : nullptr) {
      struct stat info {};
      if (fstatat(dirfd(files.get()), entry->d_name, &info, 0) != 0 || !S_ISREG(info.st_mode) || info.st_nlink != 0)
        continue;
      const bool watched = std::any_of(systems_.begin(), systems_.end(),
                                       [&](const FileSystem& system) { return system.device == info.st_dev; });
      if (watched && seen.emplace(info.st_dev, info.st_ino).second)
        content.bytes += static_cast<std::uint64_t>(info.st_blocks) * 512;
    }
  }
}

// Stops as soon as there is too much. A folder that is gone by the time it is opened holds nothing.
DiskWatch::Content DiskWatch::content() const {
  Content content;
  std::vector<Folder> open;
  for (const fs::path& folder : limit_.folders)
    if (Folder stream = open_folder(AT_FDCWD, folder.c_str()); stream) open.push_back(std::move(stream));
  while (!open.empty() && !content.hidden && content.bytes <= *limit_.bytes && content.entries <= max_entries()) {
    const dirent* entry = readdir(open.back().get());
    if (entry == nullptr) {
      open.pop_back();
      continue;
    }
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    struct stat info {};
    const int parent = dirfd(open.back().get());
    if (fstatat(parent, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
    ++content.entries;
    content.bytes += static_cast<std::uint64_t>(info.st_blocks) * 512;
    if (!S_ISDIR(info.st_mode)) continue;
    Folder stream = open_folder(parent, entry->d_name);
    content.hidden = open.size() >= kMaxNesting || (!stream && errno != ENOENT);
    if (stream) open.push_back(std::move(stream));
  }
  return content;
}

}  // namespace rh::sandbox
