#include "collectors/results/go_failure.h"

#include <algorithm>

#include "collectors/results/test_text.h"
#include "runner/base/text.h"

namespace rh::collectors {

namespace {

constexpr std::string_view kPanic = "panic: ";
constexpr std::string_view kFatal = "fatal error: ";
constexpr std::size_t kMaxJoinedLines = 6;

struct Located {
  std::string_view file;
  std::uint32_t line = 0;
  std::string_view rest;     // after "file.go:12: "
  bool rest_of_log = false;  // a colon follows the number; a stack frame has none
};

// "file.go:12: text", "/abs/file.go:12 +0x1d" (a stack frame).
std::optional<Located> parse_location(std::string_view text) {
  const std::size_t dot = text.find(".go:");
  if (dot == std::string_view::npos || dot == 0) return std::nullopt;
  const std::size_t digits = dot + 4;
  std::size_t end = digits;
  while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
  const auto line = parse_u64(text.substr(digits, end - digits));
  if (!line || *line == 0 || *line > UINT32_MAX) return std::nullopt;
  Located located{text.substr(0, dot + 3), static_cast<std::uint32_t>(*line), text.substr(end)};
  located.rest_of_log = located.rest.starts_with(':');
  if (located.rest_of_log) located.rest = trim(located.rest.substr(1));
  return located;
}

bool is_mark(std::string_view line) { return line.starts_with("=== ") || trim(line).starts_with("--- "); }

// What t.Error wrote: indented by four blanks for each level, and the file is a base name.
std::optional<Located> parse_log_line(std::string_view line) {
  if (!line.starts_with("    ")) return std::nullopt;
  const auto located = parse_location(trim(line));
  if (!located || !located->rest_of_log || located->file.find_first_of("/ \t") != std::string_view::npos)
    return std::nullopt;
  return located;
}

// testing.go reports on behalf of the runtime ("race detected during execution of test").
bool is_testing_go(const Located& located) { return located.file == "testing.go"; }

// testify writes its message below the location as a table: "Error:  Not equal:" and further rows
// that begin with blanks, up to the next label.
std::string table_message(const std::vector<std::string_view>& lines, std::size_t at) {
  std::string message;
  std::size_t joined = 0;
  for (std::size_t i = at + 1; i < lines.size() && joined < kMaxJoinedLines && !parse_log_line(lines[i]); ++i) {
    const std::string_view row = trim(lines[i]);
    const bool label = row.starts_with("Error:") || row.starts_with("Test:") || row.starts_with("Messages:") ||
                       row.starts_with("Error Trace:");
    if (row.starts_with("Error:"))
      message = trim(row.substr(6));
    else if (label && !message.empty())
      break;
    else if (!message.empty() && !row.empty())
      message.append(" ").append(row);
    else
      continue;
    ++joined;
  }
  return message;
}

// The first stack frame from line `at` on that lies in the suite, up to line `end`.
void locate_by_frame(GoFailure& failure, const std::vector<std::string_view>& lines, std::size_t at, std::size_t end,
                     std::string_view suite_root) {
  for (std::size_t i = at; i < end; ++i) {
    if (!lines[i].starts_with('\t') && !lines[i].starts_with("      ")) continue;
    const auto frame = parse_location(trim(lines[i]));
    if (!frame || frame->rest_of_log) continue;
    const bool ours = suite_root.empty() ? frame->file.ends_with("_test.go")
                                         : frame->file.starts_with(suite_root) &&
                                               frame->file.substr(suite_root.size()).starts_with('/');
    if (!ours) continue;
    failure.file = frame->file;
    failure.line = frame->line;
    return;
  }
}

GoFailure from_panic(const std::vector<std::string_view>& lines, std::size_t at, std::string_view suite_root) {
  GoFailure failure;
  failure.died = true;
  failure.message = one_line(lines[at]);
  locate_by_frame(failure, lines, at + 1, lines.size(), suite_root);
  return failure;
}

// The race detector prints its report where the race happens; the verdict is a log line of testing.go.
std::optional<GoFailure> from_race(const std::vector<std::string_view>& lines, std::string_view suite_root) {
  const auto report = std::find(lines.begin(), lines.end(), "WARNING: DATA RACE");
  if (report == lines.end()) return std::nullopt;
  for (auto line = report; line != lines.end(); ++line) {
    const auto verdict = parse_log_line(*line);
    if (!verdict || !is_testing_go(*verdict) || verdict->rest.find("race detected") == std::string_view::npos) continue;
    GoFailure failure;
    failure.message = one_line(verdict->rest);
    locate_by_frame(failure, lines, static_cast<std::size_t>(report - lines.begin()), lines.size(), suite_root);
    return failure;
  }
  return std::nullopt;
}

GoFailure from_log_line(const std::vector<std::string_view>& lines, std::size_t at, const Located& located) {
  GoFailure failure;
  failure.message = one_line(located.rest);
  if (failure.message.empty()) failure.message = one_line(table_message(lines, at));
  for (std::size_t i = at + 1; failure.message.empty() && i < lines.size(); ++i)
    if (!is_mark(lines[i])) failure.message = one_line(lines[i]);
  if (is_testing_go(located)) return failure;
  failure.file = located.file;
  failure.line = located.line;
  return failure;
}

// An example prints "got:", its output, "want:" and what was expected.
std::string example_message(const std::vector<std::string_view>& lines, std::size_t at) {
  std::string message;
  for (std::size_t i = at; i < lines.size() && i < at + 2 * kMaxJoinedLines && !is_mark(lines[i]); ++i) {
    if (lines[i] == "want:") message.append(",");
    if (!lines[i].empty()) message.append(message.empty() ? "" : " ").append(lines[i]);
  }
  return one_line(message);
}

// What the coverage runtime writes into the output of a test that ends the process.
bool is_coverage_remark(std::string_view line) {
  return line == "program not built with -cover" || line == "coverage: [no statements]" ||
         (line.starts_with("coverage: ") && line.find("% of statements") != std::string_view::npos);
}

// Lines `at` to `end` are one goroutine of a dump: does it run this test of this package?
bool runs_test(const std::vector<std::string_view>& lines, std::size_t at, std::size_t end, std::string_view function) {
  for (std::size_t i = at; i < end; ++i) {
    const std::size_t found = lines[i].find(function);
    if (found == std::string_view::npos || lines[i].starts_with("created by ")) continue;
    const std::string_view rest = lines[i].substr(found + function.size());
    if (function.ends_with(".func") || rest.starts_with('(')) return true;
  }
  return false;
}

}  // namespace

void locate_hanging_test(GoFailure& failure, std::string_view dump, std::string_view test,
                         std::string_view suite_root) {
  const bool subtest = test.find('/') != std::string_view::npos;
  const std::string function = "." + std::string(test.substr(0, test.find('/'))) + (subtest ? ".func" : "");
  const std::vector<std::string_view> lines = split_lines(dump);
  for (std::size_t at = 0; at < lines.size();) {
    std::size_t end = at + 1;
    while (end < lines.size() && !lines[end].starts_with("goroutine ")) ++end;
    if (lines[at].starts_with("goroutine ") && runs_test(lines, at, end, function)) {
      locate_by_frame(failure, lines, at, end, suite_root);
      if (!failure.file.empty()) return;
    }
    at = end;
  }
}

GoFailure find_go_failure(std::string_view output, std::string_view suite_root, const IsLogCall& is_log_call) {
  const std::vector<std::string_view> lines = split_lines(output);
  for (std::size_t i = 0; i < lines.size(); ++i)
    if (lines[i].starts_with(kPanic) || lines[i].starts_with(kFatal)) return from_panic(lines, i, suite_root);
  if (const auto race = from_race(lines, suite_root)) return *race;
  std::optional<std::size_t> first;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto located = parse_log_line(lines[i]);
    if (!located) continue;
    if (!first) first = i;
    if (!is_log_call || !is_log_call(located->file, located->line)) return from_log_line(lines, i, *located);
  }
  if (first) return from_log_line(lines, *first, *parse_log_line(lines[*first]));
  GoFailure failure;
  for (std::size_t i = 0; i < lines.size() && failure.message.empty(); ++i) {
    if (is_mark(lines[i])) continue;
    failure.message = lines[i] == "got:" ? example_message(lines, i) : one_line(lines[i]);
  }
  return failure;
}

