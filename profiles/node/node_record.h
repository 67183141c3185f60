// The file that one thread of a node process writes about itself: rh_profile_node.cjs says how. Lines of a word,
// numbers and JSON; the last line may be torn, for processes get killed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "profiles/node/cpu_profile.h"
#include "runner/base/result.h"

namespace rh::profiles {

constexpr std::uint64_t kMaxNodeRecordBytes = 1ULL << 30U;

// Numbers of processes and threads are those of the thread's own PID namespace, times CLOCK_MONOTONIC.
struct NodeThread {
  int pid = 0, parent = 0, tid = 0;
  std::uint64_t number = 0;  // 0: the main thread; else the threadId of a worker
  std::string version;       // "v20.20.2"
  std::vector<std::string> argv;
  std::int64_t begun_ns = 0;
  std::int64_t interval_us = 0;
};

struct NodeCpuRecord {
  std::int64_t start_ns = 0, stop_ns = 0;  // asked to start, asked to stop
  CpuProfile profile;
};

// Objects that lived when the heap was the largest that was seen.
struct NodeHeapRecord {
  std::uint64_t used_bytes = 0;
  std::int64_t time_ns = 0;
  std::string_view json;  // {"head": ...} of HeapProfiler.getSamplingProfile
};

struct NodeRecord {
  NodeThread thread;
  std::optional<std::int64_t> end_ns;  // none: the process was killed before it could say so
  std::uint64_t torn_lines = 0;
  std::vector<std::string> problems;  // of single lines
};

struct NodeRecordParts {
  std::function<void(const NodeThread&, NodeCpuRecord)> cpu;
  std::function<void(const NodeThread&, const NodeHeapRecord&)> heap;
};

// Hands out one part after the other: a long run does not lie in memory whole. An error only if the first line
// cannot be read; what is wrong with others is in the record.
[[nodiscard]] Result<NodeRecord> read_node_record(std::string_view text, const NodeRecordParts& parts);

}  // namespace rh::profiles
