// The recording loop: one thread that ticks at a jittered rate, follows the processes of the target, lets the
// profilers read their stacks and keeps the timeline of the tree.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "profiles/noise.h"
#include "profiles/process_follower.h"
#include "profiles/profile_builder.h"
#include "profiles/profiler.h"
#include "profiles/tree_usage.h"

namespace rh::profiles {

// What is known of the target's end when the recording stops; absent figures were not measured.
struct RecordedEnd {
  std::uint64_t max_rss_bytes = 0;  // the kernel's maximum of the root; 0: of no use
  std::int64_t cpu_ns = -1;         // of the whole tree by the kernel's account; negative: unknown
};

class Recording {
 public:
  explicit Recording(RecordingOptions options);
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;
  ~Recording();

  // What the profilers change so that programs record themselves.
  [[nodiscard]] Result<void> prepare(Launch& launch);
  // The root exists; best before it has called exec. Called again where another process took its place before
  // that (a sandbox that was set up anew): recording begins anew with that.
  void start(int root_pid);
  // The root has ended: stops the thread, and takes what the programs recorded themselves.
  [[nodiscard]] model::Profile finish(const RecordedEnd& end);

 private:
  struct Followed {
    std::uint32_t process = 0;
    std::unique_ptr<ProcessSampler> sampler;
    std::uint64_t slots = 0;  // ticks that were due
    bool read = false;        // by the last tick
  };

  void loop();
  void stop_loop();
  void end_all(std::int64_t now_ns);
  void tick(std::uint64_t slots_missed);
  void follow(std::int64_t now_ns);
  void begin_process(const FollowedProcess& process, std::int64_t now_ns);
  void end_process(int pid, std::int64_t now_ns);
  void usage_row(std::int64_t now_ns);
  void count(Followed& followed, TickOutcome outcome, std::uint64_t slots_missed);
  [[nodiscard]] std::int64_t since_start() const;

  RecordingOptions options_;
  ProfileBuilder builder_;
  std::vector<std::unique_ptr<Profiler>> profilers_;
  std::unique_ptr<ProcessFollower> follower_;
  std::unordered_map<int, Followed> followed_;
  std::unordered_map<int, std::uint32_t> process_of_pid_;
  TreeUsage usage_;
  NoiseWatch noise_;
  WakeUps wake_ups_;
  std::int64_t last_tick_ns_ = 0, next_follow_ns_ = 0, next_usage_ns_ = 0, next_drain_ns_ = 0;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace rh::profiles
