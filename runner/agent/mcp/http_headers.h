// What modern requests repeat in their headers, for proxies: it must be what the body says.
// https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http
#pragma once

#include <string>

#include "runner/agent/mcp/frame.h"
#include "runner/agent/mcp/host.h"
#include "runner/agent/mcp/http_message.h"

namespace rh::agent::mcp {

// Empty: they agree. Else what does not, for the message of kHeaderMismatch.
[[nodiscard]] std::string header_mismatch(Host& host, const HttpRequest& request, const Message& message);

}  // namespace rh::agent::mcp
