#include "collectors/results/rust_panic.h"

#include <vector>

#include "collectors/results/test_text.h"
#include "runner/base/text.h"

namespace rh::collectors {

namespace {

constexpr std::string_view kThread = "thread '";
constexpr std::string_view kPanicked = " panicked at ";
constexpr std::size_t kMaxJoinedLines = 6;

// "src/lib.rs:10:5:" or, before Rust 1.73, the end of "'message', src/lib.rs:10:5".
bool parse_location(std::string_view text, RustFailure& failure) {
  if (text.ends_with(':')) text.remove_suffix(1);
  const std::size_t column = text.rfind(':');
  if (column == std::string_view::npos || column == 0) return false;
  const std::size_t line = text.rfind(':', column - 1);
  if (line == std::string_view::npos || line == 0) return false;
  const auto number = parse_u64(text.substr(line + 1, column - line - 1));
  if (!number || *number == 0 || *number > UINT32_MAX || !parse_u64(text.substr(column + 1))) return false;
  const std::string_view file = text.substr(0, line);
  // An absolute path is the standard library, a dependency or the wrapper of a merged doctest.
  if (file.starts_with('/')) return true;
  failure.file = test_file(file, {});
  failure.line = static_cast<std::uint32_t>(*number);
  return true;
}

bool ends_message(std::string_view line) {
  return line.starts_with("note: ") || line.starts_with("stack backtrace:") ||
         (line.starts_with(kThread) && line.find(kPanicked) != std::string_view::npos);
}

// "assertion `left == right` failed: sum" + "  left: 3" + " right: 4" in one line.
std::string join_message(const std::vector<std::string_view>& lines, std::size_t at) {
  std::string message;
  for (std::size_t joined = 0; at < lines.size() && joined < kMaxJoinedLines; ++at, ++joined) {
    if (ends_message(lines[at])) break;
    const std::string_view line = trim(lines[at]);
    if (line.empty()) break;
    const bool compared = line.starts_with("left: ") || line.starts_with("right: ");
    if (!message.empty() && !compared) break;
    if (!message.empty()) message += ", ";
    message += line;
  }
  return one_line(message);
}

std::string_view thread_of(std::string_view line) {
  line.remove_prefix(kThread.size());
  return line.substr(0, line.find('\''));
}

bool is_panic(std::string_view line) {
  return line.starts_with(kThread) && line.find(kPanicked) != std::string_view::npos;
}

// The panic reported in line `at`; nullopt for a line that only looks like one.
std::optional<RustFailure> read_panic(const std::vector<std::string_view>& lines, std::size_t at) {
  const std::string_view rest = lines[at].substr(lines[at].find(kPanicked) + kPanicked.size());
  RustFailure failure;
  const std::size_t quote = rest.rfind("', ");
  if (rest.starts_with('\'') && quote != std::string_view::npos && quote > 0) {
    failure.message = one_line(rest.substr(1, quote - 1));
    parse_location(rest.substr(quote + 3), failure);
    return failure;
  }
  if (!parse_location(rest, failure)) return std::nullopt;
  failure.message = join_message(lines, at + 1);
  return failure;
}

}  // namespace

RustFailure find_rust_failure(std::string_view output, std::string_view test) {
  const std::vector<std::string_view> lines = split_lines(output);
  std::optional<RustFailure> first, own;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (!is_panic(lines[i])) continue;
    auto panic = read_panic(lines, i);
    if (!panic) continue;
    const std::string_view thread = thread_of(lines[i]);
    if (!first) first = panic;
    // libtest names the thread after its test, or runs the test in "main" when there is one thread only.
    if (!test.empty() && (thread == test || thread == "main")) own = std::move(panic);
  }
  if (own) return *own;
  if (first) return *first;
  RustFailure failure;
  for (const std::string_view line : lines)
    if (line.starts_with("Error: ")) failure.message = one_line(line);
  return failure;
}

void locate_rust_note(RustFailure& failure, std::string_view note) {
  constexpr std::string_view kMissingPanic = "test did not panic as expected at ";
  if (failure.file.empty() && note.starts_with(kMissingPanic))
    parse_location(trim(note.substr(kMissingPanic.size())), failure);
}

}  // namespace rh::collectors
