#include "profiles/node/node_profiler.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "profiles/environment.h"
#include "profiles/node/node_heap.h"
#include "profiles/node/node_record.h"
#include "profiles/node/node_stacks.h"
#include "profiles/thread_cpu.h"
#include "runner/base/embedded.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

RH_EMBEDDED(rh_profile_node_cjs)

namespace rh::profiles {
namespace {

using model::kNoIndex;

constexpr std::size_t kMaxRecords = 20'000;  // threads of all node processes of one run
constexpr std::uint64_t kHeapIntervalBytes = 64 << 10;
constexpr std::size_t kMaxCommand = 4096;

// Reads how long the threads run; what they ran comes from V8 in the end.
class NodeSampler : public ProcessSampler {
 public:
  explicit NodeSampler(std::shared_ptr<ThreadClocks> clocks) : clocks_(std::move(clocks)) {}
  [[nodiscard]] TickOutcome tick(const Tick& now) override {
    return clocks_->read(now.time_ns) ? TickOutcome::idle : TickOutcome::gone;
  }
  [[nodiscard]] std::vector<std::pair<std::uint32_t, std::uint32_t>> last_stacks() const override { return {}; }
  void finish(const Tick&) override {}

 private:
  std::shared_ptr<ThreadClocks> clocks_;
};

struct NodeImage {
  std::uint32_t process = 0;
  int inner_pid = 0;
  std::shared_ptr<ThreadClocks> clocks;
  bool recorded = false;
};

class NodeProfiler : public Profiler {
 public:
  NodeProfiler(const RecordingOptions& options, ProfileBuilder& builder)
      : options_(options), builder_(builder), folder_(options.scratch / "node") {}

  [[nodiscard]] std::string_view name() const override { return "node"; }
  [[nodiscard]] Result<void> prepare(Launch& launch) override;
  [[nodiscard]] std::unique_ptr<ProcessSampler> adopt(const ProcessImage& image) override;
  void finish() override;

 private:
  void read_record(const std::filesystem::path& file);
  void add_cpu(const NodeThread& thread, std::uint32_t process, std::uint32_t index, const NodeCpuRecord& record);
  void add_samples(std::uint32_t thread, std::vector<TimedSample> times, const std::vector<std::uint32_t>& stacks,
                   const CpuCurve* curve);
  void count(std::uint32_t process, const NodeThread& thread, const NodeCpuRecord& record, std::uint64_t idle);
  NodeImage* image_of(const NodeThread& thread);
  std::uint32_t process_of(const NodeThread& thread);
  void complete_processes();
  [[nodiscard]] std::string preload() const { return (folder_ / "preload.cjs").string(); }

