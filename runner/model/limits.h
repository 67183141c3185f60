// What a suite may use. An absent limit means unlimited, and reports say so.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace rh::model {

enum class NetworkPolicy {
  none,  // own network namespace with loopback only
  host,
};

struct Limits {
  std::optional<std::chrono::milliseconds> wall;
  std::optional<std::chrono::milliseconds> cpu;  // of the whole process tree
  std::optional<double> cpus;                    // bandwidth of the tree in cores: 1.5
  std::chrono::milliseconds grace{3000};         // between SIGTERM and SIGKILL
  std::optional<std::uint64_t> memory_bytes;     // of the whole process tree, swap included
  std::optional<std::uint64_t> pids;             // processes and threads of the tree
  std::optional<std::uint64_t> open_files;       // per process
  std::optional<std::uint64_t> file_bytes;       // one file
  std::optional<std::uint64_t> tmp_bytes;        // private /tmp and /dev/shm, each
  std::optional<std::uint64_t> output_bytes;     // stdout and stderr together
  NetworkPolicy network = NetworkPolicy::none;
  bool operator==(const Limits&) const = default;
};

}  // namespace rh::model
