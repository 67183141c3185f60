#include "reporters/profile/json_document.h"

#include <cmath>
#include <utility>

#include <fmt/core.h>

#include "reporters/profile/json.h"

namespace rh::reporters {
namespace {

using namespace rh::model;

constexpr std::pair<ProfileClock, std::string_view> kClocks[] = {{ProfileClock::cpu, "cpu"},
                                                                 {ProfileClock::wall, "wall"}};
constexpr std::pair<FrameKind, std::string_view> kKinds[] = {
    {FrameKind::python, "python"}, {FrameKind::native, "native"}, {FrameKind::javascript, "javascript"},
    {FrameKind::shell, "shell"},   {FrameKind::java, "java"},     {FrameKind::kernel, "kernel"},
    {FrameKind::gc, "gc"},         {FrameKind::idle, "idle"},     {FrameKind::runtime, "runtime"}};

template <class Table, class Value>
std::string_view name_in(const Table& table, Value value) {
  for (const auto& [each, name] : table)
    if (each == value) return name;
  return "unknown";
}

std::int64_t signed_index(std::uint32_t index) { return index == kNoIndex ? -1 : std::int64_t{index}; }

IndexColumn signed_indices(const std::vector<std::uint32_t>& indices) {
  IndexColumn column;
  column.reserve(indices.size());
  for (const std::uint32_t index : indices) column.push_back(signed_index(index));
  return column;
}

// JSON has no infinity.
std::optional<double> finite(std::optional<double> value) {
  return value && std::isfinite(*value) ? value : std::nullopt;
}

FrameColumns frames_of(const Profile& profile) {
  FrameColumns columns;
  for (const ProfileFrame& frame : profile.frames) {
    columns.name.push_back(frame.name);
    columns.file.push_back(frame.file);
    columns.line.push_back(frame.line);
    columns.kind.emplace_back(name_of_kind(frame.kind));
    columns.module.push_back(frame.module);
  }
  return columns;
}

StackColumns stacks_of(const Profile& profile) {
  StackColumns columns;
  for (const StackNode& node : profile.stacks) {
    columns.parent.push_back(signed_index(node.parent));
    columns.frame.push_back(node.frame);
    columns.line.push_back(node.line);
  }
  return columns;
}

MemoryMember memory_of(const Profile& profile, const ProfileSummary& summary) {
  const MemoryPeak& peak = profile.memory;
  MemoryMember member{peak.bytes.value, peak.bytes.scope, peak.bytes.source, peak.bytes.reason, peak.time_ns, {}};
  for (std::size_t i = 0; i < peak.stacks.size(); ++i) {
    MemoryStackRow row{peak.stacks[i].first, peak.stacks[i].second, {}};
    if (i < summary.peak_stacks.size()) row.frames = summary.peak_stacks[i].frames;
    member.stacks.push_back(std::move(row));
  }
  return member;
}

std::vector<ProcessRow> processes_of(const Profile& profile, const ProfileSummary& summary) {
  std::vector<ProcessRow> rows;
  for (std::size_t i = 0; i < profile.processes.size(); ++i) {
    const ProfileProcess& process = profile.processes[i];
    ProcessRow row{.pid = process.pid,
                   .parent = process.parent == kNoIndex ? std::nullopt : std::optional(process.parent),
                   .command = process.command,
                   .runtime = process.runtime,
                   .profiler = process.profiler,
                   .unprofiled_reason = process.unprofiled_reason,
                   .start_ns = process.start_ns,
                   .end_ns = process.end_ns,
                   .quality = process.quality,
                   .quality_adds_up = true,
                   .cpu = process.cpu,
                   .peak_rss = process.peak_rss,
                   .sampled_cpu = {},
                   .sampled_wall = {}};
    if (i < summary.processes.size()) {
      row.quality_adds_up = summary.processes[i].quality_adds_up;
      row.sampled_cpu = summary.processes[i].cpu;
      row.sampled_wall = summary.processes[i].wall;
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<ThreadRow> threads_of(const Profile& profile, const ProfileSummary& summary) {
  std::vector<ThreadRow> rows;
  for (std::size_t i = 0; i < profile.threads.size(); ++i) {
    const ProfileThread& thread = profile.threads[i];
    ThreadRow row{thread.process, thread.tid, thread.name, 0, {}, {}};
    if (i < summary.threads.size()) {
      row.waits_for_gil_ns = summary.threads[i].waits_for_gil_ns;
      row.cpu = summary.threads[i].cpu;
      row.wall = summary.threads[i].wall;
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

void add_figures(ProfileDocument& document, const Profile& profile, const ProfileSummary& summary) {
  for (const FunctionSummary& row : summary.functions)
    document.functions.push_back({row.name, row.file, row.line,
                                  std::string(name_of_kind(profile.frames.at(row.frame).kind)), row.cpu, row.wall});
  for (const LineSummary& row : summary.lines)
    document.lines.push_back({row.file, row.line, row.function, row.cpu, row.wall});
  for (const ProfileHint& hint : summary.hints)
    document.hints.push_back({hint.code, hint.message, std::string(name_of_clock(hint.clock)), hint.file, hint.line,
                              hint.frame ? profile.frames.at(*hint.frame).name : "", hint.time});
  document.kinds = summary.kinds;
  document.quality = summary.quality;
  document.warnings = summary.warnings;
  document.totals = {summary.cpu.ns, summary.cpu.samples, summary.wall.ns, summary.wall.samples};
}

}  // namespace

std::string_view name_of_clock(ProfileClock clock) { return name_in(kClocks, clock); }
std::string_view name_of_kind(FrameKind kind) { return name_in(kKinds, kind); }

std::optional<ProfileClock> clock_of_name(std::string_view name) {
  for (const auto& [each, known] : kClocks)
    if (known == name) return each;
  return std::nullopt;
}

std::optional<FrameKind> kind_of_name(std::string_view name) {
  for (const auto& [each, known] : kKinds)
    if (known == name) return each;
  return std::nullopt;
}

ProfileDocument document_of(const Profile& profile, const ProfileSummary& summary) {
  ProfileDocument document;
  document.schema = "runharness.profile";
  document.schema_version = kProfileSchemaVersion;
  document.runharness_version = RUNHARNESS_VERSION;
  document.command = profile.command;
  document.cwd = profile.cwd;
  document.started_at = profile.started_at;
  document.started_ns = profile.started_ns;
  document.duration_ns = profile.duration_ns;
  document.rate_hz = profile.rate_hz;
  document.clock = name_of_clock(profile.clock);
  document.preset = profile.preset;
  document.exit = profile.status;
  document.machine = profile.machine;
  document.cpu = profile.cpu;
  document.memory = memory_of(profile, summary);
  document.noise = profile.noise;
  document.noise.steal_share = finite(profile.noise.steal_share);
  document.noise.load_at_start = finite(profile.noise.load_at_start);
  document.noise.frequency_spread = finite(profile.noise.frequency_spread);
  add_figures(document, profile, summary);
  document.diagnostics = profile.diagnostics;
  document.processes = processes_of(profile, summary);
  document.threads = threads_of(profile, summary);
  document.timeline = profile.timeline;
  document.spans = profile.spans;
  document.allocations = profile.allocations;
  document.frames = frames_of(profile);
  document.stacks = stacks_of(profile);
  const ProfileSamples& samples = profile.samples;
  document.samples = {samples.time_ns, samples.thread, signed_indices(samples.stack),
                      samples.wall_ns, samples.cpu_ns, samples.state};
  return document;
}

}  // namespace rh::reporters