  RecordingOptions options_;
  ProfileBuilder& builder_;
  std::filesystem::path folder_;
  std::vector<NodeImage> images_;
  std::map<std::uint32_t, model::SampleQuality> quality_;
  std::uint64_t cut_ = 0;  // threads that were killed
};

Result<void> NodeProfiler::prepare(Launch& launch) {
  RH_CHECK(make_directories(folder_));
  RH_CHECK(write_file(preload(), RH_EMBEDDED_TEXT(rh_profile_node_cjs)));
  const std::uint32_t rate = std::max<std::uint32_t>(options_.rate_hz, 1);
  RH_CHECK(write_file(folder_ / "config.json",
                      fmt::format("{{\"interval_us\": {}, \"heap_interval\": {}}}\n", std::max(1'000'000U / rate, 50U),
                                  options_.memory ? kHeapIntervalBytes : 0)));
  const std::string own = variable(launch.env, "NODE_OPTIONS").value_or("");
  set_variable(launch.env, "NODE_OPTIONS", with_required_file(own, preload()));
  return {};
}

std::unique_ptr<ProcessSampler> NodeProfiler::adopt(const ProcessImage& image) {
  if (!is_node(image.executable)) return nullptr;
  model::ProfileProcess& process = builder_.process(image.process);
  process.profiler = name();
  process.runtime = "node";
  auto clocks = std::make_shared<ThreadClocks>(image.pid, process.start_ns);
  const int inner = inner_id(fmt::format("/proc/{}/status", image.pid), image.pid);
  images_.push_back({image.process, inner, clocks, false});
  return std::make_unique<NodeSampler>(std::move(clocks));
}

// The image that the process of the thread had when the thread began.
NodeImage* NodeProfiler::image_of(const NodeThread& thread) {
  NodeImage* best = nullptr;
  for (NodeImage& image : images_) {
    if (image.inner_pid != thread.pid) continue;
    const bool begun = builder_.process(image.process).start_ns + builder_.started_ns() <= thread.begun_ns;
    if (best == nullptr || begun) best = &image;
  }
  return best;
}

// Processes that ended before the recording loop saw them are known from their record only.
std::uint32_t NodeProfiler::process_of(const NodeThread& thread) {
  if (NodeImage* image = image_of(thread)) {
    image->recorded = true;
    return image->process;
  }
  if (!options_.follow_children) return kNoIndex;
  model::ProfileProcess process;
  process.pid = thread.pid;
  process.command = join(thread.argv, " ").substr(0, kMaxCommand);
  process.profiler = name();
  process.start_ns = process.end_ns = thread.begun_ns - builder_.started_ns();
  process.cpu = model::CpuFigure::unknown("the process ended before it was seen");
  process.peak_rss = model::BytesFigure::unknown("the process ended before it was seen");
  const auto& processes = builder_.profile().processes;
  for (std::uint32_t i = 0; i < processes.size(); ++i)
    if (processes[i].pid == thread.parent) process.parent = i;
  const std::uint32_t index = builder_.add_process(std::move(process));
  images_.push_back({index, thread.pid, nullptr, true});
  return index;
}

void NodeProfiler::add_samples(std::uint32_t thread, std::vector<TimedSample> times,
                               const std::vector<std::uint32_t>& stacks, const CpuCurve* curve) {
  if (curve != nullptr) spread_cpu(*curve, times);
  for (std::size_t i = 0; i < times.size(); ++i) {
    Sample sample;
    sample.time_ns = times[i].time_ns;
    sample.thread = thread;
    sample.stack = stacks[i];
    sample.wall_ns = times[i].wall_ns;
    sample.cpu_ns = times[i].cpu_ns;
    if (!times[i].known) sample.state = model::kUnknownCpu;
    if (times[i].cpu_ns > 0) sample.state = model::kOnCpu;
    builder_.add(sample);
  }
}

void NodeProfiler::count(std::uint32_t process, const NodeThread& thread, const NodeCpuRecord& record,
                         std::uint64_t idle) {
  constexpr std::int64_t kMicrosecond = 1000;
  model::SampleQuality& quality = quality_[process];
  const std::uint64_t samples = record.profile.samples.size();
  const std::int64_t lasted_us = std::max<std::int64_t>((record.stop_ns - record.start_ns) / kMicrosecond, 0);
  const auto ticks = static_cast<std::uint64_t>(lasted_us / std::max<std::int64_t>(thread.interval_us, 1));
  const std::uint64_t expected = std::max(ticks, samples);
  quality.expected += expected;
  quality.taken += samples - idle;
  quality.idle += idle;
  quality.late += expected - samples;
}

void NodeProfiler::add_cpu(const NodeThread& thread, std::uint32_t process, std::uint32_t index,
                           const NodeCpuRecord& record) {
  constexpr std::int64_t kMicrosecond = 1000;
  const CpuProfile& profile = record.profile;
  NodeStacks stacks_of(profile, builder_, preload());
  std::vector<TimedSample> times;
  std::vector<std::uint32_t> stacks;
  std::uint64_t idle = 0;
  std::int64_t before = profile.start_us;
  for (std::size_t i = 0; i < profile.samples.size(); ++i) {
    const std::int64_t at = std::max(profile.time_us[i], before);  // V8 may give times that go back
    TimedSample sample;
    sample.time_ns = at * kMicrosecond - builder_.started_ns();
    sample.wall_ns = (at - before) * kMicrosecond;
    sample.idle = stacks_of.is_idle(profile.samples[i]);
    before = at;
    idle += sample.idle ? 1 : 0;
    const std::uint32_t stack = stacks_of.leaf(profile.samples[i]);
    // A server that waits for an hour is one long sample, not millions.
    if (sample.idle && !times.empty() && times.back().idle && stacks.back() == stack) {
      sample.wall_ns += times.back().wall_ns;
      times.back() = sample;
      continue;
    }
    times.push_back(sample);
    stacks.push_back(stack);
  }
  const NodeImage* image = image_of(thread);
  const bool clocked = image != nullptr && image->clocks;
  add_samples(index, std::move(times), stacks, clocked ? image->clocks->find(thread.tid) : nullptr);
  count(process, thread, record, idle);
}

void NodeProfiler::read_record(const std::filesystem::path& file) {
  const auto text = read_file(file, kMaxNodeRecordBytes);
  if (!text) return builder_.say(model::Severity::warning, "node-record-unreadable", text.error().message(), "node");
  std::uint32_t process = kNoIndex, thread_index = kNoIndex;
  std::int64_t last_ns = 0;
  std::optional<std::string> largest_heap;
  const auto know = [&](const NodeThread& thread) {
    if (process != kNoIndex) return true;
    process = process_of(thread);
    if (process == kNoIndex) return false;
    builder_.process(process).runtime = "node " + thread.version;
    const std::string label = thread.number == 0 ? "main" : fmt::format("worker {}", thread.number);
    thread_index = builder_.add_thread({process, thread.tid, label});
    return true;
  };
  NodeRecordParts parts;
  parts.cpu = [&](const NodeThread& thread, const NodeCpuRecord& record) {
    if (know(thread)) add_cpu(thread, process, thread_index, record);
    last_ns = record.stop_ns;
  };
  parts.heap = [&](const NodeThread& thread, const NodeHeapRecord& heap) {
    if (know(thread)) largest_heap = heap.json;
  };
  const auto record = read_node_record(*text, parts);
  if (!record) return builder_.say(model::Severity::warning, "node-record-unreadable", record.error().message(), file);
  for (const std::string& problem : record->problems)
    builder_.say(model::Severity::warning, "node-record-damaged", problem, file);
  if (!record->end_ns) ++cut_;
  if (process == kNoIndex) return;
  model::ProfileProcess& known = builder_.process(process);
  known.end_ns = std::max(known.end_ns, record->end_ns.value_or(last_ns) - builder_.started_ns());
  if (!largest_heap) return;
  if (const auto added = add_node_heap(*largest_heap, process, preload(), builder_); !added)
    builder_.say(model::Severity::warning, "node-heap-unreadable", added.error().message(), file);
}

void NodeProfiler::complete_processes() {
  for (const NodeImage& image : images_) {
    model::ProfileProcess& process = builder_.process(image.process);
    process.quality = quality_[image.process];
    if (image.recorded) continue;
    process.profiler.clear();
    process.unprofiled_reason =
        "node wrote no profile: it has no inspector (as the process of `node --test` that starts the others), it ended "
        "by a signal within its first second, or its NODE_OPTIONS were taken away";
  }
  if (cut_ > 0)
    builder_.say(model::Severity::info, "node-profile-cut",
                 fmt::format("{} thread(s) of node ended without saying so (a signal, a crash or worker.terminate()): "
                             "what ran after the last of the records, made every second, is missing",
                             cut_),
                 "node");
}

void NodeProfiler::finish() {
  std::error_code error;
  std::vector<std::filesystem::path> files;
  for (std::filesystem::directory_iterator entry(folder_, error), end; !error && entry != end; entry.increment(error))
    if (entry->path().extension() == ".profile") files.push_back(entry->path());
  std::sort(files.begin(), files.end());  // pid, then thread: the same order each time
  if (files.size() > kMaxRecords) {
    builder_.say(model::Severity::warning, "node-records-left-out",
                 fmt::format("{} threads of node recorded themselves, {} were read", files.size(), kMaxRecords),
                 "node");
    files.resize(kMaxRecords);
  }
  for (const auto& file : files) read_record(file);
  complete_processes();
}

}  // namespace

std::string with_required_file(std::string_view options, const std::string& file) {
  std::string quoted;
  for (const char letter : file) {
    if (letter == '"' || letter == '\\') quoted += '\\';
    quoted += letter;
  }
  return fmt::format("{}{}--require \"{}\"", options, options.empty() ? "" : " ", quoted);
}

bool is_node(const std::filesystem::path& executable) {
  const std::string name = executable.filename();
  if (name == "nodejs") return true;
  return name.starts_with("node") && name.find_first_not_of("0123456789.-v", 4) == std::string::npos;
}

std::unique_ptr<Profiler> make_node_profiler(const RecordingOptions& options, ProfileBuilder& builder) {
  return std::make_unique<NodeProfiler>(options, builder);
}

}  // namespace rh::profiles
