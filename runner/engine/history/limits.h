// How much of the past is kept.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace rh::engine {

constexpr std::uint64_t kDefaultKeptRuns = 500;
constexpr std::uint64_t kDefaultHistoryBytes = 256ULL << 20;

// Older runs go when a new one is recorded.
struct HistoryLimits {
  std::uint64_t runs = kDefaultKeptRuns;         // the newest ones stay
  std::uint64_t bytes = kDefaultHistoryBytes;    // of the file, free pages apart
  std::optional<std::chrono::milliseconds> age;  // absent: whatever its age
};

}  // namespace rh::engine
