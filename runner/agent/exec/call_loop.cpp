#include "runner/agent/exec/call_loop.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "runner/agent/exec/live_metrics.h"

namespace rh::agent {
namespace {

constexpr std::uint64_t kMaxReplyBytes = 64ULL << 20;
constexpr Nanoseconds kCpuLook = std::chrono::milliseconds(20);

}  // namespace

CallLoop::Stop CallLoop::wait(Nanoseconds deadline, const std::function<std::optional<Nanoseconds>()>& cpu,
                              bool watch_cancel) {
  for (;;) {
    const Nanoseconds now = monotonic_now();
    if (now >= deadline) return Stop::timeout;
    if (output_bytes_ > call_.output_limit_bytes) return Stop::output;
    Nanoseconds left = deadline - now;
    if (call_.cpu_time) {
      left = std::min(left, kCpuLook);
      const auto used = cpu();
      if (used && !first_cpu_) first_cpu_ = used;
      if (used && *used - *first_cpu_ >= *call_.cpu_time) return Stop::cpu;
    }
    if (call_.metrics != nullptr) {
      call_.metrics->look(now);
      left = std::min(left, std::max(call_.metrics->next() - now, Nanoseconds(0)));
    }
    std::array<pollfd, 5> events{{{ends_.control, static_cast<short>(POLLIN | (line_.empty() ? 0 : POLLOUT)), 0},
                                  {out_open_ ? ends_.out : -1, POLLIN, 0},
                                  {err_open_ ? ends_.err : -1, POLLIN, 0},
                                  {ends_.ended, POLLIN, 0},
                                  {watch_cancel ? ends_.cancel : -1, POLLIN, 0}}};
    const timespec timeout{static_cast<time_t>(left.count() / 1'000'000'000), left.count() % 1'000'000'000};
    if (ppoll(events.data(), events.size(), &timeout, nullptr) < 0 && errno != EINTR) return Stop::gone;
    if (events[1].revents != 0) out_open_ = drain(ends_.out, model::Stream::standard_output);
    if (events[2].revents != 0) err_open_ = drain(ends_.err, model::Stream::standard_error);
    if ((events[0].revents & POLLOUT) != 0) send_some();
    if ((events[0].revents & (POLLIN | POLLHUP)) != 0) {
      if (read_line()) {
        take_rest();
        return Stop::replied;
      }
      // The driver has closed it; what remains is the sandbox's own end.
      if ((events[0].revents & POLLHUP) != 0) ends_.control = -1;
    }
    if (events[3].revents != 0) {
      take_rest();
      return Stop::gone;
    }
    if ((events[4].revents & POLLIN) != 0) return Stop::cancelled;
  }
}

// Those who wrote there have said that they are done, or are dead.
void CallLoop::take_rest() {
  out_open_ = drain(ends_.out, model::Stream::standard_output);
  err_open_ = drain(ends_.err, model::Stream::standard_error);
}

// False: nobody can write there any more.
bool CallLoop::drain(int fd, model::Stream stream) {
  char buffer[1 << 16];
  for (;;) {
    const ssize_t got = ::read(fd, buffer, sizeof buffer);
    if (got == 0) return false;
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    output_bytes_ += static_cast<std::uint64_t>(got);
    way_.take(stream, std::string_view(buffer, static_cast<std::size_t>(got)));
    if (output_bytes_ > call_.output_limit_bytes) return true;
  }
}

void CallLoop::send_some() {
  const ssize_t sent = ::send(ends_.control, line_.data(), line_.size(), MSG_NOSIGNAL);
  if (sent > 0) line_.erase(0, static_cast<std::size_t>(sent));
  if (sent < 0 && errno != EAGAIN && errno != EINTR) line_.clear();
}

bool CallLoop::read_line() {
  char buffer[1 << 16];
  for (ssize_t got = 0; (got = ::read(ends_.control, buffer, sizeof buffer)) > 0;) {
    partial_.append(buffer, static_cast<std::size_t>(got));
    if (partial_.size() > kMaxReplyBytes) partial_.resize(kMaxReplyBytes);
  }
  const std::size_t end = partial_.find('\n');
  if (end == std::string::npos) return false;
  reply_ = partial_.substr(0, end);
  partial_.erase(0, end + 1);
  return true;
}

}  // namespace rh::agent
