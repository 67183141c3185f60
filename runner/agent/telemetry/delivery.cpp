#include "runner/agent/telemetry/delivery.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "runner/base/text.h"

namespace rh::agent {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMaxAnswerBytes = 64 << 10;

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

bool is_ready(int fd, short events) {
  pollfd look{fd, events, 0};
  return ::poll(&look, 1, 0) > 0;
}

bool is_connected(int fd) {
  int problem = 0;
  socklen_t size = sizeof problem;
  return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &size) == 0 && problem == 0;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string request_text(const Endpoint& endpoint, const std::string& body) {
  const bool six = endpoint.host.find(':') != std::string::npos;
  std::string text = fmt::format("POST {} HTTP/1.1\r\nHost: {}{}{}:{}\r\nUser-Agent: runharness/{}\r\n", endpoint.path,
                                 six ? "[" : "", endpoint.host, six ? "]" : "", endpoint.port, RUNHARNESS_VERSION);
  for (const std::string& header : endpoint.headers) text += header + "\r\n";
  return text + fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.size()) + body;
}

}  // namespace

std::optional<HttpAnswer> parsed_answer(std::string_view text, bool closed) {
  constexpr std::uint64_t kMaxRetryAfter = 3600;
  const std::size_t end = text.find("\r\n\r\n");
  if (end == std::string_view::npos || !text.starts_with("HTTP/1.") || text.size() < 12) return std::nullopt;
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
    // A date counts as none.
    if (name == "retry-after")
      answer.retry_after = std::chrono::seconds(std::min(parse_u64(value).value_or(0), kMaxRetryAfter));
  }
  const std::string_view body = text.substr(end + 4);
  answer.body = body.substr(0, length.value_or(body.size()));
  if (chunked && !body.ends_with("0\r\n\r\n") && !closed) return std::nullopt;
  if (!chunked && length && body.size() < *length && !closed) return std::nullopt;
  if (!chunked && !length && !closed) answer.keep_alive = false;
  return answer;
}

bool may_be_repeated(int status) { return status == 429 || status == 502 || status == 503 || status == 504; }

std::string refusal_text(const Endpoint& endpoint, const HttpAnswer& answer) {
  constexpr std::size_t kShown = 200;
  return fmt::format("{} answered {}: {}", endpoint.url, answer.status,
                     to_valid_utf8(trim(std::string_view(answer.body).substr(0, kShown))));
}

Delivery::Delivery(Endpoint endpoint) : endpoint_(std::move(endpoint)), socket_(begin_connection(endpoint_)) {}

void Delivery::step() {
  for (bool goes_on = true; goes_on;) {
    switch (state_) {
      case State::resting:
      case State::pausing:
        goes_on = rest();
        break;
      case State::connecting:
        goes_on = connect();
        break;
      case State::writing:
        goes_on = write();
        break;
      case State::reading:
        goes_on = read();
        break;
    }
  }
}

bool Delivery::rest() {
  if (queue_.empty() || (state_ == State::pausing && monotonic_now() < pause_until_)) return false;
  if (!socket_) socket_ = begin_connection(endpoint_);
  if (!socket_) return lost(fmt::format("nobody takes them at {}", endpoint_.url));
  moved_at_ = monotonic_now();
  state_ = State::connecting;
  return true;
}

bool Delivery::connect() {
  if (!is_ready(socket_.get(), POLLOUT)) {
    if (monotonic_now() < due()) return false;
    return lost(fmt::format("nobody answers at {}", endpoint_.url));
  }
  if (!is_connected(socket_.get())) return lost(fmt::format("nobody takes them at {}", endpoint_.url));
  text_ = request_text(endpoint_, queue_.front());
  held_.clear();
  at_ = 0;
  moved_at_ = monotonic_now();
  state_ = State::writing;
  return true;
}

