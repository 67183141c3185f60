// One call of a warm interpreter on its way: the line that is sent, output and reply that come, and what has to end it
// before: a limit, a cancellation, or the interpreter's own end.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "runner/agent/exec/interpreter.h"
#include "runner/base/clock.h"

namespace rh::agent {

class CallLoop {
 public:
  // Descriptors: the socket of the driver, output, an event of the sandbox's end, and the caller's cancellation.
  struct Ends {
    int control, out, err, ended, cancel;
  };
  enum class Stop { replied, gone, timeout, cpu, output, cancelled };

  // `partial`: what came of a line that is not whole yet; kept between calls.
  CallLoop(Ends ends, std::string line, const InterpreterCall& call, OutputWay& way, std::string& partial)
      : ends_(ends), line_(std::move(line)), call_(call), way_(way), partial_(partial) {}

  // Until a whole line has come or something else ends the call. `cpu`: what the tree has used in all.
  [[nodiscard]] Stop wait(Nanoseconds deadline, const std::function<std::optional<Nanoseconds>()>& cpu,
                          bool watch_cancel);
  [[nodiscard]] const std::string& reply() const { return reply_; }

 private:
  [[nodiscard]] bool drain(int fd, model::Stream stream);
  void take_rest();
  void send_some();
  [[nodiscard]] bool read_line();

  Ends ends_;
  std::string line_;
  const InterpreterCall& call_;
  OutputWay& way_;
  std::string& partial_;
  std::string reply_;
  std::uint64_t output_bytes_ = 0;
  std::optional<Nanoseconds> first_cpu_;
  bool out_open_ = true, err_open_ = true;
};

}  // namespace rh::agent
