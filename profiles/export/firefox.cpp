// The processed profile format of the Firefox Profiler, version 54: tables in columns, each thread with its own
// (github.com/firefox-devtools/profiler, docs-developer/CHANGELOG-formats.md and src/types/profile.ts of that
// version). The profiler upgrades older versions when it opens them; later ones share tables between threads.
// Times are milliseconds since the start. The weight of a sample is its time on the clock asked for.
#include <unordered_map>

#include "profiles/analysis/stack_kinds.h"
#include "profiles/analysis/stack_times.h"
#include "profiles/export/exporter.h"
#include "profiles/export/json_text.h"
#include "profiles/export/merged_stacks.h"

namespace rh::profiles {
namespace {

constexpr int kProcessedVersion = 54;
constexpr int kGeckoVersion = 31;      // of the unprocessed format of that time; the profiler wants a number
constexpr unsigned kMilliseconds = 6;  // digits of ns

// In the order of kind_names(); the first grey one is the profiler's default.
constexpr std::string_view kColors[] = {"yellow", "blue",        "orange",   "green",  "brown", "lightred",
                                        "red",    "transparent", "darkgrey", "purple", "grey"};

// The tables of one thread, filled while its samples are written.
class ThreadTables {
 public:
  ThreadTables(const model::Profile& profile, const FrameNames& names, const std::vector<std::uint32_t>& kinds)
      : profile_(profile), names_(names), kinds_(kinds) {}

  // The thread's own number of a node of Profile::stacks.
  std::uint32_t stack(std::uint32_t node) {
    std::vector<std::uint32_t> missing;
    while (node != model::kNoIndex && !stack_ids_.contains(node)) {
      missing.push_back(node);
      node = profile_.stacks[node].parent;
    }
    std::uint32_t id = node == model::kNoIndex ? model::kNoIndex : stack_ids_[node];
    for (auto each = missing.rbegin(); each != missing.rend(); ++each) {
      stack_prefix_.push_back(id);
      stack_frame_.push_back(frame(*each));
      id = static_cast<std::uint32_t>(stack_frame_.size() - 1);
      stack_ids_[*each] = id;
    }
    return id;
  }

  std::uint32_t string(const std::string& text) {
    const auto [found, made] = string_ids_.try_emplace(text, static_cast<std::uint32_t>(strings_.size()));
    if (made) strings_.push_back(text);
    return found->second;
  }

  void append(std::string& json) const {
    json += "\"stackTable\":{\"frame\":";
    append_numbers(json, stack_frame_);
    json += ",\"prefix\":";
    append_optional(json, stack_prefix_, model::kNoIndex);
    json += fmt::format(",\"length\":{}}},\n\"frameTable\":{{\"address\":", stack_frame_.size());
    append_repeated(json, "-1", frame_func_.size());
    json += ",\"inlineDepth\":";
    append_repeated(json, "0", frame_func_.size());
    json += ",\"category\":";
    append_numbers(json, frame_category_);
    json += ",\"subcategory\":";
    append_repeated(json, "0", frame_func_.size());
    json += ",\"func\":";
    append_numbers(json, frame_func_);
    for (const char* column : {"nativeSymbol", "innerWindowID", "column"}) {
      json += fmt::format(",\"{}\":", column);
      append_repeated(json, "null", frame_func_.size());
    }
    json += ",\"line\":";
    append_optional(json, frame_line_, 0U);
    json += fmt::format(",\"length\":{}}},\n", frame_func_.size());
    append_functions(json);
    json +=
        ",\"resourceTable\":{\"lib\":[],\"name\":[],\"host\":[],\"type\":[],\"length\":0},"
        "\"nativeSymbols\":{\"libIndex\":[],\"address\":[],\"name\":[],\"functionSize\":[],\"length\":0},\n"
        "\"stringArray\":";
    append_texts(json, strings_);
  }

