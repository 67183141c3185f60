#include "collectors/results/tap_line.h"

#include <algorithm>

#include "runner/base/text.h"

namespace rh::collectors {

namespace {

constexpr std::size_t kIndent = 4;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::size_t length = 0;
  while (length < text.size() && is_digit(text[length])) ++length;
  const auto number = parse_u64(text.substr(0, length));
  if (number) text.remove_prefix(length);
  return number;
}

// "\#" and "\\" stand for the characters themselves.
std::string without_escapes(std::string_view text) {
  std::string result;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\' && at + 1 < text.size() && (text[at + 1] == '#' || text[at + 1] == '\\')) ++at;
    result += text[at];
  }
  return result;
}

// Where a comment behind the description begins: a '#' that is not escaped.
std::size_t find_directive(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\')
      ++at;
    else if (text[at] == '#' && (at == 0 || text[at - 1] == ' ' || text[at - 1] == '\t'))
      return at;
  }
  return std::string_view::npos;
}

// "# SKIP why", "# TODO not yet", "# time=3ms"; false when it is part of the description.
bool read_directive(std::string_view text, TapLine& line) {
  text = trim(text.substr(1));
  const std::string word = lower(text.substr(0, text.find_first_of(" \t:")));
  if (word.starts_with("skip"))
    line.directive = TapLine::Directive::skip;
  else if (word == "todo")
    line.directive = TapLine::Directive::todo;
  else if (word.starts_with("time=")) {
    line.time = parse_reported_time(trim(text).substr(5, text.find(' ') - 5)).value;
    return line.time.has_value();
  } else {
    return false;
  }
  line.reason = std::string(trim(text.substr(word.size())));
  return true;
}

void read_point(std::string_view rest, TapLine& line) {
  line.kind = TapLine::Kind::point;
  rest = trim(rest);
  line.number = take_number(rest);
  rest = trim(rest);
  if (rest == "-" || rest.starts_with("- ")) rest = trim(rest.substr(1));
  // A block of subtests opens behind the point in some streams: "ok 1 - name {".
  if (rest.ends_with(" {") || rest == "{") rest = trim(rest.substr(0, rest.size() - 1));
  const std::size_t directive = find_directive(rest);
  if (directive != std::string_view::npos && read_directive(rest.substr(directive), line))
    rest = trim(rest.substr(0, directive));
  line.description = without_escapes(rest);
}

// "todo 3 4;" behind a plan; false when it is anything else.
bool read_todo_list(std::string_view text, TapLine& line) {
  constexpr std::size_t kMostNumbers = 100'000;
  if (!text.starts_with("todo ")) return false;
  text = trim(text.substr(4));
  if (text.ends_with(';')) text.remove_suffix(1);
  while (!text.empty() && line.todo.size() < kMostNumbers) {
    const auto number = take_number(text);
    if (!number) return false;
    line.todo.push_back(*number);
    text = trim(text);
  }
  return text.empty();
}

bool read_plan(std::string_view text, TapLine& line) {
  std::string_view rest = text;
  if (!rest.starts_with("1..")) return false;
  rest.remove_prefix(3);
  line.number = take_number(rest);
  rest = trim(rest);
  if (!line.number || (!rest.empty() && rest[0] != '#' && !read_todo_list(rest, line))) return false;
  line.kind = TapLine::Kind::plan;
  if (rest.starts_with('#')) (void)read_directive(rest, line);
  return true;
}

// "ok" must be a word of its own.
bool starts_point(std::string_view text, std::string_view word) {
  return text.starts_with(word) &&
         (text.size() == word.size() || text[word.size()] == ' ' || text[word.size()] == '\t');
}

}  // namespace

TapLine read_tap_line(std::string_view text) {
  TapLine line;
  const std::size_t blanks = std::min(text.find_first_not_of(' '), text.size());
  line.depth = blanks / kIndent;
  line.text = text.substr(blanks);
  if (blanks % kIndent != 0) return line;  // of a YAML block, or output
  text = line.text;
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  if (starts_point(text, "ok")) {
    line.ok = true;
    read_point(text.substr(2), line);
  } else if (starts_point(text, "not ok")) {
    read_point(text.substr(6), line);
  } else if (read_plan(text, line)) {
    return line;
  } else if (lower(text.substr(0, 12)) == "tap version ") {
    line.kind = TapLine::Kind::version;
    line.description = std::string(trim(text.substr(12)));
  } else if (lower(text.substr(0, 9)) == "bail out!") {
    line.kind = TapLine::Kind::bail_out;
    line.description = std::string(trim(text.substr(9)));
  } else if (text.starts_with("pragma +") || text.starts_with("pragma -")) {
    line.kind = TapLine::Kind::pragma;
  } else if (text.starts_with("# Subtest")) {
    line.kind = TapLine::Kind::subtest;
    const std::size_t colon = text.find(':');
    line.description = colon == std::string_view::npos ? "" : std::string(trim(text.substr(colon + 1)));
  } else if (text.starts_with('#')) {
    line.kind = TapLine::Kind::comment;
    line.description = std::string(text.substr(1));
  }
  return line;
}

}  // namespace rh::collectors
