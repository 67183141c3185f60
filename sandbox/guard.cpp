#include "sandbox/guard.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "runner/base/file.h"

namespace rh::sandbox {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kMark = S_ISVTX | 0555;
constexpr int kAttempts = 5;

bool is_marked(const struct stat& info) {
  return S_ISDIR(info.st_mode) && (info.st_mode & (S_ISVTX | 0222)) == S_ISVTX;
}

bool holds_nothing(const fs::path& folder) {
  std::error_code error;
  return fs::is_empty(folder, error) && !error;
}

bool is_still_there(int fd, const fs::path& path) {
  struct stat held {
  }, now{};
  return fstat(fd, &held) == 0 && lstat(path.c_str(), &now) == 0 && held.st_ino == now.st_ino &&
         held.st_dev == now.st_dev;
}

}  // namespace

std::optional<Placeholder> Placeholder::make(const fs::path& path) {
  // Another run may remove its placeholder between our mkdir and our lock.
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (mkdir(path.c_str(), kMark) != 0) {
      struct stat info {};
      if (errno != EEXIST || lstat(path.c_str(), &info) != 0 || !is_marked(info) || !holds_nothing(path))
        return std::nullopt;
    }
    UniqueFd fd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd || flock(fd.get(), LOCK_SH) != 0) continue;
    if (is_still_there(fd.get(), path)) return Placeholder(path, std::move(fd));
  }
  return std::nullopt;
}

Placeholder::~Placeholder() {
  if (!fd_ || flock(fd_.get(), LOCK_EX | LOCK_NB) != 0) return;  // another run still needs it
  if (is_still_there(fd_.get(), path_)) rmdir(path_.c_str());
}

std::optional<fs::path> first_missing(const fs::path& path) {
  std::error_code error;
  const fs::path plain = path.lexically_normal();
  if (fs::symlink_status(plain, error).type() != fs::file_type::not_found) return std::nullopt;
  // Upwards to a folder that is there; usually the first.
  fs::path missing = plain;
  for (fs::path parent = plain.parent_path();; missing = parent, parent = parent.parent_path()) {
    const fs::path real = fs::canonical(parent, error);
    if (!error) {
      if (!fs::is_directory(real, error)) return std::nullopt;
      return real / missing.filename();
    }
    if (parent == parent.parent_path() || error != std::errc::no_such_file_or_directory) return std::nullopt;
  }
}

namespace {

// What a run that is over, or one that is not, has put in the way to `path`.
std::optional<fs::path> placeholder_above(const fs::path& path) {
  fs::path at = "/";
  for (const fs::path& part : path.lexically_normal().relative_path()) {
    at /= part;
    struct stat info {};
    if (lstat(at.c_str(), &info) != 0) return std::nullopt;
    if (is_marked(info) && holds_nothing(at)) return at;
  }
  return std::nullopt;
}

}  // namespace

std::vector<Placeholder> place(const std::vector<fs::path>& guarded, const std::vector<fs::path>& writable) {
  std::vector<fs::path> folders;
  for (const fs::path& folder : writable) {
    std::error_code error;
    folders.push_back(fs::canonical(folder, error));
    if (error) folders.pop_back();
  }
  std::vector<Placeholder> placed;
  for (const fs::path& one : guarded) {
    struct stat info {};
    const bool exists = lstat(one.c_str(), &info) == 0;
    if (exists && !is_marked(info)) continue;
    auto at = placeholder_above(one);
    if (!at && !exists) at = first_missing(one);
    if (!at) continue;
    const bool inside =
        std::any_of(folders.begin(), folders.end(), [&](const fs::path& folder) { return is_below(*at, folder); });
    if (!inside) continue;
    if (auto made = Placeholder::make(*at)) placed.push_back(*std::move(made));
  }
  return placed;
}

}  // namespace rh::sandbox
