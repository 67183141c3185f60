#include "runner/agent/session/message_channel.h"

#include <sys/socket.h>

#include <fmt/core.h>

#include "runner/agent/session/holder.h"
#include "runner/base/text.h"

namespace rh::agent {

Result<void> MessageChannel::send(std::string_view message) const {
  std::string line(message);
  line += '\n';
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t put = ::send(socket_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return fail_errno("talk to the holder of sessions", "socket");
    rest.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

Result<std::optional<std::string>> MessageChannel::receive() {
  std::string chunk(64 << 10, '\0');
  while (true) {
    if (const std::size_t end = held_.find('\n'); end != std::string::npos) {
      std::string line = held_.substr(0, end);
      held_.erase(0, end + 1);
      return std::optional<std::string>(std::move(line));
    }
    if (held_.size() > kMaxHolderMessage)
      return fail(rh::ErrorKind::limit,
                  fmt::format("read a message of the holder: it is longer than {}", format_size(kMaxHolderMessage)));
    const ssize_t got = ::recv(socket_.get(), chunk.data(), chunk.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("listen to the holder of sessions", "socket");
    if (got == 0) return std::optional<std::string>();
    held_.append(chunk.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace rh::agent
