#include "runner/adapters/shell_words.h"

#include "runner/base/text.h"

namespace rh::adapters {

namespace {

class Splitter {
 public:
  explicit Splitter(std::string_view script) : script_(script) {}

  std::vector<ShellCommand> run() {
    while (at_ < script_.size()) step();
    end_command("");
    return std::move(commands_);
  }

 private:
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at_ + ahead < script_.size() ? script_[at_ + ahead] : '\0';
  }

  void step() {
    const char c = peek();
    if (c == ' ' || c == '\t') {
      end_word();
      ++at_;
    } else if (c == '\'' || c == '"') {
      quoted(c);
    } else if (c == '\\' && at_ + 1 < script_.size()) {
      append(script_.substr(at_, 2), script_.substr(at_ + 1, 1));
    } else if (c == '>' || c == '<') {
      redirection();
    } else if (c == ';' || c == '\n' || c == '&' || c == '|') {
      const std::size_t width = (c == '&' || c == '|') && peek(1) == c ? 2 : 1;
      end_command(c == '\n' ? ";" : std::string(script_.substr(at_, width)));
      at_ += width;
    } else {
      if (c == '*' || c == '?' || c == '[' || c == '{' || c == '$' || c == '`' || (c == '~' && !in_word_))
        word_.needs_shell = true;
      append(script_.substr(at_, 1), script_.substr(at_, 1));
    }
  }

  void append(std::string_view raw, std::string_view value) {
    word_.raw += raw;
    word_.value += value;
    in_word_ = true;
    at_ += raw.size();
  }

  void quoted(char quote) {
    std::size_t end = at_ + 1;
    std::string value;
    for (; end < script_.size() && script_[end] != quote; ++end) {
      if (quote == '"' && script_[end] == '\\' && end + 1 < script_.size() &&
          is_one_of(script_.substr(end + 1, 1), {"\"", "\\", "$", "`"}))
        ++end;
      else if (quote == '"' && (script_[end] == '$' || script_[end] == '`'))
        word_.needs_shell = true;
      value += script_[end];
    }
    end = std::min(end + 1, script_.size());
    append(script_.substr(at_, end - at_), value);
  }

  // "2>&1", ">file", "> file"
  void redirection() {
    if (word_.value.size() == 1 && word_.value[0] >= '0' && word_.value[0] <= '9') {
      word_ = {};
      in_word_ = false;
    }
    end_word();
    while (is_one_of(script_.substr(at_, 1), {">", "<", "&", "|"})) ++at_;
    while (peek() == ' ') ++at_;
    while (at_ < script_.size() && !is_one_of(script_.substr(at_, 1), {" ", ";", "&", "|", "\n"})) ++at_;
  }

  void end_word() {
    if (in_word_) command_.words.push_back(std::move(word_));
    word_ = {};
    in_word_ = false;
  }

  void end_command(std::string separator) {
    end_word();
    command_.separator = std::move(separator);
    if (!command_.words.empty()) commands_.push_back(std::move(command_));
    command_ = {};
  }

  std::string_view script_;
  std::size_t at_ = 0;
  ShellWord word_;
  bool in_word_ = false;
  ShellCommand command_;
  std::vector<ShellCommand> commands_;
};

}  // namespace

std::vector<ShellCommand> split_shell(std::string_view script) { return Splitter(script).run(); }

}  // namespace rh::adapters
