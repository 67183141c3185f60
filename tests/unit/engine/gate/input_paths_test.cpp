#include "runner/engine/gate/input_paths.h"

#include <gtest/gtest.h>

#include "runner/base/file.h"

namespace rh::engine {
namespace {

class InputPathsTest : public testing::Test {
 protected:
  void put(const std::string& path) {
    ASSERT_TRUE(make_directories((root_.path() / path).parent_path()));
    ASSERT_TRUE(write_file(root_.path() / path, "x"));
  }
  std::vector<std::string> shown(const std::vector<std::string>& words) {
    found_ = *find_inputs(words, root_.path());
    std::vector<std::string> all;
    for (const InputPath& input : found_.inputs) all.push_back(input.shown);
    return all;
  }
  using Names = std::vector<std::string>;
  TempDir root_ = *TempDir::make("rh-inputs-");
  InputPaths found_;
};

TEST_F(InputPathsTest, FilesInTheOrderOfTheWords) {
  put("b.xml"), put("a.xml");
  EXPECT_EQ(shown({"b.xml", "a.xml"}), (Names{"b.xml", "a.xml"}));
  EXPECT_TRUE(found_.inputs[0].named);
}

TEST_F(InputPathsTest, EachFileOnce) {
  put("r/a.xml");
  EXPECT_EQ(shown({"r/a.xml", "r", "./r/a.xml", "r/*.xml"}), (Names{"r/a.xml"}));
}

TEST_F(InputPathsTest, FoldersAndGlobsByName) {
  put("r/c.xml"), put("r/b/z.xml"), put("r/a.txt"), put("r/node_modules/x.xml"), put("r/.git/x.xml");
  EXPECT_EQ(shown({"r"}), (Names{"r/a.txt", "r/b/z.xml", "r/c.xml"}));
  EXPECT_FALSE(found_.inputs[0].named);
  EXPECT_EQ(shown({"r/*.xml"}), (Names{"r/c.xml"}));
  EXPECT_EQ(shown({"r/**/*.xml"}), (Names{"r/b/z.xml", "r/c.xml"}));
  EXPECT_EQ(shown({"**/z.xml"}), (Names{"r/b/z.xml"}));
  EXPECT_EQ(shown({"r/?.txt"}), (Names{"r/a.txt"}));
  EXPECT_EQ(shown({"."}), (Names{"r/a.txt", "r/b/z.xml", "r/c.xml"}));
}

TEST_F(InputPathsTest, AFileWithAStarInItsNameIsThatFile) {
  put("a*.xml"), put("ab.xml");
  EXPECT_EQ(shown({"a*.xml"}), (Names{"a*.xml"}));
}

TEST_F(InputPathsTest, WhatIsNotThereIsSaid) {
  put("r/a.xml");
  ASSERT_TRUE(make_directories(root_.path() / "empty"));
  EXPECT_TRUE(shown({"no.xml", "r/*.json", "empty"}).empty());
  EXPECT_EQ(found_.missing, (Names{"no.xml"}));
  EXPECT_EQ(found_.unmatched, (Names{"r/*.json", "empty"}));
}

TEST_F(InputPathsTest, FoldersThatAreOneInput) {
  put("cov/covmeta.0123"), put("cov/covcounters.0123.1.2"), put("runs/1/events.jsonl"), put("runs/1/junit.xml");
  EXPECT_EQ(shown({"cov"}), (Names{"cov"}));
  EXPECT_EQ(found_.inputs[0].kind, InputKind::go_coverage);
  EXPECT_EQ(shown({"runs"}), (Names{"runs/1"}));
  EXPECT_EQ(found_.inputs[0].kind, InputKind::run_directory);
  EXPECT_EQ(shown({"runs/*"}), (Names{"runs/1"}));
}

}  // namespace
}  // namespace rh::engine
