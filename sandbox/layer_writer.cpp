// Every path is resolved by the kernel below the folder and without symbolic links, because the real
// folder may be changed by others meanwhile.
#include "sandbox/layer_writer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "runner/base/sparse_copy.h"

namespace rh::sandbox {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxFileBytes = 1ULL << 40;

std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

Result<UniqueFd> open_below(BorrowedFd root, const std::string& path, std::uint64_t flags) {
  open_how how{};
  how.flags = flags | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  UniqueFd fd(static_cast<int>(syscall(SYS_openat2, root.fd, path.empty() ? "." : path.c_str(), &how, sizeof how)));
  if (!fd) return fail_errno("open", path);
  return fd;
}

bool stays_within(const std::string& path, const fs::path& target) {
  if (target.is_absolute()) return false;
  const fs::path end = (fs::path(path).parent_path() / target).lexically_normal();
  return end.empty() || *end.begin() != "..";
}

}  // namespace

Result<void> LayerWriter::write(const model::FileChange& change) {
  if (change.kind == model::FileChangeKind::deleted) return remove(change.path);
  switch (change.type) {
    case model::FileType::folder:
      return write_folder(change.path);
    case model::FileType::regular:
      return write_regular(change.path);
    case model::FileType::symlink:
      return write_link(change.path);
    case model::FileType::other:
      left_out_.push_back(fmt::format("{}: neither file, folder nor symbolic link", change.path));
  }
  return {};
}

Result<UniqueFd> LayerWriter::parent_of(const std::string& path, bool make) {
  const std::size_t slash = path.rfind('/');
  const std::string parent = slash == std::string::npos ? std::string() : path.substr(0, slash);
  auto fd = open_below(target_, parent, O_RDONLY | O_DIRECTORY);
  if (fd || !make || fd.error().sys_errno != ENOENT) return fd;
  RH_CHECK(write_folder(parent));
  return open_below(target_, parent, O_RDONLY | O_DIRECTORY);
}

Result<void> LayerWriter::remove(const std::string& path) {
  auto parent = parent_of(path, false);
  if (!parent) return parent.error().sys_errno == ENOENT ? Result<void>() : Result<void>(Failure{parent.error()});
  const std::string name = name_of(path);
  if (unlinkat(parent->get(), name.c_str(), 0) == 0 || errno == ENOENT) return {};
  if (errno != EISDIR && errno != EPERM) return fail_errno("delete", path);
  std::error_code error;
  fs::remove_all(fmt::format("/proc/self/fd/{}/{}", parent->get(), name), error);
  if (error) return fail_errno("delete", path, error.value());
  return {};
}

Result<void> LayerWriter::write_folder(const std::string& path) {
  RH_TRY(const UniqueFd parent, parent_of(path, true));
  struct stat info {};
  const std::string name = name_of(path);
  if (fstatat(parent.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0) {
    if (S_ISDIR(info.st_mode)) return {};
    RH_CHECK(remove(path));
  }
  RH_TRY(const UniqueFd source, open_below(upper_, path, O_RDONLY | O_DIRECTORY));
  if (fstat(source.get(), &info) != 0) return fail_errno("stat", path);
  // The runner must be able to fill it; a folder closed to its owner is of no use to anybody.
  if (mkdirat(parent.get(), name.c_str(), (info.st_mode & 0777) | 0700) != 0) return fail_errno("make folder", path);
  struct stat around {};
  if (fstat(parent.get(), &around) == 0) [[maybe_unused]]
    const int kept = fchownat(parent.get(), name.c_str(), around.st_uid, around.st_gid, AT_SYMLINK_NOFOLLOW);
  return {};
}

Result<void> LayerWriter::write_regular(const std::string& path) {
  RH_TRY(const UniqueFd source, open_below(upper_, path, O_RDONLY | O_NONBLOCK));
  struct stat info {};
  if (fstat(source.get(), &info) != 0) return fail_errno("stat", path);
  if (!S_ISREG(info.st_mode)) return fail(ErrorKind::io, "copy what is no regular file", path);
  RH_TRY(const UniqueFd parent, parent_of(path, true));
  const std::string name = name_of(path);
  struct stat old {};
  const bool replaces = fstatat(parent.get(), name.c_str(), &old, AT_SYMLINK_NOFOLLOW) == 0;
  if (replaces && S_ISDIR(old.st_mode)) RH_CHECK(remove(path));
  if (!replaces && fstat(parent.get(), &old) != 0) return fail_errno("stat the folder of", path);
  const std::string fresh = fmt::format(".runharness-{}-new", getpid());
  unlinkat(parent.get(), fresh.c_str(), 0);
  const UniqueFd to(openat(parent.get(), fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!to) return fail_errno("make a file beside", path);
  auto copied = copy_data(source, to, kMaxFileBytes, path);
  // An ordinary user may not give files away, which is then not needed either.
  [[maybe_unused]] const int kept = fchown(to.get(), old.st_uid, old.st_gid);
  if (copied && (fchmod(to.get(), info.st_mode & 0777) != 0 ||
                 renameat(parent.get(), fresh.c_str(), parent.get(), name.c_str()) != 0))
    copied = fail_errno("replace", path);
  if (copied) return {};
  unlinkat(parent.get(), fresh.c_str(), 0);
  return Failure{copied.error()};
}

Result<void> LayerWriter::write_link(const std::string& path) {
  std::array<char, 4096> text{};
  RH_TRY(const UniqueFd link, open_below(upper_, path, O_PATH | O_NOFOLLOW));
  const ssize_t length = readlinkat(link.get(), "", text.data(), text.size());
  if (length < 0) return fail_errno("read link", path);
  const std::string target(text.data(), static_cast<std::size_t>(length));
  if (!stays_within(path, target)) {
    left_out_.push_back(fmt::format("{}: symbolic link that leads out of the folder, to {}", path, target));
    return {};
  }
  RH_CHECK(remove(path));
  RH_TRY(const UniqueFd parent, parent_of(path, true));
  if (symlinkat(target.c_str(), parent.get(), name_of(path).c_str()) != 0) return fail_errno("make link", path);
  return {};
}

}  // namespace rh::sandbox
