// HTTP as the server sees it, without a library: requests whose names of headers are lower-case, responses as text.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rh::agent::mcp {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method, target;
  HttpHeaders headers;
  std::string body;

  // nullptr: there is none. The first one where a name repeats.
  [[nodiscard]] const std::string* header(std::string_view lower_case_name) const;
  [[nodiscard]] bool repeats(std::string_view lower_case_name) const;
};

struct HttpResponse {
  int status = 200;
  HttpHeaders headers;
  std::string body;
  bool close = false;  // the connection, afterwards
};

// Head and body; `chunked`: the head of a stream, whose length nobody knows.
[[nodiscard]] std::string http_text(const HttpResponse& response, bool chunked = false);
[[nodiscard]] std::string http_chunk(std::string_view bytes);
[[nodiscard]] inline std::string_view http_last_chunk() { return "0\r\n\r\n"; }

// One connection, seen from the routes. All functions on the thread of the server.
class HttpPeer {
 public:
  virtual ~HttpPeer() = default;
  virtual void respond(HttpResponse response) = 0;
  virtual void begin_stream(HttpResponse head) = 0;
  virtual void write(std::string_view bytes) = 0;  // of the stream
  virtual void end_stream() = 0;
  virtual void close() = 0;
};

}  // namespace rh::agent::mcp
