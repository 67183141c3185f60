#include "runner/agent/validate/syntax_error.h"

#include <algorithm>

#include <fmt/core.h>

#include "runner/agent/validate/shell_syntax.h"
#include "runner/agent/validate/syntax_tree.h"
#include "runner/base/text.h"

namespace rh::agent::syntax {
namespace {

constexpr std::size_t kMaxQuoted = 40;

std::string quoted(std::string_view text) {
  text = trim(text.substr(0, text.find('\n')));
  return text.size() > kMaxQuoted ? to_valid_utf8(text.substr(0, kMaxQuoted)) + "…" : to_valid_utf8(text);
}

char closing(char open) { return open == '(' ? ')' : open == '[' ? ']' : '}'; }

// Words that a line with a block begins with in Python.
bool wants_colon(std::string_view line) {
  const std::string_view word = line.substr(0, line.find_first_of(" \t:("));
  return is_one_of(word, {"def", "class", "if", "elif", "else", "for", "while", "try", "except", "finally", "with",
                          "async", "match", "case"});
}

std::string_view line_at(std::string_view code, std::uint32_t offset) {
  const std::size_t end_of_previous = offset == 0 ? std::string_view::npos : code.rfind('\n', offset - 1);
  const std::size_t begin = end_of_previous == std::string_view::npos ? 0 : end_of_previous + 1;
  const std::size_t end = std::min(code.find('\n', offset), code.size());
  return trim(code.substr(begin, end - begin));
}

}  // namespace

void ErrorFinder::take(std::uint32_t begin, std::uint32_t end, std::string message) {
  if (!first_ || begin < first_->begin) first_ = Place{begin, end, std::move(message)};
}

void ErrorFinder::see_bracket(const TSNode& node, char bracket) {
  const std::uint32_t offset = ts_node_start_byte(node);
  if (bracket == '(' || bracket == '[' || bracket == '{') {
    brackets_.push_back({offset, bracket});
  } else if (!brackets_.empty() && closing(brackets_.back().open) == bracket) {
    brackets_.pop_back();
  } else if (!unbalanced_ && brackets_.empty()) {
    unbalanced_ = Place{offset, offset + 1, fmt::format("'{}' closes nothing that is open", bracket)};
  } else if (!unbalanced_) {
    const std::uint32_t opened = brackets_.back().offset;
    const char open = brackets_.back().open;
    // Python tells it where it closes, the compilers of the others where it opens.
    if (language_ == Language::python)
      unbalanced_ =
          Place{offset, offset + 1, fmt::format("'{}' does not fit '{}', which is still open", bracket, open)};
    else
      unbalanced_ = Place{opened, opened + 1, fmt::format("'{}' is not closed before '{}'", open, bracket)};
  }
}

std::string ErrorFinder::message_of_error(std::uint32_t begin, std::uint32_t end) const {
  const std::string_view text = code_.substr(begin, end - begin);
  const std::string_view line = line_at(code_, begin);
  if (language_ == Language::python) {
    const std::string_view bare = trim(line.substr(0, line.find('#')));
    if (wants_colon(bare) && !bare.ends_with(':') && bare.find(':') == std::string_view::npos)
      return fmt::format("':' is missing at the end of '{}'", quoted(bare));
  }
  if (!text.empty() && (text.front() == '"' || text.front() == '\'' || text.front() == '`') &&
      text.find(text.front(), 1) == std::string_view::npos)
    return "the string that begins here is not closed";
  if (trim(text).empty()) return fmt::format("something is missing in '{}'", quoted(line));
  return fmt::format("'{}' is not expected here", quoted(text));
}

void ErrorFinder::see_error(const TSNode& node) {
  const std::uint32_t begin = ts_node_start_byte(node), end = ts_node_end_byte(node);
  if (ts_node_is_missing(node)) {
    const std::string_view type = ts_node_type(node);
    const bool word = !type.empty() && (type.front() == '_' || (type.front() >= 'a' && type.front() <= 'z'));
    take(begin, end,
         word ? fmt::format("{} is missing here", type == "identifier" ? "a name" : std::string(type))
              : fmt::format("'{}' is missing here", type));
  } else if (ts_node_is_error(node)) {
    take(begin, end, message_of_error(begin, end));
  }
}

// The grammar reads Python 2, too, and an empty block where one was forgotten.
void ErrorFinder::see_other_python(const TSNode& node, std::string_view type) {
  const std::uint32_t begin = ts_node_start_byte(node), end = ts_node_end_byte(node);
  if (type == "print_statement")
    take(begin, end, "print is a function: print(...)");
  else if (type == "exec_statement")
    take(begin, end, "exec is a function: exec(...)");
  else if (type == "block" && ts_node_named_child_count(node) == 0) {
    const std::size_t next = code_.find_first_not_of(" \t\r\n", begin);
    take(next == std::string_view::npos ? begin : static_cast<std::uint32_t>(next), end,
         "an indented block is missing here");
  }
  if (type == "block" || type == "module") see_indentation(node);
  if (type == "try_statement") {
    const std::string_view last = ts_node_type(ts_node_named_child(node, ts_node_named_child_count(node) - 1));
    if (last == "block") take(begin, end, "'except' or 'finally' is missing after 'try'");
  }
}

// Statements of one block begin in one column, those of the file in the first.
void ErrorFinder::see_indentation(const TSNode& block) {
  std::optional<std::uint32_t> column;
  if (std::string_view(ts_node_type(block)) == "module") column = 0;
  std::uint32_t line = 0xffffffff;
  TSTreeCursor cursor = ts_tree_cursor_new(block);
  for (bool more = ts_tree_cursor_goto_first_child(&cursor); more; more = ts_tree_cursor_goto_next_sibling(&cursor)) {
    const TSNode statement = ts_tree_cursor_current_node(&cursor);
    if (!ts_node_is_named(statement) || ts_node_is_extra(statement) || ts_node_is_error(statement)) continue;
    TSPoint at = ts_node_start_point(statement);
    if (at.row == 0 && code_.starts_with("\xef\xbb\xbf")) at.column -= 3;  // byte order mark
    const bool same_line = at.row == line;                                 // "a; b"
    line = ts_node_end_point(statement).row;
    if (same_line) continue;
    if (column && at.column != *column) {
      take(ts_node_start_byte(statement), ts_node_end_byte(statement),
           at.column > *column ? "the line is indented further than its block"
                               : "the indentation does not fit any block around the line");
      break;
    }
    column = at.column;
  }
  ts_tree_cursor_delete(&cursor);
}

void ErrorFinder::see(const TSNode& node) {
  if (language_ == Language::python && ts_node_is_named(node)) see_other_python(node, ts_node_type(node));
  if (!has_error_) return;
  if (ts_node_is_missing(node) || ts_node_is_error(node)) {
    see_error(node);
  } else if (!ts_node_is_named(node) && ts_node_child_count(node) == 0) {
    const std::string_view type = ts_node_type(node);
    if (type == "${" && language_ != Language::bash) see_bracket(node, '{');
    if (type.size() == 1 && std::string_view("()[]{}").find(type.front()) != std::string_view::npos &&
        language_ != Language::bash)
      see_bracket(node, type.front());
  }
}

std::optional<SyntaxError> ErrorFinder::first(const Tree& tree) const {
  std::optional<Place> place = first_;
  if (language_ == Language::bash) {
    const auto problem = ShellChecker(code_).check();
    if (!problem) return std::nullopt;
    const auto at = tree.position(problem->offset);
    return SyntaxError{at.line, at.column, problem->message};
  }
  if (has_error_ && unbalanced_) place = unbalanced_;
  if (has_error_ && !unbalanced_ && !brackets_.empty())
    place = Place{brackets_.back().offset, brackets_.back().offset + 1,
                  fmt::format("'{}' is never closed", brackets_.back().open)};
  if (!place && has_error_) place = Place{0, 0, "this cannot be parsed"};
  if (!place) return std::nullopt;
  const auto at = tree.position(place->begin);
  return SyntaxError{at.line, at.column, place->message};
}

}  // namespace rh::agent::syntax
