// What records the stacks of one kind of program. The recording loop (profiles/recording.h) starts the
// target, follows its processes and asks every profiler in turn whether a process is its own. Add one:
// a new file with a class and its factory, and a line in profiles/profilers.cpp.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "profiles/profile_builder.h"
#include "runner/base/result.h"

namespace rh::profiles {

struct RecordingOptions {
  std::uint32_t rate_hz = 1000;  // 1 to 20,000
  bool memory = false;           // allocation hot spots as well
  bool native = false;           // machine-code frames below interpreted ones
  bool follow_children = true;
  std::filesystem::path scratch;  // a private folder for files that the target's runtime writes
};

// The command about to be started; a profiler may change it so that the program records itself.
struct Launch {
  std::vector<std::string> argv;
  std::vector<std::string> env;  // "NAME=value"
  std::filesystem::path cwd;
  std::filesystem::path executable;  // argv[0] found in PATH; may be a symbolic link
};

// One program image in one process: a fork has its parent's image until it calls exec.
struct ProcessImage {
  int pid = 0;  // in the host's numbering
  int parent_pid = 0;
  std::uint32_t process = 0;         // index into Profile::processes
  std::filesystem::path executable;  // target of /proc/PID/exe
  std::vector<std::string> argv;
};

enum class TickOutcome : std::uint8_t {
  taken,
  rejected,
  idle,
  not_ready,  // the runtime is starting or ending: counted as idle
  gone,       // the process ended, or its image is another program now
};

struct Tick {
  std::int64_t time_ns = 0;      // since the start of the profile
  std::int64_t interval_ns = 0;  // since the tick before
};

// Reads the stacks of one process. Called by the sampling thread only.
class ProcessSampler {
 public:
  virtual ~ProcessSampler() = default;
  // Reads the stacks of all threads once and adds their samples. Fast: this is the hot path.
  [[nodiscard]] virtual TickOutcome tick(const Tick& now) = 0;
  // The stacks that the last tick saw, by thread; for the stack at a peak of memory.
  [[nodiscard]] virtual std::vector<std::pair<std::uint32_t, std::uint32_t>> last_stacks() const = 0;
  // The process ended: adds what is left and completes the ProfileProcess (runtime, quality.retries...).
  virtual void finish(const Tick& now) = 0;
  // The next tick will tell (gone, not_ready) if the process has ended or is another program now.
  [[nodiscard]] virtual bool notices_exec() const { return false; }
};

class Profiler {
 public:
  virtual ~Profiler() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;
  // Before the start: what to change so that processes record themselves. Never what a program prints.
  [[nodiscard]] virtual Result<void> prepare(Launch& launch) {
    (void)launch;
    return {};
  }
  // The target exists but has not called exec yet: the moment to open kernel counters that are inherited.
  [[nodiscard]] virtual Result<void> started(int root_pid) {
    (void)root_pid;
    return {};
  }
  // A sampler for a new image, or null if this profiler does not read it by ticks. A null with
  // ProfileProcess::profiler set means that the profiler records it by its own means.
  [[nodiscard]] virtual std::unique_ptr<ProcessSampler> adopt(const ProcessImage& image) {
    (void)image;
    return nullptr;
  }
  // About every 20 ms: takes what the kernel or a runtime has written meanwhile.
  virtual void drain() {}
  // The tree is gone: reads what the programs recorded themselves.
  virtual void finish() {}
};

using ProfilerFactory = std::unique_ptr<Profiler> (*)(const RecordingOptions& options, ProfileBuilder& builder);

struct ProfilerRow {
  std::string_view name;
  std::string_view help;
  ProfilerFactory make;
};

// In the order in which they are asked.
[[nodiscard]] const std::vector<ProfilerRow>& profiler_rows();

}  // namespace rh::profiles
