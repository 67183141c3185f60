// The Trace Event Format (Google, "Trace Event Format" document, JSON object form), which Chrome DevTools and
// Perfetto open: a complete event ("X") for each span of time in which a function was on a thread's stack at every
// sample, nested as the stack is, callers before what they call: readers that sort by time keep that order where both
// begin and end together. With the CPU clock only samples that carry CPU time are shown; `tdur` is that CPU
// time. Times are microseconds of CLOCK_MONOTONIC, as in Chrome's own traces: DevTools passes over events at time 0.
#include <algorithm>

#include "profiles/analysis/stack_kinds.h"
#include "profiles/analysis/stack_times.h"
#include "profiles/export/exporter.h"
#include "profiles/export/json_text.h"
#include "profiles/export/merged_stacks.h"

namespace rh::profiles {
namespace {

constexpr unsigned kMicroseconds = 3;  // digits of ns
constexpr std::int64_t kEarliestNs = 1'000'000;
constexpr std::int64_t kContiguousNs = 1000;  // a smaller gap is a difference of two clock readings

class TraceWriter {
 public:
  TraceWriter(const model::Profile& profile, model::ProfileClock clock)
      : profile_(profile),
        names_(profile),
        stacks_(profile, names_),
        clock_(clock),
        base_ns_(std::max(profile.started_ns, kEarliestNs)),
        weights_(profile, clock),
        cpu_(profile, model::ProfileClock::cpu) {
    for (const ShownFunction& function : names_.functions())
      functions_.push_back(head_of(function.text(), kind_names()[static_cast<std::size_t>(function.kind)]));
    functions_.push_back(head_of(kUnknownStack, kind_names()[unknown_kind()]));
  }

  std::string write() {
    json_ = "{\"displayTimeUnit\":\"ms\",\"otherData\":{\"producer\":";
    append_text(json_, std::string("runharness ") + RUNHARNESS_VERSION);
    json_ += clock_ == model::ProfileClock::cpu ? ",\"clock\":\"cpu\"" : ",\"clock\":\"wall\"";
    json_ += "},\n\"traceEvents\":[";
    write_names();
    const auto threads = samples_by_thread(profile_);
    for (std::uint32_t i = 0; i < threads.size(); ++i) write_thread(i, threads[i]);
    write_spans();
    write_memory();
    json_ += "\n]}\n";
    return std::move(json_);
  }

 private:
  struct Open {
    std::uint32_t function = 0;
    std::int64_t start_ns = 0;
    std::uint64_t cpu_ns = 0;
  };
  struct Slice {
    std::int64_t start_ns = 0, end_ns = 0;
    std::uint64_t cpu_ns = 0;
    std::uint32_t function = 0, depth = 0;
  };

  static std::string head_of(std::string_view place, std::string_view kind) {
    return "\"ph\":\"X\",\"cat\":\"" + std::string(kind) + "\",\"name\":" + json_text(place);
  }

  void begin_event() {
    json_ += any_ ? ",\n{" : "\n{";
    any_ = true;
  }
  void append_time(std::string_view name, std::int64_t ns) {
    fmt::format_to(std::back_inserter(json_), ",\"{}\":", name);
    append_decimal(json_, ns, kMicroseconds);
  }
  void append_place(int pid, int tid) { json_ += fmt::format(",\"pid\":{},\"tid\":{}", pid, tid); }

  void write_name(std::string_view what, int pid, int tid, std::string_view name) {
    begin_event();
    json_ += fmt::format("\"ph\":\"M\",\"ts\":0,\"name\":\"{}\"", what);
    append_place(pid, tid);
    json_ += ",\"args\":{\"name\":";
    append_text(json_, name);
    json_ += "}}";
  }

  void write_names() {
    for (const model::ProfileProcess& process : profile_.processes)
      write_name("process_name", process.pid, process.pid, process_title(process));
    for (const model::ProfileThread& thread : profile_.threads)
      write_name("thread_name", profile_.processes[thread.process].pid, thread.tid,
                 thread.name.empty() ? "thread" : thread.name);
  }

  // Takes what is above `depth` off the stack: their time ends here.
  static void close_to(std::size_t depth, std::vector<Open>& open, std::int64_t end_ns, std::vector<Slice>& slices) {
    for (; open.size() > depth; open.pop_back()) {
      const Open& top = open.back();
      slices.push_back({top.start_ns, end_ns, top.cpu_ns, top.function, static_cast<std::uint32_t>(open.size())});
      if (open.size() > 1) open[open.size() - 2].cpu_ns += top.cpu_ns;
    }
  }

