// What a snippet imports, read from its text: comments and string literals are told from code, so that an import in a
// text is none. Every language that code can be run in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runner/agent/language.h"

namespace rh::agent {

struct Import {
  std::string name;  // "numpy.linalg", "@scope/name/deep", "github.com/x/y", "serde::Deserialize"; bash: a command
  std::uint32_t line = 0;
  bool optional = false;  // in try, so that the code goes on without it
  bool local = false;     // a part of the code's own: relative, or declared in it
};

constexpr std::size_t kMaxImports = 2000;

// In the order of the text, each name once.
[[nodiscard]] std::vector<Import> imports_of(Language language, std::string_view code);

// One language each.
[[nodiscard]] std::vector<Import> python_imports(std::string_view code);
[[nodiscard]] std::vector<Import> javascript_imports(std::string_view code);
[[nodiscard]] std::vector<Import> bash_commands(std::string_view code);
[[nodiscard]] std::vector<Import> rust_imports(std::string_view code);
[[nodiscard]] std::vector<Import> java_imports(std::string_view code);

}  // namespace rh::agent
