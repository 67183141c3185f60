// What happened to the threads of the tree, from the kernel's records in the order of time: which there were,
// what they had mapped, and the stacks they were sampled at. Stacks are kept once, as paths of a tree.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "profiles/native/address_space.h"
#include "profiles/native/code_objects.h"
#include "profiles/native/perf_records.h"
#include "profiles/native/unwinder.h"

namespace rh::profiles::native {

inline constexpr std::uint32_t kNoStack = 0xffffffffU;
inline constexpr std::size_t kMaxSamples = 50'000'000;
inline constexpr std::size_t kMaxStackNodes = 20'000'000;

// Stacks as a tree: a stack is the path from its leaf node to a root.
class RawStacks {
 public:
  struct Node {
    std::uint32_t parent = kNoStack;  // the caller
    CodeAddress at;
    bool operator==(const Node&) const = default;
  };
  // `leaf_first` as the unwinder gives it; kNoStack if it is empty or the tree is full.
  std::uint32_t intern(const std::vector<CodeAddress>& leaf_first);
  [[nodiscard]] const Node& node(std::uint32_t index) const { return nodes_[index]; }
  [[nodiscard]] std::size_t size() const { return nodes_.size(); }

 private:
  struct Hash {
    std::size_t operator()(const Node& node) const;
  };
  std::vector<Node> nodes_;
  std::unordered_map<Node, std::uint32_t, Hash> known_;
};

struct RawSample {
  std::int64_t time_ns = 0;  // CLOCK_MONOTONIC
  std::uint32_t stack = kNoStack;
};

// A thread as the kernel counts it: from its start to its end, through every exec.
struct RawTask {
  std::uint64_t cpu_ns = 0;  // exact; 0: not told
  std::uint64_t samples = 0;
};

// What a thread did in one program image.
struct RawThread {
  int tid = 0;
  std::size_t process = 0;  // index into TaskTable::processes
  std::size_t task = 0;     // index into TaskTable::tasks
  std::string name;
  std::int64_t start_ns = 0, end_ns = 0;  // 0: its end was not seen
  std::vector<RawSample> samples;
};

// A process while it was one program image: exec begins another.
struct RawProcess {
  int pid = 0, parent_pid = 0;
  std::string name;
  std::int64_t start_ns = 0, end_ns = 0;  // 0: its end was not seen
  bool execed = false;                    // a fork that has not called exec is still its parent's program
  std::uint64_t lost = 0;                 // records dropped while it ran
  std::uint64_t broken = 0;               // samples whose stack could not be walked or kept
  AddressSpace space;
};

class TaskTable {
 public:
  TaskTable(CodeObjects& objects, Unwinder& unwinder) : objects_(objects), unwinder_(unwinder) {}
  // `wall_offset_ns` turns the record's time into that of files.
  void consume(const Record& record, std::int64_t wall_offset_ns);
  // Samples of these processes are not kept from now on.
  void ignore(int pid) { ignored_[pid] = true; }
  void heed(int pid) { ignored_.erase(pid); }

  [[nodiscard]] const std::vector<RawThread>& threads() const { return threads_; }
  [[nodiscard]] const std::vector<RawProcess>& processes() const { return processes_; }
  [[nodiscard]] const std::vector<RawTask>& tasks() const { return tasks_; }
  [[nodiscard]] const RawStacks& stacks() const { return stacks_; }
  // The counter of the first thread cannot tell its own end: what it counted is the rest of the whole. A thread whose
  // count got lost has that of its samples.
  void set_total(int root_pid, std::uint64_t cpu_ns, std::int64_t period_ns);
  [[nodiscard]] std::int64_t last_ns() const { return last_ns_; }
  [[nodiscard]] std::uint64_t throttled() const { return throttled_; }
  [[nodiscard]] std::uint64_t lost() const { return lost_; }
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }
  [[nodiscard]] std::uint64_t cut() const { return cut_; }

 private:
  RawProcess& process(int pid, std::int64_t time_ns);
  RawThread& thread(int pid, int tid, std::int64_t time_ns);
  void take(const Record& record, const MapRecord& map, std::int64_t wall_offset_ns);
  void take(const Record& record, const NameRecord& name);
  void begin_image(const Record& record);
  void take(const Record& record, const TaskRecord& task);
  void take(const Record& record, const SampleRecord& sample);

  CodeObjects& objects_;
  Unwinder& unwinder_;
  RawStacks stacks_;
  std::vector<RawThread> threads_;
  std::vector<RawTask> tasks_;
  std::vector<RawProcess> processes_;
  std::unordered_map<int, std::size_t> live_processes_;      // by pid
  std::map<std::pair<int, int>, std::size_t> live_threads_;  // by pid, tid
  std::unordered_map<int, bool> ignored_;
  std::vector<CodeAddress> scratch_;
  std::size_t samples_ = 0;
  std::int64_t last_ns_ = 0;
  std::uint64_t throttled_ = 0, lost_ = 0, dropped_ = 0, cut_ = 0;
};

}  // namespace rh::profiles::native
