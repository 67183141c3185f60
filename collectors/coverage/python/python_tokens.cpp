#include "collectors/coverage/python/python_tokens.h"

#include <algorithm>

namespace rh::collectors {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

bool is_name_part(char c) { return is_name_start(c) || is_digit(c); }

bool is_quote(char c) { return c == '"' || c == '\''; }

// r, b, u, f, t and pairs of them, in either case.
bool is_string_prefix(std::string_view name) {
  constexpr std::string_view kLetters = "rRbBuUfFtT";
  return name.size() <= 2 && name.find_first_not_of(kLetters) == std::string_view::npos;
}

bool has_fields(std::string_view prefix) { return prefix.find_first_of("fFtT") != std::string_view::npos; }

std::size_t operator_size(std::string_view rest) {
  if (rest.starts_with("...")) return 3;
  for (const std::string_view pair : {":=", "->", "==", "!=", "<=", ">="})
    if (rest.starts_with(pair)) return 2;
  return 1;
}

}  // namespace

bool PyLines::fail(std::string_view what) {
  if (error_.empty()) error_ = what;
  return false;
}

// Passes over empty lines and comments and measures the indent of the first other one.
bool PyLines::begin_line(PyLogicalLine& line) {
  std::size_t column = 0;
  for (;; ++at_) {
    const char c = peek();
    if (c == ' ')
      ++column;
    else if (c == '\t')
      column = (column / 8 + 1) * 8;
    else if (c == '\f')
      column = 0;
    else if (c == '\n')
      ++line_, column = 0;
    else if (c == '\\' && peek(1) == '\n')
      ++line_, ++at_;
    else if (c == '#')
      at_ = std::min(text_.find('\n', at_), text_.size()) - 1, column = 0;
    else
      break;
    if (at_ + 1 >= text_.size()) {
      at_ = text_.size();
      return false;
    }
  }
  if (at_end()) return false;
  if (column > indents_.back()) {
    if (indents_.size() > kMaxPythonIndents) return fail("too many levels of indentation");
    indents_.push_back(column);
  }
  while (column < indents_.back()) indents_.pop_back();
  if (column != indents_.back()) return fail("unindent does not match any outer indentation level");
  line.depth = static_cast<std::uint32_t>(indents_.size() - 1);
  return true;
}