bool Delivery::write() {
  while (at_ < text_.size()) {
    const ssize_t sent = ::send(socket_.get(), text_.data() + at_, text_.size() - at_, MSG_NOSIGNAL);
    if (sent > 0) {
      at_ += static_cast<std::size_t>(sent);
      moved_at_ = monotonic_now();
    } else if (errno == EAGAIN) {
      if (monotonic_now() < due()) return false;
      return lost(fmt::format("{} does not take them", endpoint_.url));
    } else if (errno != EINTR) {
      return lost(fmt::format("{} closed the connection", endpoint_.url));
    }
  }
  state_ = State::reading;
  return true;
}

bool Delivery::read() {
  std::array<char, 4096> buffer;
  for (;;) {
    const ssize_t got = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) {
      if (monotonic_now() < due()) return false;
      return lost(fmt::format("{} does not answer", endpoint_.url));
    }
    if (got > 0) held_.append(buffer.data(), static_cast<std::size_t>(got));
    if (auto answer = parsed_answer(held_, got <= 0)) {
      served_ = answer->keep_alive && got > 0;
      if (!served_) socket_.reset();
      return take(*answer);
    }
    if (got <= 0 || held_.size() > kMaxAnswerBytes)
      return lost(fmt::format("{} closed the connection without an answer", endpoint_.url));
    moved_at_ = monotonic_now();
  }
}

bool Delivery::take(const HttpAnswer& answer) {
  if (answer.status >= 200 && answer.status < 300) {
    problem_.clear();
    return next();
  }
  problem_ = refusal_text(endpoint_, answer);
  if (!may_be_repeated(answer.status)) return next();
  return again_later(answer.retry_after);
}

// A connection that was kept may have been closed meanwhile, which says nothing about the endpoint.
bool Delivery::lost(std::string why) {
  socket_.reset();
  if (std::exchange(served_, false) && held_.empty()) {
    state_ = State::resting;
    return true;
  }
  problem_ = std::move(why);
  if (last_call_) {
    queue_.clear();
    state_ = State::resting;
    return false;
  }
  return again_later(milliseconds(0));
}

bool Delivery::again_later(milliseconds pause) {
  constexpr milliseconds kFirstPause{250};
  if (++tries_ >= kMaxTelemetryTries) return next();
  pause_until_ = monotonic_now() + std::max<milliseconds>(pause, kFirstPause * (1U << tries_));
  state_ = State::pausing;
  return true;
}

bool Delivery::next() {
  queue_.pop_front();
  tries_ = 0;
  state_ = State::resting;
  return true;
}

pollfd Delivery::wanted() const {
  const bool reads = state_ == State::reading;
  const bool waits = reads || state_ == State::connecting || state_ == State::writing;
  return {waits ? socket_.get() : -1, static_cast<short>(reads ? POLLIN : POLLOUT), 0};
}

Nanoseconds Delivery::due() const {
  return state_ == State::pausing ? pause_until_ : moved_at_ + Nanoseconds(endpoint_.timeout);
}

void drive(const std::vector<Delivery*>& deliveries, std::optional<Nanoseconds> until, BorrowedFd wake) {
  for (;;) {
    std::vector<pollfd> watched{{wake.fd, POLLIN, 0}};
    std::optional<Nanoseconds> next = until;
    for (Delivery* one : deliveries) {
      one->step();
      if (one->idle()) continue;
      watched.push_back(one->wanted());
      next = next ? std::min(*next, one->due()) : one->due();
    }
    if (watched.size() == 1) return;
    const Nanoseconds now = monotonic_now();
    if (until && now >= *until) return;
    // To the microsecond: what is waited for at the end of a command is a millisecond or two.
    const auto left = std::max<std::int64_t>(0, (*next - now).count());
    const timespec span{left / 1'000'000'000, static_cast<long>(left % 1'000'000'000)};
    if (::ppoll(watched.data(), watched.size(), &span, nullptr) < 0 && errno != EINTR) return;
    if (wake.valid() && watched.front().revents != 0) return;
  }
}

}  // namespace rh::agent
