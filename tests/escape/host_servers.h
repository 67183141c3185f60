// Accomplices on the host: servers that a sandboxed program must not reach. They answer everybody, and
// count who came.
#pragma once

#include <sys/socket.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "runner/base/unique_fd.h"

namespace rh::escape {

class HostServer {
 public:
  HostServer(const HostServer&) = delete;
  HostServer& operator=(const HostServer&) = delete;
  ~HostServer();

  // Streams and datagrams on one port of every address given; those that the host does not have are
  // left out of `addresses`.
  explicit HostServer(const std::vector<std::string>& addresses);
  // Streams of a unix socket; a name that begins with '@' is an abstract one.
  explicit HostServer(const std::filesystem::path& name);

  [[nodiscard]] const std::vector<std::string>& addresses() const { return addresses_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  // Connections and datagrams since the last look.
  [[nodiscard]] int visits() { return visits_.exchange(0); }
  // Descriptors that came along with them.
  [[nodiscard]] int descriptors() { return descriptors_.exchange(0); }

 private:
  bool listen_on(const std::string& address);
  void start();
  void serve();
  void answer(int fd);

  std::vector<std::string> addresses_;
  std::uint16_t port_ = 0;
  std::vector<UniqueFd> streams_, datagrams_;
  UniqueFd stop_;
  std::atomic<int> visits_{0}, descriptors_{0};
  std::thread thread_;
};

// Addresses of the host that are no loopback: what a run would go through to reach the world.
[[nodiscard]] std::vector<std::string> outward_addresses();
[[nodiscard]] bool has_ipv6();

}  // namespace rh::escape
