#include "runner/engine/affected/selection.h"

#include <gtest/gtest.h>

#include "runner/engine/affected/map_merge.h"
#include "runner/engine/test_map_store.h"

namespace rh::engine {
namespace {

using model::ReachedFile;
using model::TestId;
using Texts = std::map<std::string, std::string>;

constexpr const char* kProduct = "LIMIT = 3\n\n\ndef one():\n    return 1\n\n\ndef two():\n    return 2\n";

// A pytest suite of two test files; the blob id of a text is the text itself.
struct Project {
  Texts texts{{"shop.py", kProduct},
              {"tests/test_one.py", "import shop\n"},
              {"tests/test_two.py", "import shop\n"},
              {"tests/test_apart.py", "import sys\n"},
              {"README.md", "A shop."},
              {"data.json", "{}"}};
  StoredMap stored;

  Project() {
    stored.run = "r1";
    stored.environment = "python3 3.11.7";
    stored.map.granularity = "test";
    stored.map.tests = {{".:pytest"},
                        {".:pytest::tests/test_apart.py::test_x"},
                        {".:pytest::tests/test_one.py"},
                        {".:pytest::tests/test_one.py::test_a"},
                        {".:pytest::tests/test_one.py::test_b"},
                        {".:pytest::tests/test_two.py::test_c"}};
    stored.map.files = {{"shop.py", kProduct, {{0, {{1, 1}, {4, 4}, {8, 8}}}, {3, {{5, 5}}}, {5, {{9, 9}}}}}};
    for (const char* name : {"tests/test_apart.py::test_x", "tests/test_one.py::test_a", "tests/test_one.py::test_b",
                             "tests/test_two.py::test_c"})
      stored.tests.push_back({{std::string(".:pytest::") + name}, false});
    stored.files = texts;
  }

