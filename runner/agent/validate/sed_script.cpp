// One pass over the script, by the syntax of GNU sed's manual: [address[,address]][!]command[arguments].
#include "runner/agent/validate/sed_script.h"

#include <algorithm>

namespace rh::agent {
namespace {

class SedScan {
 public:
  explicit SedScan(std::string_view script) : script_(script) {}

  SedEffects scan() {
    while (at_ < script_.size()) {
      skip_any(" \t\n;{}");
      address();
      if (peek() == ',') {
        ++at_;
        address();
      }
      skip_any(" \t!");
      if (at_ < script_.size()) command(script_[at_++]);
    }
    return effects_;
  }

 private:
  [[nodiscard]] char peek() const { return at_ < script_.size() ? script_[at_] : '\0'; }
  void skip_any(std::string_view characters) {
    while (at_ < script_.size() && characters.find(script_[at_]) != std::string_view::npos) ++at_;
  }
  // 3, $, 1~2, +4, /text/I, \,text,
  void address() {
    skip_any(" \t");
    if (peek() == '/' || peek() == '\\') {
      if (peek() == '\\') ++at_;
      const char delimiter = peek();
      ++at_;
      skip_to(delimiter);
      skip_any("IM");
    } else {
      skip_any("0123456789$~+");
    }
  }
  void skip_to(char delimiter) {
    while (at_ < script_.size() && script_[at_] != delimiter) at_ += script_[at_] == '\\' ? 2 : 1;
    ++at_;
  }
  std::string_view rest_of_line() {
    const std::size_t begin = std::min(at_, script_.size());
    at_ = std::min(script_.find('\n', begin), script_.size());
    return script_.substr(begin, at_ - begin);
  }
  void write_to(std::string_view name) {
    const std::size_t begin = std::min(name.find_first_not_of(" \t"), name.size());
    name.remove_prefix(begin);
    if (!name.starts_with("/dev/std") && name != "/dev/null") effects_.writes = true;
  }
  void command(char letter) {
    switch (letter) {
      case 'w':
      case 'W':
        return write_to(rest_of_line());
      case 'e':
        effects_.runs = true;
        rest_of_line();
        return;
      case 's':
        return substitution();
      case 'y': {
        const char delimiter = peek();
        ++at_;
        skip_to(delimiter);
        return skip_to(delimiter);
      }
      case 'a':
      case 'i':
      case 'c':
      case 'r':
      case 'R':
      case '#':
      case ':':
      case 'b':
      case 't':
      case 'T':
        // Text, a file that is read, a comment, a label: to the end of the line.
        if (std::string_view("btT:").find(letter) != std::string_view::npos)
          at_ = std::min(script_.find_first_of(";\n}", at_), script_.size());
        else
          rest_of_line();
        return;
      default:
        return;
    }
  }
  void substitution() {
    const char delimiter = peek();
    ++at_;
    skip_to(delimiter);
    skip_to(delimiter);
    for (; at_ < script_.size() && std::string_view("\n;} ").find(script_[at_]) == std::string_view::npos; ++at_) {
      if (script_[at_] == 'e') effects_.runs = true;
      if (script_[at_] != 'w') continue;
      ++at_;
      return write_to(rest_of_line());
    }
  }

  std::string_view script_;
  std::size_t at_ = 0;
  SedEffects effects_;
};

}  // namespace

SedEffects effects_of_sed(std::string_view script) { return SedScan(script).scan(); }

}  // namespace rh::agent