std::string go_details(std::string_view output) {
  std::string details;
  for (const std::string_view line : split_lines(output)) {
    if (line.starts_with("=== ") && is_one_of(line.substr(4, 4), {"RUN ", "PAUS", "CONT", "NAME"})) continue;
    if (is_coverage_remark(line)) continue;
    details.append(line).append("\n");
  }
  return clean_details(details);
}

std::string_view go_exit_status(std::string_view output) {
  std::string_view status;
  for (const std::string_view line : split_lines(output))
    if (line.starts_with("exit status ") || line.starts_with("signal: ")) status = trim(line);
  return status;
}

std::string_view go_timeout(std::string_view output) {
  constexpr std::string_view kTimeout = "panic: test timed out after ";
  for (const std::string_view line : split_lines(output))
    if (line.starts_with(kTimeout)) return line.substr(kPanic.size());
  return {};
}

std::vector<std::string> go_running_tests(std::string_view output) {
  std::vector<std::string> names;
  bool in_list = false;
  for (const std::string_view line : split_lines(output)) {
    if (line == "\trunning tests:") {
      in_list = true;
    } else if (in_list && line.starts_with("\t\t")) {
      const std::string_view entry = trim(line);
      names.emplace_back(entry.substr(0, entry.rfind(" (")));
    } else if (in_list) {
      break;
    }
  }
  return names;
}

std::optional<std::string> go_package_folder(std::string_view package, std::string_view module) {
  if (module.empty() || !package.starts_with(module)) return std::nullopt;
  package.remove_prefix(module.size());
  if (package.empty()) return std::string();
  if (package.front() != '/') return std::nullopt;
  return std::string(package.substr(1));
}

}  // namespace rh::collectors
