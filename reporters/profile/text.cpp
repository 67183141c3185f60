// The summary of a profile on the terminal: one function per section.
#include "reporters/profile/text.h"

#include <algorithm>

#include <fmt/core.h>

#include "reporters/plain_text.h"
#include "reporters/profile/allocation_text.h"
#include "reporters/profile/text_parts.h"
#include "runner/base/text.h"

namespace rh::reporters {
namespace {

using namespace rh::model;
using Align = Table::Align;
using Cell = Table::Cell;

constexpr std::size_t kMaxProcesses = 12;
constexpr std::size_t kProcessColumns = 46;  // of their table beside the last, the first at its narrowest
constexpr std::size_t kMaxPeakStacks = 3;
constexpr std::size_t kMaxPeakFrames = 6;  // innermost ones
constexpr double kLeastShare = 0.001;      // of a function or line that is listed

std::string_view name_of(ProfileClock clock) { return clock == ProfileClock::cpu ? "CPU" : "wall"; }

class ProfileText {
 public:
  ProfileText(const Profile& profile, const ProfileSummary& summary, const ProfileTextOptions& options)
      : profile_(profile),
        summary_(summary),
        options_(options),
        style_(options.terminal.color),
        width_(std::max<std::size_t>(options.terminal.columns, kNarrowestPage)) {}

  std::string render() {
    write_head();
    if (!options_.terminal.quiet) {
      write_functions();
      write_lines();
      write_processes();
      write_peak();
      text_ += allocations_to_text(profile_, style_, width_, options_.lines);
      write_hints();
    }
    write_quality();
    write_notes();
    return std::move(text_);
  }

 private:
  void heading(std::string_view title) { text_ += '\n' + style_(Tone::bold, title) + '\n'; }
  void paragraph(std::string_view head, Tone tone, std::string_view text) {
    text_ += wrapped(style_, head, tone, clean_line(text, kMaxSentence), width_);
  }

  [[nodiscard]] const TimeFigure& whole() const {
    return profile_.clock == ProfileClock::cpu ? summary_.cpu : summary_.wall;
  }

  [[nodiscard]] std::string end_text() const {
    const std::string after = format_duration(std::chrono::nanoseconds(profile_.duration_ns));
    if (profile_.status.signal) return fmt::format("ended by signal {} after {}", *profile_.status.signal, after);
    if (profile_.status.exit_code) return fmt::format("exit code {} after {}", *profile_.status.exit_code, after);
    return fmt::format("ended after {}", after);
  }

  [[nodiscard]] std::string cpu_text() const {
    if (!profile_.cpu.value) return fmt::format("CPU not known ({})", profile_.cpu.reason);
    std::string text = "CPU " + format_duration(*profile_.cpu.value);
    if (profile_.duration_ns > 0)
      text += fmt::format(" ({:.0f} % of one)", static_cast<double>(profile_.cpu.value->count()) * 100 /
                                                    static_cast<double>(profile_.duration_ns));
    return text;
  }

  [[nodiscard]] std::string memory_text() const {
    const MemoryPeak& peak = profile_.memory;
    if (!peak.bytes.value) return fmt::format("peak memory not known ({})", peak.bytes.reason);
    return fmt::format("peak memory {} at {}", format_size(*peak.bytes.value),
                       format_duration(std::chrono::nanoseconds(peak.time_ns)));
  }

  void write_head() {
    text_ += style_(Tone::bold, fit("profile of " + clean_line(shell_join(profile_.command)), width_)) + '\n';
    const bool failed = profile_.status.signal || profile_.status.exit_code.value_or(0) != 0;
    std::string rest = clean_line(cpu_text()) + ", " + clean_line(memory_text());
    if (profile_.processes.size() > 1) rest += fmt::format(", {} processes", profile_.processes.size());
    paragraph(end_text() + ", ", failed ? Tone::bad : Tone::plain, rest);
    if (summary_.kinds.empty()) return;
    std::string kinds;
    for (const KindSummary& kind : summary_.kinds) {
      const TimeFigure& time = profile_.clock == ProfileClock::cpu ? kind.cpu : kind.wall;
      if (time.ns == 0) continue;
      kinds += fmt::format("{}{} {}", kinds.empty() ? "" : ", ", kind.kind, percent_text(time.share));
    }
    if (!kinds.empty()) paragraph(fmt::format("{} time: ", name_of(profile_.clock)), Tone::plain, kinds);
  }

