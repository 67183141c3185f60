// The statements of a Python file and how they lie in each other, one node each, without their expressions: what
// coverage needs of a syntax tree. Lines are those where the logical line of a statement begins.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rh::collectors {

constexpr std::size_t kMaxPythonNodes = 4'000'000;
constexpr std::size_t kMaxPythonElifs = 2000;  // of one `if`: they are nested in each other

enum class PyKind : std::uint8_t {
  simple,
  no_code,  // global, nonlocal
  raise,
  return_,
  break_,
  continue_,
  if_,
  while_,
  for_,
  try_,
  except,
  with,
  match,
  case_,
  def,
  class_,
  decorator,
};

// A condition as the compiler sees it.
enum class PyTruth : std::uint8_t { unknown, yes, no };

using PyIndex = std::uint32_t;
constexpr PyIndex kNoNode = 0;  // the node 0 is the module

struct PyNode {
  PyKind kind = PyKind::simple;
  std::uint32_t line = 0;                                    // of a decorated definition: that of its first decorator
  std::uint32_t main_line = 0;                               // of a definition: that of its `def` or `class`
  std::uint32_t end_line = 0;                                // the last line of it and its blocks
  PyIndex next = kNoNode;                                    // in the same block
  PyIndex body = kNoNode, other = kNoNode, final = kNoNode;  // `other`: else; elif is an if in it
  PyIndex parts = kNoNode;          // handlers of try, cases of match, decorators of a definition: linked by next
  PyTruth test = PyTruth::unknown;  // of a case: its guard
  bool test_is_constant = false, test_value = false;  // as coverage.py sees it
  bool irrefutable = false;                           // of a case: `case _:`
  bool is_text = false;                               // a string and nothing else, which begins on text_line
  bool is_bare_annotation = false;                    // `x: int`
  bool names_only = false;                            // of a bare annotation: `x` is a plain name
  bool ends = false;                                  // `assert False`: nothing runs behind it
  std::uint32_t text_line = 0;
  std::string_view name;  // of a definition
};

// For exclusions, which go by lines: what a logical line has besides its tokens.
struct PyLineShape {
  std::uint32_t first_line = 0, last_line = 0, depth = 0;
  std::uint32_t first_token_end = 0;
  std::vector<std::uint32_t> colons;  // lines of those outside of brackets
};

struct PyTree {
  std::vector<PyNode> nodes;  // [0] is the module: its body is the file
  std::vector<PyLineShape> lines;
  std::string problem;  // why it is no Python; the tree is not usable then
  std::uint32_t problem_line = 0;
};

[[nodiscard]] PyTree parse_python(std::string_view text);

}  // namespace rh::collectors
