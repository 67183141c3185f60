#include "profiles/native/native_profiler.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

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
  bool sees_kernel_ = false;
  std::int64_t wall_offset_ns_ = 0, drained_ns_ = 0;
  std::uint64_t unreadable_ = 0;  // records that were not what the kernel should write
  std::size_t processes_seen_ = 0;
};

Result<void> NativeProfiler::started(int root_pid) {
  root_pid_ = root_pid;
  wall_offset_ns_ =
      std::chrono::duration_cast<Nanoseconds>(wall_now().time_since_epoch()).count() - monotonic_now().count();
  CounterOptions options;
  options.rate_hz = options_.rate_hz;
  options.stack_bytes = stack_bytes_at(options_.rate_hz);
  options.children = options_.follow_children;
  auto counters = PerfCounters::open(root_pid, options);
  if (counters) {
    counters_.emplace(std::move(counters).value());
    sees_kernel_ = counters_->sees_kernel();
  } else {
    refused_ = counters.error().message();
  }
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
  for (; processes_seen_ < processes.size(); ++processes_seen_)
    if (!processes[processes_seen_].profiler.empty()) tasks_.ignore(processes[processes_seen_].pid);
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
    const auto record = parse_record(bytes, true);
    // Files are opened as soon as they are known: what `go run` and tests build is deleted when it ends.
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
  tasks_.set_total(root_pid_, counters_->cpu_ns());
  counters_.reset();
  if (unreadable_ > 0)
    builder_.say(model::Severity::warning, "native-records-unreadable",
                 std::to_string(unreadable_) + " records of perf_event_open could not be read");
  NativeRun run;
  run.period_ns = 1'000'000'000 / std::max<std::int64_t>(options_.rate_hz, 1);
  run.sees_kernel = sees_kernel_;
  run.follow_children = options_.follow_children;
  run.root_pid = root_pid_;
  NativeResults results(run, tasks_, objects_, builder_);
  results.add();
}

}  // namespace

std::unique_ptr<Profiler> make_native_profiler(const RecordingOptions& options, ProfileBuilder& builder) {
  return std::make_unique<NativeProfiler>(options, builder);
}

}  // namespace rh::profiles
