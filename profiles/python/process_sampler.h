// Samples one CPython process: which threads ran, their stacks, and what they stand for in the profile.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "profiles/profiler.h"
#include "profiles/python/code_cache.h"
#include "profiles/python/cpu_shares.h"
#include "profiles/python/runtime_locator.h"
#include "profiles/python/stack_reader.h"
#include "profiles/python/task_table.h"

namespace rh::profiles::python {

class PySampler final : public ProcessSampler {
 public:
  PySampler(int pid, std::uint32_t process, RuntimeLocation location, ProfileBuilder& builder);

  [[nodiscard]] TickOutcome tick(const Tick& now) override;
  [[nodiscard]] std::vector<std::pair<std::uint32_t, std::uint32_t>> last_stacks() const override;
  void finish(const Tick& now) override;
  [[nodiscard]] bool notices_exec() const override { return reader_ != nullptr; }

 private:
  // The stack of a thread as it was last added, node by node from the root.
  struct Level {
    std::uint32_t generation = 0;  // of the code object
    std::int64_t instruction = 0;
    std::uint32_t node = model::kNoIndex;
  };
  struct Thread {
    int tid = 0;
    int name_reads = 0;
    Task* task = nullptr;
    std::uint32_t index = 0;            // into Profile::threads
    std::vector<PythonThread*> states;  // one for each interpreter it is in, the outermost first
    std::vector<Level> levels;
    std::uint32_t stack = model::kNoIndex;
    bool moved = false;  // the stack is another than the one before, down to the instruction
    bool still = false;  // it has not run since its stack was read
    // As of the last look, and since when they have been the same.
    std::int64_t charged_ns = 0, still_since_ns = 0;
    std::uint64_t switches = 0;
    std::uint8_t gil_state = 0;
    std::int64_t waiting_wall_ns = 0, waiting_cpu_ns = 0;  // since the last sample
    CpuShares shares;
  };

  [[nodiscard]] TickOutcome attach(const Tick& now);
  [[nodiscard]] TickOutcome relocate(const Tick& now);
  [[nodiscard]] bool match_threads(const Tick& now);
  [[nodiscard]] Task* task_of(const PythonThread& state);
  [[nodiscard]] std::optional<std::uint32_t> tid_at(std::uint64_t pthread);
  void calibrate_pthread();
  void read_names();
  [[nodiscard]] static bool waits_for_cpu(Thread& thread, const Tick& now);
  [[nodiscard]] bool mark_wanted(const Tick& now);
  void update_stack(Thread& thread);
  [[nodiscard]] bool update_levels(Thread& thread);
  void update_lock_state(Thread& thread);
  void add_samples(const Tick& now);
  [[nodiscard]] std::uint32_t thread_index(const Task& task);
  [[nodiscard]] std::uint32_t mark(std::uint32_t parent, const char* name, model::FrameKind kind);
  void refuse(const std::string& reason);

  int pid_;
  std::uint32_t process_;
  ProfileBuilder& builder_;
  RemoteMemory memory_;
  RuntimeLocation location_;
  TaskTable tasks_;
  std::unique_ptr<CodeCache> codes_;
  std::unique_ptr<StackReader> reader_;
  std::vector<std::unique_ptr<Thread>> threads_;
  std::map<int, std::uint32_t> thread_indexes_;  // by tid
  std::uint64_t list_version_ = 0, task_version_ = 0;
  std::uint64_t retries_before_ = 0;
  std::uint32_t tid_in_pthread_ = 0;  // offset of the thread's number in the C library's structure; 0: unknown
  std::int64_t next_look_for_tasks_ns_ = 0, next_attach_ns_ = 0;
  std::int64_t attach_after_ns_ = 500'000;
  bool refused_ = false;
};

}  // namespace rh::profiles::python
