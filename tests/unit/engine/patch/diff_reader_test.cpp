// The reader of git's diff: the same for pieces of any size, and an error for what git does not write.
#include "runner/engine/patch/diff_reader.h"

#include <gmock/gmock.h>

#include "runner/engine/patch/line_map.h"
#include "runner/engine/patch/quoted_path.h"

namespace rh::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kDiff =
    ":100644 100644 1111111111111111111111111111111111111111 2222222222222222222222222222222222222222 M\ta.py\n"
    ":100644 100644 1111111111111111111111111111111111111111 0000000000000000000000000000000000000000 R090\told "
    "b.py\t\"n\\tew.py\"\n"
    ":000000 120000 0000000000000000000000000000000000000000 3333333333333333333333333333333333333333 A\tlink\n"
    ":000000 100644 0000000000000000000000000000000000000000 4444444444444444444444444444444444444444 A\tx and "
    "b/y.bin\n"
    "\n"
    "diff --git a/a.py b/a.py\n"
    "index 1111111111111111111111111111111111111111..2222222222222222222222222222222222222222 100644\n"
    "--- a/a.py\n"
    "+++ b/a.py\n"
    "@@ -2 +2,2 @@ def f():\n"
    "-old\n"
    "+# idle\n"
    "+code\n"
    "@@ -9,2 +9,0 @@\n"
    "-@@ -1 +1 @@\n"
    "--- a/x\n"
    "@@ -20,0 +19,3 @@\n"
    "+++ b/x\n"
    "+\n"
    "+   \t\n"
    "diff --git \"a/old b.py\" \"b/n\\tew.py\"\n"
    "similarity index 90%\n"
    "rename from old b.py\n"
    "rename to \"n\\tew.py\"\n"
    "index 1111111111111111111111111111111111111111..5555555555555555555555555555555555555555 100644\n"
    "--- a/old b.py\t\n"
    "+++ \"b/n\\tew.py\"\t\n"
    "@@ -1 +1 @@\n"
    "-x\n"
    "\\ No newline at end of file\n"
    "+y\n"
    "\\ No newline at end of file\n"
    "diff --git a/link b/link\n"
    "new file mode 120000\n"
    "--- /dev/null\n"
    "+++ b/link\n"
    "@@ -0,0 +1 @@\n"
    "+target\n"
    "diff --git a/x and b/y.bin b/x and b/y.bin\n"
    "new file mode 100644\n"
    "Binary files /dev/null and b/x and b/y.bin differ\n";

void check(const std::vector<DiffRecord>& records) {
  ASSERT_EQ(records.size(), 4U);
  EXPECT_THAT(records[0].hunks, ElementsAre(Hunk{2, 1, 2, 2}, Hunk{9, 2, 9, 0}, Hunk{20, 0, 19, 3}));
  EXPECT_THAT(records[0].idle, ElementsAre(model::LineRange{2, 2}, model::LineRange{20, 21}));
  EXPECT_EQ(records[1].path, "n\tew.py");
  EXPECT_EQ(records[1].old_path, "old b.py");
  EXPECT_EQ(records[1].new_blob, std::string(40, '5'));
  EXPECT_THAT(records[1].hunks, ElementsAre(Hunk{1, 1, 1, 1}));
  EXPECT_TRUE(records[2].hunks.empty());
  EXPECT_TRUE(records[3].binary);
  EXPECT_FALSE(records[0].binary || records[1].binary || records[2].binary);
}

TEST(DiffReader, PiecesOfAnySize) {
  for (const std::size_t size : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{64}, kDiff.size()}) {
    DiffReader reader;
    for (std::size_t at = 0; at < kDiff.size(); at += size) ASSERT_TRUE(reader.feed(kDiff.substr(at, size)));
    const auto records = reader.finish();
    ASSERT_TRUE(records) << records.error().message();
    check(*records);
  }
}

