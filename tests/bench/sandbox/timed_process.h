// One process from posix_spawn to the end of wait4: the clock that every candidate is measured by.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace rh::bench {

struct TimedCommand {
  std::vector<std::string> argv;  // argv[0] is looked up in PATH
  std::string folder;             // working folder; empty: the caller's
  int passed_fd = -1;             // handed over under kPassedFd, rewound before each run
};
constexpr int kPassedFd = 9;

struct Finished {
  double wall_us = 0;
  int wait_status = 0;
  std::uint64_t peak_rss_bytes = 0;  // of the process itself
  [[nodiscard]] bool ok() const { return wait_status == 0; }
};

// Standard input and output are /dev/null; standard error too, or the file given.
[[nodiscard]] Finished run_timed(const TimedCommand& command, int error_fd = -1);

// The first line that a failing command says, for the report.
[[nodiscard]] std::string complaint_of(const TimedCommand& command);

struct Spread {
  double p10 = 0, p50 = 0, p90 = 0;
};
[[nodiscard]] Spread spread_of(std::vector<double> values);

[[nodiscard]] double now_us();

}  // namespace rh::bench
