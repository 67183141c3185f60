// What can be told about a source text without compiling it: where its outermost functions are, and what it imports.
// Used to decide whom a change reaches that no measured line explains; where the look of a text deceives, the answer
// errs on the side of more tests.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rh::engine {

enum class SourceKind { python, go, rust, script, other };  // script: JavaScript, TypeScript and what compiles to them

[[nodiscard]] SourceKind source_kind(std::string_view path);

// The body of an outermost function: lines [first, last], last < first when it is empty.
struct FunctionBody {
  std::uint32_t first = 0, last = 0;
  std::size_t indent = 0;  // of the line that begins the function
};

struct SourceShape {
  std::vector<FunctionBody> functions;  // in order; none for scripts
  std::vector<bool> in_text;            // by line - 1: it begins inside of a text that spans lines (Python)
  std::vector<std::string> imports;     // "a.b", "..c" of Python; paths of Go
  bool imports_by_name = false;         // also imports what it computes the name of
};

[[nodiscard]] SourceShape shape_of(SourceKind kind, const std::vector<std::string_view>& lines);

[[nodiscard]] std::size_t indent_of(std::string_view line);  // a tab counts as 8
// Blank, or a comment that is nothing but a comment (no directive of a compiler), and not inside of a longer text.
[[nodiscard]] bool is_idle(SourceKind kind, const SourceShape& shape, const std::vector<std::string_view>& lines,
                           std::size_t index);

}  // namespace rh::engine
