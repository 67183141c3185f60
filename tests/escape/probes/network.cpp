// Group F: ways out over the network.
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "tests/escape/probes/probe.h"

namespace rh::probe {
namespace {

constexpr int kAnswerMilliseconds = 500;

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  [[nodiscard]] int family() const { return storage.ss_family; }
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  [[nodiscard]] sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

Address address_of(const char* text, std::int64_t port) {
  Address address;
  auto* four = reinterpret_cast<sockaddr_in*>(&address.storage);
  auto* six = reinterpret_cast<sockaddr_in6*>(&address.storage);
  if (inet_pton(AF_INET, text, &four->sin_addr) == 1) {
    four->sin_family = AF_INET;
    four->sin_port = htons(static_cast<std::uint16_t>(port));
    address.size = sizeof *four;
  } else if (inet_pton(AF_INET6, text, &six->sin6_addr) == 1) {
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(static_cast<std::uint16_t>(port));
    address.size = sizeof *six;
  } else {
    broken("inet_pton");
  }
  return address;
}

// Whether anything comes back; an error that the network reports (port unreachable) counts as no.
bool answered(int fd) {
  pollfd event{fd, POLLIN, 0};
  const int ready = poll(&event, 1, kAnswerMilliseconds);
  if (ready == 0) errno = ETIMEDOUT;
  if (ready <= 0) return false;
  char byte = 0;
  return recv(fd, &byte, 1, MSG_DONTWAIT) >= 0;
}

int datagram_socket(const Address& to) {
  const int fd = socket(to.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  // Without it, an unconnected socket never hears of an unreachable port.
  if (fd >= 0 && to.family() == AF_INET) setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on);
  if (fd >= 0 && to.family() == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on);
  return fd;
}

bool by_tcp(const Address& to) {
  const int fd = socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  return fd >= 0 && connect(fd, to.get(), to.size) == 0 && send(fd, "hello", 5, MSG_NOSIGNAL) == 5 && answered(fd);
}

bool by_fast_open(const Address& to) {
  const int fd = socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  return fd >= 0 && sendto(fd, "hello", 5, MSG_FASTOPEN | MSG_NOSIGNAL, to.get(), to.size) == 5 && answered(fd);
}

bool by_connected_datagram(const Address& to) {
  const int fd = datagram_socket(to);
  return fd >= 0 && connect(fd, to.get(), to.size) == 0 && send(fd, "hello", 5, 0) == 5 && answered(fd);
}

bool by_message(const Address& to) {
  const int fd = datagram_socket(to);
  iovec part{const_cast<char*>("hello"), 5};
  msghdr message{};
  message.msg_name = const_cast<sockaddr*>(to.get());
  message.msg_namelen = to.size;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  return fd >= 0 && sendmsg(fd, &message, 0) == 5 && answered(fd);
}

// A socket that was connected elsewhere and is set free again.
bool by_unspecified(const Address& to) {
  const int fd = datagram_socket(to);
  Address elsewhere = to;
  sockaddr nowhere{};
  nowhere.sa_family = AF_UNSPEC;
  return fd >= 0 && connect(fd, elsewhere.get(), elsewhere.size) == 0 && connect(fd, &nowhere, sizeof nowhere) == 0 &&
         sendto(fd, "hello", 5, 0, to.get(), to.size) == 5 && answered(fd);
}

std::uint16_t checksum(const void* data, std::size_t size) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i + 1 < size; i += 2) {
    std::uint16_t word = 0;
    std::memcpy(&word, static_cast<const char*>(data) + i, 2);
    sum += word;
  }
  while ((sum >> 16) != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

bool by_ping(const Address& to, int type) {
  const int fd = socket(AF_INET, type | SOCK_CLOEXEC, IPPROTO_ICMP);
  icmphdr echo{};
  echo.type = ICMP_ECHO;
  echo.checksum = checksum(&echo, sizeof echo);
  return fd >= 0 && sendto(fd, &echo, sizeof echo, 0, to.get(), to.size) >= 0 && answered(fd);
}

// reach PORT ADDRESS…: says hello to each in every way, and waits for an answer.
int reach(Arguments arguments) {
  Acts acts;
  for (const char* text : arguments.subspan(1)) {
    const Address to = address_of(text, number(arguments[0]));
    acts.note("tcp", text, by_tcp(to));
    acts.note("fastopen", text, by_fast_open(to));
    acts.note("udp", text, by_connected_datagram(to));
    acts.note("sendmsg", text, by_message(to));
    acts.note("unspec", text, by_unspecified(to));
  }
  return acts.exit_code();
}

// ping ADDRESS…: over the socket for everybody and over the raw one.
int ping(Arguments addresses) {
  Acts acts;
  for (const char* text : addresses) {
    const Address to = address_of(text, 0);
    acts.note("ping", text, by_ping(to, SOCK_DGRAM));
    acts.note("raw", text, by_ping(to, SOCK_RAW));
  }
  return acts.exit_code();
}

// A query for the address of `secret.example.`; data leaves in the name.
std::string query() {
  std::string text("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00", 12);
  text += std::string(
      "\x06secret\x07"
      "example\x00\x00\x01\x00\x01",
      20);
  return text;
}

void ask(Acts& acts, const char* server, std::int64_t port) {
  const Address to = address_of(server, port);
  const std::string text = query();
  const int fd = datagram_socket(to);
  acts.note("ask", server,
            fd >= 0 &&
                sendto(fd, text.data(), text.size(), 0, to.get(), to.size) == static_cast<ssize_t>(text.size()) &&
                answered(fd));
}

// resolve PORT SERVER…: asks each server, then those of /etc/resolv.conf and the multicast one.
int resolve(Arguments arguments) {
  Acts acts;
  for (const char* server : arguments.subspan(1)) ask(acts, server, number(arguments[0]));
  const std::string text = text_of("/etc/resolv.conf");
  constexpr std::string_view kKey = "nameserver ";
  for (std::size_t at = text.find(kKey); at != std::string::npos; at = text.find(kKey, at + 1)) {
    const std::size_t begin = at + kKey.size();
    const std::string server = text.substr(begin, text.find_first_of(" \t\n%", begin) - begin);
    say("nameserver", server);
    ask(acts, server.c_str(), 53);
  }
  ask(acts, "224.0.0.251", 5353);
  return acts.exit_code();
}

// own_loopback ADDRESS…: what test suites do all the time: a server and its client.
int own_loopback(Arguments addresses) {
  Acts acts;
  for (const char* text : addresses) {
    Address here = address_of(text, 0);
    const int server = socket(here.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int client = socket(here.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
    char byte = 0;
    acts.note("loopback", text,
              server >= 0 && client >= 0 && bind(server, here.get(), here.size) == 0 && listen(server, 1) == 0 &&
                  getsockname(server, here.get(), &here.size) == 0 && connect(client, here.get(), here.size) == 0 &&
                  write(accept(server, nullptr, nullptr), "x", 1) == 1 && read(client, &byte, 1) == 1);
  }
  return acts.exit_code();
}

// serve PORT_FILE STOP_FILE: listens for everybody, writes its port to one file, and waits for a client
// until the other file is there.
int serve(Arguments arguments) {
  Acts acts;
  Address here = address_of("0.0.0.0", 0);
  const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (!acts.note("listen", "",
                 server >= 0 && bind(server, here.get(), here.size) == 0 && listen(server, 1) == 0 &&
                     getsockname(server, here.get(), &here.size) == 0))
    return acts.exit_code();
  const std::string port = std::to_string(ntohs(reinterpret_cast<const sockaddr_in*>(here.get())->sin_port)) + "\n";
  const int file = open(arguments[0], O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0 || write(file, port.data(), port.size()) < 0) broken("write the port");
  close(file);
  Acts visits;
  pollfd event{server, POLLIN, 0};
  int ready = 0;
  while (ready == 0 && access(arguments[1], F_OK) != 0) ready = poll(&event, 1, 5);
  if (ready == 0) ready = poll(&event, 1, 0);  // it came together with the file
  visits.note_error("visited", "", ready > 0 ? 0 : ETIMEDOUT);
  return visits.exit_code();
}

constexpr Probe kProbes[] = {
    {"reach", "PORT ADDRESS...", 2, reach},     {"ping", "ADDRESS...", 1, ping},
    {"resolve", "PORT SERVER...", 1, resolve},  {"own_loopback", "ADDRESS...", 1, own_loopback},
    {"serve", "PORT_FILE STOP_FILE", 2, serve},
};

}  // namespace

std::span<const Probe> network_probes() { return kProbes; }

}  // namespace rh::probe
