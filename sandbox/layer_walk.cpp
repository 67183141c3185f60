#include "sandbox/layer_walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace rh::sandbox {
namespace {

using model::FileChangeKind;
using model::FileType;

constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
constexpr int kFileFlags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;

FileType type_of(mode_t mode) {
  if (S_ISREG(mode)) return FileType::regular;
  if (S_ISDIR(mode)) return FileType::folder;
  return S_ISLNK(mode) ? FileType::symlink : FileType::other;
}

std::optional<struct stat> look(const UniqueFd& folder, const std::string& name) {
  struct stat info {};
  if (!folder || fstatat(folder.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
  return info;
}

// A folder of the layer may have lost its permissions; the layer is the runner's own by now.
UniqueFd open_folder(const UniqueFd& parent, const std::string& name, bool own) {
  UniqueFd fd(openat(parent.get(), name.c_str(), kFolderFlags));
  if (fd || errno != EACCES || !own || fchmodat(parent.get(), name.c_str(), 0700, 0) != 0) return fd;
  return UniqueFd(openat(parent.get(), name.c_str(), kFolderFlags));
}

std::set<std::string> names_in(const UniqueFd& folder) {
  std::set<std::string> names;
  const int copy = openat(folder.get(), ".", kFolderFlags);
  if (copy < 0) return names;
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(fdopendir(copy), closedir);
  while (const dirent* entry = stream ? readdir(stream.get()) : nullptr)
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) names.insert(entry->d_name);
  return names;
}

std::string link_target(const UniqueFd& folder, const std::string& name) {
  std::array<char, 4096> text{};
  const ssize_t length = readlinkat(folder.get(), name.c_str(), text.data(), text.size());
  return length < 0 ? std::string() : std::string(text.data(), static_cast<std::size_t>(length));
}

bool same_content(const UniqueFd& left_folder, const UniqueFd& right_folder, const std::string& name) {
  const UniqueFd left(openat(left_folder.get(), name.c_str(), kFileFlags));
  const UniqueFd right(openat(right_folder.get(), name.c_str(), kFileFlags));
  if (!left || !right) return false;
  std::array<char, 65536> a{}, b{};
  for (;;) {
    const ssize_t got = read(left.get(), a.data(), a.size());
    if (got <= 0) return got == 0;
    for (ssize_t held = 0; held < got;) {
      const ssize_t more = read(right.get(), b.data(), static_cast<std::size_t>(got - held));
      if (more <= 0 || memcmp(a.data() + held, b.data(), static_cast<std::size_t>(more)) != 0) return false;
      held += more;
    }
  }
}

class Walk {
 public:
  LayerChanges run(BorrowedFd upper, BorrowedFd lower) {
    const UniqueFd own_upper(openat(upper.fd, ".", kFolderFlags));
    const UniqueFd own_lower(openat(lower.fd, ".", kFolderFlags));
    folder(own_upper, own_lower, "", 0);
    std::sort(result_.changes.begin(), result_.changes.end(),
              [](const auto& left, const auto& right) { return left.path < right.path; });
    return std::move(result_);
  }

 private:
  // `lower` is not valid where there was no such folder.
  void folder(const UniqueFd& upper, const UniqueFd& lower, const std::string& prefix, std::size_t depth) {
    if (depth > kMaxDepth) {
      result_.truncated = true;
      return;
    }
    const std::set<std::string> names = names_in(upper);
    char opaque = 0;
    if (lower && fgetxattr(upper.get(), "user.overlay.opaque", &opaque, 1) == 1 && opaque == 'y')
      for (const std::string& name : names_in(lower))
        if (!names.contains(name)) add(prefix + name, FileChangeKind::deleted, *look(lower, name));
    for (const std::string& name : names) {
      if (++visited_ > kMaxVisited || result_.truncated) {
        result_.truncated = true;
        return;
      }
      entry(upper, lower, prefix, name, depth);
    }
  }

  void entry(const UniqueFd& upper, const UniqueFd& lower, const std::string& prefix, const std::string& name,
             std::size_t depth) {
    const auto now = look(upper, name);
    const auto before = look(lower, name);
    if (!now) return;
    if (S_ISCHR(now->st_mode) && now->st_rdev == makedev(0, 0)) {
      if (before) add(prefix + name, FileChangeKind::deleted, *before);
      return;
    }
    const bool same_type = before && type_of(before->st_mode) == type_of(now->st_mode);
    if (S_ISDIR(now->st_mode)) {
      if (!same_type) add(prefix + name, before ? FileChangeKind::changed : FileChangeKind::added, *now);
      const UniqueFd inner = open_folder(upper, name, true);
      const UniqueFd inner_lower = same_type ? open_folder(lower, name, false) : UniqueFd();
      if (inner) folder(inner, inner_lower, prefix + name + "/", depth + 1);
      return;
    }
    if (same_type && unchanged(upper, lower, name, *now, *before)) return;
    add(prefix + name, before ? FileChangeKind::changed : FileChangeKind::added, *now);
  }

  // A file is copied up as soon as it is opened for writing.
  static bool unchanged(const UniqueFd& upper, const UniqueFd& lower, const std::string& name, const struct stat& now,
                        const struct stat& before) {
    if (S_ISLNK(now.st_mode)) return link_target(upper, name) == link_target(lower, name);
    return S_ISREG(now.st_mode) && now.st_size == before.st_size && now.st_mode == before.st_mode &&
           same_content(upper, lower, name);
  }

  void add(std::string path, FileChangeKind kind, const struct stat& info) {
    if (result_.changes.size() == kMaxListed) {
      result_.truncated = true;
      return;
    }
    const bool sized = S_ISREG(info.st_mode) && kind != FileChangeKind::deleted;
    result_.changes.push_back({std::move(path), kind, type_of(info.st_mode),
                               sized ? static_cast<std::uint64_t>(info.st_size) : std::uint64_t{0}});
  }

  LayerChanges result_;
  std::size_t visited_ = 0;
};

}  // namespace

LayerChanges walk_layer(BorrowedFd upper, BorrowedFd lower) { return Walk().run(upper, lower); }

}  // namespace rh::sandbox
