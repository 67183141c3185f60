// Where a Jupyter server is, as container.jupyter_host and container.jupyter_port of a configuration say.
#pragma once

#include <cstdint>
#include <string>

#include "runner/base/result.h"

namespace rh::agent {

struct JupyterPlace {
  std::string host, port;
  std::string base = "/";  // or "/user/me/": where the API begins
  bool tls = false;
  std::string token;  // empty: none

  [[nodiscard]] std::string authority() const;  // "localhost:8888", "[::1]:8888"
  [[nodiscard]] std::string url() const;        // without the token
};

// "localhost", "::1", "hub.example.org:8000", "https://hub.example.org/user/me": a port of its own comes before `port`,
// and https without one means 443.
[[nodiscard]] Result<JupyterPlace> jupyter_place(const std::string& host, std::uint16_t port);

}  // namespace rh::agent