  static bool is_little(const TimeFigure& time) { return time.ns == 0 || time.share.value.value_or(1) < kLeastShare; }

  void write_functions() {
    heading(fmt::format("functions by {} time of their own", name_of(profile_.clock)));
    if (whole().ns == 0) {
      const std::string why = profile_.samples.time_ns.empty()
                                  ? "no samples were taken: the figures above are measured, not sampled"
                                  : "no sample carries time of this clock";
      text_ += style_(Tone::doubtful, why) + '\n';
      return;
    }
    Table table({Align::left, Align::right, Align::right, Align::right, Align::right});
    table.add({{"function", Tone::dim},
               {"self", Tone::dim},
               {"95 % interval", Tone::dim},
               {"total", Tone::dim},
               {"self time", Tone::dim}});
    const std::size_t room = width_ - std::min(width_, kFigureColumns);
    std::size_t shown = 0;
    for (const FunctionSummary& function : summary_.functions) {
      const ClockFigures& time = figures(function, profile_.clock);
      if (shown == options_.functions || is_little(time.self)) break;
      ++shown;
      table.add({{place(function.name, function.file, function.line, room)},
                 {percent_text(time.self.share), Tone::bold},
                 {interval_text(time.self.share), Tone::dim},
                 {percent_text(time.total.share)},
                 {time_text(time.self.ns)}});
    }
    text_ += table.render(style_, width_);
    const std::size_t more = summary_.functions.size() - shown;
    const std::string_view why = shown < options_.functions ? ", each below 0.1 %" : "";
    if (more > 0) text_ += style_(Tone::dim, fmt::format("and {} more{}", more, why)) + '\n';
  }

  void write_lines() {
    if (summary_.lines.empty() || whole().ns == 0) return;
    Table table({Align::left, Align::right, Align::right, Align::right});
    const std::size_t room = width_ - std::min(width_, kLineColumns);
    std::size_t shown = 0;
    for (const LineSummary& line : summary_.lines) {
      const TimeFigure& time = figures(line, profile_.clock).self;
      if (shown == options_.lines || is_little(time)) break;
      if (shown++ == 0)
        table.add({{"line", Tone::dim}, {"self", Tone::dim}, {"95 % interval", Tone::dim}, {"self time", Tone::dim}});
      table.add({{place(line.function, line.file, line.line, room)},
                 {percent_text(time.share), Tone::bold},
                 {interval_text(time.share), Tone::dim},
                 {time_text(time.ns)}});
    }
    if (shown == 0) return;
    heading("hot lines");
    text_ += table.render(style_, width_);
  }

  void write_processes() {
    if (profile_.processes.size() < 2) return;
    heading("processes");
    Table table({Align::left, Align::right, Align::right, Align::right, Align::left});
    table.add({{"command", Tone::dim},
               {"pid", Tone::dim},
               {"CPU", Tone::dim},
               {"peak RSS", Tone::dim},
               {"recorded by", Tone::dim}});
    std::vector<std::uint32_t> order(profile_.processes.size());
    for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    const auto cpu = [&](std::uint32_t at) {
      const auto& value = profile_.processes[at].cpu.value;
      return value ? static_cast<std::uint64_t>(value->count()) : summary_.processes.at(at).cpu.ns;
    };
    std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return cpu(a) > cpu(b); });
    for (std::size_t i = 0; i < std::min(order.size(), kMaxProcesses); ++i) {
      const ProfileProcess& process = profile_.processes[order[i]];
      const Cell recorder =
          process.profiler.empty()
              ? Cell{fit(clean_line("nothing: " + process.unprofiled_reason), width_ - kProcessColumns), Tone::dim}
              : Cell{process.profiler};
      table.add({{clean_line(process.command)},
                 {fmt::format("{}", process.pid)},
                 {process.cpu.value ? format_duration(*process.cpu.value) : "-"},
                 {process.peak_rss.value ? format_size(*process.peak_rss.value) : "-"},
                 recorder});
    }
    text_ += table.render(style_, width_);
    if (order.size() > kMaxProcesses)
      text_ += style_(Tone::dim, fmt::format("and {} more", order.size() - kMaxProcesses)) + '\n';
  }

