// A server on the product's MCP layer with the tools, resources and prompts that the conformance suite of the protocol
// calls by name (https://github.com/modelcontextprotocol/conformance). For tests only.
//   mcp_fixture --stdio
//   mcp_fixture --http PORT      prints the port on standard error
#include <sys/signalfd.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "runner/agent/mcp/http_server.h"
#include "runner/agent/mcp/server.h"
#include "runner/agent/mcp/stdio_server.h"
#include "tests/agents/mcp/fixture_host.h"

namespace {

rh::UniqueFd signals_that_end() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  return rh::UniqueFd(::signalfd(-1, &set, SFD_CLOEXEC));
}

}  // namespace

int main(int argc, char** argv) {
  namespace mcp = rh::agent::mcp;
  std::signal(SIGPIPE, SIG_IGN);
  const rh::UniqueFd ending = signals_that_end();
  mcp::FixtureHost host;
  mcp::Server server(host, {});
  host.serve(server);
  rh::Result<void> done;
  if (argc == 3 && std::strcmp(argv[1], "--http") == 0) {
    mcp::HttpOptions options;
    std::from_chars(argv[2], argv[2] + std::strlen(argv[2]), options.port);
    done = mcp::serve_http(
        server, options, ending,
        [](std::uint16_t port) { std::fprintf(stderr, "listening on port %u\n", static_cast<unsigned>(port)); },
        [](std::string_view what) { std::fprintf(stderr, "%s\n", std::string(what).c_str()); });
  } else {
    done = mcp::serve_stdio(server, rh::BorrowedFd(0), rh::BorrowedFd(1), ending);
  }
  if (done) return 0;
  std::fprintf(stderr, "%s\n", done.error().message().c_str());
  return 1;
}
