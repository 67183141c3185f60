// The JSON members of what profile.json and the comparison of profiles are made of. See reporters/json/fields.h.
// What is computed from the profile is `derived`: it is written, and computed again when it is read.
#pragma once

#include "reporters/json/fields.h"
#include "reporters/profile/json_document.h"

namespace rh::reporters {

template <class V>
void fields(V& v, Type<model::TimeFigure>) {
  using T = model::TimeFigure;
  v("ns", &T::ns);
  v("samples", &T::samples);
  v.derived("share", [](const T& time) { return time.share.value; });
  v.derived("low", [](const T& time) { return time.share.value ? std::optional(time.share.low) : std::nullopt; });
  v.derived("high", [](const T& time) { return time.share.value ? std::optional(time.share.high) : std::nullopt; });
  v.derived("reason", [](const T& time) {
    return time.share.value || time.share.reason.empty() ? std::nullopt : std::optional(time.share.reason);
  });
}

template <class V>
void fields(V& v, Type<model::ClockFigures>) {
  using T = model::ClockFigures;
  v("self", &T::self);
  v("total", &T::total);
}

template <class V>
void fields(V& v, Type<FrameColumns>) {
  using T = FrameColumns;
  v("name", &T::name);
  v("file", &T::file);
  v("line", &T::line);
  v("kind", &T::kind);
  v("module", &T::module);
}

template <class V>
void fields(V& v, Type<StackColumns>) {
  using T = StackColumns;
  v("parent", &T::parent);
  v("frame", &T::frame);
  v("line", &T::line);
}

template <class V>
void fields(V& v, Type<SampleColumns>) {
  using T = SampleColumns;
  v("time_ns", &T::time_ns);
  v("thread", &T::thread);
  v("stack", &T::stack);
  v("wall_ns", &T::wall_ns);
  v("cpu_ns", &T::cpu_ns);
  v("state", &T::state);
}

template <class V>
void fields(V& v, Type<MemoryStackRow>) {
  using T = MemoryStackRow;
  v("thread", &T::thread);
  v("stack", &T::stack);
  v.derived("frames", [](const T& row) { return row.frames; });
}

template <class V>
void fields(V& v, Type<MemoryMember>) {
  using T = MemoryMember;
  v("peak_bytes", &T::peak_bytes);
  v("peak_scope", &T::scope);
  v("peak_source", &T::source);
  v("peak_reason", &T::reason);
  v("peak_time_ns", &T::time_ns);
  v("peak_stacks", &T::stacks);
}

template <class V>
void fields(V& v, Type<model::SampleQuality>) {
  using T = model::SampleQuality;
  v("expected", &T::expected);
  v("taken", &T::taken);
  v("rejected", &T::rejected);
  v("idle", &T::idle);
  v("late", &T::late);
  v("retries", &T::retries);
  v("lost", &T::lost);
}

template <class V>
void fields(V& v, Type<model::ProfileQuality>) {
  using T = model::ProfileQuality;
  v.derived("expected", [](const T& quality) { return quality.sum.expected; });
  v.derived("taken", [](const T& quality) { return quality.sum.taken; });
  v.derived("rejected", [](const T& quality) { return quality.sum.rejected; });
  v.derived("idle", [](const T& quality) { return quality.sum.idle; });
  v.derived("late", [](const T& quality) { return quality.sum.late; });
  v.derived("retries", [](const T& quality) { return quality.sum.retries; });
  v.derived("lost", [](const T& quality) { return quality.sum.lost; });
  v("adds_up", &T::adds_up);
  v("late_share", &T::late_share);
  v("rejected_share", &T::rejected_share);
  v("unprofiled_processes", &T::unprofiled_processes);
  v("sampled_cpu_ns", &T::sampled_cpu_ns);
  v("unknown_stack_cpu_ns", &T::unknown_stack_cpu_ns);
  v("measured_cpu_ns", &T::measured_cpu_ns);
  v.derived("measured_cpu_reason", [](const T& quality) {
    return quality.measured_cpu_ns ? std::nullopt : std::optional(quality.measured_cpu_reason);
  });
}

template <class V>
void fields(V& v, Type<model::ProfileNoise>) {
  using T = model::ProfileNoise;
  v("steal_share", &T::steal_share);
  v("load_at_start", &T::load_at_start);
  v("frequency_spread", &T::frequency_spread);
  v("frequency_reason", &T::frequency_reason);
  v("hardware_counters_reason", &T::hardware_counters_reason);
  v("wake_up_ns_median", &T::wake_up_ns_median);
  v("wake_up_ns_p99", &T::wake_up_ns_p99);
  v("own_cpu_ns", &T::own_cpu_ns);
}

template <class V>
void fields(V& v, Type<model::KindSummary>) {
  using T = model::KindSummary;
  v("kind", &T::kind);
  v("cpu", &T::cpu);
  v("wall", &T::wall);
}

template <class V>
void fields(V& v, Type<ProcessRow>) {
  using T = ProcessRow;
  v("pid", &T::pid);
  v("parent", &T::parent);
  v("command", &T::command);
  v("runtime", &T::runtime);
  v("profiler", &T::profiler);
  v("unprofiled_reason", &T::unprofiled_reason);
  v("start_ns", &T::start_ns);
  v("end_ns", &T::end_ns);
  v("quality", &T::quality);
  v.derived("quality_adds_up", [](const T& row) { return row.quality_adds_up; });
  v("cpu", &T::cpu);
  v("peak_rss", &T::peak_rss);
  v.derived("sampled_cpu", [](const T& row) { return row.sampled_cpu; });
  v.derived("sampled_wall", [](const T& row) { return row.sampled_wall; });
}

template <class V>
void fields(V& v, Type<ThreadRow>) {
  using T = ThreadRow;
  v("process", &T::process);
  v("tid", &T::tid);
  v("name", &T::name);
  v.derived("cpu", [](const T& row) { return row.cpu; });
  v.derived("wall", [](const T& row) { return row.wall; });
  v.derived("waits_for_gil_ns", [](const T& row) { return row.waits_for_gil_ns; });
}

template <class V>
void fields(V& v, Type<FunctionRow>) {
  using T = FunctionRow;
  v("name", &T::name);
  v("file", &T::file);
  v("line", &T::line);
  v("kind", &T::kind);
  v("cpu", &T::cpu);
  v("wall", &T::wall);
}

template <class V>
void fields(V& v, Type<LineRow>) {
  using T = LineRow;
  v("file", &T::file);
  v("line", &T::line);
  v("function", &T::function);
  v("cpu", &T::cpu);
  v("wall", &T::wall);
}

template <class V>
void fields(V& v, Type<HintRow>) {
  using T = HintRow;
  v("code", &T::code);
  v("message", &T::message);
  v("clock", &T::clock);
  v("time", &T::time);
  v("function", &T::function);
  v("file", &T::file);
  v("line", &T::line);
}

template <class V>
void fields(V& v, Type<Totals>) {
  using T = Totals;
  v("cpu_ns", &T::cpu_ns);
  v("cpu_samples", &T::cpu_samples);
  v("wall_ns", &T::wall_ns);
  v("wall_samples", &T::wall_samples);
}

template <class V>
void fields(V& v, Type<model::ProfileTimeline>) {
  using T = model::ProfileTimeline;
  v("time_ns", &T::time_ns);
  v("cpu_ns", &T::cpu_ns);
  v("rss_bytes", &T::rss_bytes);
  v("pss_bytes", &T::pss_bytes);
  v("processes", &T::processes);
  v("threads", &T::threads);
}

template <class V>
void fields(V& v, Type<model::ProfileSpan>) {
  using T = model::ProfileSpan;
  v("name", &T::name);
  v("kind", &T::kind);
  v("process", &T::process);
  v("tid", &T::tid);
  v("start_ns", &T::start_ns);
  v("end_ns", &T::end_ns);
}

template <class V>
void fields(V& v, Type<model::AllocationSite>) {
  using T = model::AllocationSite;
  v("process", &T::process);
  v("stack", &T::stack);
  v("live_bytes", &T::live_bytes);
  v("live_count", &T::live_count);
  v("total_bytes", &T::total_bytes);
}

template <class V>
void fields(V& v, Type<model::AllocationProfile>) {
  using T = model::AllocationProfile;
  v("source", &T::source);
  v("overhead", &T::overhead);
  v("sites", &T::sites);
}

template <class V>
void fields(V& v, Type<ProfileDocument>) {
  using T = ProfileDocument;
  v("schema", &T::schema);
  v("schema_version", &T::schema_version);
  v("runharness_version", &T::runharness_version);
  v("command", &T::command);
  v("cwd", &T::cwd);
  v("started_at", &T::started_at);
  v("started_ns", &T::started_ns);
  v("duration_ns", &T::duration_ns);
  v("rate_hz", &T::rate_hz);
  v("clock", &T::clock);
  v("preset", &T::preset);
  v("exit", &T::exit);
  v("machine", &T::machine);
  v("cpu", &T::cpu);
  v("memory", &T::memory);
  v.derived("quality", [](const T& document) { return document.quality; });
  v("noise", &T::noise);
  v.derived("totals", [](const T& document) { return document.totals; });
  v.derived("functions", [](const T& document) { return document.functions; });
  v.derived("lines", [](const T& document) { return document.lines; });
  v.derived("kinds", [](const T& document) { return document.kinds; });
  v.derived("hints", [](const T& document) { return document.hints; });
  v.derived("warnings", [](const T& document) { return document.warnings; });
  v("diagnostics", &T::diagnostics);
  v("processes", &T::processes);
  v("threads", &T::threads);
  v("timeline", &T::timeline);
  v("spans", &T::spans);
  v("allocations", &T::allocations);
  v("frames", &T::frames);
  v("stacks", &T::stacks);
  v("samples", &T::samples);
}

}  // namespace rh::reporters
