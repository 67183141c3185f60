// Everything is counted once, by device and inode. What cannot be told apart from another run's is
// bounded by the growth of the host's shared memory: a tree must not be ended for what it did not take.
#include "sandbox/hidden_memory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

#include "runner/base/file.h"
#include "runner/base/text.h"
#include "sandbox/cgroup_files.h"

namespace rh::sandbox {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kBlock = 512;  // of st_blocks
constexpr std::size_t kMaxEntries = 20'000;
constexpr int kMaxDepth = 4;
constexpr const char* kSharedFolders[] = {"/dev/shm", "/tmp", "/var/tmp"};

std::uint64_t shared_now(const ProcessTree& tree) {
  const auto text = read_control(tree.proc() + "/meminfo");
  if (!text) return 0;
  for (std::string_view line : split_lines(*text)) {
    if (!line.starts_with("Shmem:")) continue;
    std::string_view value = trim(line.substr(6));
    if (value.ends_with(" kB")) value.remove_suffix(3);
    return parse_u64(trim(value)).value_or(0) * 1024;
  }
  return 0;
}

bool in_memory(int fd) {
  struct statfs info {};
  return fstatfs(fd, &info) == 0 && (info.f_type == TMPFS_MAGIC || info.f_type == HUGETLBFS_MAGIC);
}

struct TmpfsMount {
  std::uint64_t device;
  std::string point;
};

std::vector<TmpfsMount> tmpfs_mounts(const fs::path& mountinfo) {
  std::vector<TmpfsMount> mounts;
  const auto text = read_control(mountinfo);
  if (!text) return mounts;
  for (std::string_view line : split_lines(*text)) {
    const auto fields = split(line, ' ');
    const auto dash = std::find(fields.begin(), fields.end(), "-");
    if (fields.size() < 7 || fields.end() - dash < 2 || dash[1] != "tmpfs") continue;
    const auto numbers = split(fields[2], ':');
    const auto high = parse_u64(numbers.front()), low = parse_u64(numbers.back());
    if (high && low)
      mounts.push_back({makedev(static_cast<unsigned>(*high), static_cast<unsigned>(*low)), std::string(fields[4])});
  }
  return mounts;
}

}  // namespace

HiddenMemory::HiddenMemory(const ProcessTree& tree, std::vector<fs::path> granted)
    : tree_(tree), granted_(std::move(granted)), least_shared_(shared_now(tree)), began_(time(nullptr)) {}

std::uint64_t HiddenMemory::growth() {
  const std::uint64_t now = shared_now(tree_);
  least_shared_ = std::min(least_shared_, now);
  return now - least_shared_;
}

HiddenMemory::Found HiddenMemory::look(const std::vector<int>& pids) {
  Found found;
  find_private_mounts(pids);
  add_private_mounts(pids, found);
  for (int pid : pids) add_open_files(pid, found);
  const auto is_private = [&](const char* folder) {
    return private_mounts_ && std::any_of(private_mounts_->begin(), private_mounts_->end(),
                                          [&](const PrivateMount& mount) { return mount.point == folder; });
  };
  std::uint64_t shared = 0;
  for (const char* folder : kSharedFolders)
    if (!is_private(folder)) shared += add_shared_folder(folder, found.files);
  found.bytes += std::min(shared, growth());
  return found;
}

// Those of the tree that this process does not have. The tree may not mount anything, so once is enough.
void HiddenMemory::find_private_mounts(const std::vector<int>& pids) {
  if (private_mounts_) return;
  const std::vector<TmpfsMount> own = tmpfs_mounts(tree_.proc() + "/self/mountinfo");
  for (int pid : pids) {
    const std::vector<TmpfsMount> theirs = tmpfs_mounts(fmt::format("{}/{}/mountinfo", tree_.proc(), pid));
    if (theirs.empty()) continue;
    private_mounts_.emplace();
    for (const TmpfsMount& mount : theirs)
      if (std::none_of(own.begin(), own.end(), [&](const TmpfsMount& one) { return one.device == mount.device; }))
        private_mounts_->push_back({mount.device, mount.point});
    return;
  }
}

void HiddenMemory::add_private_mounts(const std::vector<int>& pids, Found& found) const {
  if (!private_mounts_) return;
  for (const PrivateMount& mount : *private_mounts_) {
    for (int pid : pids) {
      const UniqueFd fd(
          open(fmt::format("{}/{}/root{}", tree_.proc(), pid, mount.point).c_str(), O_PATH | O_CLOEXEC | O_NOFOLLOW));
      struct stat info {};
      struct statfs space {};
      if (!fd || fstat(fd.get(), &info) != 0 || info.st_dev != mount.device || fstatfs(fd.get(), &space) != 0) continue;
      if (found.files.devices.insert(mount.device).second)
        found.bytes += (space.f_blocks - space.f_bfree) * static_cast<std::uint64_t>(space.f_bsize);
      break;
    }
  }
}

// O_PATH opens nothing: no device is touched and no FIFO waited for.
void HiddenMemory::add_open_files(int pid, Found& found) const {
  std::error_code error;
  std::size_t seen = 0;
  for (fs::directory_iterator at(fmt::format("{}/{}/fd", tree_.proc(), pid), error), end;
       !error && at != end && seen < kMaxEntries; at.increment(error), ++seen) {
    const UniqueFd fd(open(at->path().c_str(), O_PATH | O_CLOEXEC));
    struct stat info {};
    if (!fd || fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode) || info.st_blocks == 0) continue;
    if (found.files.holds(info.st_dev, info.st_ino) || !in_memory(fd.get())) continue;
    // A file with a name on a file system of the host's is not the tree's because it is open.
    if (info.st_nlink > 0 && info.st_ctime < began_) continue;
    found.files.files.insert({info.st_dev, info.st_ino});
    found.bytes += static_cast<std::uint64_t>(info.st_blocks) * kBlock;
  }
}

// Files by name alone, which another run of the same user may have made as well.
std::uint64_t HiddenMemory::add_shared_folder(const fs::path& folder, FileSet& files) const {
  std::uint64_t bytes = 0;
  const UniqueFd root(open(folder.c_str(), O_PATH | O_CLOEXEC | O_DIRECTORY));
  if (!root || !in_memory(root.get())) return bytes;
  std::error_code error;
  std::size_t seen = 0;
  for (fs::recursive_directory_iterator at(folder, fs::directory_options::skip_permission_denied, error), end;
       !error && at != end && seen < kMaxEntries; at.increment(error), ++seen) {
    struct stat info {};
    if (lstat(at->path().c_str(), &info) != 0) continue;
    const bool granted = std::find(granted_.begin(), granted_.end(), at->path()) != granted_.end();
    if (S_ISDIR(info.st_mode) && (granted || at.depth() >= kMaxDepth)) at.disable_recursion_pending();
    if (!S_ISREG(info.st_mode) || info.st_uid != geteuid() || info.st_ctime < began_ || granted) continue;
    if (files.holds(info.st_dev, info.st_ino)) continue;
    files.files.insert({info.st_dev, info.st_ino});
    bytes += static_cast<std::uint64_t>(info.st_blocks) * kBlock;
  }
  return bytes;
}

}  // namespace rh::sandbox