  [[nodiscard]] Selected select(const Texts& changes, const BaseSnapshot* base = nullptr) const {
    Texts now = texts;
    for (const auto& [path, text] : changes) {
      if (text == "gone")
        now.erase(path);
      else
        now[path] = text;
    }
    Snapshot snapshot;
    snapshot.files = now;
    for (const auto& [path, text] : now) snapshot.tracked.insert(path);
    SelectionInput input{stored, snapshot, base, ".:pytest", ".", "pytest", "pytest", "python3 3.11.7", {}, {}, {}};
    input.text = [&](const std::string& path) -> std::optional<std::string> {
      const auto found = now.find(path);
      return found == now.end() ? std::nullopt : std::optional(found->second);
    };
    input.stored_text = [](const std::string& id) { return std::optional(id); };
    return select_tests(input);
  }
  // Names of the tests that run.
  [[nodiscard]] std::set<std::string> ran(const Texts& changes, const BaseSnapshot* base = nullptr) const {
    const Selected selected = select(changes, base);
    std::set<std::string> names;
    for (const KnownTest& test : stored.tests) {
      const std::string id = test.id.value.substr(std::string(".:pytest::").size());
      const auto& left = selected.left_out;
      if (std::find(left.begin(), left.end(), id) == left.end()) names.insert(id.substr(id.rfind(':') + 1));
    }
    return names;
  }
};

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

using Names = std::set<std::string>;

TEST(Selection, TakesWhoReachesAChangedLine) {
  EXPECT_EQ(Project().ran({{"shop.py", replaced(kProduct, "return 1", "return 3")}}), Names{"test_a"});
  EXPECT_EQ(Project().ran({}), Names{});
  EXPECT_EQ(Project().ran({{"README.md", "Another shop."}}), Names{});
}

TEST(Selection, WhatRunsAtImportConcernsWhoImports) {
  EXPECT_EQ(Project().ran({{"shop.py", replaced(kProduct, "LIMIT = 3", "LIMIT = 4")}}),
            (Names{"test_a", "test_b", "test_c"}));
}

TEST(Selection, AFunctionThatRanOutsideOfTestsConcernsAll) {
  Project project;
  project.stored.map.files[0].tests[0].lines = {{1, 1}, {4, 5}, {8, 8}};
  const Selected selected = project.select({{"shop.py", replaced(kProduct, "return 1", "return 3")}});
  EXPECT_TRUE(selected.report.all);
  EXPECT_EQ(selected.report.reason, "shop.py changed where code runs outside of any test");
}

TEST(Selection, SharedFixturesConcernTheirScope) {
  Project project;
  project.stored.map.files[0].tests.insert(project.stored.map.files[0].tests.begin() + 1, {2, {{9, 9}}});
  EXPECT_EQ(project.ran({{"shop.py", replaced(kProduct, "return 2", "return 3")}}),
            (Names{"test_a", "test_b", "test_c"}));
}

TEST(Selection, TestFilesFailuresAndUnknownOnes) {
  Project project;
  EXPECT_EQ(project.ran({{"tests/test_one.py", "import shop  # here\nx = 1\n"}}), (Names{"test_a", "test_b"}));
  project.stored.tests[0].failed = true;
  EXPECT_EQ(project.ran({}), Names{"test_x"});
  project.stored.map.tests.erase(project.stored.map.tests.begin() + 4);  // test_b has no entry
  project.stored.map.files[0].tests[2].test = 4;
  EXPECT_EQ(project.ran({}), (Names{"test_b", "test_x"}));
}

TEST(Selection, StartersOfProgramsRunWithEveryChangeOfSource) {
  Project project;
  project.stored.opaque = {{".:pytest::tests/test_apart.py::test_x"}};
  EXPECT_EQ(project.ran({{"shop.py", replaced(kProduct, "return 1", "return 3")}}), (Names{"test_a", "test_x"}));
  EXPECT_EQ(project.ran({}), Names{});
}

TEST(Selection, WhatNothingExplainsRunsAll) {
  const Project project;
  const auto reason = [&](const Texts& changes) { return project.select(changes).report.reason; };
  EXPECT_EQ(reason({{"data.json", "[]"}}), "data.json changed");
  EXPECT_EQ(reason({{"pyproject.toml", ""}}), "pyproject.toml is new");
  EXPECT_EQ(reason({{"tests/conftest.py", ""}}), "tests/conftest.py is new");
  EXPECT_EQ(reason({{"shop.py", "gone"}}), "shop.py was deleted or renamed");
  EXPECT_EQ(reason({{"data.json", "[]"}, {"pyproject.toml", ""}}), "data.json changed, and 1 more");
  Project older;
  older.stored.environment = "python3 3.10.1\npytest-8.0";
  EXPECT_EQ(older.select({}).report.reason,
            "the environment changed: python3 3.11.7 in the place of python3 3.10.1, pytest-8.0");
}

TEST(Selection, NewTestFilesRunByThemselves) {
  EXPECT_EQ(Project().ran({{"tests/test_more.py", "def test_y(): pass\n"}}), Names{});
  EXPECT_EQ(Project().ran({{"helper.py", ""}}), Names{});  // nobody imports it
}

TEST(Selection, ComparesWithABase) {
  Project project;
  BaseSnapshot base{"b1", project.texts};
  base.files["shop.py"] = replaced(kProduct, "return 2", "return 0");  // the change was measured already
  EXPECT_EQ(project.ran({}, &base), Names{"test_c"});
  EXPECT_EQ(project.ran({}), Names{});
}

TEST(Selection, FilesThatTestsWriteConcernNobody) {
  Project project;
  project.stored.written_by_tests = {"out/result.txt"};
  EXPECT_EQ(project.ran({{"out/result.txt", "7"}}), Names{});
  EXPECT_TRUE(project.select({{"out/other.txt", "7"}}).report.all);
}

TEST(Selection, SaysWhatRan) {
  model::TestSelection selection;
  selection.all = false;
  selection.ran = 12, selection.left_out = 468, selection.reach_changes = 9, selection.added = 2,
  selection.failed_before = 1;
  EXPECT_EQ(summary_of(selection), "ran 12 of 480 tests: 9 reach changed lines, 2 are new, 1 failed before");
  EXPECT_EQ(summary_of(select_all("package.json changed").report), "ran all: package.json changed");
}

TEST(EntryOf, FindsSubtestsSecondTestsAndFiles) {
  model::TestMap map;
  map.granularity = "test";
  map.tests = {{"s::pkg"}, {"s::pkg::TestA"}};
  EXPECT_EQ(entry_of(map, "s::pkg::TestA"), 1U);
  EXPECT_EQ(entry_of(map, "s::pkg::TestA/b/c"), 1U);
  EXPECT_EQ(entry_of(map, "s::pkg::TestA#2"), 1U);
  EXPECT_EQ(entry_of(map, "s::pkg::TestB"), std::nullopt);  // an entry of a scope is none of its own
  map.granularity = "test file";
  EXPECT_EQ(entry_of(map, "s::pkg::a > b"), 0U);
}

// --- what is kept -------------------------------------------------------------------------------

TEST(MergeTestMaps, KeepsTestsThatDidNotRunAtTheirNewLines) {
  const Project project;
  const std::string now = replaced(kProduct, "    return 1\n", "    x = 1\n    return x\n");
  StoredMap fresh;
  fresh.map.granularity = "test";
  fresh.map.tests = {{".:pytest::tests/test_one.py::test_a"}};
  fresh.map.files = {{"shop.py", now, {{0, {{5, 6}}}}}};
  fresh.tests = {{{".:pytest::tests/test_one.py::test_a"}, true}};
  fresh.files = project.texts;
  fresh.files["shop.py"] = now;
  const std::set<std::string> unaffected{".:pytest::tests/test_two.py::test_c",
                                         ".:pytest::tests/test_apart.py::test_x"};
  const StoredMap merged =
      merge_test_maps({project.stored, fresh, unaffected, true, [&](const std::string&) { return std::optional(now); },
                       [](const std::string& id) { return std::optional(id); }});
  // test_b was affected and did not run although all ran: it is no more.
  std::vector<std::string> known;
  for (const KnownTest& test : merged.tests) known.push_back(test.id.value.substr(10) + (test.failed ? " failed" : ""));
  EXPECT_EQ(known, (std::vector<std::string>{"tests/test_apart.py::test_x", "tests/test_one.py::test_a failed",
                                             "tests/test_two.py::test_c"}));
  ASSERT_EQ(merged.map.files.size(), 1U);
  const ReachedFile& file = merged.map.files[0];
  EXPECT_EQ(file.source_hash, now);
  std::map<std::string, std::vector<model::LineRange>> lines;
  for (const auto& reached : file.tests) lines[merged.map.tests[reached.test].value] = reached.lines;
  EXPECT_EQ(lines[".:pytest::tests/test_one.py::test_a"], (std::vector<model::LineRange>{{5, 6}}));
  EXPECT_EQ(lines[".:pytest::tests/test_two.py::test_c"], (std::vector<model::LineRange>{{10, 10}}));
  EXPECT_EQ(lines[".:pytest"], (std::vector<model::LineRange>{{1, 1}, {4, 4}, {9, 9}}));
}

TEST(MergeTestMaps, AChangeThatNobodyTestedIsNotForgotten) {
  const Project project;
  StoredMap fresh;  // of a run that the caller narrowed: nothing of this suite ran
  fresh.files = project.texts;
  const StoredMap merged = merge_test_maps({project.stored,
                                            fresh,
                                            {".:pytest::tests/test_apart.py::test_x"},
                                            false,
                                            [](const std::string&) { return std::optional<std::string>(kProduct); },
                                            [](const std::string& id) { return std::optional(id); }});
  EXPECT_EQ(merged.tests.size(), 4U);
  EXPECT_EQ(entry_of(merged.map, ".:pytest::tests/test_two.py::test_c"), std::nullopt);  // runs the next time
  EXPECT_NE(entry_of(merged.map, ".:pytest::tests/test_apart.py::test_x"), std::nullopt);
}

TEST(TestMapStore, ReadsBackWhatItWrote) {
  Project project;
  project.stored.opaque = {{"s::a"}};
  project.stored.written_by_tests = {"out"};
  project.stored.texts = {{"id", std::string("a\0b", 3)}};
  project.stored.tests[1].failed = true;
  const auto bytes = pack_test_map(project.stored);
  ASSERT_TRUE(bytes);
  const auto read = unpack_test_map(*bytes, "it");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->map, project.stored.map);
  EXPECT_EQ(read->tests, project.stored.tests);
  EXPECT_EQ(read->opaque, project.stored.opaque);
  EXPECT_EQ(read->files, project.stored.files);
  EXPECT_EQ(read->texts, project.stored.texts);
  EXPECT_EQ(read->written_by_tests, project.stored.written_by_tests);
  EXPECT_EQ(read->environment, project.stored.environment);
}

TEST(TestMapStore, RefusesDamage) {
  const std::string bytes = pack_test_map(Project().stored).value();
  for (std::size_t cut = 0; cut < bytes.size(); ++cut)
    EXPECT_FALSE(unpack_test_map(std::string_view(bytes).substr(0, cut), "it")) << cut;
  EXPECT_EQ(unpack_test_map("rh-test-map 2\n", "it").error().kind, ErrorKind::unsupported);
  std::string large = "rh-test-map 1\n";
  large += "\xff\xff\xff\xff\x07";  // 2 GiB out of nothing
  EXPECT_FALSE(unpack_test_map(large + "x", "it"));
}

}  // namespace
}  // namespace rh::engine
