// The file in which a Python process says what it allocated: sitecustomize.py writes it. Lines of fields separated by
// tabs; a text's backslash, tab and line ends are escaped.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runner/base/result.h"

namespace rh::profiles {

constexpr std::uint64_t kMaxAllocationRecordBytes = 256U << 20U;
constexpr std::size_t kMaxAllocationSites = 200'000;
constexpr std::size_t kMaxAllocationDepth = 1024;

struct AllocationFrame {
  std::uint32_t first_line = 0, line = 0;
  std::string function, file;
};

struct AllocationRecordSite {
  std::uint64_t live_bytes = 0, live_count = 0, total_bytes = 0;
  std::vector<std::uint32_t> frames;  // index into AllocationRecord::frames, outermost first
};

struct AllocationRecord {
  int pid = 0, parent = 0;    // in the process's own PID namespace
  std::int64_t begun_ns = 0;  // CLOCK_MONOTONIC
  std::string version;        // of Python
  std::string command;
  std::uint64_t peak_bytes = 0, samples = 0, lost = 0;
  std::vector<AllocationFrame> frames;
  std::vector<AllocationRecordSite> sites;
};

// Errors: parse (with the number of the line), limit. A record is written whole or not at all.
[[nodiscard]] Result<AllocationRecord> read_allocation_record(std::string_view text);

}  // namespace rh::profiles
