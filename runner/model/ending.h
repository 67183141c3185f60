// How a process tree came to its end. The tool's own exit code is never guessed into one of the
// limit endings: only the mechanism that enforced a limit names it.
#pragma once

#include <optional>

namespace rh::model {

enum class Ending {
  exited,
  signaled,
  wall_time,
  cpu_time,
  memory,
  pids,
  file_size,
  output_limit,
  start_failed,
  cancelled,
  internal,
};

// The raw wait status of the main process, kept beside the Ending.
struct WaitStatus {
  std::optional<int> exit_code;
  std::optional<int> signal;
  bool core_dumped = false;
  bool operator==(const WaitStatus&) const = default;
};

}  // namespace rh::model
