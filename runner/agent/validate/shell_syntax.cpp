#include "runner/agent/validate/shell_syntax.h"

#include <algorithm>

#include <fmt/core.h>

#include "runner/base/text.h"

namespace rh::agent::syntax {
namespace {

bool ends_word(char c) { return std::string_view(" \t\r\n;&|()<>").find(c) != std::string_view::npos; }

}  // namespace

std::optional<ShellProblem> ShellChecker::check() {
  while (at_ < code_.size() && !problem_) step();
  if (!problem_ && !open_.empty()) {
    const Item& item = open_.back();
    constexpr std::string_view kMissing[]{"'if' is never closed by 'fi'",
                                          "the loop is never closed by 'done'",
                                          "'case' is never closed by 'esac'",
                                          "'{' is never closed",
                                          "'(' is never closed",
                                          "'$(' is never closed",
                                          "'(' is never closed",
                                          "'${' is never closed",
                                          "the string that begins here is not closed"};
    problem(item.offset, std::string(kMissing[static_cast<std::size_t>(item.what)]));
  }
  return problem_;
}

void ShellChecker::problem(std::size_t offset, std::string message) {
  if (!problem_) problem_ = ShellProblem{static_cast<std::uint32_t>(offset), std::move(message)};
}

void ShellChecker::open(Open what, std::size_t size, bool command) {
  open_.push_back({what, static_cast<std::uint32_t>(at_), false, false, command_, 0});
  at_ += size;
  command_ = separated_ = command;
}

void ShellChecker::step() {
  const char c = code_[at_];
  if (inside(Open::double_quote)) return in_double_quotes(c);
  if (inside(Open::parameter)) return in_parameter(c);
  if (c == '\\') {
    at_ = std::min(at_ + 2, code_.size());
    if (code_[at_ - 1] != '\n') command_ = separated_ = false;
  } else if (c == '\n') {
    ++at_;
    skip_here_documents();
    if (!inside(Open::array)) command_ = separated_ = true;
  } else if (c == ' ' || c == '\t' || c == '\r') {
    ++at_;
  } else if (c == '#' && (at_ == 0 || ends_word(code_[at_ - 1]))) {
    at_ = std::min(code_.find('\n', at_), code_.size());
  } else if (c == '(') {
    const bool array = at_ > 0 && code_[at_ - 1] == '=';
    open(array ? Open::array : Open::paren, 1, !array);
    if (open_.size() > 1 && open_[open_.size() - 2].what == Open::case_ && open_[open_.size() - 2].pattern)
      open_.pop_back();
  } else if (c == ')') {
    close_bracket();
  } else if (c == ';' || c == '&' || c == '|' || c == '<' || c == '>') {
    take_operator(c);
  } else {
    take_word();
  }
}

void ShellChecker::in_double_quotes(char c) {
  if (c == '\\') {
    at_ += 2;
  } else if (c == '"') {
    open_.pop_back();
    ++at_;
    command_ = separated_ = false;
  } else if (c == '`') {
    at_ = std::min(code_.find('`', at_ + 1), code_.size() - 1) + 1;
  } else if (c != '$' || !open_expansion()) {
    ++at_;
  }
}

void ShellChecker::in_parameter(char c) {
  if (c == '\\') {
    at_ += 2;
  } else if (c == '}') {
    open_.pop_back();
    ++at_;
  } else if (c == '"') {
    open(Open::double_quote, 1, false);
  } else if (c == '\'' &&
             std::none_of(open_.begin(), open_.end(), [](const Item& one) { return one.what == Open::double_quote; })) {
    skip_single_quotes(false);
  } else if (c != '$' || !open_expansion()) {
    ++at_;
  }
}

// $( and ${; false: another dollar.
bool ShellChecker::open_expansion() {
  if (peek() == '(')
    open(Open::substitution, 2, true);
  else if (peek() == '{')
    open(Open::parameter, 2, false);
  else
    return false;
  return true;
}

void ShellChecker::skip_single_quotes(bool escapes) {
  const std::size_t begin = at_++;
  while (at_ < code_.size() && code_[at_] != '\'') at_ += escapes && code_[at_] == '\\' ? 2 : 1;
  if (at_ >= code_.size()) problem(begin, "the string that begins here is not closed");
  ++at_;
}

void ShellChecker::close_bracket() {
  if (inside(Open::case_) && open_.back().pattern) {
    open_.back().pattern = false;
    ++at_;
    command_ = separated_ = true;
    return;
  }
  if (!inside(Open::paren) && !inside(Open::substitution) && !inside(Open::array))
    return problem(at_, open_.empty() ? "')' closes nothing that is open" : "')' is not expected here");
  const bool word = open_.back().what == Open::substitution;
  command_ = !word;  // "f() {" goes on with a command
  separated_ = false;
  open_.pop_back();
  ++at_;
}

void ShellChecker::take_operator(char c) {
  const std::size_t begin = at_;
  if (c == '<' && peek() == '<' && peek(2) != '<') {
    at_ += peek(2) == '-' ? 3 : 2;
    while (at_ < code_.size() && (code_[at_] == ' ' || code_[at_] == '\t')) ++at_;
    std::string word;
    while (at_ < code_.size() && !ends_word(code_[at_])) {
      if (std::string_view("'\"\\").find(code_[at_]) == std::string_view::npos) word += code_[at_];
      ++at_;
    }
    documents_.push_back(std::move(word));
    return;
  }
  while (at_ < code_.size() &&
         (code_[at_] == c || (c == ';' && code_[at_] == '&') || (c == '<' && code_[at_] == '>') ||
          ((c == '>' || c == '<') && (code_[at_] == '&' || code_[at_] == '|')) || (c == '|' && code_[at_] == '&')) &&
         at_ - begin < 3)
    ++at_;
  const std::string_view sign = code_.substr(begin, at_ - begin);
  if (c == '<' || c == '>') {
    if (at_ < code_.size() && code_[at_] == '(' && sign.size() == 1) open(Open::substitution, 1, true);
    return;
  }
  if (c == '&' && at_ < code_.size() && code_[at_] == '>' && sign.size() == 1) return;  // &> file
  if (sign.starts_with(";;") || sign == ";&") {
    if (!inside(Open::case_)) return problem(begin, fmt::format("'{}' belongs into a case", sign));
    open_.back().pattern = true;
  } else if (inside(Open::case_) && open_.back().pattern) {
    return;  // a|b)
  } else if (separated_ && c != ';' && !inside(Open::array) && !inside(Open::paren)) {
    return problem(begin, fmt::format("'{}' is not expected here: no command stands before it", sign));
  }
  command_ = separated_ = true;
}

void ShellChecker::take_word() {
  const std::size_t begin = at_;
  bool plain = true;
  const std::size_t depth = open_.size();
  while (at_ < code_.size() && !ends_word(code_[at_])) {
    const char c = code_[at_];
    if (c == '\'') {
      skip_single_quotes(false);
    } else if (c == '"') {
      open(Open::double_quote, 1, false);
    } else if (c == '`') {
      const std::size_t end = code_.find('`', at_ + 1);
      if (end == std::string_view::npos) return problem(at_, "'`' is never closed");
      at_ = end + 1;
    } else if (c == '$' && peek() == '\'') {
      ++at_;
      skip_single_quotes(true);
    } else if (c == '\\') {
      at_ += 2;
    } else if (c == '$' && open_expansion()) {
    } else {
      ++at_;
      continue;
    }
    plain = false;
    if (open_.size() > depth || problem_) break;  // what was opened goes on in the next steps
  }
  at_ = std::min(at_, code_.size());
  if (plain) return take_keyword(code_.substr(begin, at_ - begin));
  if (open_.size() == depth) command_ = separated_ = false;
}

void ShellChecker::close(Open what, std::string_view word, bool needs_begun) {
  if (!inside(what)) return problem(at_ - word.size(), fmt::format("'{}' closes nothing that is open", word));
  if (needs_begun && !open_.back().begun)
    return problem(at_ - word.size(),
                   fmt::format("'{}' without '{}' before it", word, what == Open::if_ ? "then" : "do"));
  open_.pop_back();
  command_ = separated_ = false;
}

void ShellChecker::take_keyword(std::string_view word) {
  const bool array = inside(Open::array);
  Item* top = open_.empty() ? nullptr : &open_.back();
  const bool in_case = top != nullptr && top->what == Open::case_;
  if (in_case && !top->begun) {
    top->begun = top->pattern = word == "in" || top->begun;
    return;
  }
  if (in_case && top->pattern && word != "esac") return;
  if (naming_) {
    naming_ = false;
    command_ = true;
    return;
  }
  if (top != nullptr && top->what == Open::loop && !top->begun && !command_ && word != "in") {
    // "for x do": without a list
    if (++top->words == 2 && word == "do" && code_.substr(top->offset, 3) == "for")
      top->begun = command_ = separated_ = true;
    return;
  }
  if (array || !(command_ || (in_case && top->pattern))) return;
  const auto begin_item = [&](Open what) {
    open_.push_back({what, static_cast<std::uint32_t>(at_ - word.size()), false, false, true, 0});
    separated_ = true;
    command_ = what != Open::case_;
  };
  if (word == "function") {
    naming_ = true;
    return;
  }
  if (word == "if") return begin_item(Open::if_);
  if (word == "while" || word == "until") return begin_item(Open::loop);
  if (word == "for" || word == "select") {
    begin_item(Open::loop);
    command_ = separated_ = false;
    return;
  }
  if (word == "case") return begin_item(Open::case_);
  if (word == "{") return begin_item(Open::brace);
  if (word == "}") return close(Open::brace, word, false);
  if (word == "fi") return close(Open::if_, word, true);
  if (word == "done") return close(Open::loop, word, true);
  if (word == "esac") return close(Open::case_, word, false);
  if (is_one_of(word, {"then", "do"})) {
    if (!inside(word == "then" ? Open::if_ : Open::loop))
      return problem(at_ - word.size(), fmt::format("'{}' is not expected here", word));
    top->begun = true;
    command_ = separated_ = true;
  } else if (is_one_of(word, {"else", "elif"})) {
    if (!inside(Open::if_)) return problem(at_ - word.size(), fmt::format("'{}' is not expected here", word));
    command_ = separated_ = true;
    top->begun = word == "else";
  } else if (word == "!" || word == "time") {
    command_ = true;
    separated_ = false;
  } else {
    command_ = separated_ = false;
  }
}

void ShellChecker::skip_here_documents() {
  for (const std::string& word : documents_) {
    while (at_ < code_.size()) {
      const std::size_t end = std::min(code_.find('\n', at_), code_.size());
      std::string_view line = code_.substr(at_, end - at_);
      at_ = std::min(end + 1, code_.size());
      while (line.starts_with('\t')) line.remove_prefix(1);
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (line == word) break;
    }
  }
  documents_.clear();
}

}  // namespace rh::agent::syntax
