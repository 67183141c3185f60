// What coverage.py 7.17 says of the same texts stands in each test as the expected value.
#include "collectors/coverage/python/python_code.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "collectors/coverage/python/python_tokens.h"

namespace rh::collectors {
namespace {

using Lines = std::vector<std::uint32_t>;
using Arcs = std::vector<PyArc>;

Lines lines_of(const PyLineSet& set) {
  Lines lines;
  for (std::uint32_t line = 1; line < set.size(); ++line)
    if (set.contains(line)) lines.push_back(line);
  return lines;
}

Lines statements(std::string_view text) { return lines_of(analyse_python(text, false).statements); }

// Arcs from lines that have several.
Arcs branches(std::string_view text) {
  const PyCode code = analyse_python(text, true);
  EXPECT_EQ(code.problem, "");
  Arcs found;
  for (const PyArc& arc : code.arcs) {
    const auto ways = std::count_if(code.arcs.begin(), code.arcs.end(), [&](const PyArc& other) {
      return other.first == arc.first && !code.excluded.contains(other.second);
    });
    if (ways > 1 && !code.excluded.contains(arc.first) && !code.excluded.contains(arc.second)) found.push_back(arc);
  }
  return found;
}

TEST(PythonCode, StatementsBeginOnTheirFirstLine) {
  EXPECT_EQ(statements("a = (1,\n  2)\nb = '''x\ny'''\nc = 1 + \\\n  2\n# c\n\nd = 1; e = 2\n"), (Lines{1, 3, 5, 9}));
  EXPECT_EQ(statements("@dec(\n  1)\n@other\ndef f(\n  a):\n  return a\n"), (Lines{1, 3, 4, 6}));
  EXPECT_EQ(statements("try:\n  a\nexcept X:\n  b\nelse:\n  c\nfinally:\n  d\n"), (Lines{1, 2, 3, 4, 6, 8}));
  EXPECT_EQ(statements("if a: b\nelif c: d\nelse: e\n"), (Lines{1, 2, 3}));
}

TEST(PythonCode, EveryWayToEndALineIsOne) {
  EXPECT_EQ(statements("a = 1\r\nb = 2\r\n"), (Lines{1, 2}));
  EXPECT_EQ(statements("a = 1\rb = 2"), (Lines{1, 2}));
  EXPECT_EQ(statements("\xEF\xBB\xBF"
                       "a = 1"),
            (Lines{1}));
  EXPECT_EQ(statements(""), Lines{});
  EXPECT_EQ(statements("# only\n\n  # comments"), Lines{});
}

TEST(PythonCode, DocstringsAndDeclarationsAreNone) {
  EXPECT_EQ(statements("'''doc'''\na = 1\n'text'\n"), (Lines{2, 3}));
  EXPECT_EQ(
      statements(
          "class A:\n  '''d\n  d'''\n  x: int\n  def f(self):\n    'd'\n    y: int\n    global z\n    self.w: int\n"),
      (Lines{1, 4, 5, 9}));
}

TEST(PythonCode, WhatCannotBeReachedIsNone) {
  EXPECT_EQ(statements("def f():\n  return 1\n  a = 2\n"), (Lines{1, 2}));
  EXPECT_EQ(statements("if 0:\n  a\nelse:\n  b\nif x and False:\n  c\n"), (Lines{1, 4, 5}));
  EXPECT_EQ(statements("while True:\n  a\nb\n"), (Lines{1, 2}));
  EXPECT_EQ(statements("while True:\n  if a: break\nb\n"), (Lines{1, 2, 3}));
  EXPECT_EQ(statements("def f():\n  with a:\n    return 1\n  b\n  try:\n    return 2\n  finally:\n    c\n  d\n"),
            (Lines{1, 2, 3, 4, 5, 6, 8}));
  EXPECT_EQ(statements("match a:\n  case 1 if False:\n    b\n  case _:\n    raise X\nc\n"), (Lines{1, 2, 4, 5}));
}

TEST(PythonCode, MarksExcludeTheirBlocks) {
  EXPECT_EQ(statements("def f():  # pragma: no cover\n  a\n  b\nc\n"), (Lines{4}));
  EXPECT_EQ(statements("@d  # pragma: no cover\ndef f():\n  a\nc\n"), (Lines{4}));
  EXPECT_EQ(statements("if a:\n  b\nelse:  # PRAGMA no COVER\n  c\n  if d:\n    e\nf\n"), (Lines{1, 2, 7}));
  EXPECT_EQ(statements("if TYPE_CHECKING:\n  import a\nb\nx = 1  # pragma: no cover\n"), (Lines{3}));
  EXPECT_EQ(statements(
                "def f(a) -> int: ...\ndef g(\n  a\n) -> int:\n  ...\nclass A:\n  def h(self): ...  # stub\nx = ...\n"),
            (Lines{6, 8}));
}

TEST(PythonCode, StringsOfEveryKindHideWhatIsInThem) {
  EXPECT_EQ(statements("a = f'{b[\"c\"]}:{d!r:>{e}}' # f\nf = rb'\\\\'\ng = f\"\"\"\n{h:\n}\"\"\"\ni = f'{{'\nj\n"),
            (Lines{1, 2, 3, 6, 7}));
  EXPECT_EQ(statements("a = f'{\"x\"}' 'if b:'\nb = u'''\n'''; c = 0x1f + 1_0.5e-3j\n"), (Lines{1, 2}));
}

TEST(PythonCode, BranchesAreLinesWithSeveralWaysOn) {
  EXPECT_EQ(branches("if a:\n  b\nc\n"), (Arcs{{1, 2}, {1, 3}}));
  EXPECT_EQ(branches("for a in b:\n  if c:\n    continue\n  d\nelse:\n  e\n"), (Arcs{{1, 2}, {1, 6}, {2, 3}, {2, 4}}));
  EXPECT_EQ(branches("def f():\n  while a:\n    b\n"), (Arcs{{2, -1}, {2, 3}}));
  EXPECT_EQ(branches("while 1:\n  if a:\n    break\n"), (Arcs{{2, 1}, {2, 3}}));
  EXPECT_EQ(branches("match a:\n  case 1:\n    b\n  case _:\n    c\nd\n"), (Arcs{{2, 3}, {2, 4}}));
  EXPECT_EQ(branches("if a: b\nc\n"), Arcs{}) << "one way stays on the line";
}

TEST(PythonCode, JumpsOutOfWithGoStraightOn) {
  const std::string_view text = "def f():\n  with a:\n    if b:\n      c\n  d\n";
  EXPECT_EQ(branches(text), (Arcs{{3, 4}, {3, 5}}));
  const PyCode code = analyse_python(text, true);
  EXPECT_EQ(code.translated({{3, 2}, {2, 5}}), (Arcs{{3, 5}}));
}

TEST(PythonCode, FunctionsHaveTheNamesOfWhatIsAroundThem) {
  const PyCode code =
      analyse_python("class A:\n  if x:\n    def f(self):\n      def g():\n        pass\n      return g\n", false);
  ASSERT_EQ(code.functions.size(), 2U);
  EXPECT_EQ(code.functions[0].name, "A.f");
  EXPECT_EQ(code.functions[1].name, "A.f.g");
  EXPECT_EQ(code.functions[1].line, 4U);
}

TEST(PythonCode, WhatIsNoPythonIsToldWithItsLine) {
  const auto problem = [](std::string_view text) {
    const PyCode code = analyse_python(text, true);
    return std::to_string(code.problem_line) + ": " + code.problem;
  };
  EXPECT_EQ(problem("a\n  b\n"), "2: unexpected indent");
  EXPECT_EQ(problem("if a:\nb\n"), "2: expected an indented block");
  EXPECT_EQ(problem("a = (1\n"), "2: a bracket was never closed");
  EXPECT_EQ(problem("a = 'x\n"), "1: unterminated string literal");
  EXPECT_EQ(problem("if a:\n    b\n  c\n"), "3: unindent does not match any outer indentation level");
  std::string deep;
  for (int i = 0; i < 5000; ++i) deep += (i == 0 ? "if" : "elif") + std::string(" a:\n  b\n");
  EXPECT_NE(problem(deep).find("too many elif"), std::string::npos);
  EXPECT_NE(problem(std::string(100'000, '(')).find("nested brackets"), std::string::npos);
}

}  // namespace
}  // namespace rh::collectors
