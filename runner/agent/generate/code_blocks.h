// Takes the code out of a model's reply.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runner/agent/language.h"

namespace rh::agent {

struct CodeBlock {
  std::string tag;  // "python", "py", ""; as it is written, in small letters
  std::string code;
  bool closed = true;
};

// Fenced blocks (``` or ~~~ of any length, indented ones too), in their order.
[[nodiscard]] std::vector<CodeBlock> code_blocks(std::string_view reply);

// The longest block of that language, else the longest without a tag, else the whole reply where it is code and nothing
// else. Empty: there is none.
struct ChosenCode {
  std::string code;
  bool closed = true;  // false: the reply ended in the middle of it
};
[[nodiscard]] ChosenCode code_of_reply(std::string_view reply, Language language);

}  // namespace rh::agent
