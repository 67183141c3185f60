// Group F of the corpus, network: ways out by the internet protocols.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "runner/base/text.h"
#include "tests/escape/corpus.h"
#include "tests/escape/host_servers.h"

namespace rh::escape {
namespace {

namespace fs = std::filesystem;

// The ways in which the probe `reach` says hello.
const Words kWays{"tcp", "fastopen", "udp", "sendmsg", "unspec"};

class Network : public Corpus {
 protected:
  // The control comes through by each way to each address, the sandboxed one by none, and nobody hears it.
  // With its own network it gets `error`; where there is none it gets no socket.
  void expect_unreachable(HostServer& server, const std::string& address, const std::string& error) {
    const Words arguments{std::to_string(server.port()), address};
    const Attack attack = this->attack("reach", arguments);
    for (const std::string& way : kWays)
      EXPECT_EQ(attack.free.said(way + " " + address), "ok") << attack.free.everything();
    EXPECT_EQ(server.visits(), 5) << "the control was heard";
    for (const std::string& way : kWays)
      EXPECT_EQ(attack.caged.said(way + " " + address), expected(error.c_str(), "EACCES")) << way;
    EXPECT_EQ(server.visits(), 0) << "the host's listener saw something of the sandbox";
    if (column() == Column::no_userns)
      expect_admitted(attack.caged, "network");
    else
      expect_enforced(attack.caged, "network");
  }
};

TEST_F(Network, F01_F08_ReachesAListenerOnTheHostsLoopback) {
  HostServer server(Words{"127.0.0.1", "::1"});
  ASSERT_FALSE(server.addresses().empty());
  for (const std::string& address : server.addresses()) expect_unreachable(server, address, "ECONNREFUSED");
  if (!has_ipv6()) std::printf("[ MISSING  ] this machine has no IPv6\n");
}

TEST_F(Network, F01_F08_ReachesAListenerOnAnOutwardAddress) {
  const Words addresses = outward_addresses();
  if (addresses.empty()) GTEST_SKIP() << "this machine has no address but loopback";
  HostServer server(Words{addresses.front()});
  expect_unreachable(server, addresses.front(), "ENETUNREACH");
}

TEST_F(Network, F01_PingsAnAddressOfTheHost) {
  const Words outward = outward_addresses();
  if (outward.empty()) GTEST_SKIP() << "this machine has no address but loopback";
  const std::string& address = outward.front();
  const Ran control = uncaged("ping", {address});
  if (control.code() == 0)
    EXPECT_TRUE(control.said("ping " + address) == "ok" || control.said("raw " + address) == "ok");
  else
    weaker_control("the host lets this user ping nobody: " + control.said("ping " + address));
  const Ran ran = caged("ping", {address});
  EXPECT_EQ(ran.said("ping " + address), "EACCES") << ran.everything();
  EXPECT_EQ(ran.said("raw " + address), expected("EPERM", "EACCES"));
}

TEST_F(Network, F02_TalksToItselfOnItsOwnLoopback) {
  Words addresses{"127.0.0.1"};
  if (has_ipv6())
    addresses.emplace_back("::1");
  else
    std::printf("[ MISSING  ] this machine has no IPv6\n");
  const Ran control = uncaged("own_loopback", addresses), ran = caged("own_loopback", addresses);
  for (const std::string& address : addresses) {
    EXPECT_EQ(control.said("loopback " + address), "ok");
    EXPECT_EQ(ran.said("loopback " + address), expected("ok", "EACCES")) << ran.everything();
  }
  // Not promised without a network namespace: the report has to say that loopback is gone as well.
  if (column() == Column::no_userns) {
    expect_admitted(ran, "network");
    EXPECT_NE(row(ran, "network").detail.find("loopback included"), std::string::npos) << row(ran, "network").detail;
  }
}

TEST_F(Network, F03_LeavesByNameQueries) {
  HostServer stub(Words{"127.0.0.1"});
  const Words arguments{std::to_string(stub.port()), "127.0.0.1"};
  const Ran control = uncaged("resolve", arguments);
  EXPECT_EQ(control.said("ask 127.0.0.1"), "ok") << control.everything();
  EXPECT_EQ(stub.visits(), 1);
  const Ran ran = caged("resolve", arguments);
  EXPECT_EQ(ran.said("ask 127.0.0.1"), expected("ECONNREFUSED", "EACCES")) << ran.everything();
  EXPECT_EQ(stub.visits(), 0);
  EXPECT_EQ(ran.said("ask 224.0.0.251"), expected("ENETUNREACH", "EACCES"));
  // The server that the host is configured with lies on loopback (a local cache) or beyond it.
  if (const std::string server = ran.said("nameserver"); server != "(nothing)") {
    const bool local = server.starts_with("127.") || server == "::1";
    EXPECT_EQ(ran.said("ask " + server), expected(local ? "ECONNREFUSED" : "ENETUNREACH", "EACCES")) << server;
  }
  const Words caches{"/run/nscd/socket", "/run/systemd/resolve/io.systemd.Resolve", "/run/avahi-daemon/socket"};
  const Ran sockets = caged("connect", caches);
  for (const std::string& path : caches) {
    const char* there = fs::exists(path) ? "EACCES" : "ENOENT";
    EXPECT_EQ(sockets.said("connect " + path), expected("ENOENT", there)) << path;
  }
}

// Whether a client on the host gets through to the port that the run writes to `port_file`.
class Visitor {
 public:
  Visitor(fs::path port_file, fs::path stop_file)
      : port_file_(std::move(port_file)), stop_file_(std::move(stop_file)), thread_([this] { visit(); }) {}
  int error() {
    thread_.join();
    return error_;
  }

