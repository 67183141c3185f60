#include "runner/engine/affected/changed_lines.h"

#include <gtest/gtest.h>

#include <string>

#include "runner/base/text.h"
#include "runner/engine/affected/import_graph.h"

namespace rh::engine {
namespace {

using model::LineRange;
using model::ReachedFile;

constexpr std::string_view kPython = R"(import os

LIMIT = 3


def big(x):
    if x > LIMIT:
        return "big"
    # a remark
    return "small"


class Shop:
    name = "shop"

    def open(self):
        """
        Opens
        """
        return call(
            1,
            b=2,
        )

    def close(self): return 1
)";

std::string with(std::string_view text, std::string_view from, std::string_view to) {
  std::string changed(text);
  const std::size_t at = changed.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return changed.replace(at, from.size(), to);
}

ReachedFile reached(std::vector<LineRange> lines) { return {"a.py", "", {{0, std::move(lines)}}}; }

ChangeReach python(std::string_view from, std::string_view to) {
  return reach_of_change(SourceKind::python, reached({{7, 8}, {10, 10}, {20, 21}}), kPython, with(kPython, from, to));
}

TEST(ChangedLines, AStatementConcernsWhoRunsIt) {
  const ChangeReach reach = python("return \"big\"", "return \"BIG\"");
  EXPECT_EQ(reach.lines, (std::vector<LineRange>{{8, 8}}));
  EXPECT_FALSE(reach.loaders);
}

TEST(ChangedLines, RemarksConcernNobody) {
  const ChangeReach reach = python("# a remark", "# another one\n\n    # and more");
  EXPECT_TRUE(reach.lines.empty());
  EXPECT_FALSE(reach.loaders);
}

TEST(ChangedLines, APlaceThatNobodyWasSeenAtConcernsTheFunction) {
  EXPECT_EQ(python("            b=2,", "            b=3,").lines, (std::vector<LineRange>{{17, 24}}));
  EXPECT_EQ(python("    return \"small\"", "    return \"small\"\n    raise 1").lines,
            (std::vector<LineRange>{{7, 12}}));
}

TEST(ChangedLines, WhatChangesAWholeFunctionConcernsAllOfIt) {
  EXPECT_EQ(python("return \"big\"", "yield \"big\"").lines, (std::vector<LineRange>{{7, 12}}));
  EXPECT_EQ(python("return \"big\"", "LIMIT = 4").lines, (std::vector<LineRange>{{7, 12}}));
  EXPECT_EQ(python("        return \"big\"", "    return \"big\"").lines, (std::vector<LineRange>{{7, 12}}));
}

TEST(ChangedLines, DeclarationsConcernWhoLoadsThem) {
  EXPECT_TRUE(python("LIMIT = 3", "LIMIT = 4").loaders);
  EXPECT_TRUE(python("def big(x):", "def big(x=1):").loaders);
  EXPECT_TRUE(python("name = \"shop\"", "name = \"Shop\"").loaders);
  EXPECT_TRUE(python("import os", "import os\nimport sys").loaders);
  EXPECT_TRUE(python("def close(self): return 1", "def close(self): return 2").loaders);
  EXPECT_TRUE(python("\n\nclass Shop", "\n    return 3\n\n\ndef more():\n    return 1\n\n\nclass Shop").loaders);
}

constexpr std::string_view kGo = R"(package till

import (
	"fmt"
	m "example.com/till/money"
)

const limit = 3

func Total(x int) int {
	switch x {
	case 1:
		return 10
	}
	fmt.Println(x)
	return limit
}
)";

ChangeReach go(std::string_view from, std::string_view to) {
  return reach_of_change(SourceKind::go, reached({{10, 13}, {15, 16}}), kGo, with(kGo, from, to));
}

TEST(ChangedLines, GoStatementsCasesAndDeclarations) {
  EXPECT_EQ(go("return 10", "return 11").lines, (std::vector<LineRange>{{13, 13}}));
  EXPECT_EQ(go("case 1:", "case 2:").lines, (std::vector<LineRange>{{11, 16}}));
  EXPECT_EQ(go("\tfmt.Println(x)", "\tif x > 2 {\n\t\treturn 1\n\t}").lines, (std::vector<LineRange>{{11, 16}}));
  EXPECT_TRUE(go("const limit = 3", "const limit = 4").loaders);
  EXPECT_TRUE(go("func Total(x int) int {", "func Total(x int64) int {").loaders);
  EXPECT_TRUE(go("\treturn limit\n}", "\treturn limit\n}\n\nfunc init() {\n\tfmt.Println()\n}").loaders);
}

