// HTTP through runharness-http, a small program of its own (http_main.cpp).
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "runner/agent/http/http_frames.h"
#include "runner/base/unique_fd.h"

namespace rh::agent {

struct HttpRequest {
  std::string method = "POST", url;
  std::vector<std::string> headers;  // "Name: value"
  std::string body;
  std::chrono::milliseconds timeout{120'000}, connect_timeout{10'000};
  std::uint64_t max_bytes = kMaxHttpAnswer;
  // https, as PEM files; empty: the system's authorities, and no certificate of our own.
  std::string authority_file, certificate_file, key_file;
};

struct HttpHead {
  int status = 0;
  std::string content_type, retry_after, location;
};

enum class HttpProblem {
  none,
  not_built_in,  // the helper is not there
  unreachable,
  timed_out,
  cut,  // the connection ended in the middle
  tls,
  too_large,
  bad_url,
  cancelled,
  internal,
};

struct HttpOutcome {
  HttpProblem problem = HttpProblem::none;
  std::string message;
  HttpHead head;  // status 0: none came
};

struct HttpHooks {
  std::function<void(const HttpHead&)> on_head;         // may be empty
  std::function<bool(std::string_view bytes)> on_data;  // false: no more is wanted, which is no problem
  BorrowedFd cancel;
};

// runharness-http beside `program`, in ../libexec/runharness, or as RUNHARNESS_HTTP names it; empty: there is none.
[[nodiscard]] std::filesystem::path http_program(const std::filesystem::path& program);
[[nodiscard]] HttpOutcome http_call(const std::filesystem::path& http_program, const HttpRequest& request,
                                    const HttpHooks& hooks);

}  // namespace rh::agent
