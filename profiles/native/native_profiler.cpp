#include "profiles/native/native_profiler.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "profiles/native/live_tree.h"
#include "profiles/native/native_merge.h"
#include "profiles/native/native_results.h"
#include "profiles/native/perf_counters.h"
#include "profiles/native/record_queue.h"
#include "profiles/native/task_table.h"
#include "runner/base/clock.h"

namespace rh::profiles {
namespace {

using namespace native;

class NativeProfiler : public Profiler {
 public:
  NativeProfiler(const RecordingOptions& options, ProfileBuilder& builder)
      : options_(options), builder_(builder), unwinder_(objects_), tasks_(objects_, unwinder_) {}

  [[nodiscard]] std::string_view name() const override { return kProfilerName; }
  [[nodiscard]] Result<void> started(int root_pid) override;
  [[nodiscard]] std::unique_ptr<ProcessSampler> adopt(const ProcessImage& image) override;
  void drain() override;
  void finish() override;

 private:
  void consume_until(std::int64_t time_ns);
  void leave_to_others();
  void leave_root();
  void learn(int pid, std::int64_t time_ns);
  void add_threads_of(int pid, bool from_exec);
  [[nodiscard]] CounterOptions counter_options() const;
  void say_why_not();

  RecordingOptions options_;
  ProfileBuilder& builder_;
  CodeObjects objects_;
  Unwinder unwinder_;
  TaskTable tasks_;
  RecordQueue queue_;
  std::optional<PerfCounters> counters_;
  std::string refused_;  // why there are no counters
  int root_pid_ = 0;
  std::int64_t wall_offset_ns_ = 0, drained_ns_ = 0;
  std::uint64_t unreadable_ = 0;  // records that were not what the kernel should write
  std::size_t processes_seen_ = 0;
  bool from_start_ = false;  // the first counter saw the root from its first instruction
  bool root_left_ = false;   // another profiler has the root
  std::vector<int> taken_;   // pids that other profilers have
};

CounterOptions NativeProfiler::counter_options() const {
  CounterOptions options;
  options.rate_hz = options_.rate_hz;
  options.stack_bytes = stack_bytes_at(options_.rate_hz);
  options.children = options_.follow_children;
  return options;
}

// What runs already is known from /proc only.
void NativeProfiler::learn(int pid, std::int64_t time_ns) {
  Record record{time_ns, pid, pid, {}};
  const std::string name = name_of(pid);
  record.body = NameRecord{name, true};
  tasks_.consume(record, wall_offset_ns_);
  for (const LiveMap& map : maps_of(pid)) {
    MapRecord body;
    body.start = map.start;
    body.bytes = map.end - map.start;
    body.file_offset = map.file_offset;
    body.inode = map.inode;
    body.device_major = map.device_major;
    body.device_minor = map.device_minor;
    body.path = map.path;
    record.body = body;
    tasks_.consume(record, wall_offset_ns_);
  }
}

void NativeProfiler::add_threads_of(int pid, bool from_exec) {
  CounterOptions options = counter_options();
  options.from_exec = from_exec;
  for (const int tid : threads_of(pid)) {
    if (!counters_) {
      auto counters = PerfCounters::open(tid, options);
      if (counters)
        counters_.emplace(std::move(counters).value());
      else
        refused_ = counters.error().message();
    } else if (const auto added = counters_->add(tid, options); !added) {
      refused_ = added.error().message();  // most often the thread has ended meanwhile
    }
  }
}

Result<void> NativeProfiler::started(int root_pid) {
  root_pid_ = root_pid;
  counters_.reset();  // of a root that never ran
  refused_.clear();
  wall_offset_ns_ =
      std::chrono::duration_cast<Nanoseconds>(wall_now().time_since_epoch()).count() - monotonic_now().count();
  from_start_ = is_our_program(root_pid);
  if (!from_start_) {
    const std::int64_t now = monotonic_now().count();
    for (const int pid : options_.follow_children ? tree_of(root_pid) : std::vector<int>{root_pid}) {
      add_threads_of(pid, false);
      learn(pid, now);
    }
    return {};
  }
  auto counters = PerfCounters::open(root_pid, counter_options());
  if (counters)
    counters_.emplace(std::move(counters).value());
  else
    refused_ = counters.error().message();
  return {};  // what it means is said in the end, when it is known whether anything was to be sampled
}

std::unique_ptr<ProcessSampler> NativeProfiler::adopt(const ProcessImage& image) {
  tasks_.heed(image.pid);
  return nullptr;
}

// Processes with another profiler need no stacks of ours, unless they are asked for.
void NativeProfiler::leave_to_others() {
  if (options_.native) return;
  const auto& processes = builder_.profile().processes;
  for (; processes_seen_ < processes.size(); ++processes_seen_) {
    const model::ProfileProcess& process = processes[processes_seen_];
    if (process.profiler.empty()) continue;
    tasks_.ignore(process.pid);
    taken_.push_back(process.pid);
    if (process.pid == root_pid_ && !root_left_) leave_root();
  }
}

// The root is to run undisturbed: its counters stop, and new ones begin with what its children call exec for.
void NativeProfiler::leave_root() {
  root_left_ = true;
  if (options_.follow_children) {
    add_threads_of(root_pid_, true);
    for (const int pid : tree_of(root_pid_))
      if (std::find(taken_.begin(), taken_.end(), pid) == taken_.end()) add_threads_of(pid, false);
  }
  counters_->stop_first();
}

void NativeProfiler::consume_until(std::int64_t time_ns) {
  queue_.take_until(time_ns, [&](std::span<const std::byte> bytes) {
    if (const auto record = parse_record(bytes, true)) {
      tasks_.consume(*record, wall_offset_ns_);
    } else {
      ++unreadable_;
    }
  });
}

void NativeProfiler::drain() {
  if (!counters_) return;
  leave_to_others();
  const std::int64_t now = monotonic_now().count();
  counters_->read([&](std::span<const std::byte> bytes) {
    queue_.put(bytes);
    // Files are opened as soon as they are known: what `go run` and tests build is deleted when it ends.
    if (!is_map_record(bytes)) return;
    const auto record = parse_record(bytes, true);
    if (!record) return;
    if (const auto* map = std::get_if<MapRecord>(&record->body))
      (void)objects_.of_map(record->pid, *map, record->time_ns + wall_offset_ns_);
  });
  // The rings are read one after the other: what is older than the last reading is complete on all.
  consume_until(drained_ns_);
  drained_ns_ = now;
}

void NativeProfiler::say_why_not() {
  bool wanted = options_.native;
  for (model::ProfileProcess& process : builder_.profile().processes) {
    if (!process.profiler.empty()) continue;
    wanted = true;
    if (process.unprofiled_reason.empty()) process.unprofiled_reason = refused_;
  }
  if (wanted)
    builder_.say(model::Severity::warning, "native-not-sampled",
                 "machine code has no stacks in this profile: " + refused_);
}

void NativeProfiler::finish() {
  if (!counters_) return say_why_not();
  drain();
  consume_until(std::numeric_limits<std::int64_t>::max());
  objects_.look_for_late_perf_maps();
  const bool sees_kernel = counters_->sees_kernel();
  const std::int64_t period_ns = 1'000'000'000 / std::max<std::int64_t>(options_.rate_hz, 1);
  if (from_start_ && !root_left_) tasks_.set_total(root_pid_, counters_->cpu_ns(), period_ns);
  counters_.reset();
  if (unreadable_ > 0)
    builder_.say(model::Severity::warning, "native-records-unreadable",
                 std::to_string(unreadable_) + " records of perf_event_open could not be read");
  NativeRun run;
  run.period_ns = period_ns;
  run.sees_kernel = sees_kernel;
  run.follow_children = options_.follow_children;
  run.root_pid = root_pid_;
  NativeResults results(run, tasks_, objects_, builder_);
  results.add();
  if (options_.native) NativeMerge(run, tasks_, results, builder_).merge();
}

}  // namespace

std::unique_ptr<Profiler> make_native_profiler(const RecordingOptions& options, ProfileBuilder& builder) {
  return std::make_unique<NativeProfiler>(options, builder);
}

}  // namespace rh::profiles
