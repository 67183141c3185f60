// What a process tree used, from start to end.
#pragma once

#include <chrono>
#include <cstdint>

#include "runner/model/figure.h"

namespace rh::model {

struct ProcessUsage {
  std::chrono::nanoseconds wall{};
  CpuFigure user_cpu;
  CpuFigure system_cpu;
  BytesFigure peak_memory;
  CountFigure max_processes;
  BytesFigure read_bytes;  // storage reads (/proc/PID/io read_bytes or cgroup io)
  BytesFigure written_bytes;
};

}  // namespace rh::model
