#include "runner/agent/jupyter/jupyter_place.h"

#include <algorithm>

#include <fmt/core.h>

#include "runner/base/text.h"

namespace rh::agent {
namespace {

constexpr std::size_t kMaxHost = 2000;

Failure no_place(const std::string& host, const char* why) {
  return fail(ErrorKind::config, fmt::format("use container.jupyter_host: {}", why), host);
}

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

}  // namespace

std::string JupyterPlace::authority() const {
  return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + port;
}

std::string JupyterPlace::url() const {
  return fmt::format("{}://{}{}", tls ? "https" : "http", authority(), base == "/" ? "" : base);
}

Result<JupyterPlace> jupyter_place(const std::string& host, std::uint16_t port) {
  JupyterPlace place;
  std::string_view rest = host;
  if (host.size() > kMaxHost || !is_plain(host)) return no_place(host.substr(0, 100), "it is no host and no URL");
  const bool is_url = rest.find("://") != std::string_view::npos;
  place.tls = rest.starts_with("https://");
  if (is_url && !place.tls && !rest.starts_with("http://")) return no_place(host, "a URL of it is http or https");
  if (is_url) rest.remove_prefix(rest.find("://") + 3);
  if (rest.find_first_of("?#@") != std::string_view::npos)
    return no_place(std::string(rest.substr(0, rest.find_first_of("?#@"))),
                    "it has no query and no user; the token is that of JUPYTER_TOKEN");
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  place.base = std::string(rest.substr(slash));
  if (!place.base.ends_with('/')) place.base += '/';
  std::string_view authority = rest.substr(0, slash);
  place.port = std::to_string(place.tls && port == 8888 ? 443 : port);
  const std::size_t bracket = authority.rfind(']');
  const bool bare_six = bracket == std::string_view::npos && std::count(authority.begin(), authority.end(), ':') > 1;
  const std::size_t colon = bare_six ? std::string_view::npos : authority.rfind(':');
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
    const auto own = parse_u64(authority.substr(colon + 1));
    if (!own || *own == 0 || *own > 65535) return no_place(host, "its port is none");
    place.port = std::to_string(*own);
    authority = authority.substr(0, colon);
  }
  if (authority.starts_with('[') && authority.ends_with(']')) authority = authority.substr(1, authority.size() - 2);
  if (authority.empty()) return no_place(host, "it names no host");
  place.host = authority;
  return place;
}

}  // namespace rh::agent
