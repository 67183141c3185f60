// MCP over HTTP (Streamable HTTP of both eras): connections, deadlines and bounds. Boost.Asio and Boost.Beast stay in
// its .cpp file.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "runner/agent/mcp/http_guard.h"
#include "runner/agent/mcp/server.h"
#include "runner/base/result.h"
#include "runner/base/unique_fd.h"

namespace rh::agent::mcp {

constexpr std::size_t kMaxConnections = 512;  // then the one that has been idle longest goes
constexpr std::uint32_t kMaxHeaderBytes = 16 << 10;
constexpr std::chrono::seconds kHeaderTimeout{10};  // for a whole head, from its first byte on
constexpr std::chrono::seconds kBodyTimeout{60};
constexpr std::chrono::seconds kIdleTimeout{90};  // between two requests
constexpr std::chrono::seconds kWriteTimeout{60};
constexpr std::size_t kMaxUnsentBytes = 64ULL << 20;  // to a client that does not read
// Of all connections together: then the one that holds most is closed.
constexpr std::size_t kMaxAllUnsentBytes = 256ULL << 20;
constexpr std::size_t kMaxAllBodyBytes = 256ULL << 20;

struct HttpOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any
  HttpAccess access;
};

// Until `stop` is readable. `listening` is told the port, `log` what a request threw.
[[nodiscard]] Result<void> serve_http(Server& server, const HttpOptions& options, BorrowedFd stop,
                                      const std::function<void(std::uint16_t)>& listening,
                                      const std::function<void(std::string_view)>& log);

}  // namespace rh::agent::mcp
