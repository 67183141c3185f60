// Whether a shell script is complete: quotes, brackets, if-fi, do-done, case-esac. The grammar of tree-sitter does not
// know all of the shell's language, so that its errors alone do not say that a script is wrong.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rh::agent::syntax {

struct ShellProblem {
  std::uint32_t offset = 0;
  std::string message;
};

class ShellChecker {
 public:
  explicit ShellChecker(std::string_view code) : code_(code) {}
  [[nodiscard]] std::optional<ShellProblem> check();

 private:
  enum class Open : std::uint8_t { if_, loop, case_, brace, paren, substitution, array, parameter, double_quote };
  struct Item {
    Open what;
    std::uint32_t offset;
    bool begun = false;        // "then", "do" or "in" was there
    bool pattern = false;      // case: the next words are patterns
    bool was_command = false;  // whether a command could begin before it
    int words = 0;             // loop: behind "for"
  };

  void step();
  void in_double_quotes(char c);
  void in_parameter(char c);
  void take_word();
  void take_keyword(std::string_view word);
  void take_operator(char c);
  void close_bracket();
  void skip_single_quotes(bool escapes);
  void skip_here_documents();
  bool open_expansion();
  void open(Open what, std::size_t size, bool command);
  void problem(std::size_t offset, std::string message);
  void close(Open what, std::string_view word, bool needs_begun);
  [[nodiscard]] char peek(std::size_t ahead = 1) const {
    return at_ + ahead < code_.size() ? code_[at_ + ahead] : '\0';
  }
  [[nodiscard]] bool inside(Open what) const { return !open_.empty() && open_.back().what == what; }

  std::string_view code_;
  std::size_t at_ = 0;
  bool command_ = true;    // a command may begin here
  bool separated_ = true;  // so does a pipeline: nothing stands before an operator
  bool naming_ = false;    // behind "function"
  std::vector<Item> open_;
  std::vector<std::string> documents_;
  std::optional<ShellProblem> problem_;
};

}  // namespace rh::agent::syntax
