// What of a Python file can run, as coverage.py sees it: statements, what is left out, the jumps between lines that
// branches are made of, functions. Equal to coverage.py 7 on CPython 3.11 and later, whose compiler drops what can
// never be reached.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collectors/coverage/python/python_tree.h"

namespace rh::collectors {

// From a line to a line; negative: out of the function or module that begins on that line.
using PyArc = std::pair<std::int64_t, std::int64_t>;

struct PyFunction {
  std::string name;                   // "Class.method"
  std::uint32_t line = 0;             // of its `def`
  std::uint32_t first = 0, last = 0;  // lines of its body; those of functions in it are theirs
};

// Bits by line.
class PyLineSet {
 public:
  explicit PyLineSet(std::size_t lines = 0) : bits_(lines + 1) {}
  void insert(std::uint32_t line) {
    if (line < bits_.size()) bits_[line] = true;
  }
  void insert(std::uint32_t first, std::uint32_t last) {
    for (std::size_t line = first; line <= last && line < bits_.size(); ++line) bits_[line] = true;
  }
  void erase(std::uint32_t line) {
    if (line < bits_.size()) bits_[line] = false;
  }
  [[nodiscard]] bool contains(std::int64_t line) const {
    return line > 0 && static_cast<std::size_t>(line) < bits_.size() && bits_[static_cast<std::size_t>(line)];
  }
  [[nodiscard]] bool contains_any(std::uint32_t first, std::uint32_t last) const;
  [[nodiscard]] std::size_t size() const { return bits_.size(); }

 private:
  std::vector<bool> bits_;
};

struct PyCode {
  std::string problem;  // why the text is no Python; the rest is empty then
  std::uint32_t problem_line = 0;
  std::vector<std::uint32_t> first_line;  // of the logical line of each line; [0] is not used
  PyLineSet statements;                   // that can run and are not left out
  PyLineSet compiled;                     // that can run, left out or not
  PyLineSet excluded;
  PyLineSet no_branch;                              // lines whose untaken branches are not missed
  PyLineSet bare_annotations;                       // `x: int` outside of functions: no code since Python 3.14
  std::vector<PyArc> arcs;                          // possible ones, sorted; only where `with_arcs`
  std::vector<std::pair<PyArc, PyArc>> with_fixes;  // sorted; {0, 0} as replacement: the arc is dropped
  std::vector<PyFunction> functions;                // outer ones before those in them

  [[nodiscard]] std::int64_t statement_of(std::int64_t line) const;  // with its sign
  // Replaces jumps out of `with` blocks and moves lines to the first of their statements; sorted, unique.
  [[nodiscard]] std::vector<PyArc> translated(std::vector<PyArc> measured) const;
};

[[nodiscard]] PyCode analyse_python(std::string_view text, bool with_arcs);

// Which nodes the compiler keeps; by index.
[[nodiscard]] std::vector<bool> reachable_nodes(const PyTree& tree);

// Possible arcs and the fixes of `with`; `code` has first_line and compiled.
void find_arcs(const PyTree& tree, PyCode& code);

}  // namespace rh::collectors
