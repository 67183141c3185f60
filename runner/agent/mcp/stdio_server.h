// MCP over standard input and output: one message a line. Nothing else may ever be written to the output.
#pragma once

#include <string>

#include "runner/agent/mcp/server.h"
#include "runner/base/result.h"
#include "runner/base/unique_fd.h"

namespace rh::agent::mcp {

// Until the input ends or `stop` is readable; then what runs is cancelled.
[[nodiscard]] Result<void> serve_stdio(Server& server, BorrowedFd input, BorrowedFd output, BorrowedFd stop);

}  // namespace rh::agent::mcp