TEST(DiffReader, LongLines) {
  const std::string long_line(3 * kMaxKeptLine, 'x');
  const std::string text = std::string(kDiff.substr(0, kDiff.find(":100644 100644", 20))) +
                           "\n--- a/a.py\n+++ b/a.py\n@@ -1 +1,2 @@\n-" + long_line + "\n+" + long_line + "\n+#" +
                           long_line + "\n";
  DiffReader reader;
  for (std::size_t at = 0; at < text.size(); at += 1000)
    ASSERT_TRUE(reader.feed(std::string_view(text).substr(at, 1000)));
  const auto records = reader.finish();
  ASSERT_TRUE(records) << records.error().message();
  EXPECT_THAT((*records)[0].hunks, ElementsAre(Hunk{1, 1, 1, 2}));
  EXPECT_THAT((*records)[0].idle, ElementsAre(model::LineRange{2, 2}));
}

TEST(DiffReader, WhatGitDoesNotWrite) {
  const std::string raw(kDiff.substr(0, kDiff.find('\n') + 1));
  const std::string file = raw + "--- a/a.py\n+++ b/a.py\n";
  for (const std::string& text :
       {file + "@@ -1 +1 @@\n-x\n", file + "@@ -1 +1 @@\nx\n", file + "@@ -1 +99999999999 @@\n", file + "@@ 1 +1 @@\n",
        file + "@@ -1 +1\n", raw + "--- \"a/a.py\n", std::string(":100644 M\ta\n"),
        std::string(":100644 100644 1 2 M\n"), std::string(":100648 100644 1 2 M\ta\n"), std::string("index 12\n"),
        std::string("diff --git a/x b/x")}) {
    DiffReader reader;
    const auto fed = reader.feed(text);
    const auto error = fed ? reader.finish() : Result<std::vector<DiffRecord>>(Failure{fed.error()});
    ASSERT_FALSE(error) << text;
    EXPECT_THAT(error.error().message(), HasSubstr("answer of git")) << text;
  }
}

TEST(QuotedPath, EscapesOfC) {
  EXPECT_EQ(unquoted_path("plain \\n.py"), "plain \\n.py");
  EXPECT_EQ(unquoted_path(R"("\a\b\t\n\v\f\r\"\\\303\251")"), "\a\b\t\n\v\f\r\"\\\303\251");
  EXPECT_EQ(unquoted_path("\""), std::nullopt);
  EXPECT_EQ(unquoted_path(R"("open)"), std::nullopt);
  EXPECT_EQ(unquoted_path(R"("\q")"), std::nullopt);
  EXPECT_EQ(unquoted_path(R"("\40")"), std::nullopt);
  EXPECT_EQ(unquoted_path(R"("\")"), std::nullopt);
}

// By a text of 30 numbered lines in which hunks are applied by hand.
TEST(LineMap, BothWays) {
  const std::vector<Hunk> hunks{{0, 0, 1, 2}, {3, 2, 5, 1}, {8, 1, 8, 0}, {12, 0, 13, 1}, {20, 1, 21, 3}};
  const LineMap map(hunks);
  std::vector<std::uint32_t> old_of_new;  // 0: made by the change
  for (std::uint32_t line = 1; line <= 25; ++line) old_of_new.push_back(map.old_line(line).value_or(0));
  EXPECT_THAT(old_of_new,
              ElementsAre(0, 0, 1, 2, 0, 5, 6, 7, 9, 10, 11, 12, 0, 13, 14, 15, 16, 17, 18, 19, 0, 0, 0, 21, 22));
  for (std::uint32_t line = 1; line <= 25; ++line)
    if (const auto next = map.new_line(line)) {
      EXPECT_EQ(map.old_line(*next), line);
    }
  EXPECT_EQ(map.new_line(3), std::nullopt);
  EXPECT_EQ(map.new_line(8), std::nullopt);
  EXPECT_EQ(map.new_line(20), std::nullopt);
  const std::vector<Hunk> none;
  EXPECT_EQ(LineMap(none).old_line(7), 7U);
}

}  // namespace
}  // namespace rh::engine