  void write_peak() {
    if (summary_.peak_stacks.empty() || !profile_.memory.bytes.value) return;
    heading(fmt::format("while memory stood at its highest ({} at {})", format_size(*profile_.memory.bytes.value),
                        format_duration(std::chrono::nanoseconds(profile_.memory.time_ns))));
    for (std::size_t i = 0; i < std::min(summary_.peak_stacks.size(), kMaxPeakStacks); ++i) {
      const PeakStack& stack = summary_.peak_stacks[i];
      const ProfileThread& thread = profile_.threads.at(stack.thread);
      const std::size_t skipped = stack.frames.size() - std::min(stack.frames.size(), kMaxPeakFrames);
      std::string path = skipped > 0 ? "... > " : "";
      for (std::size_t at = skipped; at < stack.frames.size(); ++at)
        path += (at > skipped ? " > " : "") + clean_line(stack.frames[at]);
      paragraph(fmt::format("{} ({}): ", clean_line(thread.name.empty() ? "thread" : thread.name), thread.tid),
                Tone::dim, path);
    }
    if (summary_.peak_stacks.size() > kMaxPeakStacks)
      text_ +=
          style_(Tone::dim, fmt::format("and {} more threads", summary_.peak_stacks.size() - kMaxPeakStacks)) + '\n';
  }

  void write_hints() {
    if (summary_.hints.empty()) return;
    heading("hints");
    for (const ProfileHint& hint : summary_.hints) paragraph("- ", Tone::plain, hint.message);
  }

  void write_quality() {
    const ProfileQuality& quality = summary_.quality;
    const SampleQuality& sum = quality.sum;
    text_ += '\n';
    if (sum.expected == 0 && profile_.samples.time_ns.empty()) {
      paragraph("samples: ", Tone::bold, "none");
      return;
    }
    std::string line = fmt::format("{} expected = {} taken + {} rejected + {} idle + {} late, at {} Hz", sum.expected,
                                   sum.taken, sum.rejected, sum.idle, sum.late, profile_.rate_hz);
    if (!quality.adds_up) line += "; they do not add up";
    if (quality.rejected_share && quality.late_share)
      line +=
          fmt::format("; rejected {:.2f} %, late {:.2f} %", *quality.rejected_share * 100, *quality.late_share * 100);
    line += fmt::format("; they hold {} of CPU time", time_text(quality.sampled_cpu_ns));
    if (quality.measured_cpu_ns) line += fmt::format(" of {} measured", time_text(*quality.measured_cpu_ns));
    const ProfileNoise& noise = profile_.noise;
    if (noise.own_cpu_ns > 0 && profile_.duration_ns > 0)
      line += fmt::format("; the sampler used {} ({:.1f} % of a CPU)", time_text(noise.own_cpu_ns),
                          static_cast<double>(noise.own_cpu_ns) * 100 / static_cast<double>(profile_.duration_ns));
    paragraph("samples: ", Tone::bold, line);
  }

  void write_notes() {
    for (const auto* notes : {&summary_.warnings, &profile_.diagnostics})
      for (const Diagnostic& note : *notes) {
        if (note.severity == Severity::info && !options_.terminal.verbose) continue;
        const bool is_error = note.severity == Severity::error;
        const std::string_view head = is_error                             ? "error: "
                                      : note.severity == Severity::warning ? "warning: "
                                                                           : "note: ";
        const std::string subject = note.subject.empty() ? "" : fmt::format(" ({})", note.subject);
        const Tone tone = is_error ? Tone::bad : note.severity == Severity::warning ? Tone::doubtful : Tone::dim;
        paragraph(head, tone, note.message + subject);
      }
  }

  const Profile& profile_;
  const ProfileSummary& summary_;
  const ProfileTextOptions& options_;
  Style style_;
  std::size_t width_;
  std::string text_;
};

}  // namespace

std::string profile_to_text(const Profile& profile, const ProfileSummary& summary, const ProfileTextOptions& options) {
  return ProfileText(profile, summary, options).render();
}

}  // namespace rh::reporters