 private:
  void visit() {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    std::string text;
    while (text.find('\n') == std::string::npos && std::chrono::steady_clock::now() < deadline) {
      text = read_file(port_file_).value_or("");
      std::this_thread::yield();
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(parse_u64(trim(text)).value_or(0)));
    const UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    error_ = connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
    (void)write_file(stop_file_, "");
  }
  fs::path port_file_, stop_file_;
  int error_ = -1;
  std::thread thread_;
};

TEST_F(Network, F09_ListensForTheHost) {
  const fs::path port = workspace() / "port", stop = workspace() / "stop";
  {
    Visitor visitor(port, stop);
    const Ran control = uncaged("serve", {port, stop});
    EXPECT_EQ(visitor.error(), 0);
    EXPECT_EQ(control.said("visited"), "ok") << control.everything();
  }
  for (const fs::path& path : {port, stop}) fs::remove(path);
  if (column() == Column::no_userns) {
    const Ran ran = caged("serve", {port, stop});
    EXPECT_EQ(ran.said("listen"), "EACCES") << ran.everything();
    return;
  }
  Visitor visitor(port, stop);
  const Ran ran = caged("serve", {port, stop});
  EXPECT_EQ(visitor.error(), ECONNREFUSED);
  EXPECT_EQ(ran.said("listen"), "ok") << ran.everything();
  EXPECT_EQ(ran.said("visited"), "ETIMEDOUT");
}

TEST_F(Network, F10_AsksForAProxyAsItsNetwork) {
  const fs::path runharness = program("runharness");
  if (!fs::exists(runharness)) GTEST_SKIP() << "RUNHARNESS names no program";
  for (const char* command : {"run", "test"}) {
    Words argv{runharness, command, "--net", "none"};
    if (std::string_view(command) == "run") {
      argv.insert(argv.end(), {"--", "/bin/true"});
      EXPECT_EQ(uncaged_command(argv).code(), 0) << "control: a policy that there is";
    }
    argv[3] = "proxy";
    const Ran ran = uncaged_command(argv);
    EXPECT_EQ(ran.code(), 2) << ran.everything();
    EXPECT_NE(ran.err.find("'proxy'"), std::string::npos) << ran.err;
  }
}

// There is no proxy mode: without network, one that knows the address of a proxy gets no further.
TEST_F(Network, F11_ConnectsToAProxyDirectly) {
  HostServer proxy(Words{"127.0.0.1"});
  expect_unreachable(proxy, "127.0.0.1", "ECONNREFUSED");
}

TEST_F(Network, F11_F13_FindsProxiesAndSecretsOfTheCallersEnvironment) {
  const fs::path runharness = program("runharness");
  if (!fs::exists(runharness)) GTEST_SKIP() << "RUNHARNESS names no program";
  const Words names{"http_proxy",   "https_proxy",           "HTTP_PROXY",   "HTTPS_PROXY",  "ALL_PROXY",
                    "GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "DATABASE_URL", "SSH_AUTH_SOCK"};
  Words look{program("escape_probe"), "variables"}, free{"/usr/bin/env"};
  look.insert(look.end(), names.begin(), names.end());
  for (const std::string& name : names) free.push_back(name + "=ENVIRONMENT-CANARY");
  Words caged = free;
  caged.insert(caged.end(), {runharness, "run", "--ro", program(""), "--"});
  free.insert(free.end(), look.begin(), look.end());
  caged.insert(caged.end(), look.begin(), look.end());
  const Ran control = uncaged_command(free), ran = uncaged_command(caged);
  for (const std::string& name : names) {
    EXPECT_EQ(control.said("variable " + name), "ok");
    EXPECT_EQ(ran.said("variable " + name), "ENOENT") << ran.everything();
  }
  EXPECT_EQ(ran.out.find("ENVIRONMENT-CANARY"), std::string::npos);
}

}  // namespace
}  // namespace rh::escape
