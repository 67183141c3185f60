// A performance profile of a tree of processes: where wall time, CPU time and memory went. Plain tables
// that point into each other by index; profiles/profile_builder.h fills them, profiles/analysis/ folds them
// and reporters/profile/ shows them. Times are nanoseconds since Profile::started_ns on CLOCK_MONOTONIC.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runner/model/diagnostic.h"
#include "runner/model/ending.h"
#include "runner/model/figure.h"
#include "runner/model/report.h"

namespace rh::model {

inline constexpr std::uint32_t kNoIndex = 0xffffffffU;

enum class FrameKind : std::uint8_t {
  python,
  native,  // machine code of an object file: C, C++, Rust, Go
  javascript,
  shell,
  java,
  kernel,
  gc,       // the runtime collects garbage
  idle,     // the runtime says that nothing runs
  runtime,  // marks of a runtime: "(program)", "<import>", a native call without a name
};

// A function, or what stands for one. Two frames are the same function if all members are equal.
struct ProfileFrame {
  std::string name;        // qualified as the language does it: "Worker.run", "ns::f(int)"
  std::string file;        // as the program knows it; empty: unknown
  std::uint32_t line = 0;  // first line of the function, from 1; 0: unknown
  FrameKind kind = FrameKind::native;
  std::string module;  // native: the object file; python, javascript: empty
  bool operator==(const ProfileFrame&) const = default;
};

// A stack is the path from a node to the root. `parent` is smaller than the node's own index.
struct StackNode {
  std::uint32_t parent = kNoIndex;  // the caller; kNoIndex: this is the root
  std::uint32_t frame = 0;          // index into Profile::frames
  std::uint32_t line = 0;           // the line being executed or called from; 0: unknown
  bool operator==(const StackNode&) const = default;
};

enum SampleState : std::uint8_t {
  kOnCpu = 1,     // the thread ran since the sample before
  kHoldsGil = 2,  // the thread held its interpreter's lock
  kWaitsForGil = 4,
  kUnknownCpu = 8,  // whether it ran could not be told: wall time only
};

// Samples of all threads in columns of equal length, ordered by time within each thread.
// Each stands for the time since the sample before it of the same thread.
struct ProfileSamples {
  std::vector<std::int64_t> time_ns;
  std::vector<std::uint32_t> thread;   // index into Profile::threads
  std::vector<std::uint32_t> stack;    // index into Profile::stacks; kNoIndex: the stack is not known
  std::vector<std::uint32_t> wall_ns;  // at most 4.2 s; a longer wait is several samples
  std::vector<std::uint32_t> cpu_ns;   // measured CPU time, not guessed from the count; 0 while off the CPU
  std::vector<std::uint8_t> state;     // SampleState bits
};

// How the sampling of one process went. taken + rejected + idle + late = expected.
struct SampleQuality {
  std::uint64_t expected = 0;  // ticks while the process lived
  std::uint64_t taken = 0;     // ticks whose stacks were read and found consistent
  std::uint64_t rejected = 0;  // ticks whose stacks changed under every retry
  std::uint64_t idle = 0;      // ticks at which no thread had run: the stacks are those of before
  std::uint64_t late = 0;      // ticks that passed while the sampler was not woken
  std::uint64_t retries = 0;
  std::uint64_t lost = 0;  // records the kernel or a runtime says it dropped
};

struct ProfileProcess {
  int pid = 0;                      // in the host's numbering
  std::uint32_t parent = kNoIndex;  // index into Profile::processes
  std::string command;              // argv joined by spaces, cut to 4 KiB
  std::string runtime;              // "CPython 3.11.7", "node v20.20.2", "native"; empty: unknown
  std::string profiler;             // name of the one that recorded it; empty: only time and memory are known
  std::string unprofiled_reason;    // why `profiler` is empty
  std::int64_t start_ns = 0, end_ns = 0;
  SampleQuality quality;
  CpuFigure cpu;
  BytesFigure peak_rss;
  int inner_pid = 0;  // as the process itself knows it, in its own pid namespace; 0: not known
};

struct ProfileThread {
  std::uint32_t process = 0;  // index into Profile::processes
  int tid = 0;
  std::string name;  // of the runtime or the kernel; an async task is a thread of its own only in names
};

// The tree over time, in columns of equal length.
struct ProfileTimeline {
  std::vector<std::int64_t> time_ns;
  std::vector<std::uint64_t> cpu_ns;     // user + system of the tree so far, monotone
  std::vector<std::uint64_t> rss_bytes;  // sum of RSS: shared pages counted once for each process
  std::vector<std::uint64_t> pss_bytes;  // shared pages counted once; 0: not read at this time
  std::vector<std::uint32_t> processes;
  std::vector<std::uint32_t> threads;
};

// The stacks of the threads that ran when the memory of the tree stood at its highest.
struct MemoryPeak {
  BytesFigure bytes;
  std::int64_t time_ns = 0;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> stacks;  // thread, stack
};

// Memory that one stack allocated.
struct AllocationSite {
  std::uint32_t process = 0;
  std::uint32_t stack = 0;
  std::uint64_t live_bytes = 0;  // held when the heap was at its largest
  std::uint64_t live_count = 0;
  std::uint64_t total_bytes = 0;  // all that was ever allocated; 0: the source does not tell
};

struct AllocationProfile {
  std::vector<AllocationSite> sites;
  std::string source;    // "tracemalloc", "node --heap-prof", "preloaded allocator"
  std::string overhead;  // what it cost, with its figure
};

// One span of the run that has a name: a test, a phase, a garbage collection.
struct ProfileSpan {
  std::string name;
  std::string kind;  // "test", "fixture", "import", "collection"
  std::uint32_t process = 0;
  int tid = 0;  // 0: the whole process
  std::int64_t start_ns = 0, end_ns = 0;
};

// What in the machine blurred the figures. No value: could not be read.
struct ProfileNoise {
  std::optional<double> steal_share;                       // of the wall time of all CPUs
  std::optional<double> load_at_start;                     // one-minute load average
  std::optional<double> frequency_spread;                  // (max - min) / max of the CPU frequency seen
  std::string frequency_reason, hardware_counters_reason;  // why there is none
  std::int64_t wake_up_ns_median = 0, wake_up_ns_p99 = 0;  // how late the sampler woke
  std::uint64_t own_cpu_ns = 0;                            // CPU time of the sampler itself
};

enum class ProfileClock : std::uint8_t { cpu, wall };

struct Profile {
  std::vector<std::string> command;
  std::string cwd;
  std::string started_at;       // UTC, ISO 8601
  std::int64_t started_ns = 0;  // CLOCK_MONOTONIC
  std::int64_t duration_ns = 0;
  std::uint32_t rate_hz = 0;               // asked for
  ProfileClock clock = ProfileClock::cpu;  // which samples exports and shares carry by default
  std::string preset;                      // empty: ran as without us
  WaitStatus status;
  Machine machine;
  CpuFigure cpu;  // of the whole tree
  MemoryPeak memory;
  std::vector<ProfileProcess> processes;
  std::vector<ProfileThread> threads;
  std::vector<ProfileFrame> frames;
  std::vector<StackNode> stacks;
  ProfileSamples samples;
  ProfileTimeline timeline;
  AllocationProfile allocations;
  std::vector<ProfileSpan> spans;
  ProfileNoise noise;
  std::vector<Diagnostic> diagnostics;
};

}  // namespace rh::model
