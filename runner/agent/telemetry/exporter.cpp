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
  return ::poll(&wait, 1, static_cast<int>(std::clamp<long long>(left, 0, 60'000))) > 0;
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

// Seconds; a date counts as none.
std::chrono::seconds retry_after_of(std::string_view text) {
  return std::chrono::seconds(std::min<std::uint64_t>(parse_u64(text).value_or(0), 3600));
}

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
    if (name == "retry-after") answer.retry_after = retry_after_of(value);
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

// One signal: a queue, a connection that is begun at once, and a thread that sends while the work goes on. What is
// there at the end is sent by whoever finishes, so that nothing hangs on the thread's turn.
class Exporter::Line : public std::enable_shared_from_this<Line> {
 public:
  Line(Signal signal, Endpoint endpoint, std::filesystem::path http_program)
      : signal_(signal), endpoint_(std::move(endpoint)), http_program_(std::move(http_program)) {
    if (endpoint_.plain()) socket_ = begin_connection(endpoint_);
  }

  void add(std::string body) {
    const std::lock_guard lock(mutex_);
    if (queued_bytes_ + body.size() > kMaxQueuedTelemetry) {
      problem_ = fmt::format("more than {} waited to be sent; the rest is dropped", format_size(kMaxQueuedTelemetry));
      return;
    }
    queued_bytes_ += body.size();
    queue_.push_back(std::move(body));
    if (!std::exchange(started_, true)) start();
    changed_.notify_all();
  }

  // `begun`: by all lines together, so that several dead ones cost no more than one.
  void finish(Nanoseconds begun) {
    std::unique_lock lock(mutex_);
    finishing_ = true;
    changed_.notify_all();
    while (busy_ && endpoint_.plain() && !written_) {
      const Nanoseconds left = std::max(begun, moved_at_) + kTelemetryPatience - monotonic_now();
      if (left.count() <= 0) break;
      changed_.wait_for(lock, left);
    }
    std::deque<std::string> rest;
    rest.swap(queue_);
    const bool free = !busy_;
    if (busy_ && endpoint_.plain() && !written_) problem_ = fmt::format("{} does not take them", endpoint_.url);
    if (rest.empty()) return;
    lock.unlock();
    if (!endpoint_.plain())
      send_off(rest);
    else if (free)
      send_rest(rest, begun);
    else
      say(fmt::format("{} is too slow", endpoint_.url));
  }

  [[nodiscard]] std::string problem() {
    const std::lock_guard lock(mutex_);
    if (problem_.empty()) return {};
    return fmt::format("telemetry: {} were not sent: {}", kSignalNames[static_cast<std::size_t>(signal_)], problem_);
  }

 private:
  void start() {
    // Signals are for the main thread.
    sigset_t all, before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    std::thread([line = shared_from_this()] { line->work(); }).detach();
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  void say(std::string problem) {
    const std::lock_guard lock(mutex_);
    problem_ = std::move(problem);
  }

  // What is left goes to helpers that live on after us, no longer than the endpoint's timeout.
  void send_off(std::deque<std::string>& rest) {
    for (std::string& body : rest)
      if (!http_send_off(http_program_, request_of(std::move(body))))
        say(fmt::format("{} needs runharness-http, which is not there", endpoint_.url));
  }

  // An answer is not needed: what the kernel took reaches a collector that lives.
  void send_rest(const std::deque<std::string>& rest, Nanoseconds begun) {
    patient_since_ = begun;
    for (const std::string& body : rest) {
      const HttpAnswer answer = post(body);
      if (answer.status >= 200 && answer.status < 300) continue;
      if (answer.status != 0) say(refusal(answer));
      if (!written_ || &body != &rest.back()) {
        if (answer.status == 0) say(fmt::format("nobody takes them at {}", endpoint_.url));
        return;
      }
    }
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

  [[nodiscard]] std::string refusal(const HttpAnswer& answer) const {
    return fmt::format("{} answered {}: {}", endpoint_.url, answer.status,
                       to_valid_utf8(trim(std::string_view(answer.body).substr(0, 200))));
  }

  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [&] { return finishing_ || !queue_.empty(); });
      // Short commands end before that, and send all of it at once.
      changed_.wait_for(lock, kTelemetryDelay, [&] { return finishing_; });
      if (finishing_) return;
      const std::string body = std::move(queue_.front());
      queue_.pop_front();
      queued_bytes_ -= body.size();
      busy_ = true;
      written_ = false;
      lock.unlock();
      deliver(body);
      lock.lock();
      busy_ = false;
      changed_.notify_all();
    }
  }

  void deliver(const std::string& body) {
    for (unsigned tries = 1;; ++tries) {
      const HttpAnswer answer = endpoint_.plain() ? post(body) : post_by_helper(body);
      std::unique_lock lock(mutex_);
      if (answer.status >= 200 && answer.status < 300) return problem_.clear();
      if (answer.status != 0)
        problem_ = refusal(answer);
      else if (endpoint_.plain())
        problem_ = fmt::format("nobody takes them at {}", endpoint_.url);
      const bool again = answer.status == 0 || may_be_repeated(answer.status);
      if (!again || tries >= kMaxTelemetryTries) return;
      const auto pause = std::max<milliseconds>(answer.retry_after, milliseconds(250 << tries));
      if (changed_.wait_for(lock, pause, [&] { return finishing_; })) return;
    }
  }

  // The endpoint's timeout; at the end a few milliseconds after the last byte that moved.
  [[nodiscard]] Nanoseconds deadline(Nanoseconds last_move) const {
    if (patient_since_) return std::max(*patient_since_, last_move) + kTelemetryPatience;
    return last_move + endpoint_.timeout;
  }

  Nanoseconds moved() {
    const std::lock_guard lock(mutex_);
    moved_at_ = monotonic_now();
    changed_.notify_all();
    return moved_at_;
  }

  bool connected() {
    if (!socket_) socket_ = begin_connection(endpoint_);
    const Nanoseconds since = patient_since_ ? *patient_since_ : monotonic_now();
    if (socket_ && (wait_for(socket_.get(), POLLOUT, deadline(since))) && is_connected(socket_.get())) return true;
    socket_.reset();
    return false;
  }

  // A kept connection may have been closed meanwhile: then once more on a new one.
  HttpAnswer post(const std::string& body) {
    const bool kept = answered_;
    HttpAnswer answer = post_once(body);
    return answer.status == 0 && kept && !written_ ? post_once(body) : answer;
  }

  HttpAnswer post_once(const std::string& body) {
    {
      const std::lock_guard lock(mutex_);
      written_ = false;
    }
    if (!connected()) return {};
    const bool six = endpoint_.host.find(':') != std::string::npos;
    std::string text =
        fmt::format("POST {} HTTP/1.1\r\nHost: {}{}{}:{}\r\nUser-Agent: runharness/{}\r\n", endpoint_.path,
                    six ? "[" : "", endpoint_.host, six ? "]" : "", endpoint_.port, RUNHARNESS_VERSION);
    for (const std::string& header : endpoint_.headers) text += header + "\r\n";
    text += fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.size()) + body;
    Nanoseconds last_move = monotonic_now();
    for (std::size_t at = 0; at < text.size();) {
      const ssize_t sent = ::send(socket_.get(), text.data() + at, text.size() - at, MSG_NOSIGNAL);
      if (sent > 0) {
        at += static_cast<std::size_t>(sent);
        last_move = moved();
      } else if (errno != EINTR && (errno != EAGAIN || !wait_for(socket_.get(), POLLOUT, deadline(last_move)))) {
        return lost();
      }
    }
    {
      const std::lock_guard lock(mutex_);
      written_ = true;
    }
    return read_answer(last_move);
  }

  HttpAnswer read_answer(Nanoseconds last_move) {
    std::string held;
    std::array<char, 4096> buffer;
    while (held.size() < kMaxAnswerBytes) {
      // At the end an answer is welcome, not waited for: what several collectors do not say would add up.
      const Nanoseconds until = patient_since_ ? *patient_since_ + kTelemetryPatience : deadline(last_move);
      if (!wait_for(socket_.get(), POLLIN, until)) return lost();
      const ssize_t got = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
      if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (got > 0) held.append(buffer.data(), static_cast<std::size_t>(got));
      if (got <= 0 && held.empty()) {
        const std::lock_guard lock(mutex_);
        written_ = false;  // it went to a connection that was no more
      }
      if (auto complete = parsed(held, got <= 0)) {
        answered_ = complete->keep_alive && got > 0;
        if (!answered_) socket_.reset();
        return *std::move(complete);
      }
      if (got <= 0) return lost();
      last_move = moved();
    }
    return lost();
  }

  HttpAnswer lost() {
    socket_.reset();
    answered_ = false;
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
    answer.retry_after = retry_after_of(outcome.head.retry_after);
    if (outcome.problem != HttpProblem::none) say(fmt::format("{}: {}", endpoint_.url, outcome.message));
    return answer;
  }

  const Signal signal_;
  const Endpoint endpoint_;
  const std::filesystem::path http_program_;
  // Of the thread while `busy_`, else of whoever finishes.
  UniqueFd socket_;
  bool answered_ = false;  // the connection served before
  std::optional<Nanoseconds> patient_since_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> queue_;
  std::size_t queued_bytes_ = 0;
  Nanoseconds moved_at_{0};
  bool started_ = false, busy_ = false, written_ = false, finishing_ = false;
  std::string problem_;
};

Exporter::Exporter(const TelemetryPlan& plan, std::filesystem::path http_program) {
  for (std::size_t i = 0; i < kSignals; ++i) {
    if (plan.endpoints[i].url.empty()) {
      lines_.push_back(nullptr);
      continue;
    }
    lines_.push_back(std::make_shared<Line>(static_cast<Signal>(i), plan.endpoints[i], http_program));
  }
}

Exporter::~Exporter() { finish(); }

void Exporter::send(Signal signal, std::string body) {
  if (const auto& line = lines_[static_cast<std::size_t>(signal)]) line->add(std::move(body));
}

void Exporter::finish() {
  if (std::exchange(finished_, true)) return;
  const Nanoseconds begun = monotonic_now();
  for (const auto& line : lines_)
    if (line) line->finish(begun);
}

std::vector<std::string> Exporter::problems() const {
  std::vector<std::string> all;
  for (const auto& line : lines_)
    if (line)
      if (std::string problem = line->problem(); !problem.empty()) all.push_back(std::move(problem));
  return all;
}

}  // namespace rh::agent
