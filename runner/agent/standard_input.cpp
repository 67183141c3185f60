#include "runner/agent/standard_input.h"

#include <unistd.h>

#include <array>
#include <cerrno>

#include <fmt/core.h>

#include "runner/base/text.h"

namespace rh::agent {

Result<std::string> read_standard_input(std::uint64_t max_bytes, const std::string& purpose) {
  std::string text;
  std::array<char, 1 << 16> buffer{};
  while (text.size() <= max_bytes) {
    const ssize_t count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail_errno(purpose, "standard input");
    if (count == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return fail(rh::ErrorKind::limit, fmt::format("{}: more than {}", purpose, format_size(max_bytes)), "standard input");
}

}  // namespace rh::agent
