// Machine code below the stacks of an interpreter: a sample of the kernel is joined to the sample that another
// profiler took of the same thread at the same time. The two were not taken at one instant, so they are joined
// only where the interpreter's stack was the same before and after: a call that lasted. What the interpreter
// itself did stays its function's own time.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "profiles/native/native_results.h"

namespace rh::profiles::native {

class NativeMerge {
 public:
  NativeMerge(const NativeRun& run, const TaskTable& tasks, NativeResults& results, ProfileBuilder& builder)
      : run_(run), tasks_(tasks), results_(results), builder_(builder) {}
  // Changes the stacks of samples that are in the profile; adds none, so that no time is counted twice.
  void merge();

 private:
  struct Joined {
    std::uint64_t native = 0, joined = 0, interpreter = 0, moved = 0, alone = 0;
  };
  void index_samples();
  void merge_thread(const RawThread& thread, const std::vector<std::uint32_t>& samples);
  void join(const RawSample& sample, std::uint32_t at);
  // Frames called from the innermost run of the interpreter, outermost first; `all`: of a thread without one.
  [[nodiscard]] std::vector<NamedFrame> called_frames(std::uint32_t raw, bool all, bool& interpreter);
  [[nodiscard]] bool is_mark(std::uint32_t stack) const;
  void say() const;

  NativeRun run_;
  const TaskTable& tasks_;
  NativeResults& results_;
  ProfileBuilder& builder_;
  std::map<std::pair<std::uint32_t, int>, std::vector<std::uint32_t>> samples_;  // by process and tid, by time
  std::vector<bool> changed_;  // samples that have native frames already
  Joined joined_;
};

// Whether the function runs Python code: its callees belong to the Python function that it runs.
[[nodiscard]] bool runs_python(std::string_view function);

}  // namespace rh::profiles::native
