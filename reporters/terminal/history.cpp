// What `history` prints: tables that fit the terminal, and a sparkline above each trend.
#include "reporters/history.h"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "reporters/percent.h"
#include "reporters/plain_text.h"
#include "reporters/terminal/style.h"
#include "runner/base/clock.h"
#include "runner/base/text.h"
#include "runner/model/names.h"

namespace rh::reporters {
namespace {

using namespace rh::model;
using Align = Table::Align;
using Cell = Table::Cell;

constexpr std::size_t kShortId = 13;  // the time of a UUIDv7: one run in a millisecond
constexpr std::size_t kShortCommit = 9;
constexpr std::size_t kMaxTests = 50;  // of one run that are listed
constexpr unsigned kWide = 110;        // columns from which a branch is shown

std::string when(std::chrono::system_clock::time_point time) {
  std::string text = to_rfc3339(time).substr(0, 16);
  text[10] = ' ';
  return text;
}

std::string commit_text(const std::string& commit, bool dirty) {
  if (commit.empty()) return "-";
  return commit.substr(0, kShortCommit) + (dirty ? "*" : "");
}

std::string lines_text(const std::optional<Ratio>& lines) {
  const std::string text = to_text(percent_of(lines));
  return text.empty() ? "-" : text + " %";
}

std::string span_text(const std::optional<std::chrono::nanoseconds>& span) {
  return span ? format_duration(*span) : "-";
}

std::string bytes_text(const std::optional<std::uint64_t>& bytes) { return bytes ? format_size(*bytes) : "-"; }

Cell exit_cell(int code) {
  static constexpr std::pair<int, const char*> kNames[] = {{0, "passed"},        {1, "failed"},      {3, "gate failed"},
                                                           {4, "no tests"},      {5, "broken"},      {6, "unusable"},
                                                           {7, "no isolation"},  {8, "internal"},    {124, "deadline"},
                                                           {130, "interrupted"}, {143, "terminated"}};
  for (const auto& [each, name] : kNames)
    if (each == code) return {name, code == 0 ? Tone::good : code >= 124 || code == 4 ? Tone::doubtful : Tone::bad};
  return {fmt::format("exit {}", code), Tone::bad};
}

Cell count_cell(std::uint64_t count, Tone tone) { return {fmt::format("{}", count), count > 0 ? tone : Tone::dim}; }

std::size_t width(const HistoryTextOptions& options) { return std::max(40U, options.terminal.columns); }

std::string heading(const HistoryTextOptions& options, std::string_view text) {
  return Style(options.terminal.color)(Tone::bold, text) + '\n';
}

Tone status_tone(const std::string& status) {
  if (status == "passed") return Tone::good;
  if (const auto outcome = from_name<Outcome>(status)) return is_failure(*outcome) ? Tone::bad : Tone::doubtful;
  return Tone::bad;
}

// One measured quantity of a trend.
struct Line {
  std::string name;
  std::vector<std::optional<double>> values;
  std::string (*text)(double value);
};

std::string nanoseconds_text(double value) { return format_duration(std::chrono::nanoseconds(std::llround(value))); }
std::string size_text(double value) { return format_size(static_cast<std::uint64_t>(value)); }
// Rounded down, so that a part never reads as all.
std::string percent_text(double value) { return fmt::format("{:.2f} %", std::floor(value * 100) / 100); }

std::vector<Line> lines_of(const Trend& trend) {
  Line wall{"wall", {}, nanoseconds_text}, cpu{"CPU", {}, nanoseconds_text}, peak{"peak", {}, size_text},
      coverage{"lines", {}, percent_text};
  for (const TrendPoint& point : trend.points) {
    wall.values.push_back(point.wall ? std::optional(double(point.wall->count())) : std::nullopt);
    cpu.values.push_back(point.cpu ? std::optional(double(point.cpu->count())) : std::nullopt);
    peak.values.push_back(point.peak_memory_bytes ? std::optional(double(*point.peak_memory_bytes)) : std::nullopt);
    const bool measured = point.lines && point.lines->found > 0;
    coverage.values.push_back(measured ? std::optional(100.0 * double(point.lines->hit) / double(point.lines->found))
                                       : std::nullopt);
  }
  std::vector<Line> lines{wall, cpu, peak, coverage};
  std::erase_if(lines, [](const Line& line) {
    return std::none_of(line.values.begin(), line.values.end(), [](const auto& value) { return value.has_value(); });
  });
  return lines;
}

// The newest values that fit, with the range of all that are shown.
std::string line_text(const Line& line, const HistoryTextOptions& options) {
  constexpr std::size_t kNameColumns = 7, kRangeColumns = 45;
  const std::size_t room =
      std::max<std::size_t>(10, width(options) - std::min(width(options), kNameColumns + kRangeColumns));
  auto values = line.values;
  if (values.size() > room) values.erase(values.begin(), values.end() - static_cast<std::ptrdiff_t>(room));
  double low = INFINITY, high = -INFINITY, last = NAN;
  for (const auto& value : values)
    if (value) low = std::min(low, *value), high = std::max(high, *value), last = *value;
  if (!(low <= high)) return {};
  const std::string range = fmt::format("{} to {}, last {}", line.text(low), line.text(high), line.text(last));
  return fmt::format("{:<7}{}  {}\n", line.name, sparkline(values, options.unicode), range);
}

std::string suites_table(const StoredRunDetails& details, const HistoryTextOptions& options) {
  Table suites(
      {Align::left, Align::left, Align::right, Align::right, Align::right, Align::right, Align::right, Align::right});
  suites.add({{"suite", Tone::dim},
              {"status", Tone::dim},
              {"tests", Tone::dim},
              {"failed", Tone::dim},
              {"wall", Tone::dim},
              {"CPU", Tone::dim},
              {"peak", Tone::dim},
              {"lines", Tone::dim}});
  for (const StoredSuite& suite : details.suites)
    suites.add({{clean_line(suite.suite.value)},
                {std::string(name_of(suite.status)), tone_of(suite.status)},
                {fmt::format("{}", suite.tests)},
                count_cell(suite.failed, Tone::bad),
                {span_text(suite.test_wall ? suite.test_wall : std::optional(suite.wall))},
                {span_text(suite.cpu)},
                {bytes_text(suite.peak_memory_bytes)},
                {lines_text(suite.lines)}});
  return suites.render(Style(options.terminal.color), width(options));
}

std::string tests_table(const StoredRunDetails& details, const HistoryTextOptions& options) {
  // What failed comes first, then what took longest.
  std::vector<const StoredTest*> tests;
  for (const StoredTest& test : details.tests) tests.push_back(&test);
  std::stable_sort(tests.begin(), tests.end(), [](const StoredTest* a, const StoredTest* b) {
    const auto rank = [](const StoredTest* test) { return is_failure(test->outcome) ? 2 : test->flips > 0 ? 1 : 0; };
    if (rank(a) != rank(b)) return rank(a) > rank(b);
    return a->duration > b->duration;
  });
  if (tests.empty()) return {};
  Table table({Align::left, Align::left, Align::right, Align::right, Align::right});
  table.add(
      {{"test", Tone::dim}, {"outcome", Tone::dim}, {"wall", Tone::dim}, {"CPU", Tone::dim}, {"peak", Tone::dim}});
  for (std::size_t i = 0; i < tests.size() && i < kMaxTests; ++i) {
    const StoredTest& test = *tests[i];
    const bool flaky = test.flips > 0 && !is_failure(test.outcome);
    table.add({{clean_line(test.test.value)},
               {flaky ? "flaky" : std::string(name_of(test.outcome)), flaky ? Tone::doubtful : tone_of(test.outcome)},
               {span_text(test.duration)},
               {span_text(test.cpu)},
               {bytes_text(test.peak_memory_bytes)}});
  }
  std::string text = '\n' + table.render(Style(options.terminal.color), width(options));
  if (tests.size() > kMaxTests) text += fmt::format("and {} more; --json lists all\n", tests.size() - kMaxTests);
  return text;
}

}  // namespace

std::string sparkline(const std::vector<std::optional<double>>& values, bool unicode) {
  static constexpr const char* kBlocks[] = {"\u2581", "\u2582", "\u2583", "\u2584",
                                            "\u2585", "\u2586", "\u2587", "\u2588"};
  static constexpr const char* kAscii[] = {"_", ".", "-", "=", "+", "*", "%", "#"};
  double low = INFINITY, high = -INFINITY;
  for (const auto& value : values)
    if (value) low = std::min(low, *value), high = std::max(high, *value);
  std::string text;
  for (const auto& value : values) {
    if (!value) {
      text += ' ';
      continue;
    }
    const double height = high > low ? (*value - low) / (high - low) : 0.4;
    const auto step = static_cast<std::size_t>(std::clamp(std::lround(height * 7), 0L, 7L));
    text += unicode ? kBlocks[step] : kAscii[step];
  }
  return text;
}

std::string runs_to_text(const std::vector<StoredRun>& runs, const HistoryTextOptions& options) {
  const bool branch = options.terminal.columns >= kWide;
  std::vector<Align> columns(branch ? 10 : 9, Align::right);
  for (const std::size_t left : {0, 1, 2, 3}) columns[left] = Align::left;
  if (branch) columns[9] = Align::left;
  Table table(columns);
  std::vector<Cell> head;
  for (const char* name : {"run", "started (UTC)", "commit", "result", "tests", "failed", "flaky", "lines", "wall"})
    head.push_back({name, Tone::dim});
  if (branch) head.push_back({"branch", Tone::dim});
  table.add(std::move(head));
  for (const StoredRun& run : runs) {
    const Cell unknown{"-", Tone::dim};
    std::vector<Cell> row{{run.id.value.substr(0, kShortId)},
                          {when(run.started_at)},
                          {commit_text(run.git_commit, run.git_dirty)},
                          exit_cell(run.exit_code),
                          run.counted ? Cell{fmt::format("{}", run.counts.total)} : unknown,
                          run.counted ? count_cell(run.counts.failed + run.counts.errored, Tone::bad) : unknown,
                          run.counted ? count_cell(run.counts.flaky, Tone::doubtful) : unknown,
                          {lines_text(run.coverage.lines)},
                          {format_duration(run.wall)}};
    if (branch) row.push_back({run.branch.empty() ? "-" : fit(clean_line(run.branch), 30)});
    table.add(std::move(row));
  }
  return table.render(Style(options.terminal.color), width(options));
}

std::string run_to_text(const StoredRunDetails& details, const HistoryTextOptions& options) {
  const StoredRun& run = details.run;
  const Style style(options.terminal.color);
  const Cell result = exit_cell(run.exit_code);
  std::string text = heading(options, "run " + run.id.value);
  text +=
      fmt::format("{}{}\n", style(result.tone, result.text), run.verdict.empty() ? "" : ": " + clean_line(run.verdict));
  text += fmt::format("started {} UTC, took {}, preset {}{}\n", when(run.started_at), format_duration(run.wall),
                      run.preset, run.jobs > 0 ? fmt::format(", {} job{}", run.jobs, run.jobs == 1 ? "" : "s") : "");
  if (!run.git_commit.empty())
    text += fmt::format("commit {}{}{}\n", run.git_commit, run.git_dirty ? " with changes" : "",
                        run.branch.empty() ? "" : " on " + clean_line(run.branch));
  if (!run.machine.empty()) text += clean_line(run.machine) + '\n';
  text += '\n';
  return text + suites_table(details, options) + tests_table(details, options);
}

std::string trend_to_text(const Trend& trend, const HistoryTextOptions& options) {
  const Style style(options.terminal.color);
  std::string text = heading(options, trend.kind == TrendKind::run        ? "all runs"
                                      : trend.kind == TrendKind::coverage ? "line coverage"
                                                                          : clean_line(trend.subject));
  const std::vector<Line> lines = lines_of(trend);
  for (const Line& line : lines) text += line_text(line, options);
  text += '\n';
  const bool coverage = trend.kind == TrendKind::coverage;
  const auto shown = [&](std::string_view name) {
    return std::any_of(lines.begin(), lines.end(), [&](const Line& line) { return line.name == name; });
  };
  std::vector<Align> columns{Align::left, Align::left, Align::left, Align::left};
  std::vector<Cell> head{{"run", Tone::dim},
                         {"started (UTC)", Tone::dim},
                         {"commit", Tone::dim},
                         {coverage ? "run result" : "status", Tone::dim}};
  for (const char* name : {"wall", "CPU", "peak", "lines"}) {
    if (!shown(name)) continue;
    columns.push_back(Align::right);
    head.push_back({name, Tone::dim});
  }
  Table table(columns);
  table.add(std::move(head));
  for (auto point = trend.points.rbegin(); point != trend.points.rend(); ++point) {
    std::vector<Cell> row{
        {point->run.value.substr(0, kShortId)},
        {when(point->started_at)},
        {commit_text(point->git_commit, point->git_dirty)},
        {point->flaky ? "flaky" : point->status, point->flaky ? Tone::doubtful : status_tone(point->status)}};
    if (shown("wall")) row.push_back({span_text(point->wall)});
    if (shown("CPU")) row.push_back({span_text(point->cpu)});
    if (shown("peak")) row.push_back({bytes_text(point->peak_memory_bytes)});
    if (shown("lines")) row.push_back({lines_text(point->lines)});
    table.add(std::move(row));
  }
  return text + table.render(style, width(options));
}

std::string flaky_to_text(const std::vector<FlakyTest>& tests, std::uint64_t window,
                          const HistoryTextOptions& options) {
  if (tests.empty())
    return fmt::format("no test changed its answer on the same commit within the last {} runs\n", window);
  Table table({Align::left, Align::right, Align::right, Align::left, Align::right, Align::left});
  table.add({{"test", Tone::dim},
             {"flips", Tone::dim},
             {"rate", Tone::dim},
             {"95 % interval", Tone::dim},
             {"failed", Tone::dim},
             {"last flip (UTC)", Tone::dim}});
  for (const FlakyTest& test : tests)
    table.add({{clean_line(test.test.value)},
               {fmt::format("{}/{}", test.rate.flips, test.rate.chances)},
               {fmt::format("{:.1f} %", 100.0 * double(test.rate.flips) / double(test.rate.chances)), Tone::doubtful},
               {fmt::format("{:.1f} % to {:.1f} %", test.rate.low * 100, test.rate.high * 100)},
               {fmt::format("{} of {}", test.failures, test.runs)},
               {when(test.last_flip_at)}});
  return table.render(Style(options.terminal.color), width(options));
}

std::string pruned_to_text(const Pruned& pruned) {
  const char* verb = pruned.dry_run ? "would remove" : "removed";
  std::string text = fmt::format("{} {} run{} of the history, {} left", verb, pruned.runs, pruned.runs == 1 ? "" : "s",
                                 pruned.runs_left);
  if (pruned.names > 0) text += fmt::format(", and {} names that no run mentions", pruned.names);
  if (!pruned.dry_run && pruned.bytes_before != pruned.bytes_after)
    text += fmt::format("; {} -> {}", format_size(pruned.bytes_before), format_size(pruned.bytes_after));
  text += '\n';
  if (pruned.folders > 0)
    text += fmt::format("{} {} run director{}, {}\n", verb, pruned.folders, pruned.folders == 1 ? "y" : "ies",
                        format_size(pruned.folder_bytes));
  for (const std::string& kept : pruned.kept_folders) text += fmt::format("kept {}\n", clean_line(kept));
  return text;
}

std::string quarantine_to_text(const std::vector<QuarantineRow>& rows, const HistoryTextOptions& options) {
  if (rows.empty()) return "no test is in quarantine\n";
  Table table({Align::left, Align::left, Align::left, Align::left});
  table.add({{"tests", Tone::dim}, {"expires", Tone::dim}, {"owner", Tone::dim}, {"reason", Tone::dim}});
  for (const QuarantineRow& row : rows) {
    const bool soon = row.days_left >= 0 && row.days_left <= 7;
    const std::string left = row.days_left < 0    ? "expired"
                             : row.days_left == 0 ? "today"
                                                  : fmt::format("{} d", row.days_left);
    table.add({{clean_line(row.tests)},
               {fmt::format("{} ({})", row.quarantine.expires, left), row.days_left < 0 ? Tone::bad
                                                                      : soon            ? Tone::doubtful
                                                                                        : Tone::plain},
               {fit(clean_line(row.quarantine.owner), 24)},
               {fit(clean_line(row.quarantine.reason), 60)}});
  }
  return table.render(Style(options.terminal.color), width(options));
}

}  // namespace rh::reporters
