// Who may talk to the server over HTTP. A page in the user's browser can reach 127.0.0.1, and with DNS rebinding it can
// even read answers: hence Host and Origin are checked on every request, before anything of its body is read.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runner/agent/mcp/http_message.h"

namespace rh::agent::mcp {

struct HttpAccess {
  std::vector<std::string> hosts;    // beside the loopback names; without port
  std::vector<std::string> origins;  // beside loopback ones; "https://app.example"
  std::vector<std::string> tokens;   // empty: none is asked for
};

// "127.0.0.1", "localhost", "[::1]" and what lies in 127/8.
[[nodiscard]] bool is_loopback_name(std::string_view host);

// Nothing: it may go on. Else 400, 401 or 403.
[[nodiscard]] std::optional<HttpResponse> refusal_of(const HttpAccess& access, const HttpRequest& request);
// Whom quotas, sessions and questions are kept for: "http", or "http/token-2" for the second token.
[[nodiscard]] std::string principal_of(const HttpAccess& access, const HttpRequest& request);
// Headers that let a page of an allowed origin read the answer.
[[nodiscard]] HttpHeaders cross_origin_headers(const HttpRequest& request);

[[nodiscard]] HttpResponse plain_response(int status, std::string_view text);

}  // namespace rh::agent::mcp
