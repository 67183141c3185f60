#include "runner/agent/mcp/http_message.h"

#include <algorithm>

#include <fmt/core.h>

namespace rh::agent::mcp {
namespace {

std::string_view reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    default:
      return "Error";
  }
}

}  // namespace

const std::string* HttpRequest::header(std::string_view lower_case_name) const {
  const auto found =
      std::find_if(headers.begin(), headers.end(), [&](const auto& one) { return one.first == lower_case_name; });
  return found == headers.end() ? nullptr : &found->second;
}

bool HttpRequest::repeats(std::string_view lower_case_name) const {
  return std::count_if(headers.begin(), headers.end(), [&](const auto& one) { return one.first == lower_case_name; }) >
         1;
}

std::string http_text(const HttpResponse& response, bool chunked) {
  constexpr int kNoContent = 204;
  std::string text = fmt::format("HTTP/1.1 {} {}\r\n", response.status, reason_of(response.status));
  for (const auto& [name, value] : response.headers) text += fmt::format("{}: {}\r\n", name, value);
  if (chunked)
    text += "Transfer-Encoding: chunked\r\n";
  else if (response.status != kNoContent)
    text += fmt::format("Content-Length: {}\r\n", response.body.size());
  if (response.close) text += "Connection: close\r\n";
  text += "\r\n";
  return chunked ? text : text + response.body;
}

std::string http_chunk(std::string_view bytes) { return fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes); }

}  // namespace rh::agent::mcp
