#include "collectors/results/byte_source.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace rh::collectors {

Result<FileSource> FileSource::open(const std::filesystem::path& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno("open results", path.string());
  FileSource source(fd, path.string());
  source.own_ = std::move(fd);
  return source;
}

Result<std::size_t> FileSource::read(char* into, std::size_t size) {
  for (;;) {
    const ssize_t count = ::read(fd_.fd, into, size);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) return fail_errno("read results", subject_);
  }
}

Result<std::size_t> TextSource::read(char* into, std::size_t size) {
  const std::size_t count = std::min({size, piece_, rest_.size()});
  std::memcpy(into, rest_.data(), count);
  rest_.remove_prefix(count);
  return count;
}

}  // namespace rh::collectors