constexpr std::string_view kRust = R"(pub fn sum(a: i32) -> i32 {
    match a {
        1 => 10,
        _ => a,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn one() {
        assert_eq!(super::sum(1), 10);
    }
}
)";

ChangeReach rust(std::string_view from, std::string_view to) {
  return reach_of_change(SourceKind::rust, reached({{1, 6}, {11, 13}}), kRust, with(kRust, from, to));
}

TEST(ChangedLines, RustPatternsAndNewTests) {
  EXPECT_EQ(rust("1 => 10", "2 => 10").lines, (std::vector<LineRange>{{2, 5}}));
  EXPECT_EQ(rust("sum(1), 10", "sum(1), 11").lines, (std::vector<LineRange>{{12, 12}}));
  const ChangeReach added =
      rust("    #[test]\n", "    #[test]\n    fn two() {\n        assert!(true);\n    }\n\n    #[test]\n");
  EXPECT_TRUE(added.lines.empty());
  EXPECT_FALSE(added.loaders);
  EXPECT_TRUE(rust("mod tests {", "mod tests {\n    use super::*;").loaders);
}

TEST(ChangedLines, ScriptsAreKnownToWhoLoadsThem) {
  const std::string_view text = "export const a = 1;\nexport function f(x) {\n  return x;\n}\n";
  const auto change = [&](std::string_view from, std::string_view to) {
    return reach_of_change(SourceKind::script, reached({{1, 4}}), text, with(text, from, to));
  };
  EXPECT_EQ(change("return x;", "return -x;").lines, (std::vector<LineRange>{{3, 3}}));
  EXPECT_TRUE(change("f(x) {", "f(x = 1) {").loaders);
}

class Files {
 public:
  explicit Files(std::map<std::string, std::string> texts) : texts_(std::move(texts)) {}
  [[nodiscard]] std::vector<std::string> paths() const {
    std::vector<std::string> paths;
    for (const auto& [path, text] : texts_) paths.push_back(path);
    return paths;
  }
  [[nodiscard]] TextOf text() const {
    return [this](const std::string& path) { return std::optional(texts_.at(path)); };
  }

 private:
  std::map<std::string, std::string> texts_;
};

TEST(ImportGraph, FollowsPython) {
  const Files files({{"src/shop/__init__.py", "from .money import Money\n"},
                     {"src/shop/money.py", "from . import units\n"},
                     {"src/shop/units.py", ""},
                     {"src/shop/lonely.py", ""},
                     {"tests/conftest.py", ""},
                     {"tests/test_a.py", "from shop import (\n    Money,\n)\n"},
                     {"tests/test_b.py", "x = '''\nimport shop\n'''\n"},
                     {"tests/test_c.py", "import importlib\nm = importlib.import_module(name)\n"}});
  const ImportGraph graph(SourceKind::python, files.paths(), files.text());
  EXPECT_EQ(graph.dependents("src/shop/units.py"),
            (std::set<std::string>{"src/shop/units.py", "src/shop/money.py", "src/shop/__init__.py", "tests/test_a.py",
                                   "tests/test_c.py"}));
  EXPECT_EQ(graph.dependents("src/shop/lonely.py"), (std::set<std::string>{"src/shop/lonely.py", "tests/test_c.py"}));
  EXPECT_TRUE(graph.dependents("tests/conftest.py").contains("tests/test_b.py"));
}

TEST(ImportGraph, FollowsGo) {
  const Files files({{"go.mod", "module example.com/till // the till\n"},
                     {"money/money.go", "package money\n"},
                     {"cmd/till/main.go", "package main\n\nimport \"example.com/till/money\"\n"},
                     {"cmd/till/main_test.go", "package main\n\nimport (\n\t\"os/exec\"\n)\n"},
                     {"queue/queue.go", "package queue\n"}});
  const ImportGraph graph(SourceKind::go, files.paths(), files.text());
  EXPECT_EQ(graph.dependents("money/money.go"), (std::set<std::string>{"money", "cmd/till"}));
  EXPECT_EQ(graph.folder_of("example.com/till/cmd/till"), "cmd/till");
  EXPECT_EQ(graph.folder_of("fmt"), "");
  EXPECT_EQ(graph.starters(), (std::set<std::string>{"cmd/till"}));
}

}  // namespace
}  // namespace rh::engine
