// Words of a command of a shell script: options and operands.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "runner/agent/validate/value.h"

namespace rh::agent {

// A word that is known, else nothing.
inline const std::string& text_or_empty(const Values& word) {
  static const std::string empty;
  const std::string* text = word.only_text();
  return text == nullptr ? empty : *text;
}

inline bool has_flag(const std::vector<Values>& words, std::string_view letters, std::string_view name) {
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string& word = text_or_empty(words[i]);
    if (!name.empty() && (word == name || word.starts_with(std::string(name) + "="))) return true;
    if (word.size() > 1 && word[0] == '-' && word[1] != '-' && word.find_first_of(letters, 1) != std::string::npos)
      return true;
  }
  return false;
}

inline bool any_starts(const std::vector<Values>& words, std::string_view beginning) {
  return std::any_of(words.begin() + 1, words.end(),
                     [&](const Values& word) { return text_or_empty(word).starts_with(beginning); });
}

// The first word that is no option, from `from` on.
inline std::size_t first_operand(const std::vector<Values>& words, std::size_t from) {
  std::size_t at = from;
  while (at < words.size() && text_or_empty(words[at]).starts_with('-')) ++at;
  return at;
}

}  // namespace rh::agent