  void write_slices(std::vector<Slice>& slices, const model::ProfileThread& thread) {
    std::sort(slices.begin(), slices.end(), [](const Slice& a, const Slice& b) {
      return std::pair(a.start_ns, a.depth) < std::pair(b.start_ns, b.depth);
    });
    for (const Slice& slice : slices) {
      begin_event();
      json_ += functions_[slice.function];
      append_place(profile_.processes[thread.process].pid, thread.tid);
      append_time("ts", base_ns_ + slice.start_ns);
      append_time("dur", slice.end_ns - slice.start_ns);
      append_time("tdur", static_cast<std::int64_t>(slice.cpu_ns));
      json_ += '}';
    }
  }

  // Each sample stands for the time before it. What is on top of the stack collects the CPU time and hands it to
  // its caller when it ends.
  void write_thread(std::uint32_t index, const std::vector<std::uint32_t>& samples) {
    const model::ProfileThread& thread = profile_.threads[index];
    std::vector<Open> open;
    std::vector<Slice> slices;
    std::int64_t end_ns = 0;
    for (const std::uint32_t sample : samples) {
      if (weights_[sample] == 0) continue;
      const std::int64_t time_ns = profile_.samples.time_ns[sample];
      std::int64_t start_ns = std::max(time_ns - std::int64_t{profile_.samples.wall_ns[sample]}, end_ns);
      if (start_ns - end_ns <= kContiguousNs) start_ns = end_ns;
      if (start_ns > end_ns) close_to(0, open, end_ns, slices);
      const std::vector<std::uint32_t> path = stacks_.path(stacks_.node_of(profile_.samples.stack[sample]));
      std::size_t same = 0;
      while (same < open.size() && same < path.size() && open[same].function == path[same]) ++same;
      close_to(same, open, start_ns, slices);
      for (; same < path.size(); ++same) open.push_back({path[same], start_ns, 0});
      if (!open.empty()) open.back().cpu_ns += cpu_[sample];
      end_ns = std::max(time_ns, start_ns);
    }
    close_to(0, open, end_ns, slices);
    write_slices(slices, thread);
  }

  // Tests and phases, as events of their own track: they need not nest with the stacks.
  void write_spans() {
    std::size_t id = 0;
    for (const model::ProfileSpan& span : profile_.spans) {
      if (span.process >= profile_.processes.size()) continue;
      const int pid = profile_.processes[span.process].pid;
      ++id;
      for (const auto& [phase, time_ns] : {std::pair('b', span.start_ns), {'e', span.end_ns}}) {
        begin_event();
        json_ += fmt::format("\"ph\":\"{}\",\"id\":{},\"cat\":", phase, id);
        append_text(json_, span.kind);
        json_ += ",\"name\":";
        append_text(json_, span.name);
        append_place(pid, span.tid == 0 ? pid : span.tid);
        append_time("ts", base_ns_ + time_ns);
        json_ += '}';
      }
    }
  }

  void write_memory() {
    const model::ProfileTimeline& timeline = profile_.timeline;
    if (profile_.processes.empty()) return;
    const int pid = profile_.processes.front().pid;
    for (std::size_t i = 0; i < timeline.time_ns.size(); ++i) {
      begin_event();
      json_ += "\"ph\":\"C\",\"name\":\"memory of all processes\"";
      append_place(pid, pid);
      append_time("ts", base_ns_ + timeline.time_ns[i]);
      json_ += fmt::format(",\"args\":{{\"rss_bytes\":{}}}}}", timeline.rss_bytes[i]);
    }
  }

  const model::Profile& profile_;
  FrameNames names_;
  MergedStacks stacks_;
  model::ProfileClock clock_;
  std::int64_t base_ns_;
  SampleWeights weights_, cpu_;
  std::vector<std::string> functions_;  // the part of an event that is the same each time
  std::string json_;
  bool any_ = false;
};

}  // namespace

Result<std::string> write_chrome_trace(const model::Profile& profile, model::ProfileClock clock) {
  return TraceWriter(profile, clock).write();
}

}  // namespace rh::profiles
