#include "collectors/results/go_failure.h"

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
  std::string_view rest;  // after "file.go:12: "
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
  if (located.rest.starts_with(':')) located.rest = trim(located.rest.substr(1));
  return located;
}

bool is_mark(std::string_view line) { return line.starts_with("=== ") || trim(line).starts_with("--- "); }

// What t.Error wrote: indented by four blanks for each level, and the file is a base name.
std::optional<Located> parse_log_line(std::string_view line) {
  if (!line.starts_with("    ")) return std::nullopt;
  const auto located = parse_location(trim(line));
  if (!located || located->file.find_first_of("/ \t") != std::string_view::npos) return std::nullopt;
  return located;
}

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

GoFailure from_panic(const std::vector<std::string_view>& lines, std::size_t at, std::string_view suite_root) {
  GoFailure failure;
  failure.died = true;
  failure.message = one_line(lines[at]);
  for (std::size_t i = at + 1; i < lines.size(); ++i) {
    if (!lines[i].starts_with('\t')) continue;
    const auto frame = parse_location(trim(lines[i]));
    if (!frame) continue;
    const bool ours = suite_root.empty() ? frame->file.ends_with("_test.go")
                                         : frame->file.starts_with(suite_root) &&
                                               frame->file.substr(suite_root.size()).starts_with('/');
    if (!ours) continue;
    failure.file = frame->file;
    failure.line = frame->line;
    break;
  }
  return failure;
}

GoFailure from_log_line(const std::vector<std::string_view>& lines, std::size_t at, const Located& located) {
  GoFailure failure;
  failure.message = one_line(located.rest);
  if (failure.message.empty()) failure.message = one_line(table_message(lines, at));
  for (std::size_t i = at + 1; failure.message.empty() && i < lines.size(); ++i)
    if (!is_mark(lines[i])) failure.message = one_line(lines[i]);
  // testing.go reports on behalf of the runtime ("race detected during execution of test").
  if (located.file == "testing.go") return failure;
  failure.file = located.file;
  failure.line = located.line;
  return failure;
}

}  // namespace

GoFailure find_go_failure(std::string_view output, std::string_view suite_root) {
  const std::vector<std::string_view> lines = split_lines(output);
  for (std::size_t i = 0; i < lines.size(); ++i)
    if (lines[i].starts_with(kPanic) || lines[i].starts_with(kFatal)) return from_panic(lines, i, suite_root);
  for (std::size_t i = 0; i < lines.size(); ++i)
    if (const auto located = parse_log_line(lines[i])) return from_log_line(lines, i, *located);
  GoFailure failure;
  for (const std::string_view line : lines) {
    if (!is_mark(line)) failure.message = one_line(line);
    if (!failure.message.empty()) break;
  }
  return failure;
}

std::string go_details(std::string_view output) {
  std::string details;
  for (const std::string_view line : split_lines(output)) {
    if (line.starts_with("=== ") && is_one_of(line.substr(4, 4), {"RUN ", "PAUS", "CONT", "NAME"})) continue;
    details.append(line).append("\n");
  }
  return clean_details(details);
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
