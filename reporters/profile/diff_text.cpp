// What `profile diff` prints: the verdicts of its rules, then the functions, changed ones first.
#include <algorithm>

#include <fmt/core.h>

#include "reporters/plain_text.h"
#include "reporters/profile/text.h"
#include "reporters/profile/text_parts.h"
#include "runner/base/text.h"

namespace rh::reporters {
namespace {

using namespace rh::model;
using Align = Table::Align;
using Cell = Table::Cell;

constexpr double kLeastShare = 0.001;  // of unchanged functions that are listed

std::string side_text(std::string_view head, const DiffSide& side) {
  std::string text = fmt::format("{}: {}", head, clean_line(side.file));
  const std::string command = side.command.empty() ? "" : clean_line(shell_join(side.command), 120) + "; ";
  text += fmt::format(" ({}{} samples, {})", command, side.time.samples,
                      format_duration(std::chrono::nanoseconds(side.time.ns)));
  return text;
}

std::string change_text(const ShareChange& change) { return fmt::format("{:+.1f}", change.value * 100); }

std::string change_interval(const ShareChange& change) {
  return fmt::format("{:+.1f} to {:+.1f}", change.low * 100, change.high * 100);
}

bool is_listed(const FunctionChange& row) {
  return row.self.counts || row.total.counts || row.base_self.share.value.value_or(0) >= kLeastShare ||
         row.head_self.share.value.value_or(0) >= kLeastShare;
}

std::vector<Cell> cells_of(const FunctionChange& row, std::size_t room) {
  const bool changed = row.self.counts || row.total.counts;
  const Tone rest = changed ? Tone::plain : Tone::dim;
  const auto tone = [&](const ShareChange& change) {
    if (!change.counts) return Tone::dim;
    return change.value > 0 ? Tone::bad : Tone::good;
  };
  const std::string mark = !row.in_base ? " new" : !row.in_head ? " gone" : "";
  return {{place(row.name, row.file, row.line, room), rest},
          {row.in_base ? percent_text(row.base_self.share) : "-", rest},
          {row.in_head ? percent_text(row.head_self.share) : "-", rest},
          {change_text(row.self), tone(row.self)},
          {change_interval(row.self), Tone::dim},
          {change_text(row.total), tone(row.total)},
          {mark.empty() ? (changed ? "" : "=") : mark.substr(1), Tone::dim}};
}

}  // namespace

std::string profile_diff_to_text(const ProfileDiff& diff, const ProfileTextOptions& options) {
  constexpr std::size_t kColumns = 58;  // beside the first
  const Style style(options.terminal.color);
  const std::size_t width = std::max<std::size_t>(options.terminal.columns, kNarrowestPage);
  std::string text = style(Tone::bold, fit(side_text("base", diff.base), width)) + '\n' +
                     style(Tone::bold, fit(side_text("head", diff.head), width)) + '\n';
  for (const Diagnostic& note : diff.diagnostics)
    text += wrapped(style, "warning: ", Tone::doubtful, clean_line(note.message, kMaxSentence), width);
  const std::string_view clock = diff.clock == ProfileClock::cpu ? "CPU" : "wall";
  std::size_t changed = 0, listed = 0;
  for (const FunctionChange& row : diff.functions) changed += row.self.counts || row.total.counts ? 1 : 0;
  text += fmt::format("\n{}\n",
                      style(Tone::bold, fmt::format("shares of the {} time, in percent; changes in points", clock)));
  Table table({Align::left, Align::right, Align::right, Align::right, Align::right, Align::right, Align::left});
  table.add({{"function", Tone::dim},
             {"base self", Tone::dim},
             {"head self", Tone::dim},
             {"change", Tone::dim},
             {"95 % interval", Tone::dim},
             {"total", Tone::dim},
             {"", Tone::dim}});
  for (const FunctionChange& row : diff.functions) {
    const bool is_changed = row.self.counts || row.total.counts;
    if (!is_listed(row) || (listed >= options.functions && !is_changed)) continue;
    if (++listed > 10 * options.functions) break;
    table.add(cells_of(row, width - std::min(width, kColumns)));
  }
  text += table.render(style, width);
  text +=
      style(changed > 0 ? Tone::bold : Tone::dim,
            changed == 0 ? fmt::format("no function of {} changed beyond chance", diff.functions.size())
                         : fmt::format("{} of {} functions changed beyond chance", changed, diff.functions.size())) +
      '\n';
  text += wrapped(style, "", Tone::plain,
                  fmt::format("A change counts when its interval leaves out 0. The interval holds for all functions "
                              "together; it is made of the intervals of both profiles, and of {:.0f} % by which a "
                              "function's time may differ from run to run anyway.",
                              diff.run_variation * 100),
                  width);
  for (const DiffGate& gate : diff.gates)
    text += wrapped(style, gate.failed ? "FAILED " : "passed ", gate.failed ? Tone::bad : Tone::good,
                    clean_line(fmt::format("{}: {}", gate.rule, gate.reason), kMaxSentence), width);
  return text;
}

}  // namespace rh::reporters
