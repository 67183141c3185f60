// Decides how a run ended from what was seen. Pure, because this table is a promise of its own: a
// limit is named only when the mechanism that enforces it saw it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "runner/model/ending.h"

namespace rh::sandbox {

struct EndingFacts {
  // Set by the supervisor when it ended the run itself, with what it saw.
  std::optional<model::Ending> stopped_for;
  std::string stop_detail;
  model::WaitStatus status;
  std::optional<std::uint64_t> oom_kills;
  std::string memory_source;  // "cgroup v1 memory.oom_control"
  std::optional<std::uint64_t> pids_refused;
  std::string pids_source;
  // RLIMIT_NPROC counts no refusals: the tree was seen with as many processes as it may have.
  std::optional<std::uint64_t> pids_at_limit;
  // New processes were still being refused when the command ended or its time was up.
  bool pids_exhausted = false;
  bool file_size_limited = false;
};

struct EndingVerdict {
  model::Ending ending = model::Ending::internal;
  std::string detail;
};

[[nodiscard]] EndingVerdict decide_ending(const EndingFacts& facts);
[[nodiscard]] model::WaitStatus read_wait_status(int status);

}  // namespace rh::sandbox