 private:
  static void append_repeated(std::string& json, std::string_view value, std::size_t count) {
    json += '[';
    for (std::size_t i = 0; i < count; ++i) {
      if (i > 0) json += ',';
      json += value;
    }
    json += ']';
  }
  static void append_optional(std::string& json, const std::vector<std::uint32_t>& numbers, std::uint32_t none) {
    append_list(json, numbers, [&](std::string& to, std::uint32_t number) {
      if (number == none)
        to += "null";
      else
        fmt::format_to(std::back_inserter(to), "{}", number);
    });
  }

  // A frame is a function at a line, of the kind that its stack is of.
  std::uint32_t frame(std::uint32_t node) {
    const model::StackNode& at = profile_.stacks[node];
    const std::uint32_t func = function(names_.function_of_frame(at.frame));
    const std::string key = fmt::format("{} {} {}", func, at.line, kinds_[node]);
    const auto [found, made] = frame_ids_.try_emplace(key, static_cast<std::uint32_t>(frame_func_.size()));
    if (made) {
      frame_func_.push_back(func);
      frame_line_.push_back(at.line);
      frame_category_.push_back(kinds_[node]);
    }
    return found->second;
  }

  std::uint32_t function(std::uint32_t shown) {
    const auto [found, made] = func_ids_.try_emplace(shown, static_cast<std::uint32_t>(functions_.size()));
    if (made) {
      functions_.push_back(shown);
      (void)string(names_.functions()[shown].name);
      (void)string(names_.functions()[shown].file);
    }
    return found->second;
  }

  void append_functions(std::string& json) const {
    const auto column = [&](const char* name, auto append) {
      json += fmt::format("{}\"{}\":", json.ends_with('{') ? "" : ",", name);
      append_list(json, functions_,
                  [&](std::string& to, std::uint32_t shown) { to += append(names_.functions()[shown]); });
    };
    json += "\"funcTable\":{";
    column("name", [&](const ShownFunction& each) { return fmt::format("{}", string_ids_.at(each.name)); });
    const auto is_script = [](const ShownFunction& each) {
      return each.kind == model::FrameKind::javascript ? "true" : "false";
    };
    column("isJS", is_script);
    column("relevantForJS", [](const ShownFunction&) { return "false"; });
    column("resource", [](const ShownFunction&) { return "-1"; });
    column("fileName", [&](const ShownFunction& each) {
      return each.file.empty() ? std::string("null") : fmt::format("{}", string_ids_.at(each.file));
    });
    column("lineNumber", [](const ShownFunction& each) {
      return each.line == 0 ? std::string("null") : fmt::format("{}", each.line);
    });
    column("columnNumber", [](const ShownFunction&) { return "null"; });
    json += fmt::format(",\"length\":{}}}", functions_.size());
  }

