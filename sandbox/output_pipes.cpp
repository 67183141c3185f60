#include "sandbox/output_pipes.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "runner/base/text.h"

namespace rh::sandbox {
namespace {

constexpr std::size_t kReadsPerWakeup = 16;
// After less output than this the pipes are left alone for the pause: a runner that prints a dot for
// each test wakes this thread a hundred times a second, not thousands of times.
constexpr std::size_t kMuchOutput = 16384;
constexpr Nanoseconds kPause = std::chrono::milliseconds(10);

}  // namespace

std::string OutputPipes::limit_text() const { return fmt::format("more than {} of output", format_size(*limit_)); }

void OutputPipes::read_what_is_there(Nanoseconds now) {
  if (now < pause_end_) return;
  const std::uint64_t before = bytes_;
  read_from(out_, model::Stream::standard_output);
  read_from(err_, model::Stream::standard_error);
  const std::uint64_t fresh = bytes_ - before;
  pause_end_ = fresh > 0 && fresh < kMuchOutput ? now + kPause : Nanoseconds{};
}

void OutputPipes::drain(Nanoseconds time) {
  const Nanoseconds deadline = monotonic_now() + time;
  while ((out_ || err_) && monotonic_now() < deadline) {
    read_from(out_, model::Stream::standard_output);
    read_from(err_, model::Stream::standard_error);
    if (!out_ && !err_) return;
    std::array<pollfd, 2> events{{{out_.get(), POLLIN, 0}, {err_.get(), POLLIN, 0}}};
    poll(events.data(), events.size(), 10);
  }
}

void OutputPipes::read_from(UniqueFd& pipe, model::Stream stream) {
  std::array<char, 65536> buffer;
  for (std::size_t i = 0; pipe && i < kReadsPerWakeup; ++i) {
    const ssize_t count = read(pipe.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) {
      pipe.reset();
      return;
    }
    deliver(stream, std::string_view(buffer.data(), static_cast<std::size_t>(count)));
  }
}

void OutputPipes::deliver(model::Stream stream, std::string_view bytes) {
  const std::uint64_t before = bytes_;
  bytes_ += bytes.size();
  if (limit_ && bytes_ > *limit_) {
    over_limit_ = true;
    bytes = bytes.substr(0, before < *limit_ ? static_cast<std::size_t>(*limit_ - before) : 0);
  }
  if (!bytes.empty() && sink_) sink_(stream, bytes);
}

}  // namespace rh::sandbox
