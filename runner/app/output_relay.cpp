#include "runner/app/output_relay.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <string_view>
#include <thread>

namespace rh::app {
namespace {

constexpr std::size_t kBufferBytes = 1U << 16;

// A socket or pipe of the caller may be non-blocking, because another process wants it so.
bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {
      pollfd event{fd, POLLOUT, 0};
      ::poll(&event, 1, -1);
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

bool same_file(int a, int b) {
  struct stat of_a {
  }, of_b{};
  return ::fstat(a, &of_a) == 0 && ::fstat(b, &of_b) == 0 && of_a.st_dev == of_b.st_dev && of_a.st_ino == of_b.st_ino;
}

void raise(const UniqueFd& event) {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t put = ::write(event.get(), &one, sizeof one);
}

}  // namespace

struct OutputRelay::State {
  struct Channel {
    int target = -1;
    UniqueFd read_end, write_end;
  };

  std::array<Channel, 2> channels;
  std::uint64_t limit_bytes = 0;
  std::uint64_t seen_bytes = 0;
  std::function<void()> on_over_limit;
  std::atomic<bool> over_limit{false};
  std::atomic<bool> left_behind{false};
  UniqueFd ended{::eventfd(0, EFD_CLOEXEC)};  // readable: the tree is dead
  UniqueFd done{::eventfd(0, EFD_CLOEXEC)};   // readable: nothing is left to carry
  std::thread thread;

  Result<BorrowedFd> open_channel(std::size_t index, int target) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno("make a pipe for output", "pipe2");
    channels[index] = {target, UniqueFd(ends[0]), UniqueFd(ends[1])};
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    return BorrowedFd(channels[index].write_end);
  }

  void carry() {
    sigset_t all;  // signals are the main thread's; a write to a closed pipe is an error here
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    const auto buffer = std::make_unique<char[]>(kBufferBytes);
    while (channels[0].read_end || channels[1].read_end) {
      std::array<pollfd, 3> events{
          {{channels[0].read_end.get(), POLLIN, 0}, {channels[1].read_end.get(), POLLIN, 0}, {ended.get(), POLLIN, 0}}};
      ::poll(events.data(), events.size(), -1);
      const bool tree_is_dead = events[2].revents != 0;
      bool idle = true;
      for (Channel& channel : channels) idle = !carry_once(channel, buffer.get()) && idle;
      // All that a dead tree wrote is in the pipe, so an empty one stays empty.
      if ((tree_is_dead && idle) || over_limit || left_behind) break;
    }
    raise(done);
  }

  // False when there was nothing to carry.
  bool carry_once(Channel& channel, char* buffer) {
    if (!channel.read_end || over_limit) return false;
    const ssize_t count = ::read(channel.read_end.get(), buffer, kBufferBytes);
    if (count < 0) return errno == EINTR;
    if (count == 0) {
      channel.read_end.reset();
      return true;
    }
    std::string_view bytes(buffer, static_cast<std::size_t>(count));
    const std::uint64_t room = limit_bytes - seen_bytes;
    const bool too_many = bytes.size() > room;
    if (too_many) bytes = bytes.substr(0, static_cast<std::size_t>(room));
    seen_bytes += bytes.size();
    if (!write_all(channel.target, bytes)) channel.read_end.reset();  // the command meets SIGPIPE
    if (left_behind) return false;
    if (too_many) {
      over_limit = true;  // the pipe stays open: the command is killed, and not told that it is closed
      on_over_limit();
    }
    return true;
  }
};

OutputRelay::OutputRelay() : output_(STDOUT_FILENO), error_(STDERR_FILENO) {}

OutputRelay::OutputRelay(OutputRelay&&) noexcept = default;

Result<OutputRelay> OutputRelay::make(const CallerStreams& caller, std::optional<std::uint64_t> limit_bytes) {
  OutputRelay relay;
  const auto counts = [&](int fd) { return caller.open(fd) && !caller.terminal(fd); };
  const bool counts_output = counts(STDOUT_FILENO), counts_error = counts(STDERR_FILENO);
  if (!limit_bytes || (!counts_output && !counts_error)) return relay;
  relay.state_ = std::make_shared<State>();
  relay.state_->limit_bytes = *limit_bytes;
  if (counts_output) {
    RH_TRY(relay.output_, relay.state_->open_channel(0, STDOUT_FILENO));
  }
  // One pipe for `2>&1`, so that lines stay in the order in which they were written.
  if (counts_output && counts_error && same_file(STDOUT_FILENO, STDERR_FILENO)) {
    relay.error_ = relay.output_;
  } else if (counts_error) {
    RH_TRY(relay.error_, relay.state_->open_channel(1, STDERR_FILENO));
  }
  return relay;
}

OutputRelay::~OutputRelay() {
  if (!state_ || finish({}, std::chrono::milliseconds(0))) return;
  state_->left_behind = true;  // the process is about to end, and the write with it
  state_->thread.detach();
}

void OutputRelay::start(std::function<void()> over_limit) {
  if (!state_) return;
  state_->on_over_limit = std::move(over_limit);
  state_->thread = std::thread([state = state_] { state->carry(); });
}

bool OutputRelay::finish(BorrowedFd abort, std::optional<std::chrono::milliseconds> patience) {
  if (!state_ || !state_->thread.joinable()) return true;
  raise(state_->ended);
  std::array<pollfd, 2> events{{{state_->done.get(), POLLIN, 0}, {abort.fd, POLLIN, 0}}};
  int ready = 0;
  do ready = ::poll(events.data(), events.size(), patience ? static_cast<int>(patience->count()) : -1);
  while (ready < 0 && errno == EINTR);
  if ((events[0].revents & POLLIN) == 0) return false;
  state_->thread.join();
  return true;
}

bool OutputRelay::over_limit() const { return state_ && state_->over_limit; }

}  // namespace rh::app
