#include "runner/agent/mcp/http_guard.h"

#include <algorithm>

#include <fmt/core.h>

#include "runner/agent/digest.h"
#include "runner/base/text.h"

namespace rh::agent::mcp {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

// "name:port" and "[::1]:port" without their port; nothing: that is no host.
std::optional<std::string> name_of_host(std::string_view host) {
  std::size_t end = host.find(':');
  if (host.starts_with('[')) {
    end = host.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    ++end;
  }
  const std::string_view name = host.substr(0, end), rest = host.substr(std::min(end, host.size()));
  if (name.empty() || name.find_first_of("@/\\ ") != std::string_view::npos) return std::nullopt;
  if (!rest.empty() && (rest.front() != ':' || !parse_u64(rest.substr(1)))) return std::nullopt;
  return lower(name);
}

bool contains(const std::vector<std::string>& list, std::string_view text) {
  return std::any_of(list.begin(), list.end(), [&](const std::string& one) { return lower(one) == text; });
}

bool good_host(const HttpAccess& access, const HttpRequest& request) {
  const std::string* host = request.header("host");
  if (host == nullptr || request.repeats("host")) return false;
  const auto name = name_of_host(*host);
  return name && (is_loopback_name(*name) || contains(access.hosts, *name));
}

bool good_origin(const HttpAccess& access, const HttpRequest& request) {
  const std::string* origin = request.header("origin");
  if (origin == nullptr) return true;
  if (request.repeats("origin")) return false;
  const std::string text = lower(*origin);
  if (contains(access.origins, text)) return true;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!text.starts_with(scheme)) continue;
    const auto name = name_of_host(std::string_view(text).substr(scheme.size()));
    return name && is_loopback_name(*name);
  }
  return false;
}

// Index of the token that was sent; all are compared, each in constant time.
std::optional<std::size_t> token_of(const HttpAccess& access, const HttpRequest& request) {
  const std::string* header = request.header("authorization");
  if (header == nullptr || request.repeats("authorization")) return std::nullopt;
  constexpr std::string_view kScheme = "bearer ";
  if (header->size() <= kScheme.size() || lower(std::string_view(*header).substr(0, kScheme.size())) != kScheme)
    return std::nullopt;
  const std::string given = sha256_hex(trim(std::string_view(*header).substr(kScheme.size())));
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < access.tokens.size(); ++i)
    if (same_digest(sha256_hex(access.tokens[i]), given)) found = i;
  return found;
}

}  // namespace

bool is_loopback_name(std::string_view host) {
  if (host == "localhost" || host == "[::1]" || host == "::1") return true;
  const auto parts = split(host, '.');
  return parts.size() == 4 && parts.front() == "127" && std::all_of(parts.begin(), parts.end(), [](std::string_view p) {
           const auto number = parse_u64(p);
           return number && *number <= 255;
         });
}

std::optional<HttpResponse> refusal_of(const HttpAccess& access, const HttpRequest& request) {
  if (!good_host(access, request))
    return plain_response(403, "the Host header names another server; --allow-host adds names");
  if (!good_origin(access, request))
    return plain_response(403, "the page at this Origin may not use the server; --allow-origin adds origins");
  const bool is_preflight = request.method == "OPTIONS";  // browsers send it without credentials
  if (!access.tokens.empty() && !is_preflight && !token_of(access, request)) {
    HttpResponse response = plain_response(401, "a bearer token is needed");
    response.headers.emplace_back("WWW-Authenticate", "Bearer");
    return response;
  }
  return std::nullopt;
}

std::string principal_of(const HttpAccess& access, const HttpRequest& request) {
  if (access.tokens.size() < 2) return "http";
  const auto token = token_of(access, request);
  return token ? fmt::format("http/token-{}", *token + 1) : "http";
}

HttpHeaders cross_origin_headers(const HttpRequest& request) {
  const std::string* origin = request.header("origin");
  if (origin == nullptr) return {};
  return {{"Access-Control-Allow-Origin", *origin},
          {"Access-Control-Expose-Headers", "Mcp-Session-Id"},
          {"Vary", "Origin"}};
}

HttpResponse plain_response(int status, std::string_view text) {
  return {status, {{"Content-Type", "text/plain; charset=utf-8"}}, std::string(text) + "\n", true};
}

}  // namespace rh::agent::mcp
