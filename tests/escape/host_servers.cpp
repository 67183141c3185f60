// See host_servers.h.
#include "tests/escape/host_servers.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace rh::escape {

namespace fs = std::filesystem;

namespace {

constexpr int kAnswerMilliseconds = 1000;

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  [[nodiscard]] sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

Address internet(const std::string& text, std::uint16_t port) {
  Address address;
  auto* four = reinterpret_cast<sockaddr_in*>(&address.storage);
  auto* six = reinterpret_cast<sockaddr_in6*>(&address.storage);
  if (inet_pton(AF_INET, text.c_str(), &four->sin_addr) == 1) {
    four->sin_family = AF_INET;
    four->sin_port = htons(port);
    address.size = sizeof *four;
  } else if (inet_pton(AF_INET6, text.c_str(), &six->sin6_addr) == 1) {
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(port);
    address.size = sizeof *six;
  }
  return address;
}

std::uint16_t port_of(int fd) {
  Address address;
  address.size = sizeof address.storage;
  getsockname(fd, address.get(), &address.size);
  return ntohs(address.storage.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(&address.storage)->sin6_port
                                                     : reinterpret_cast<sockaddr_in*>(&address.storage)->sin_port);
}

// Bound, or not valid.
UniqueFd bound(int type, const std::string& address, std::uint16_t port) {
  Address at = internet(address, port);
  UniqueFd fd(socket(at.storage.ss_family, type | SOCK_CLOEXEC, 0));
  if (!fd || bind(fd.get(), at.get(), at.size) != 0 || (type == SOCK_STREAM && listen(fd.get(), 16) != 0)) return {};
  // So that an attempt by fast open is one.
  const int queue = 16;
  if (type == SOCK_STREAM) setsockopt(fd.get(), IPPROTO_TCP, 23 /* TCP_FASTOPEN */, &queue, sizeof queue);
  return fd;
}

}  // namespace

HostServer::HostServer(const std::vector<std::string>& addresses) {
  for (const std::string& address : addresses)
    if (listen_on(address)) addresses_.push_back(address);
  start();
}

HostServer::HostServer(const fs::path& name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string& text = name.native();
  std::memcpy(address.sun_path, text.data(), std::min(text.size(), sizeof address.sun_path - 1));
  auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + text.size() + 1);
  if (text.front() == '@') {
    address.sun_path[0] = '\0';
    --size;
  }
  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd || bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(fd.get(), 16) != 0)
    std::abort();
  // Every uid may connect: what keeps a command out has to be the sandbox.
  std::error_code ignored;
  if (text.front() != '@') fs::permissions(name, fs::perms::all, ignored);
  streams_.push_back(std::move(fd));
  start();
}

HostServer::~HostServer() {
  eventfd_write(stop_.get(), 1);
  thread_.join();
}

bool HostServer::listen_on(const std::string& address) {
  // The port that the first one gets has to be free for the others too.
  UniqueFd stream = bound(SOCK_STREAM, address, port_);
  if (!stream) return false;
  const std::uint16_t port = port_of(stream.get());
  UniqueFd datagram = bound(SOCK_DGRAM, address, port);
  if (!datagram) return false;
  port_ = port;
  streams_.push_back(std::move(stream));
  datagrams_.push_back(std::move(datagram));
  return true;
}

void HostServer::start() {
  stop_ = UniqueFd(eventfd(0, EFD_CLOEXEC));
  thread_ = std::thread([this] { serve(); });
}

void HostServer::serve() {
  std::vector<pollfd> events{{stop_.get(), POLLIN, 0}};
  for (const UniqueFd& fd : streams_) events.push_back({fd.get(), POLLIN, 0});
  for (const UniqueFd& fd : datagrams_) events.push_back({fd.get(), POLLIN, 0});
  while (poll(events.data(), events.size(), -1) > 0 && events[0].revents == 0) {
    for (std::size_t i = 1; i < events.size(); ++i) {
      if (events[i].revents == 0) continue;
      ++visits_;
      if (i <= streams_.size()) {
        const UniqueFd client(accept4(events[i].fd, nullptr, nullptr, SOCK_CLOEXEC));
        if (client) answer(client.get());
        continue;
      }
      Address from;
      from.size = sizeof from.storage;
      char bytes[512];
      const ssize_t count = recvfrom(events[i].fd, bytes, sizeof bytes, 0, from.get(), &from.size);
      if (count >= 0) sendto(events[i].fd, bytes, static_cast<std::size_t>(count), 0, from.get(), from.size);
    }
  }
}

void HostServer::answer(int fd) {
  pollfd event{fd, POLLIN, 0};
  if (poll(&event, 1, kAnswerMilliseconds) <= 0) return;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))]{};
  char bytes[64];
  iovec part{bytes, sizeof bytes};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  if (recvmsg(fd, &message, MSG_CMSG_CLOEXEC) <= 0) return;
  if (const cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr && header->cmsg_type == SCM_RIGHTS) {
    int given = -1;
    std::memcpy(&given, CMSG_DATA(header), sizeof given);
    const UniqueFd owner(given);
    ++descriptors_;
  }
  send(fd, "welcome", 7, MSG_NOSIGNAL);
}

std::vector<std::string> outward_addresses() {
  std::vector<std::string> found;
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return found;
  for (const ifaddrs* one = list; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr || (one->ifa_flags & IFF_LOOPBACK) != 0) continue;
    char text[INET6_ADDRSTRLEN];
    if (one->ifa_addr->sa_family == AF_INET &&
        inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(one->ifa_addr)->sin_addr, text, sizeof text) !=
            nullptr)
      found.emplace_back(text);
  }
  freeifaddrs(list);
  return found;
}

bool has_ipv6() { return bound(SOCK_STREAM, "::1", 0).valid(); }

}  // namespace rh::escape
