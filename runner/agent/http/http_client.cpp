#include "runner/agent/http/http_client.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include <nlohmann/json.hpp>

#include "runner/agent/http/helper_process.h"
#include "runner/base/clock.h"
#include "runner/base/file.h"

namespace rh::agent {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

UniqueFd written_request(const HttpRequest& request) {
  const json head = {{"method", request.method},
                     {"url", request.url},
                     {"headers", request.headers},
                     {"timeout_ms", request.timeout.count()},
                     {"connect_timeout_ms", request.connect_timeout.count()},
                     {"max_bytes", request.max_bytes},
                     {"authority_file", request.authority_file},
                     {"certificate_file", request.certificate_file},
                     {"key_file", request.key_file},
                     {"body_bytes", request.body.size()}};
  UniqueFd file(::memfd_create("runharness-http", MFD_CLOEXEC));
  if (!file || !write_all(file, head.dump(-1, ' ', false, json::error_handler_t::replace) + "\n", "request") ||
      !write_all(file, request.body, "request") || ::lseek(file.get(), 0, SEEK_SET) != 0)
    return {};
  return file;
}

HttpProblem problem_named(const std::string& name) {
  constexpr std::array<std::pair<std::string_view, HttpProblem>, 6> kNames{{{"timed_out", HttpProblem::timed_out},
                                                                            {"unreachable", HttpProblem::unreachable},
                                                                            {"cut", HttpProblem::cut},
                                                                            {"tls", HttpProblem::tls},
                                                                            {"too_large", HttpProblem::too_large},
                                                                            {"bad_url", HttpProblem::bad_url}}};
  for (const auto& [known, problem] : kNames)
    if (known == name) return problem;
  return HttpProblem::internal;
}

// Frames out of what was read so far.
class FrameReader {
 public:
  FrameReader(const HttpHooks& hooks, HttpOutcome& outcome) : hooks_(hooks), outcome_(outcome) {}

  // False: the answer is over, one way or the other.
  bool feed(std::string_view bytes) {
    held_ += bytes;
    for (;;) {
      if (held_.size() < kHttpFrameHead) return true;
      const std::size_t size = std::strtoul(held_.substr(1, 8).c_str(), nullptr, 16);
      if (size > kMaxHttpFrame) return fail("the helper spoke another language");
      if (held_.size() < kHttpFrameHead + size) return true;
      const char letter = held_[0];
      const std::string payload = held_.substr(kHttpFrameHead, size);
      held_.erase(0, kHttpFrameHead + size);
      if (!take(letter, payload)) return false;
    }
  }
  [[nodiscard]] bool complete() const { return complete_; }

 private:
  bool fail(std::string message) {
    outcome_.problem = HttpProblem::internal;
    outcome_.message = std::move(message);
    complete_ = true;
    return false;
  }
  bool take(char letter, const std::string& payload) {
    if (letter == 'D') {
      if (!hooks_.on_data || hooks_.on_data(payload)) return true;
      complete_ = true;
      return false;
    }
    if (letter == 'Z') {
      complete_ = true;
      return false;
    }
    const json value = json::parse(payload, nullptr, false);
    if (!value.is_object()) return fail("the helper spoke another language");
    if (letter == 'H') {
      outcome_.head = {value.value("status", 0), value.value("content_type", ""), value.value("retry_after", ""),
                       value.value("location", "")};
      if (hooks_.on_head) hooks_.on_head(outcome_.head);
      return true;
    }
    outcome_.problem = problem_named(value.value("problem", ""));
    outcome_.message = value.value("message", "");
    complete_ = true;
    return false;
  }

  const HttpHooks& hooks_;
  HttpOutcome& outcome_;
  std::string held_;
  bool complete_ = false;
};

HttpOutcome problem(HttpProblem kind, std::string message) { return {kind, std::move(message), {}}; }

}  // namespace

fs::path http_program(const fs::path& program) { return helper_program(program, "runharness-http", "RUNHARNESS_HTTP"); }

HttpOutcome http_call(const fs::path& http_program, const HttpRequest& request, const HttpHooks& hooks) {
  if (http_program.empty())
    return problem(HttpProblem::not_built_in,
                   "HTTP is not built in: runharness-http is neither beside runharness nor in ../libexec/runharness");
  const UniqueFd input = written_request(request);
  std::array<int, 2> ends{-1, -1};
  if (!input || ::pipe2(ends.data(), O_CLOEXEC) != 0) return problem(HttpProblem::internal, "no pipe could be made");
  const UniqueFd output(ends[0]);
  UniqueFd theirs(ends[1]);
  const HelperProcess helper(http_program, input, theirs);
  if (!helper.started()) return problem(HttpProblem::not_built_in, "runharness-http cannot be started");
  theirs.reset();
  HttpOutcome outcome;
  FrameReader frames(hooks, outcome);
  // The helper keeps the time itself; this is for one that hangs.
  const Nanoseconds deadline = monotonic_now() + request.timeout + std::chrono::seconds(2);
  std::array<char, 65536> buffer;
  while (!frames.complete()) {
    std::array<pollfd, 2> waits{{{output.get(), POLLIN, 0}, {hooks.cancel.fd, POLLIN, 0}}};
    const auto left = std::chrono::duration_cast<Milliseconds>(deadline - monotonic_now()).count();
    if (left <= 0) return problem(HttpProblem::timed_out, "no answer in time");
    if (::poll(waits.data(), waits.size(), static_cast<int>(std::min<long long>(left, 60'000))) < 0 && errno != EINTR)
      return problem(HttpProblem::internal, "poll failed");
    if (hooks.cancel.valid() && waits[1].revents != 0) return problem(HttpProblem::cancelled, "cancelled");
    if (waits[0].revents == 0) continue;
    const ssize_t got = ::read(output.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    if (!frames.feed({buffer.data(), static_cast<std::size_t>(got)})) break;
  }
  if (!frames.complete()) {
    outcome.problem = HttpProblem::internal;
    outcome.message = "runharness-http ended without an answer";
  }
  return outcome;
}

}  // namespace rh::agent
