// Splits the text of an npm script as /bin/sh would, far enough to recognise the commands in it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rh::adapters {

struct ShellWord {
  std::string value;         // quotes removed
  std::string raw;           // as written
  bool needs_shell = false;  // holds an unquoted glob or an expansion: only a shell knows its value
};

struct ShellCommand {
  std::vector<ShellWord> words;
  std::string separator;  // what ends it: "&&", "||", ";", "&", "|" or ""
};

// Redirections are dropped. Commands without words are left out.
[[nodiscard]] std::vector<ShellCommand> split_shell(std::string_view script);

}  // namespace rh::adapters
