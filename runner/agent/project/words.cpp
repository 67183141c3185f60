#include "runner/agent/project/words.h"

#include <fmt/core.h>

namespace rh::agent {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kEscapedInQuotes = "$`\"\\\n";

class Splitter {
 public:
  explicit Splitter(std::string_view text) : text_(text) {}

  Result<std::vector<std::string>> split() {
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (kBlanks.find(c) != std::string_view::npos) {
        finish();
      } else if (c == '\'' || c == '"') {
        RH_CHECK(quoted(c));
      } else if (c == '\\' && at_ + 1 < text_.size()) {
        add(text_[++at_]);
      } else {
        add(c);
      }
    }
    finish();
    return std::move(words_);
  }

 private:
  void add(char c) {
    word_ += c;
    open_ = true;
  }

  void finish() {
    if (open_) words_.push_back(std::move(word_));
    word_.clear();
    open_ = false;
  }

  Result<void> quoted(char quote) {
    const std::size_t begin = at_++;
    open_ = true;
    for (; at_ < text_.size() && text_[at_] != quote; ++at_) {
      const bool escapes = quote == '"' && text_[at_] == '\\' && at_ + 1 < text_.size() &&
                           kEscapedInQuotes.find(text_[at_ + 1]) != std::string_view::npos;
      if (escapes) ++at_;
      word_ += text_[at_];
    }
    if (at_ < text_.size()) return {};
    return fail(rh::ErrorKind::usage, fmt::format("read the arguments: the quote at byte {} is not closed", begin),
                std::string(text_.substr(0, 200)));
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string word_;
  bool open_ = false;
  std::vector<std::string> words_;
};

}  // namespace

Result<std::vector<std::string>> shell_words(std::string_view text) { return Splitter(text).split(); }

}  // namespace rh::agent