  const model::Profile& profile_;
  const FrameNames& names_;
  const std::vector<std::uint32_t>& kinds_;  // by node
  std::unordered_map<std::uint32_t, std::uint32_t> stack_ids_, func_ids_;
  std::unordered_map<std::string, std::uint32_t> string_ids_, frame_ids_;
  std::vector<std::uint32_t> stack_frame_, stack_prefix_, frame_func_, frame_line_, frame_category_, functions_;
  std::vector<std::string> strings_;
};

void append_meta(std::string& json, const model::Profile& profile) {
  const double interval_ms = profile.rate_hz > 0 ? 1000.0 / profile.rate_hz : 1;
  std::string title;
  for (const std::string& word : profile.command) title += (title.empty() ? "" : " ") + word;
  json += fmt::format("\"meta\":{{\"interval\":{},\"startTime\":0,\"profilingStartTime\":0,\"profilingEndTime\":",
                      interval_ms);
  append_decimal(json, profile.duration_ns, kMilliseconds);
  json += fmt::format(
      ",\"processType\":0,\"stackwalk\":1,\"version\":{},\"preprocessedProfileVersion\":{},"
      "\"product\":",
      kGeckoVersion, kProcessedVersion);
  append_text(json, title);
  json += ",\"importedFrom\":\"runharness\",\"platform\":";
  append_text(json, profile.machine.os);
  json += ",\"oscpu\":";
  append_text(json, profile.machine.kernel);
  json += ",\"CPUName\":";
  append_text(json, profile.machine.cpu_model);
  json += fmt::format(",\"logicalCPUs\":{},\"mainMemory\":{}", profile.machine.cores, profile.machine.memory_bytes);
  json +=
      ",\"symbolicated\":true,\"symbolicationNotSupported\":true,\"usesOnlyOneStackType\":true,"
      "\"sourceCodeIsNotOnSearchfox\":true,\"keepProfileThreadOrder\":true,\"markerSchema\":[],"
      "\"sampleUnits\":{\"time\":\"ms\",\"eventDelay\":\"ms\",\"threadCPUDelta\":\"ns\"},\"categories\":[";
  for (std::size_t i = 0; i < kind_names().size(); ++i)
    json += fmt::format("{}{{\"name\":\"{}\",\"color\":\"{}\",\"subcategories\":[\"Other\"]}}", i > 0 ? "," : "",
                        kind_names()[i], kColors[i]);
  json += "]}";
}

class ThreadWriter {
 public:
  ThreadWriter(const model::Profile& profile, const FrameNames& names, const std::vector<std::uint32_t>& kinds,
               model::ProfileClock clock)
      : profile_(profile),
        names_(names),
        kinds_(kinds),
        weights_(profile, clock),
        cpu_(profile, model::ProfileClock::cpu) {}

  void append(std::string& json, std::uint32_t thread, const std::vector<std::uint32_t>& samples) const {
    const model::ProfileThread& row = profile_.threads[thread];
    const model::ProfileProcess& process = profile_.processes[row.process];
    const bool is_main = row.tid == process.pid;
    json += "{\"processType\":\"default\",\"processStartupTime\":";
    append_decimal(json, process.start_ns, kMilliseconds);
    json += ",\"processShutdownTime\":";
    append_decimal(json, process.end_ns, kMilliseconds);
    json += ",\"registerTime\":";
    append_decimal(json, process.start_ns, kMilliseconds);
    json += ",\"unregisterTime\":null,\"pausedRanges\":[],\"name\":";
    append_text(json, row.name.empty() ? fmt::format("thread {}", row.tid) : row.name);
    json += ",\"processName\":";
    append_text(json, process_title(process));
    json += fmt::format(",\"isMainThread\":{},\"pid\":\"{}\",\"tid\":{},\n", is_main, process.pid, row.tid);
    ThreadTables tables(profile_, names_, kinds_);
    append_samples(json, samples, tables);
    append_markers(json, row, process, tables);
    tables.append(json);
    json += '}';
  }

 private:
  void append_samples(std::string& json, const std::vector<std::uint32_t>& samples, ThreadTables& tables) const {
    const auto column = [&](const char* name, auto append) {
      json += fmt::format(",\"{}\":", name);
      append_list(json, samples, append);
    };
    json += fmt::format("\"samples\":{{\"length\":{},\"weightType\":\"tracing-ms\"", samples.size());
    column("stack", [&](std::string& to, std::uint32_t at) {
      const std::uint32_t stack = profile_.samples.stack[at];
      if (stack == model::kNoIndex)
        to += "null";
      else
        fmt::format_to(std::back_inserter(to), "{}", tables.stack(stack));
    });
    column("time",
           [&](std::string& to, std::uint32_t at) { append_decimal(to, profile_.samples.time_ns[at], kMilliseconds); });
    column("weight", [&](std::string& to, std::uint32_t at) {
      append_decimal(to, static_cast<std::int64_t>(weights_[at]), kMilliseconds);
    });
    column("threadCPUDelta",
           [&](std::string& to, std::uint32_t at) { fmt::format_to(std::back_inserter(to), "{}", cpu_[at]); });
    json += "},\n";
  }

