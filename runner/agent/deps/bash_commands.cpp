// Commands that a script calls: the first word of each simple command. Words that only a shell can tell (variables,
// expansions) are left out, as are functions of the script.
#include <algorithm>
#include <set>

#include "runner/agent/deps/imports.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

bool is_command_name(std::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '+' || c == '.';
  });
}

// Words behind which a command follows.
bool leads_on(std::string_view word) {
  return is_one_of(word, {"if", "then", "else", "elif", "while", "until", "do", "!", "{", "time", "sudo", "exec",
                          "nohup", "env", "command", "xargs", "nice"});
}

class Scanner {
 public:
  explicit Scanner(std::string_view code) : code_(code) {}

  std::vector<Import> scan() {
    while (at_ < code_.size()) step();
    end_word();
    std::erase_if(commands_, [&](const Import& one) { return functions_.contains(one.name); });
    return std::move(commands_);
  }

 private:
  void step() {
    const char c = code_[at_];
    if (c == '\\' && at_ + 1 < code_.size()) {
      if (code_[at_ + 1] == '\n') ++line_;
      plain_ = plain_ && code_[at_ + 1] == '\n';
      at_ += 2;
    } else if (c == '\'') {
      skip_to('\'');
    } else if (c == '"') {
      double_quoted();
    } else if (c == '#' && word_.empty() && plain_) {
      while (at_ < code_.size() && code_[at_] != '\n') ++at_;
    } else if (code_.substr(at_, 2) == "<<" && code_.substr(at_, 3) != "<<<") {
      here_document();
    } else if (c == ' ' || c == '\t' || c == '\r') {
      end_word();
      ++at_;
    } else if (c == '\n' || c == ';' || c == '|' || c == '&' || c == '(' || c == '`') {
      separator(c);
    } else if (c == ')') {
      word_.clear();  // the pattern of a case, or the end of a group
      command_next_ = true;
      ++at_;
    } else if (c == '>' || c == '<') {
      end_word();
      target_next_ = true;
      ++at_;
    } else if (code_.substr(at_, 2) == "$(") {
      end_word();
      at_ += code_.substr(at_, 3) == "$((" ? 3 : 2;
      command_next_ = code_[at_ - 2] != '(';
    } else {
      plain_ = plain_ && c != '$';
      word_ += c;
      ++at_;
    }
  }

  void separator(char c) {
    if (c == '(' && !word_.empty() && code_.substr(at_, 2) == "()") functions_.insert(word_);
    end_word();
    command_next_ = true;
    target_next_ = false;
    ++at_;
    if (c != '\n') return;
    ++line_;
    for (const std::string& end : here_) skip_here(end);
    here_.clear();
  }

  void skip_to(char quote) {
    plain_ = false;
    for (++at_; at_ < code_.size() && code_[at_] != quote; ++at_)
      if (code_[at_] == '\n') ++line_;
    ++at_;
  }

  // Commands in $( ) inside of quotes are commands, too.
  void double_quoted() {
    plain_ = false;
    for (++at_; at_ < code_.size() && code_[at_] != '"'; ++at_) {
      if (code_[at_] == '\n') ++line_;
      if (code_[at_] == '\\') ++at_;
      if (code_.substr(at_, 2) == "$(" && code_.substr(at_, 3) != "$((") {
        std::size_t end = at_ + 2;
        for (int depth = 1; end < code_.size() && depth > 0; ++end)
          depth += code_[end] == '(' ? 1 : code_[end] == ')' ? -1 : 0;
        for (Import& inner : Scanner(code_.substr(at_ + 2, end - at_ - 3)).scan()) {
          inner.line = line_;
          commands_.push_back(std::move(inner));
        }
        at_ = end - 1;
      }
    }
    ++at_;
  }

  void here_document() {
    end_word();
    at_ += 2;
    if (at_ < code_.size() && code_[at_] == '-') ++at_;
    std::string end;
    while (at_ < code_.size() && code_[at_] == ' ') ++at_;
    for (; at_ < code_.size() && std::string_view(" \t\n;|&)").find(code_[at_]) == std::string_view::npos; ++at_)
      if (code_[at_] != '\'' && code_[at_] != '"' && code_[at_] != '\\') end += code_[at_];
    here_.push_back(std::move(end));
  }

  void skip_here(const std::string& end) {
    while (at_ < code_.size()) {
      const std::size_t next = std::min(code_.find('\n', at_), code_.size());
      const bool last = trim(code_.substr(at_, next - at_)) == end;
      at_ = std::min(code_.size(), next + 1);
      ++line_;
      if (last) return;
    }
  }

  void end_word() {
    if (word_.empty() && plain_) return;
    const bool wanted = command_next_ && !target_next_;
    if (target_next_) {
      target_next_ = false;
    } else if (wanted) {
      take();
    } else if (after_function_) {
      functions_.insert(word_);
    }
    after_function_ = word_ == "function" && wanted;
    word_.clear();
    plain_ = true;
  }

  void take() {
    if (word_.find('=') != std::string::npos && is_command_name(word_.substr(0, word_.find('='))))
      return;  // NAME=value command
    command_next_ = leads_on(word_) || word_ == "-" || (leading_ && word_.starts_with('-'));
    leading_ = leads_on(word_);
    const bool reserved = is_one_of(word_, {"for", "case", "select", "function", "in", "if", "then", "else", "elif",
                                            "fi", "while", "until", "do", "done", "esac", "time", "[[", "]]", "]"});
    if (!plain_ || reserved || !is_command_name(word_) || word_.find_first_not_of("0123456789.-") == std::string::npos)
      return;
    if (commands_.size() < kMaxImports)
      commands_.push_back({word_, line_, false, word_.find('/') != std::string::npos});
  }

  std::string_view code_;
  std::size_t at_ = 0;
  std::uint32_t line_ = 1;
  std::string word_;
  bool plain_ = true, command_next_ = true, target_next_ = false, after_function_ = false, leading_ = false;
  std::vector<std::string> here_;
  std::set<std::string> functions_;
  std::vector<Import> commands_;
};

}  // namespace

std::vector<Import> bash_commands(std::string_view code) { return Scanner(code).scan(); }

}  // namespace rh::agent