bool PyLines::next(PyLogicalLine& line) {
  line.tokens.clear();
  if (!error_.empty() || !begin_line(line)) return false;
  nesting_ = 0;
  while (!at_end()) {
    const char c = peek();
    if (c == ' ' || c == '\t' || c == '\f') {
      ++at_;
    } else if (c == '#') {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (c == '\n') {
      line.last_line = line_++;
      ++at_;
      if (nesting_ == 0) {
        line.first_line = line.tokens.empty() ? line.last_line : line.tokens.front().line;
        return true;
      }
    } else if (c == '\\' && peek(1) == '\n') {
      at_ += 2;
      ++line_;
    } else if (!read_token(line)) {
      return false;
    }
  }
  if (nesting_ > 0) return fail("a bracket was never closed");
  line.last_line = line_;
  line.first_line = line.tokens.empty() ? line_ : line.tokens.front().line;
  return true;
}

bool PyLines::read_token(PyLogicalLine& line) {
  PyToken token;
  token.line = line_;
  token.nesting = nesting_;
  const std::size_t begin = at_;
  const char c = peek();
  if (is_name_start(c)) {
    while (is_name_part(peek())) ++at_;
    token.kind = PyToken::Kind::name;
    if (is_quote(peek()) && is_string_prefix(text_.substr(begin, at_ - begin))) {
      token.kind = PyToken::Kind::string;
      if (!read_string(begin)) return false;
    }
  } else if (is_digit(c) || (c == '.' && is_digit(peek(1)))) {
    token.kind = PyToken::Kind::number;
    skip_number();
  } else if (is_quote(c)) {
    token.kind = PyToken::Kind::string;
    if (!read_string(begin)) return false;
  } else {
    at_ += operator_size(text_.substr(at_));
    if (c == '(' || c == '[' || c == '{') {
      if (++nesting_ > kMaxPythonNesting) return fail("too many nested brackets");
    } else if (c == ')' || c == ']' || c == '}') {
      if (nesting_ == 0) return fail("a bracket closes nothing");
      token.nesting = --nesting_;
    } else if (c == '\0' || c == '$' || c == '?') {
      return fail("invalid character");
    }
  }
  token.end_line = line_;
  token.text = text_.substr(begin, at_ - begin);
  line.tokens.push_back(token);
  return true;
}

void PyLines::skip_number() {
  const bool prefixed = peek() == '0' && std::string_view("xXoObB").find(peek(1)) != std::string_view::npos;
  if (prefixed && at_ + 1 < text_.size()) {
    while (is_name_part(peek())) ++at_;
    return;
  }
  const auto is_part = [](char c) { return is_digit(c) || c == '_' || c == '.'; };
  while (is_part(peek())) ++at_;
  const std::size_t sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
  if ((peek() == 'e' || peek() == 'E') && is_digit(peek(1 + sign))) {
    at_ += 1 + sign;
    while (is_part(peek())) ++at_;
  }
  if (peek() == 'j' || peek() == 'J') ++at_;
}

// The prefix begins at `begin`, at_ is at the quote.
bool PyLines::read_string(std::size_t begin) {
  const std::string_view prefix = text_.substr(begin, at_ - begin);
  const std::string_view triple = text_.substr(at_, 3);
  const bool is_triple = triple.size() == 3 && triple[1] == triple[0] && triple[2] == triple[0];
  const std::string_view delimiter = is_triple ? triple : text_.substr(at_, 1);
  at_ += delimiter.size();
  if (!has_fields(prefix)) return scan_plain(delimiter);
  // Since Python 3.12 the fields of an f-string are code and may hold its own quotes; before that it was a string like
  // any other. What does not work out as the first is read as the second.
  const std::size_t restart = at_;
  const std::uint32_t restart_line = line_;
  if (scan_fields(delimiter, 0)) return true;
  at_ = restart;
  line_ = restart_line;
  return scan_plain(delimiter);
}

bool PyLines::scan_plain(std::string_view delimiter) {
  while (!at_end()) {
    const char c = peek();
    if (c == '\\') {
      if (peek(1) == '\n') ++line_;
      at_ = std::min(at_ + 2, text_.size());
    } else if (c == delimiter[0] && text_.substr(at_).starts_with(delimiter)) {
      at_ += delimiter.size();
      return true;
    } else {
      if (c == '\n' && delimiter.size() == 1) return fail("unterminated string literal");
      if (c == '\n') ++line_;
      ++at_;
    }
  }
  return fail("unterminated string literal");
}

// The text of an f-string, up to and with its end.
bool PyLines::scan_fields(std::string_view delimiter, std::size_t depth) {
  while (!at_end()) {
    const char c = peek();
    if (c == '\\') {
      if (peek(1) == '\n') ++line_;
      at_ = std::min(at_ + 2, text_.size());
    } else if (c == delimiter[0] && text_.substr(at_).starts_with(delimiter)) {
      at_ += delimiter.size();
      return true;
    } else if (c == '{' && peek(1) == '{') {
      at_ += 2;
    } else if (c == '{') {
      ++at_;
      if (!scan_field(delimiter, depth + 1)) return false;
    } else {
      if (c == '\n' && delimiter.size() == 1) return false;
      if (c == '\n') ++line_;
      ++at_;
    }
  }
  return false;
}

// From behind '{' to behind its '}': an expression with strings in it, then perhaps ':' and a format that has fields
// too.
bool PyLines::scan_field(std::string_view delimiter, std::size_t depth) {
  if (depth > kMaxPythonNesting / 10) return false;
  std::size_t brackets = 0;
  bool in_format = false;
  while (!at_end()) {
    const char c = peek();
    if (c == '}' && brackets == 0) return ++at_, true;
    if (in_format && c == delimiter[0] && text_.substr(at_).starts_with(delimiter)) return false;
    if (c == '{' && in_format) {
      ++at_;
      if (!scan_field(delimiter, depth + 1)) return false;
      continue;
    }
    if (!in_format && is_quote(c)) {
      std::size_t prefix = at_;
      while (prefix > 0 && at_ - prefix < 2 && is_name_part(text_[prefix - 1])) --prefix;
      const std::string_view name = text_.substr(prefix, at_ - prefix);
      const std::string_view triple = text_.substr(at_, 3);
      const std::string_view inner =
          triple.size() == 3 && triple[1] == c && triple[2] == c ? triple : text_.substr(at_, 1);
      at_ += inner.size();
      const bool nested = is_string_prefix(name) && has_fields(name);
      if (!(nested ? scan_fields(inner, depth + 1) : scan_plain(inner))) return error_.clear(), false;
      continue;
    }
    if (c == '(' || c == '[' || c == '{') ++brackets;
    if ((c == ')' || c == ']' || c == '}') && brackets-- == 0) return false;
    if (c == ':' && brackets == 0) in_format = true;
    if (c == '\n') ++line_;
    ++at_;
  }
  return false;
}

}  // namespace rh::collectors
