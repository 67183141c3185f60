// runharness-http: one HTTP request by libcurl, for runharness, which is linked without shared libraries and so cannot
// have libcurl (TLS, proxies, names) in itself. Keys reach this process by its standard input, never its arguments.
#include <curl/curl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <string>

#include <nlohmann/json.hpp>

#include "runner/agent/http/http_frames.h"

namespace rh::agent {
namespace {

using nlohmann::json;

bool write_fully(const char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t done = ::write(STDOUT_FILENO, bytes, size);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    bytes += done;
    size -= static_cast<std::size_t>(done);
  }
  return true;
}

bool send_frame(char letter, const std::string& payload) {
  char head[kHttpFrameHead + 1];
  std::snprintf(head, sizeof head, "%c%08zx", letter, payload.size());
  return write_fully(head, kHttpFrameHead) && write_fully(payload.data(), payload.size());
}

int give_up(const char* problem, const std::string& message) {
  send_frame('E',
             json{{"problem", problem}, {"message", message}}.dump(-1, ' ', false, json::error_handler_t::replace));
  return 1;
}

bool read_request(json& head, std::string& body) {
  std::string line;
  for (int c = std::getchar(); c != '\n'; c = std::getchar()) {
    if (c == EOF || line.size() >= kMaxHttpHead) return false;
    line += static_cast<char>(c);
  }
  head = json::parse(line, nullptr, false);
  if (!head.is_object() || !head["url"].is_string()) return false;
  const std::size_t size = head.value("body_bytes", std::size_t{0});
  if (size > kMaxHttpBody) return false;
  body.resize(size);
  return std::fread(body.data(), 1, size, stdin) == size;
}

struct Transfer {
  CURL* easy = nullptr;
  std::uint64_t left = 0;
  bool head_sent = false, too_large = false, reader_gone = false;
  std::string retry_after, location;
};

void send_head(Transfer& transfer) {
  if (std::exchange(transfer.head_sent, true)) return;
  long status = 0;
  const char* type = nullptr;
  curl_easy_getinfo(transfer.easy, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(transfer.easy, CURLINFO_CONTENT_TYPE, &type);
  const json head = {{"status", status},
                     {"content_type", type == nullptr ? "" : type},
                     {"retry_after", transfer.retry_after},
                     {"location", transfer.location}};
  if (!send_frame('H', head.dump(-1, ' ', false, json::error_handler_t::replace))) transfer.reader_gone = true;
}

std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  std::string line(bytes, size * count);
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.pop_back();
  const std::size_t colon = line.find(':');
  if (line.starts_with("HTTP/")) transfer.retry_after.clear(), transfer.location.clear();  // after a 1xx or a proxy's
  if (colon == std::string::npos) return size * count;
  std::string name = line.substr(0, colon), value = line.substr(colon + 1);
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  value.erase(0, value.find_first_not_of(' '));
  if (name == "retry-after") transfer.retry_after = value;
  if (name == "location") transfer.location = value;
  return size * count;
}

std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::size_t length = size * count;
  send_head(transfer);
  if (length > transfer.left) {
    transfer.too_large = true;
    return 0;
  }
  transfer.left -= length;
  if (transfer.reader_gone || !send_frame('D', std::string(bytes, length))) return 0;
  return length;
}

const char* problem_of(CURLcode code) {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return "timed_out";
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
      return "unreachable";
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
      return "tls";
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return "bad_url";
    default:
      return "cut";
  }
}

int run() {
  json head;
  std::string body;
  if (!read_request(head, body)) return give_up("bad_request", "the request on standard input is not one");
  curl_global_init(CURL_GLOBAL_DEFAULT);
  Transfer transfer;
  transfer.left = head.value("max_bytes", static_cast<std::uint64_t>(kMaxHttpAnswer));
  CURL* easy = transfer.easy = curl_easy_init();
  if (easy == nullptr) return give_up("internal", "libcurl could not be set up");
  char reason[CURL_ERROR_SIZE] = "";
  curl_slist* headers = nullptr;
  for (const json& line : head.value("headers", json::array()))
    headers = curl_slist_append(headers, line.get_ref<const std::string&>().c_str());
  headers = curl_slist_append(headers, "Expect:");  // no waiting for a 100 that many servers never send
  curl_easy_setopt(easy, CURLOPT_URL, head["url"].get_ref<const std::string&>().c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);  // a key must not follow to another host
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "runharness/" RUNHARNESS_VERSION);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, head.value("timeout_ms", 120'000L));
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, head.value("connect_timeout_ms", 10'000L));
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, reason);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
  for (const auto& [name, option] :
       {std::pair{"authority_file", CURLOPT_CAINFO}, std::pair{"certificate_file", CURLOPT_SSLCERT},
        std::pair{"key_file", CURLOPT_SSLKEY}})
    if (const std::string file = head.value(name, std::string()); !file.empty())
      curl_easy_setopt(easy, option, file.c_str());
  if (head.value("method", std::string("POST")) == "POST") {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.c_str());
  }
  const CURLcode code = curl_easy_perform(easy);
  if (transfer.too_large) return give_up("too_large", "the answer is larger than allowed");
  if (code != CURLE_OK) return give_up(problem_of(code), reason[0] != 0 ? reason : curl_easy_strerror(code));
  send_head(transfer);
  return send_frame('Z', "") ? 0 : 1;
}

}  // namespace
}  // namespace rh::agent

int main() {
  try {
    return rh::agent::run();
  } catch (const std::exception& problem) {
    return rh::agent::give_up("bad_request", problem.what());
  }
}
