#include "profiles/python/cpu_shares.h"

#include <algorithm>

namespace rh::profiles::python {
namespace {

// A thread that runs is charged within this time; one that is not charged for longer waits for a CPU.
constexpr std::int64_t kChargedWithinNs = 20'000'000;
constexpr std::size_t kMaxHeld = 1024;
// What was used unseen is made up for by the samples that follow, but not all at once.
constexpr std::int64_t kMostOfWall = 2;

}  // namespace

void CpuShares::add(const Sample& sample, bool running, bool moved, std::int64_t charged_ns, ProfileBuilder& builder) {
  held_.push_back({sample, running, moved});
  owed_ns_ += charged_ns;
  // A thread that waits was charged when it stopped: nothing is outstanding.
  if (charged_ns > 0 || !running) {
    settle(builder);
  } else if (held_.size() >= kMaxHeld || sample.time_ns - held_.front().sample.time_ns > kChargedWithinNs) {
    release(builder);
  }
}

// Gives to the samples that `wants` chooses, in proportion to their time, at most `times` of it each.
template <class Wants>
void CpuShares::give(std::int64_t times, Wants wants) {
  std::int64_t room = 0;
  for (const Held& each : held_)
    if (wants(each)) room += each.sample.wall_ns * times - each.sample.cpu_ns;
  if (room <= 0 || owed_ns_ <= 0) return;
  const double part = std::min(1.0, static_cast<double>(owed_ns_) / static_cast<double>(room));
  for (Held& each : held_) {
    if (!wants(each)) continue;
    const auto left = static_cast<double>(each.sample.wall_ns * times - each.sample.cpu_ns);
    const std::int64_t given = std::min(owed_ns_, static_cast<std::int64_t>(part * left));
    each.sample.cpu_ns += given;
    owed_ns_ -= given;
  }
}

void CpuShares::settle(ProfileBuilder& builder) {
  give(1, [](const Held& each) { return each.running && each.moved; });
  give(1, [](const Held& each) { return each.running; });
  give(kMostOfWall, [](const Held& each) { return each.running; });
  release(builder);
}

void CpuShares::release(ProfileBuilder& builder) {
  for (Held& each : held_) {
    if (each.sample.cpu_ns > 0) each.sample.state |= model::kOnCpu;
    builder.add(each.sample);
    if (each.running || last_.wall_ns == 0) last_ = each.sample;
  }
  held_.clear();
}

void CpuShares::finish(ProfileBuilder& builder) {
  settle(builder);
  if (owed_ns_ > 0 && last_.wall_ns > 0) {
    // No sample is left that could stand for it.
    last_.wall_ns = 0;
    last_.cpu_ns = owed_ns_;
    last_.state = model::kOnCpu;
    builder.add(last_);
  }
  owed_ns_ = 0;
}

}  // namespace rh::profiles::python
