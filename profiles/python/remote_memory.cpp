#include "profiles/python/remote_memory.h"

#include <algorithm>
#include <array>
#include <cerrno>

namespace rh::profiles::python {
namespace {

constexpr std::size_t kRangesPerCall = 1024;  // IOV_MAX
constexpr Address kPage = 4096;

}  // namespace

std::size_t RemoteMemory::read(std::span<const iovec> ranges, std::uint8_t* to) {
  std::size_t done = 0;
  while (done < ranges.size()) {
    const auto part = ranges.subspan(done, std::min(kRangesPerCall, ranges.size() - done));
    std::size_t wanted = 0;
    for (const iovec& range : part) wanted += range.iov_len;
    const iovec local{to, wanted};
    const ssize_t got = process_vm_readv(pid_, &local, 1, part.data(), part.size(), 0);
    if (got < 0) {
      last_errno_ = errno;
      return done;
    }
    if (static_cast<std::size_t>(got) < wanted) {
      last_errno_ = EFAULT;
      std::size_t left = static_cast<std::size_t>(got);
      for (const iovec& range : part) {
        if (left < range.iov_len) return done;
        left -= range.iov_len;
        ++done;
      }
      return done;
    }
    to += wanted;
    done += part.size();
  }
  return done;
}

bool RemoteMemory::read(Address from, void* to, std::size_t size) {
  const iovec local{to, size};
  const iovec remote = remote_range(from, size);
  const ssize_t got = process_vm_readv(pid_, &local, 1, &remote, 1, 0);
  if (got == static_cast<ssize_t>(size)) return true;
  last_errno_ = got < 0 ? errno : EFAULT;
  return false;
}

std::string RemoteMemory::read_c_string(Address from, std::size_t max_bytes) {
  std::string text;
  std::array<char, 256> part{};
  while (text.size() < max_bytes) {
    // Never across a page: the next one may not be mapped.
    const std::size_t size =
        std::min({part.size(), static_cast<std::size_t>(kPage - from % kPage), max_bytes - text.size()});
    if (!read(from, part.data(), size)) return text;
    const auto* const end = static_cast<const char*>(std::memchr(part.data(), 0, size));
    if (end != nullptr) return text.append(part.data(), static_cast<std::size_t>(end - part.data()));
    text.append(part.data(), size);
    from += size;
  }
  return text;
}

}  // namespace rh::profiles::python
