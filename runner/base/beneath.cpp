// A regular file is looked at with O_PATH first, which opens nothing, and only then opened: opening a
// device may act on it, and opening a pipe wakes its writer. O_NONBLOCK stays on even so: a file under
// a lease would make the reader wait for its holder.
#include "runner/base/beneath.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>

#include <fmt/core.h>

#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh {
namespace fs = std::filesystem;

namespace {

constexpr int kLookFlags = O_PATH | O_NOFOLLOW | O_CLOEXEC;
constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;  // with O_NOFOLLOW a link would be ENOTDIR, not ELOOP
constexpr std::uint64_t kBytesOfABlock = 512;  // st_blocks counts these, whatever the file system's block is

// Without "." and empty parts; false where the path could lead out of its folder.
bool split_path(std::string_view path, std::vector<std::string_view>& parts) {
  if (path.starts_with('/')) return false;
  for (const std::string_view part : split(path, '/')) {
    if (part == "..") return false;
    if (!part.empty() && part != ".") parts.push_back(part);
  }
  return true;
}

std::string joined(const std::vector<std::string_view>& parts) {
  std::string path;
  for (const std::string_view part : parts) {
    if (!path.empty()) path += '/';
    path += part;
  }
  return path.empty() ? "." : path;
}

RegularFile describe(UniqueFd fd, const struct stat& info) {
  RegularFile file;
  file.fd = std::move(fd);
  file.size_bytes = static_cast<std::uint64_t>(info.st_size);
  file.disk_bytes = static_cast<std::uint64_t>(info.st_blocks) * kBytesOfABlock;
  file.mode = info.st_mode;
  return file;
}

struct Place {
  fs::path folder;
  std::string path;
};

Place place_of(const std::vector<fs::path>& folders, const fs::path& file) {
  for (const fs::path& folder : folders)
    if (!folder.empty() && is_below(file, folder)) return {folder, relative_to(file, folder)};
  return {file.parent_path(), file.filename().string()};
}

}  // namespace

