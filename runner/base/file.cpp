#include "runner/base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include <fmt/core.h>

#include "runner/base/beneath.h"
#include "runner/base/remove_tree.h"

namespace rh {
namespace fs = std::filesystem;

Result<std::string> read_file(const fs::path& path, std::uint64_t max_bytes) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return fail_errno("open file", path.string());
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return fail_errno("inspect file", path.string());
  if (S_ISDIR(info.st_mode)) return fail_errno("read file", path.string(), EISDIR);
  // A FIFO or device of the repository must not block or feed the reader without end.
  if (!S_ISREG(info.st_mode) && path.native().rfind("/proc", 0) != 0)
    return fail(ErrorKind::io, "read file: not a regular file", path.string());
  return read_to_end(fd, info.st_size > 0 ? static_cast<std::uint64_t>(info.st_size) : 0, max_bytes, path.string());
}

Result<void> write_all(BorrowedFd fd, std::string_view bytes, std::string_view subject) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(fd.fd, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return fail_errno("write", std::string(subject));
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

Result<void> write_file(const fs::path& path, std::string_view bytes) {
  // The thread's number: two threads may write the same file, and the last one wins.
  const std::string temporary = fmt::format("{}.tmp-{}", path.string(), ::gettid());
  UniqueFd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!fd) return fail_errno("create file", path.string());
  auto written = write_all(fd, bytes, path.string());
  if (written && ::close(fd.release()) != 0) written = fail_errno("write", path.string());
  if (written && ::rename(temporary.c_str(), path.c_str()) != 0) written = fail_errno("replace file", path.string());
  if (!written) ::unlink(temporary.c_str());
  return written;
}

Result<void> make_directories(const fs::path& path) {
  std::error_code code;
  fs::create_directories(path, code);
  if (code) return fail_errno("create folder", path.string(), code.value());
  return {};
}

bool is_file(const fs::path& path) {
  std::error_code code;
  return fs::is_regular_file(path, code);
}

bool is_directory(const fs::path& path) {
  std::error_code code;
  return fs::is_directory(path, code);
}

bool is_below(const fs::path& path, const fs::path& base) {
  const fs::path inner = path.lexically_normal(), outer = base.lexically_normal();
  auto i = inner.begin();
  for (const fs::path& part : outer) {
    if (part.empty()) continue;  // trailing slash
    if (i == inner.end() || *i != part) return false;
    ++i;
  }
  return true;
}

std::string relative_to(const fs::path& path, const fs::path& base) {
  if (!is_below(path, base)) return path.lexically_normal().generic_string();
  return path.lexically_normal().lexically_relative(base.lexically_normal()).generic_string();
}

Result<TempDir> TempDir::make(std::string_view prefix) {
  const char* parent = std::getenv("TMPDIR");
  std::string pattern = fmt::format("{}/{}XXXXXX", parent != nullptr && *parent != '\0' ? parent : "/tmp", prefix);
  if (::mkdtemp(pattern.data()) == nullptr) return fail_errno("create a temporary folder", pattern);
  return TempDir(fs::path(pattern));
}

TempDir& TempDir::operator=(TempDir&& other) noexcept {
  std::swap(path_, other.path_);
  return *this;
}

TempDir::~TempDir() {
  if (path_.empty()) return;
  // A folder that cannot be removed is the temp cleaner's.
  [[maybe_unused]] const auto removed = remove_tree(path_);
}

}  // namespace rh
