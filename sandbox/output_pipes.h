// What a command prints: read as it comes, counted against the limit, handed on.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "runner/base/clock.h"
#include "runner/base/unique_fd.h"
#include "runner/model/step.h"

namespace rh::sandbox {

class OutputPipes {
 public:
  using Sink = std::function<void(model::Stream, std::string_view)>;
  // Invalid descriptors are streams that were not captured.
  OutputPipes(UniqueFd& out, UniqueFd& err, std::optional<std::uint64_t> limit, const Sink& sink)
      : out_(out), err_(err), limit_(limit), sink_(sink) {}

  void read_what_is_there(Nanoseconds now);
  // To the end of both, at most so long: a descriptor passed to a stranger must not hold the run up.
  void drain(Nanoseconds time);

  // To be polled; -1 for none, and while pausing.
  [[nodiscard]] int out_fd() const { return pausing() ? -1 : out_.get(); }
  [[nodiscard]] int err_fd() const { return pausing() ? -1 : err_.get(); }
  [[nodiscard]] bool pausing() const { return pause_end_ != Nanoseconds{}; }
  [[nodiscard]] Nanoseconds pause_end() const { return pause_end_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  [[nodiscard]] bool over_limit() const { return over_limit_; }
  [[nodiscard]] std::string limit_text() const;

 private:
  void read_from(UniqueFd& pipe, model::Stream stream);
  void deliver(model::Stream stream, std::string_view bytes);

  UniqueFd& out_;
  UniqueFd& err_;
  std::optional<std::uint64_t> limit_;
  const Sink& sink_;
  Nanoseconds pause_end_{};  // zero: no pause
  std::uint64_t bytes_ = 0;
  bool over_limit_ = false;
};

}  // namespace rh::sandbox
