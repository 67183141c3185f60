// Puts what was recorded of machine code into the profile: processes and threads, named stacks, weights.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "profiles/native/code_objects.h"
#include "profiles/native/symboliser.h"
#include "profiles/native/task_table.h"
#include "profiles/profile_builder.h"

namespace rh::profiles::native {

inline constexpr std::string_view kProfilerName = "native";

struct NativeRun {
  std::int64_t period_ns = 1'000'000;
  bool sees_kernel = true;
  bool follow_children = true;
  int root_pid = 0;
};

// Model stacks of raw ones, each converted once.
class StackNames {
 public:
  StackNames(const RawStacks& stacks, Symboliser& symbols, ProfileBuilder& builder)
      : stacks_(stacks), symbols_(symbols), builder_(builder) {}
  // model::kNoIndex for kNoStack.
  [[nodiscard]] std::uint32_t of(std::uint32_t raw);

 private:
  const RawStacks& stacks_;
  Symboliser& symbols_;
  ProfileBuilder& builder_;
  std::vector<std::uint32_t> known_;
};

class NativeResults {
 public:
  NativeResults(const NativeRun& run, const TaskTable& tasks, CodeObjects& objects, ProfileBuilder& builder);
  // Adds the samples of all processes that no other profiler has taken.
  void add();
  // The process of the profile that the image is, by index; model::kNoIndex if the profile has none.
  [[nodiscard]] const std::vector<std::uint32_t>& processes() const { return processes_; }
  [[nodiscard]] Symboliser& symbols() { return symbols_; }

 private:
  void match_processes();
  void make_missing_process(std::size_t image, bool sampled);
  void add_thread(const RawThread& thread, std::uint32_t process);
  [[nodiscard]] std::int64_t cpu_of(const RawTask& task) const;
  void add_hidden_kernel(std::uint32_t process, std::uint32_t thread, std::int64_t end_ns);
  void add_samples(const RawThread& thread, std::uint32_t index, std::int64_t weight_ns);
  void add_wait(std::uint32_t thread, std::int64_t time_ns, std::int64_t wall_ns);
  void describe_processes();
  void count_unnamed(std::uint32_t raw_stack);
  void say_what_is_missing();
  void say_python_as_machine_code();

  NativeRun run_;
  const TaskTable& tasks_;
  CodeObjects& objects_;
  ProfileBuilder& builder_;
  Symboliser symbols_;
  StackNames names_;
  std::vector<std::uint32_t> processes_;                      // by image
  std::unordered_map<std::uint32_t, std::uint64_t> unnamed_;  // samples by object whose leaf has no name
  std::unordered_map<std::uint32_t, std::uint64_t> leaves_;   // samples by the object of their leaf
  std::unordered_map<std::uint32_t, std::pair<std::uint32_t, std::int64_t>> last_thread_;  // by process: index, end
  std::unordered_map<std::uint32_t, std::int64_t> cpu_;   // by process: what its samples stand for
  std::unordered_map<std::uint32_t, std::int64_t> told_;  // by process: what the counters of its tasks said
  std::unordered_set<std::size_t> counted_;               // tasks in told_
  std::uint64_t samples_ = 0;
};

}  // namespace rh::profiles::native
