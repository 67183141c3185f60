// What of the machine blurs a profile: stolen time, load, changes of frequency, missing counters.
#pragma once

#include <array>
#include <cstdint>

#include "runner/model/profile.h"

namespace rh::profiles {

// How late the sampler woke, by powers of two with four steps each.
class WakeUps {
 public:
  void add(std::int64_t late_ns);
  [[nodiscard]] std::int64_t quantile(double share) const;

 private:
  static constexpr std::size_t kBuckets = 256;
  std::array<std::uint64_t, kBuckets> counts_{};
  std::uint64_t total_ = 0;
};

class NoiseWatch {
 public:
  explicit NoiseWatch(model::ProfileNoise& noise);
  void look();    // now and then: the CPU frequency
  void finish();  // at the end: stolen time

 private:
  struct Times {
    std::uint64_t steal = 0, all = 0;
  };
  static Times read_times();
  model::ProfileNoise& noise_;
  Times before_;
  std::uint64_t slowest_khz_ = 0, fastest_khz_ = 0;
};

}  // namespace rh::profiles
