#include "runner/agent/telemetry/exporter.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <thread>

#include <fmt/core.h>

#include "runner/agent/http/http_client.h"
#include "runner/base/clock.h"
#include "runner/base/text.h"
#include "runner/base/unique_fd.h"

namespace rh::agent {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMaxAnswerBytes = 64 << 10;

constexpr std::array<std::string_view, kSignals> kSignalNames{"traces", "metrics", "logs"};

UniqueFd begin_connection(const Endpoint& endpoint) {
  const bool six = endpoint.host.find(':') != std::string::npos;
  UniqueFd socket(::socket(six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return {};
  sockaddr_in four{};
  sockaddr_in6 long_form{};
  four.sin_family = AF_INET;
  four.sin_port = long_form.sin6_port = htons(endpoint.port);
  long_form.sin6_family = AF_INET6;
  ::inet_pton(six ? AF_INET6 : AF_INET, endpoint.host.c_str(),
              six ? static_cast<void*>(&long_form.sin6_addr) : static_cast<void*>(&four.sin_addr));
  const auto* address = six ? reinterpret_cast<const sockaddr*>(&long_form) : reinterpret_cast<const sockaddr*>(&four);
  const auto size = static_cast<socklen_t>(six ? sizeof long_form : sizeof four);
  if (::connect(socket.get(), address, size) != 0 && errno != EINPROGRESS) return {};
  return socket;
}

bool wait_for(int fd, short events, Nanoseconds deadline) {
  const auto left = std::chrono::duration_cast<milliseconds>(deadline - monotonic_now()).count();
  pollfd wait{fd, events, 0};
  return left > 0 && ::poll(&wait, 1, static_cast<int>(std::min<long long>(left, 60'000))) > 0;
}

bool is_connected(int fd) {
  int problem = 0;
  socklen_t size = sizeof problem;
  return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &size) == 0 && problem == 0;
}

struct HttpAnswer {
  int status = 0;
  bool keep_alive = true;
  std::chrono::seconds retry_after{0};
  std::string body;
};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

// Complete answers only; nullopt: there is more to come.
std::optional<HttpAnswer> parsed(std::string_view text, bool closed) {
  const std::size_t end = text.find("\r\n\r\n");
  if (end == std::string_view::npos || !text.starts_with("HTTP/1.")) return std::nullopt;
  HttpAnswer answer;
  answer.status = static_cast<int>(parse_u64(text.substr(9, 3)).value_or(0));
  std::optional<std::uint64_t> length;
  bool chunked = false;
  for (const std::string_view line : split_lines(text.substr(0, end))) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string name = lower(line.substr(0, colon)), value = lower(trim(line.substr(colon + 1)));
    if (name == "content-length") length = parse_u64(value);
    if (name == "transfer-encoding") chunked = value.find("chunked") != std::string::npos;
    if (name == "connection" && value == "close") answer.keep_alive = false;
    if (name == "retry-after")
      answer.retry_after = std::chrono::seconds(std::min<std::uint64_t>(parse_u64(value).value_or(0), 3600));
  }
  const std::string_view body = text.substr(end + 4);
  answer.body = body.substr(0, length.value_or(body.size()));
  if (chunked && !body.ends_with("0\r\n\r\n") && !closed) return std::nullopt;
  if (!chunked && length && body.size() < *length && !closed) return std::nullopt;
  if (!chunked && !length && !closed) answer.keep_alive = false;
  return answer;
}

bool may_be_repeated(int status) { return status == 429 || status == 502 || status == 503 || status == 504; }

}  // namespace

// One signal: a queue, a thread that outlives us if need be, and its connection.
class Exporter::Line {
 public:
  Line(Signal signal, Endpoint endpoint, std::filesystem::path http_program)
      : signal_(signal), endpoint_(std::move(endpoint)), http_program_(std::move(http_program)) {}

  static void start(const std::shared_ptr<Line>& line) {
    // Signals are for the main thread.
    sigset_t all, before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    std::thread([line] { line->work(); }).detach();
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  void add(std::string body) {
    const std::lock_guard lock(mutex_);
    if (queued_bytes_ + body.size() > kMaxQueuedTelemetry) {
      problem_ = fmt::format("more than {} waited to be sent; the rest is dropped", format_size(kMaxQueuedTelemetry));
      return;
    }
    queued_bytes_ += body.size();
    queue_.push_back(std::move(body));
    changed_.notify_all();
  }

  // A connection that is not there at the end is not waited for; one that takes bytes is.
  void finish() {
    std::unique_lock lock(mutex_);
    finishing_ = true;
    changed_.notify_all();
    if (!endpoint_.plain()) return send_off(lock);
    std::uint64_t moved = moved_;
    while (busy_ || !queue_.empty()) {
      if (!connected_ && tried_) break;
      changed_.wait_for(lock, kTelemetryPatience);
      if (moved_ == moved) break;
      moved = moved_;
    }
    const bool handed_over = queue_.empty() && (!busy_ || written_);
    if (!handed_over && problem_.empty()) problem_ = fmt::format("nobody takes them at {}", endpoint_.url);
    queue_.clear();
  }

  [[nodiscard]] std::string problem() {
    const std::lock_guard lock(mutex_);
    return problem_.empty() ? ""
                            : fmt::format("telemetry: {} were not sent: {}",
                                          kSignalNames[static_cast<std::size_t>(signal_)], problem_);
  }

 private:
  // What is left goes to helpers that live on after us, no longer than the endpoint's timeout.
  void send_off(std::unique_lock<std::mutex>& lock) {
    std::deque<std::string> rest;
    rest.swap(queue_);
    lock.unlock();
    bool good = true;
    for (std::string& body : rest) good = http_send_off(http_program_, request_of(std::move(body))) && good;
    lock.lock();
    if (!good) problem_ = fmt::format("{} needs runharness-http, which is not there", endpoint_.url);
  }

  [[nodiscard]] HttpRequest request_of(std::string body) const {
    HttpRequest request;
    request.url = endpoint_.url;
    request.headers = endpoint_.headers;
    request.headers.emplace_back("Content-Type: application/json");
    request.timeout = endpoint_.timeout;
    request.body = std::move(body);
    return request;
  }

  void work() {
    if (endpoint_.plain()) connect();
    for (;;) {
      std::string body;
      {
        std::unique_lock lock(mutex_);
        busy_ = false;
        changed_.notify_all();
        changed_.wait(lock, [&] { return finishing_ || !queue_.empty(); });
        if (queue_.empty() || (finishing_ && !endpoint_.plain())) return;
        body = std::move(queue_.front());
        queue_.pop_front();
        queued_bytes_ -= body.size();
        busy_ = true;
        written_ = false;
      }
      deliver(body);
    }
  }

  void deliver(const std::string& body) {
    for (unsigned tries = 1;; ++tries) {
      const HttpAnswer answer = endpoint_.plain() ? post(body) : post_by_helper(body);
      if (answer.status >= 200 && answer.status < 300) return;
      const bool again = answer.status == 0 || may_be_repeated(answer.status);
      std::unique_lock lock(mutex_);
      if (answer.status != 0)
        problem_ = fmt::format("{} answered {}: {}", endpoint_.url, answer.status,
                               to_valid_utf8(trim(std::string_view(answer.body).substr(0, 200))));
      if (!again || tries >= kMaxTelemetryTries || finishing_) return;
      const auto pause = std::max<milliseconds>(answer.retry_after, milliseconds(250 << tries));
      if (changed_.wait_for(lock, pause, [&] { return finishing_; }) && !connected_) return;
    }
  }

  void move(std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    moved_ += bytes;
    changed_.notify_all();
  }

  void connect() {
    socket_ = begin_connection(endpoint_);
    const Nanoseconds deadline = monotonic_now() + endpoint_.timeout;
    const bool there = socket_ && wait_for(socket_.get(), POLLOUT, deadline) && is_connected(socket_.get());
    if (!there) socket_.reset();
    const std::lock_guard lock(mutex_);
    connected_ = there;
    tried_ = true;
    if (!there && problem_.empty()) problem_ = fmt::format("nobody listens at {}", endpoint_.url);
    if (there) problem_.clear();
    ++moved_;
    changed_.notify_all();
  }

  HttpAnswer post(const std::string& body) {
    if (!socket_) connect();
    if (!socket_) return {};
    std::string text =
        fmt::format("POST {} HTTP/1.1\r\nHost: {}{}{}:{}\r\nUser-Agent: runharness/{}\r\n", endpoint_.path,
                    endpoint_.host.find(':') == std::string::npos ? "" : "[", endpoint_.host,
                    endpoint_.host.find(':') == std::string::npos ? "" : "]", endpoint_.port, RUNHARNESS_VERSION);
    for (const std::string& header : endpoint_.headers) text += header + "\r\n";
    text += fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.size()) + body;
    const Nanoseconds deadline = monotonic_now() + endpoint_.timeout;
    for (std::size_t at = 0; at < text.size();) {
      const ssize_t sent = ::send(socket_.get(), text.data() + at, text.size() - at, MSG_NOSIGNAL);
      if (sent > 0) {
        at += static_cast<std::size_t>(sent);
        move(static_cast<std::uint64_t>(sent));
      } else if (errno != EINTR && (errno != EAGAIN || !wait_for(socket_.get(), POLLOUT, deadline))) {
        return lost();
      }
    }
    {
      const std::lock_guard lock(mutex_);
      written_ = true;
    }
    return answer(deadline);
  }

  HttpAnswer answer(Nanoseconds deadline) {
    std::string held;
    std::array<char, 4096> buffer;
    while (held.size() < kMaxAnswerBytes) {
      if (!wait_for(socket_.get(), POLLIN, deadline)) return lost();
      const ssize_t got = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
      if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (got > 0) held.append(buffer.data(), static_cast<std::size_t>(got));
      if (auto complete = parsed(held, got <= 0)) {
        if (!complete->keep_alive || got <= 0) socket_.reset();
        move(1);
        return *std::move(complete);
      }
      if (got <= 0) return lost();
    }
    return lost();
  }

  HttpAnswer lost() {
    socket_.reset();
    const std::lock_guard lock(mutex_);
    problem_ = fmt::format("{} broke the connection or did not answer", endpoint_.url);
    return {};
  }

  HttpAnswer post_by_helper(const std::string& body) {
    HttpAnswer answer;
    HttpHooks hooks;
    hooks.on_data = [&](std::string_view bytes) {
      answer.body += bytes;
      return answer.body.size() < kMaxAnswerBytes;
    };
    const HttpOutcome outcome = http_call(http_program_, request_of(body), hooks);
    answer.status = outcome.head.status;
    answer.retry_after =
        std::chrono::seconds(std::min<std::uint64_t>(parse_u64(outcome.head.retry_after).value_or(0), 3600));
    if (outcome.problem != HttpProblem::none) {
      const std::lock_guard lock(mutex_);
      problem_ = fmt::format("{}: {}", endpoint_.url, outcome.message);
    }
    return answer;
  }

  const Signal signal_;
  const Endpoint endpoint_;
  const std::filesystem::path http_program_;
  UniqueFd socket_;  // of the thread

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> queue_;
  std::size_t queued_bytes_ = 0;
  std::uint64_t moved_ = 0;
  bool busy_ = false, written_ = false, connected_ = false, tried_ = false, finishing_ = false;
  std::string problem_;
};

Exporter::Exporter(const TelemetryPlan& plan, std::filesystem::path http_program) {
  for (std::size_t i = 0; i < kSignals; ++i) {
    if (plan.endpoints[i].url.empty()) {
      lines_.push_back(nullptr);
      continue;
    }
    lines_.push_back(std::make_shared<Line>(static_cast<Signal>(i), plan.endpoints[i], http_program));
    Line::start(lines_.back());
  }
}

Exporter::~Exporter() { finish(); }

void Exporter::send(Signal signal, std::string body) {
  if (const auto& line = lines_[static_cast<std::size_t>(signal)]) line->add(std::move(body));
}

void Exporter::finish() {
  if (std::exchange(finished_, true)) return;
  for (const auto& line : lines_)
    if (line) line->finish();
}

std::vector<std::string> Exporter::problems() const {
  std::vector<std::string> all;
  for (const auto& line : lines_)
    if (line)
      if (std::string problem = line->problem(); !problem.empty()) all.push_back(std::move(problem));
  return all;
}

}  // namespace rh::agent
