// Group F: ways out over the network and over sockets of the host.
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>

#include "tests/escape/probes/probe.h"

namespace rh::probe {
namespace {

// connect_abstract NAME…: stream sockets of the abstract namespace.
int connect_abstract(Arguments names) {
  Acts acts;
  for (const char* name : names) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::size_t length = std::min(std::strlen(name), sizeof address.sun_path - 1);
    std::memcpy(address.sun_path + 1, name, length);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) broken("socket");
    acts.note("connect", name,
              connect(fd, reinterpret_cast<sockaddr*>(&address),
                      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + length)));
    close(fd);
  }
  return acts.exit_code();
}

constexpr Probe kProbes[] = {
    {"connect_abstract", "NAME...", 1, connect_abstract},
};

}  // namespace

std::span<const Probe> network_probes() { return kProbes; }

}  // namespace rh::probe
