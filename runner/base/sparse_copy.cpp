// SEEK_DATA and SEEK_HOLE name the parts that hold data; a file system without them calls the whole
// file data.
#include "runner/base/sparse_copy.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "runner/base/text.h"

#include <fmt/core.h>

namespace rh {
namespace {

constexpr std::size_t kBlock = 1U << 18;

Result<void> copy_range(int from, int to, off_t begin, off_t end, std::vector<char>& buffer,
                        const std::string& subject) {
  while (begin < end) {
    const std::size_t wanted = std::min<std::size_t>(buffer.size(), static_cast<std::size_t>(end - begin));
    const ssize_t got = pread(from, buffer.data(), wanted, begin);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("read", subject);
    if (got == 0) return {};  // it became shorter
    for (ssize_t put = 0; put < got;) {
      const ssize_t count = pwrite(to, buffer.data() + put, static_cast<std::size_t>(got - put), begin + put);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return fail_errno("write a copy of", subject);
      put += count;
    }
    begin += got;
  }
  return {};
}

}  // namespace

Result<std::uint64_t> copy_data(BorrowedFd from, BorrowedFd to, std::uint64_t most, const std::string& subject) {
  struct stat info {};
  if (fstat(from.fd, &info) != 0) return fail_errno("stat", subject);
  std::vector<char> buffer(kBlock);
  std::uint64_t copied = 0;
  for (off_t at = 0; at < info.st_size;) {
    off_t data = lseek(from.fd, at, SEEK_DATA);
    if (data < 0 && errno == ENXIO) break;  // only a hole is left
    if (data < 0) data = at;
    off_t hole = lseek(from.fd, data, SEEK_HOLE);
    if (hole < 0) hole = info.st_size;
    hole = std::min(hole, info.st_size);
    copied += static_cast<std::uint64_t>(hole - data);
    if (copied > most)
      return fail(ErrorKind::limit, fmt::format("copy more than {} of data", format_size(most)), subject);
    RH_CHECK(copy_range(from.fd, to.fd, data, hole, buffer, subject));
    at = hole;
  }
  if (ftruncate(to.fd, info.st_size) != 0) return fail_errno("set the size of the copy of", subject);
  return copied;
}

}  // namespace rh
