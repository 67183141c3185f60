// SEEK_DATA and SEEK_HOLE name the parts that hold data; a file system without them calls the whole
// file data. The kernel copies within itself where both file systems let it.
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

struct Extent {
  off_t begin = 0, end = 0;
};

// The next part with data at or after `at`; begin == end: only a hole is left.
Extent next_data(int file, off_t at, off_t size) {
  off_t data = lseek(file, at, SEEK_DATA);
  if (data < 0 && errno == ENXIO) return {size, size};
  if (data < 0) data = at;
  const off_t hole = lseek(file, data, SEEK_HOLE);
  return {std::min(data, size), hole < 0 ? size : std::min(hole, size)};
}

class RangeCopy {
 public:
  RangeCopy(int from, int to, const std::string& subject) : from_(from), to_(to), subject_(subject) {}

  Result<void> copy(Extent extent) {
    while (in_kernel_ && extent.begin < extent.end) {
      off_t read_at = extent.begin, write_at = extent.begin;
      const ssize_t put =
          copy_file_range(from_, &read_at, to_, &write_at, static_cast<std::size_t>(extent.end - extent.begin), 0);
      if (put == 0) return {};  // it became shorter
      if (put < 0 && errno == EINTR) continue;
      // Two file systems, an old kernel or a container's filter: what is really wrong shows itself below.
      if (put < 0) in_kernel_ = false;
      if (put > 0) extent.begin += put;
    }
    return copy_through_memory(extent);
  }

 private:
  Result<void> copy_through_memory(Extent extent) {
    buffer_.resize(kBlock);
    while (extent.begin < extent.end) {
      const std::size_t wanted = std::min<std::size_t>(kBlock, static_cast<std::size_t>(extent.end - extent.begin));
      const ssize_t got = pread(from_, buffer_.data(), wanted, extent.begin);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return fail_errno("read", subject_);
      if (got == 0) return {};
      for (ssize_t put = 0; put < got;) {
        const ssize_t count =
            pwrite(to_, buffer_.data() + put, static_cast<std::size_t>(got - put), extent.begin + put);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail_errno("write a copy of", subject_);
        put += count;
      }
      extent.begin += got;
    }
    return {};
  }

  int from_, to_;
  const std::string& subject_;
  bool in_kernel_ = true;
  std::vector<char> buffer_;
};

Result<off_t> size_of(BorrowedFd file, const std::string& subject) {
  struct stat info {};
  if (fstat(file.fd, &info) != 0) return fail_errno("stat", subject);
  return info.st_size;
}

}  // namespace

Result<std::uint64_t> copy_data(BorrowedFd from, BorrowedFd to, std::uint64_t most, const std::string& subject) {
  RH_TRY(const off_t size, size_of(from, subject));
  RangeCopy range(from.fd, to.fd, subject);
  std::uint64_t copied = 0;
  for (off_t at = 0; at < size;) {
    const Extent extent = next_data(from.fd, at, size);
    copied += static_cast<std::uint64_t>(extent.end - extent.begin);
    if (copied > most)
      return fail(ErrorKind::limit, fmt::format("copy more than {} of data", format_size(most)), subject);
    RH_CHECK(range.copy(extent));
    at = extent.end;
  }
  if (ftruncate(to.fd, size) != 0) return fail_errno("set the size of the copy of", subject);
  return copied;
}

Result<std::uint64_t> data_bytes(BorrowedFd file, std::uint64_t most, const std::string& subject) {
  RH_TRY(const off_t size, size_of(file, subject));
  std::uint64_t counted = 0;
  for (off_t at = 0; at < size && counted <= most;) {
    const Extent extent = next_data(file.fd, at, size);
    counted += static_cast<std::uint64_t>(extent.end - extent.begin);
    at = extent.end;
  }
  return counted;
}

}  // namespace rh