  // Spans of the run, such as tests, as intervals of the thread they ran in, or of the main thread.
  void append_markers(std::string& json, const model::ProfileThread& thread, const model::ProfileProcess& process,
                      ThreadTables& tables) const {
    std::vector<const model::ProfileSpan*> spans;
    for (const model::ProfileSpan& span : profile_.spans) {
      const bool same_thread = span.tid == thread.tid || (span.tid == 0 && thread.tid == process.pid);
      if (span.process == thread.process && same_thread) spans.push_back(&span);
    }
    const auto column = [&](const char* name, auto append) {
      json += fmt::format(",\"{}\":", name);
      append_list(json, spans, append);
    };
    json += fmt::format("\"markers\":{{\"length\":{}", spans.size());
    column("name", [&](std::string& to, const model::ProfileSpan* span) {
      fmt::format_to(std::back_inserter(to), "{}", tables.string(span->name));
    });
    column("startTime",
           [](std::string& to, const model::ProfileSpan* span) { append_decimal(to, span->start_ns, kMilliseconds); });
    column("endTime",
           [](std::string& to, const model::ProfileSpan* span) { append_decimal(to, span->end_ns, kMilliseconds); });
    column("phase", [](std::string& to, const model::ProfileSpan*) { to += '1'; });  // an interval
    column("category", [](std::string& to, const model::ProfileSpan*) { to += fmt::format("{}", unknown_kind()); });
    column("data", [](std::string& to, const model::ProfileSpan*) { to += "null"; });
    json += "},\n";
  }

  const model::Profile& profile_;
  const FrameNames& names_;
  const std::vector<std::uint32_t>& kinds_;
  SampleWeights weights_, cpu_;
};

// The memory of the tree as a counter; its samples are differences.
void append_counters(std::string& json, const model::Profile& profile, std::size_t main_thread) {
  const model::ProfileTimeline& timeline = profile.timeline;
  json += "\"counters\":[";
  if (!timeline.time_ns.empty() && !profile.processes.empty()) {
    json += fmt::format(
        "{{\"name\":\"memory\",\"category\":\"Memory\",\"description\":\"RSS of all processes\","
        "\"pid\":\"{}\",\"mainThreadIndex\":{},\"samples\":{{\"length\":{},\"time\":",
        profile.processes.front().pid, main_thread, timeline.time_ns.size());
    append_list(json, timeline.time_ns,
                [](std::string& to, std::int64_t time) { append_decimal(to, time, kMilliseconds); });
    std::vector<std::int64_t> changes;
    std::int64_t before = 0;
    for (const std::uint64_t bytes : timeline.rss_bytes) {
      changes.push_back(static_cast<std::int64_t>(bytes) - before);
      before = static_cast<std::int64_t>(bytes);
    }
    json += ",\"count\":";
    append_numbers(json, changes);
    json += "}}";
  }
  json += "]";
}

}  // namespace

Result<std::string> write_firefox(const model::Profile& profile, model::ProfileClock clock) {
  const FrameNames names(profile);
  const std::vector<std::uint32_t> kinds = kinds_of_nodes(profile);
  const ThreadWriter writer(profile, names, kinds, clock);
  std::string json = "{";
  append_meta(json, profile);
  json += ",\n\"libs\":[],\"pages\":[],";
  append_counters(json, profile, 0);
  json += ",\n\"threads\":[";
  const auto threads = samples_by_thread(profile);
  bool any = false;
  for (std::uint32_t i = 0; i < threads.size(); ++i) {
    if (threads[i].empty() && i > 0) continue;  // the first one carries the counters
    json += any ? ",\n" : "\n";
    any = true;
    writer.append(json, i, threads[i]);
  }
  json += "]}\n";
  return json;
}

}  // namespace rh::profiles