Result<Beneath> Beneath::open(const fs::path& folder, Options options) {
  UniqueFd fd(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return fail_errno("open the folder", folder.string());
  return Beneath(std::move(fd), folder, options);
}

// -1 with ENOSYS where the kernel cannot be asked. Filters of older container engines answer EPERM to
// every call that they do not know, and path names end at 4096 bytes.
int Beneath::by_kernel(const std::vector<std::string_view>& parts, int flags) const {
  static std::atomic<bool> hidden{false};
  if (hidden) return errno = ENOSYS, -1;
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  if (options_.one_file_system) how.resolve |= RESOLVE_NO_XDEV;
  const auto fd = static_cast<int>(::syscall(SYS_openat2, fd_.get(), joined(parts).c_str(), &how, sizeof how));
  if (fd >= 0) return fd;
  if (errno == ENOSYS) hidden = true;
  if (errno == EPERM || errno == ENAMETOOLONG || errno == EAGAIN) errno = ENOSYS;
  return -1;
}

int Beneath::by_component(const std::vector<std::string_view>& parts, int flags) const {
  struct stat top {};
  if (::fstat(fd_.get(), &top) != 0) return -1;
  UniqueFd folder;
  int at = fd_.get();
  for (std::size_t i = 0; i < std::max<std::size_t>(parts.size(), 1); ++i) {
    const bool last = i + 1 >= parts.size();
    const std::string name(parts.empty() ? std::string_view(".") : parts[i]);
    UniqueFd next(::openat(at, name.c_str(), last ? flags | O_NOFOLLOW : kLookFlags | O_DIRECTORY));
    struct stat info {};
    if (!next) {
      const int cause = errno;  // O_DIRECTORY calls a link ENOTDIR
      const bool link = ::fstatat(at, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(info.st_mode);
      return errno = link ? ELOOP : cause, -1;
    }
    if (options_.one_file_system && ::fstat(next.get(), &info) == 0 && info.st_dev != top.st_dev)
      return errno = EXDEV, -1;
    folder = std::move(next);
    at = folder.get();
  }
  return folder.release();
}

Result<UniqueFd> Beneath::resolve(std::string_view path, int flags) const {
  std::vector<std::string_view> parts;
  if (!split_path(path, parts)) return refusal(path, EXDEV);
  int fd = -1;
  errno = ENOSYS;
  if (options_.resolution != Resolution::by_component) fd = by_kernel(parts, flags);
  if (fd < 0 && errno == ENOSYS && options_.resolution != Resolution::kernel) fd = by_component(parts, flags);
  if (fd < 0) return refusal(path, errno);
  return UniqueFd(fd);
}

// For the message only: by now it may be another one.
std::string Beneath::first_link(std::string_view path) const {
  for (std::size_t end = 0; end != std::string_view::npos;) {
    end = path.find('/', end + 1);
    const std::string part(path.substr(0, end));
    struct stat info {};
    if (::fstatat(fd_.get(), part.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) break;
    if (S_ISLNK(info.st_mode)) return part;
  }
  return {};
}

Failure Beneath::refusal(std::string_view path, int sys_errno) const {
  const std::string subject = (folder_ / path).string();
  if (sys_errno == EXDEV) return fail_errno("open what lies outside of " + folder_.string(), subject, sys_errno);
  if (sys_errno != ELOOP) return fail_errno("open", subject, sys_errno);
  const std::string link = first_link(path);
  return fail_errno(
      link.empty() ? "open through a symbolic link" : fmt::format("open through the symbolic link '{}'", link), subject,
      sys_errno);
}

Result<UniqueFd> Beneath::look_at(std::string_view path) const { return resolve(path, kLookFlags); }

Result<UniqueFd> Beneath::open_folder(std::string_view path) const { return resolve(path, kFolderFlags); }

Result<RegularFile> Beneath::open_seen(BorrowedFd seen, const std::string& subject) {
  struct stat info {};
  if (::fstat(seen.fd, &info) != 0) return fail_errno("inspect", subject);
  if (S_ISLNK(info.st_mode)) return fail_errno("open the symbolic link", subject, ELOOP);
  if (!S_ISREG(info.st_mode)) return fail(ErrorKind::io, "open: not a regular file", subject);
  const std::string name = fmt::format("/proc/self/fd/{}", seen.fd);
  UniqueFd fd(::open(name.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!fd) return fail_errno("open", subject);
  return describe(std::move(fd), info);
}

Result<RegularFile> Beneath::open_regular(std::string_view path) const {
  RH_TRY(const UniqueFd seen, look_at(path));
  return open_seen(seen, (folder_ / path).string());
}

Result<std::string> Beneath::read(std::string_view path, std::uint64_t max_bytes) const {
  RH_TRY(const RegularFile file, open_regular(path));
  return read_to_end(file.fd, file.size_bytes, max_bytes, (folder_ / path).string());
}

Result<UniqueFd> Beneath::make_folders(std::string_view path) const {
  std::vector<std::string_view> parts;
  if (!split_path(path, parts)) return refusal(path, EXDEV);
  UniqueFd at(::openat(fd_.get(), ".", kFolderFlags));
  for (const std::string_view part : parts) {
    const std::string name(part);
    if (!at) break;
    if (::mkdirat(at.get(), name.c_str(), 0755) != 0 && errno != EEXIST)
      return fail_errno("make the folder", (folder_ / path).string());
    at.reset(::openat(at.get(), name.c_str(), kFolderFlags | O_NOFOLLOW));
  }
  if (at) return at;
  const int cause = errno;  // O_DIRECTORY calls a link ENOTDIR
  return refusal(path, cause == ENOTDIR && !first_link(path).empty() ? ELOOP : cause);
}

Result<void> Beneath::write(std::string_view path, std::string_view bytes) const {
  const std::size_t slash = path.rfind('/');
  const std::size_t name_at = slash == std::string_view::npos ? 0 : slash + 1;
  RH_TRY(const UniqueFd folder, make_folders(path.substr(0, name_at)));
  const std::string name(path.substr(name_at)), subject = (folder_ / path).string();
  const std::string temporary = fmt::format("{}.tmp-{}", name, ::gettid());
  ::unlinkat(folder.get(), temporary.c_str(), 0);
  const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  UniqueFd fd(::openat(folder.get(), temporary.c_str(), flags, 0644));
  if (!fd) return fail_errno("create file", subject);
  auto written = write_all(fd, bytes, subject);
  if (written && ::close(fd.release()) != 0) written = fail_errno("write", subject);
  if (written && ::renameat(folder.get(), temporary.c_str(), folder.get(), name.c_str()) != 0)
    written = fail_errno("replace file", subject);
  if (!written) ::unlinkat(folder.get(), temporary.c_str(), 0);
  return written;
}

Result<RegularFile> open_beneath(const std::vector<fs::path>& folders, const fs::path& file) {
  const Place place = place_of(folders, file);
  RH_TRY(const Beneath beneath, Beneath::open(place.folder));
  return beneath.open_regular(place.path);
}

Result<std::string> read_beneath(const std::vector<fs::path>& folders, const fs::path& file, std::uint64_t max_bytes) {
  RH_TRY(const RegularFile opened, open_beneath(folders, file));
  return read_to_end(opened.fd, opened.size_bytes, max_bytes, file.string());
}

Result<std::string> read_to_end(BorrowedFd fd, std::uint64_t expected_bytes, std::uint64_t max_bytes,
                                const std::string& subject) {
  constexpr std::size_t kSmallest = 4096;
  const auto too_large = [&] {
    return fail(ErrorKind::limit, fmt::format("read file: larger than the limit of {} bytes", max_bytes), subject);
  };
  if (expected_bytes > max_bytes) return too_large();
  std::string bytes;
  // One more than expected: the end is found without growing.
  bytes.resize(expected_bytes > 0 ? static_cast<std::size_t>(expected_bytes) + 1 : kSmallest);
  std::size_t used = 0;
  for (;;) {
    if (used == bytes.size()) bytes.resize(bytes.size() * 2);
    const ssize_t got = ::read(fd.fd, bytes.data() + used, bytes.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("read file", subject);
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
    if (used > max_bytes) return too_large();
  }
  bytes.resize(used);
  return bytes;
}

}  // namespace rh
