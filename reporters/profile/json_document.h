// The members of profile.json as structs: the one list that the writer and the reader work from
// (reporters/json/encoder.h, decoder.h). docs/formats/profile.md describes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reporters/json/fields.h"
#include "runner/base/result.h"
#include "runner/model/profile.h"
#include "runner/model/profile_summary.h"

namespace rh::reporters {

// -1 stands for "none" in columns of indices.
using IndexColumn = std::vector<std::int64_t>;

struct FrameColumns {
  std::vector<std::string> name, file;
  std::vector<std::uint32_t> line;
  std::vector<std::string> kind, module;
};

struct StackColumns {
  IndexColumn parent;
  std::vector<std::uint32_t> frame, line;
};

struct SampleColumns {
  std::vector<std::int64_t> time_ns;
  std::vector<std::uint32_t> thread;
  IndexColumn stack;
  std::vector<std::uint32_t> wall_ns, cpu_ns;
  std::vector<std::uint8_t> state;
};

struct MemoryStackRow {
  std::uint32_t thread = 0;
  std::uint32_t stack = 0;
  std::vector<std::string> frames;
};

struct MemoryMember {
  std::optional<std::uint64_t> peak_bytes;
  model::Scope scope = model::Scope::unknown;
  std::string source, reason;
  std::int64_t time_ns = 0;
  std::vector<MemoryStackRow> stacks;
};

struct ProcessRow {
  int pid = 0;
  std::optional<std::uint32_t> parent;
  std::string command, runtime, profiler, unprofiled_reason;
  std::int64_t start_ns = 0, end_ns = 0;
  model::SampleQuality quality;
  bool quality_adds_up = true;
  model::CpuFigure cpu;
  model::BytesFigure peak_rss;
  model::TimeFigure sampled_cpu, sampled_wall;
};

struct ThreadRow {
  std::uint32_t process = 0;
  int tid = 0;
  std::string name;
  std::uint64_t waits_for_gil_ns = 0;
  model::TimeFigure cpu, wall;
};

struct FunctionRow {
  std::string name, file;
  std::uint32_t line = 0;
  std::string kind;
  model::ClockFigures cpu, wall;
};

struct LineRow {
  std::string file;
  std::uint32_t line = 0;
  std::string function;
  model::ClockFigures cpu, wall;
};

struct HintRow {
  std::string code, message, clock, file;
  std::uint32_t line = 0;
  std::string function;
  model::TimeFigure time;
};

struct Totals {
  std::uint64_t cpu_ns = 0, cpu_samples = 0, wall_ns = 0, wall_samples = 0;
};

struct ProfileDocument {
  std::string schema;
  unsigned schema_version = 0;
  std::string runharness_version;
  std::vector<std::string> command;
  std::string cwd, started_at;
  std::int64_t started_ns = 0, duration_ns = 0;
  std::uint32_t rate_hz = 0;
  std::string clock, preset;
  model::WaitStatus exit;
  model::Machine machine;
  model::CpuFigure cpu;
  MemoryMember memory;
  model::ProfileQuality quality;
  model::ProfileNoise noise;
  Totals totals;
  std::vector<FunctionRow> functions;
  std::vector<LineRow> lines;
  std::vector<model::KindSummary> kinds;
  std::vector<HintRow> hints;
  std::vector<model::Diagnostic> warnings, diagnostics;
  std::vector<ProcessRow> processes;
  std::vector<ThreadRow> threads;
  model::ProfileTimeline timeline;
  std::vector<model::ProfileSpan> spans;
  model::AllocationProfile allocations;
  FrameColumns frames;
  StackColumns stacks;
  SampleColumns samples;
};

[[nodiscard]] std::string_view name_of_clock(model::ProfileClock clock);
[[nodiscard]] std::string_view name_of_kind(model::FrameKind kind);
[[nodiscard]] std::optional<model::ProfileClock> clock_of_name(std::string_view name);
[[nodiscard]] std::optional<model::FrameKind> kind_of_name(std::string_view name);

[[nodiscard]] ProfileDocument document_of(const model::Profile& profile, const model::ProfileSummary& summary);
// Moves the columns out of the document. An error names the first index that is out of its range.
[[nodiscard]] Result<model::Profile> profile_of(ProfileDocument document);

}  // namespace rh::reporters
