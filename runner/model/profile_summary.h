// What is computed from a model::Profile: functions, lines, kinds, processes, the quality of the sampling,
// and what is safe to say about it. Made by profiles/analysis/summary.h; every reporter of a profile gets
// the Profile and its ProfileSummary. Indices point into the Profile. Shares are fractions of 1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runner/model/diagnostic.h"
#include "runner/model/profile.h"

namespace rh::model {

// A share of the time of all samples on one clock, with its 95 % confidence interval. How the interval is
// computed and what it rests on: profiles/analysis/share.h.
struct ShareFigure {
  std::optional<double> value;  // 0..1; absent: no time was sampled on this clock, `reason` says why
  double low = 0, high = 1;     // low <= value <= high, low < high
  std::string reason;
};

// The time that samples gave to one thing: a function, a line, a thread...
struct TimeFigure {
  std::uint64_t ns = 0;
  std::uint64_t samples = 0;  // those that carry time of this clock
  ShareFigure share;
};

// `self`: it was the innermost frame. `total`: it was anywhere on the stack; a function that calls itself
// counts once in each stack.
struct ClockFigures {
  TimeFigure self, total;
};

struct FunctionSummary {
  std::uint32_t frame = 0;  // index into Profile::frames
  std::string name;         // "Worker.run"; native code: with "[native]"
  std::string file;         // relative to Profile::cwd where inside it; native code without a file: the module
  std::uint32_t line = 0;   // first line of the function; 0: unknown
  ClockFigures cpu, wall;
};

struct LineSummary {
  std::string file;  // as in FunctionSummary
  std::uint32_t line = 0;
  std::uint32_t frame = 0;  // the function that has most of the line's self time
  std::string function;     // its name
  ClockFigures cpu, wall;
};

// Every sample belongs to one kind: "gc" if the runtime collected garbage, else "import" if a module was
// being imported, else "idle" if the runtime says so, else the kind of the innermost frame ("python",
// "native", "javascript", "shell", "java", "kernel", "runtime"), "unknown" if the stack is not known.
struct KindSummary {
  std::string kind;
  TimeFigure cpu, wall;
};

struct ThreadSummary {
  std::uint32_t thread = 0;
  TimeFigure cpu, wall;
  std::uint64_t waits_for_gil_ns = 0;  // wall time of the samples that found it waiting
};

struct ProcessSummary {
  std::uint32_t process = 0;
  TimeFigure cpu, wall;                // of its samples; ProfileProcess::cpu is measured, not sampled
  bool quality_adds_up = true;         // expected = taken + rejected + idle + late
  std::vector<std::uint32_t> threads;  // indices into ProfileSummary::threads, most CPU first
};

// One thread's stack when the memory of the tree stood highest, root first: "name (file:line)", the line being
// the one that is executed or called from.
struct PeakStack {
  std::uint32_t process = 0, thread = 0;
  std::vector<std::string> frames;
};

struct ProfileQuality {
  SampleQuality sum;                             // of all processes
  bool adds_up = true;                           // expected = taken + rejected + idle + late
  std::optional<double> late_share;              // of the expected ticks; absent: none were expected
  std::optional<double> rejected_share;          // likewise
  std::uint64_t unprofiled_processes = 0;        // only their time and memory are known
  std::uint64_t sampled_cpu_ns = 0;              // sum of all samples
  std::uint64_t unknown_stack_cpu_ns = 0;        // of these without a stack
  std::optional<std::uint64_t> measured_cpu_ns;  // of the tree; absent: ProfileQuality::measured_cpu_reason
  std::string measured_cpu_reason;
};

// Advice that is safe to give, and the figure it rests on.
struct ProfileHint {
  std::string code;     // stable, kebab-case: "import-time", "regex-compile", "hot-line", "gc", "gil-wait"...
  std::string message;  // a sentence with the figure
  ProfileClock clock = ProfileClock::cpu;  // of `time`
  TimeFigure time;
  std::optional<std::uint32_t> frame;  // the function meant
  std::string file;                    // where; empty: nowhere in particular
  std::uint32_t line = 0;
};

struct ProfileSummary {
  // Time of all samples on each clock; `share` is not used.
  TimeFigure cpu, wall;
  std::vector<FunctionSummary> functions;  // most self time on Profile::clock first
  std::vector<LineSummary> lines;          // most self time on Profile::clock first
  std::vector<KindSummary> kinds;          // most time first; those without any are left out
  std::vector<ProcessSummary> processes;   // in the order of Profile::processes
  std::vector<ThreadSummary> threads;      // in the order of Profile::threads
  std::vector<PeakStack> peak_stacks;
  ProfileQuality quality;
  std::vector<Diagnostic> warnings;  // noise of the machine and of the sampling; Profile::diagnostics are apart
  std::vector<ProfileHint> hints;    // largest figure first
};

// The figures of one clock.
[[nodiscard]] inline const ClockFigures& figures(const FunctionSummary& function, ProfileClock clock) {
  return clock == ProfileClock::cpu ? function.cpu : function.wall;
}
[[nodiscard]] inline const ClockFigures& figures(const LineSummary& line, ProfileClock clock) {
  return clock == ProfileClock::cpu ? line.cpu : line.wall;
}

}  // namespace rh::model
