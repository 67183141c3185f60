#include "runner/adapters/go_discovery.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "runner/adapters/go_manifest.h"
#include "tests/unit/adapters/temp_repository.h"

namespace rh::adapters {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> ids(const std::vector<model::Suite>& suites) {
  std::vector<std::string> names;
  for (const model::Suite& suite : suites) names.push_back(suite.id.value);
  return names;
}

TEST(GoManifest, ReadsBlocksQuotesAndComments) {
  const GoMod mod = parse_go_mod(
      "// Deprecated: old\nmodule \"example.com/a\" // here\n\ngo 1.21\n\nrequire (\n\tgithub.com/x/y v1.2.3\n"
      "\tgithub.com/Z/z v0.0.0-20200101000000-abcdef // indirect\n)\nrequire one.org/o v1.0.0\nreplace github.com/x/y "
      "=> ../y\r\n"
      "replace (\n\ta v1.0.0 => b v2.0.0\n)\n");
  EXPECT_EQ(mod.module, "example.com/a");
  EXPECT_EQ(mod.go, "1.21");
  ASSERT_EQ(mod.require.size(), 3U);
  EXPECT_EQ(mod.require[1].version, "v0.0.0-20200101000000-abcdef");
  ASSERT_EQ(mod.replace.size(), 2U);
  EXPECT_EQ(mod.replace[0].by.path, "../y");
  EXPECT_EQ(mod.replace[0].by.version, "");
  EXPECT_EQ(mod.replace[1].by, (GoModuleVersion{"b", "v2.0.0"}));
}

TEST(GoManifest, ReadsUseLinesOfBothForms) {
  EXPECT_THAT(parse_go_work("go 1.22\nuse ./a\nuse (\n\t./b // second\n\t`./c d`\n)\n").use,
              ElementsAre("./a", "./b", "./c d"));
}

TEST(GoManifest, KeepsOnlySumsOfContent) {
  const auto sums = parse_go_sum("a v1.0.0 h1:x=\na v1.0.0/go.mod h1:y=\nb v2.0.0/go.mod h1:z=\n");
  EXPECT_THAT(sums, ElementsAre(GoModuleVersion{"a", "v1.0.0"}));
}

TEST(GoManifest, OrdersVersions) {
  EXPECT_LT(compare_go_versions("v1.2.3", "v1.10.0"), 0);
  EXPECT_LT(compare_go_versions("v1.0.0-rc.1", "v1.0.0"), 0);
  EXPECT_LT(compare_go_versions("v0.0.0-20190101000000-aaa", "v0.0.0-20200101000000-aaa"), 0);
  EXPECT_EQ(compare_go_versions("v2.0.0+incompatible", "v2.0.0"), 0);
  EXPECT_GT(compare_go_versions("1.21", "1.17"), 0);
}

TEST(GoManifest, EscapesUpperCase) {
  EXPECT_EQ(escape_module_path("github.com/BurntSushi/toml"), "github.com/!burnt!sushi/toml");
}

TEST(GoDiscovery, GivesEachModuleWithTestsItsSuite) {
  TempRepository files;
  files.write("go.mod", "module example.com/root\n");
  files.write("a/a_test.go", "package a");
  files.write("tools/go.mod", "module example.com/tools\n");
  files.write("tools/main.go", "package main");
  files.write("sub/deep/go.mod", "module example.com/deep\n");
  files.write("sub/deep/x/x_test.go", "package x");
  std::vector<model::Diagnostic> diagnostics;
  const auto suites = go_suites(files.walk(), diagnostics);
  EXPECT_THAT(ids(suites), ElementsAre(".:go", "sub/deep:go"));
  EXPECT_EQ(suites[0].details.at(go_detail::kModule), "example.com/root");
  EXPECT_THAT(diagnostics, IsEmpty());
}

TEST(GoDiscovery, LeavesOutWhatGoLeavesOut) {
  TempRepository files;
  files.write("go.mod", "module m\n");
  for (const char* file :
       {"vendor/v/v_test.go", "testdata/go.mod", "testdata/t_test.go", "_old/o_test.go", ".x/x_test.go", "_a_test.go"})
    files.write(file, "package p");
  std::vector<model::Diagnostic> diagnostics;
  EXPECT_THAT(go_suites(files.walk(), diagnostics), IsEmpty());
  EXPECT_THAT(diagnostics, IsEmpty());
}

TEST(GoDiscovery, MembersOfAWorkspaceKnowIt) {
  TempRepository files;
  files.write("go.work", "go 1.22\nuse ./a\nuse ./missing\nuse ../outside\n");
  files.write("a/go.mod", "module m/a\n");
  files.write("a/a_test.go", "package a");
  files.write("b/go.mod", "module m/b\n");
  files.write("b/b_test.go", "package b");
  std::vector<model::Diagnostic> diagnostics;
  const auto suites = go_suites(files.walk(), diagnostics);
  ASSERT_THAT(ids(suites), ElementsAre("a:go", "b:go"));
  EXPECT_EQ(suites[0].details.at(go_detail::kWorkspace), ".");
  EXPECT_EQ(suites[1].details.at(go_detail::kOutside), ".");
  ASSERT_EQ(diagnostics.size(), 1U);
  EXPECT_EQ(diagnostics[0].code, "go-work-member-missing");
}

TEST(GoDiscovery, TestsWithoutAModuleAreToldOnce) {
  TempRepository files;
  files.write("a/a_test.go", "package a");
  files.write("b/b_test.go", "package b");
  std::vector<model::Diagnostic> diagnostics;
  EXPECT_THAT(go_suites(files.walk(), diagnostics), IsEmpty());
  ASSERT_EQ(diagnostics.size(), 1U);
  EXPECT_EQ(diagnostics[0].code, "go-without-module");
  EXPECT_EQ(diagnostics[0].severity, model::Severity::warning);
}

class GoCache : public ::testing::Test {
 protected:
  std::vector<std::string> missing() {
    std::vector<model::Diagnostic> diagnostics;
    const auto suites = go_suites(files_.walk(), diagnostics);
    const auto found =
        std::find_if(suites.begin(), suites.end(), [&](const auto& suite) { return suite.root == root_; });
    if (found == suites.end()) return {"no suite"};
    GoToolchain go;
    go.module_cache = files_.path(".cache");
    return missing_go_modules(*found, files_.path(), go);
  }
  TempRepository files_;
  std::string root_ = ".";
};

TEST_F(GoCache, AsksForRequiredModulesThatHaveASum) {
  files_.write("go.mod",
               "module m\ngo 1.20\nrequire github.com/A/b v1.1.0\nrequire unused v1.0.0\nrequire local v1.0.0\nreplace "
               "local => ./l\n");
  files_.write(
      "go.sum",
      "github.com/A/b v1.1.0 h1:x=\ngithub.com/A/b v1.0.0 h1:old=\nunused v1.0.0/go.mod h1:x=\nlocal v1.0.0 h1:x=\n");
  files_.write("m_test.go", "package m");
  EXPECT_THAT(missing(), ElementsAre("github.com/A/b@v1.1.0"));
  files_.write(".cache/github.com/!a/b@v1.1.0/b.go", "package b");
  EXPECT_THAT(missing(), IsEmpty());
}

TEST_F(GoCache, OldModulesAreJudgedBySums) {
  files_.write("go.mod", "module m\ngo 1.16\nrequire a v1.0.0\n");
  files_.write("go.sum", "a v1.0.0 h1:x=\nb v1.0.0 h1:x=\nb v1.2.0 h1:x=\n");
  files_.write("m_test.go", "package m");
  EXPECT_THAT(missing(), ElementsAre("a@v1.0.0", "b@v1.2.0"));
}

TEST_F(GoCache, VendoredModulesNeedNothing) {
  files_.write("go.mod", "module m\ngo 1.20\nrequire a v1.0.0\n");
  files_.write("go.sum", "a v1.0.0 h1:x=\n");
  files_.write("vendor/modules.txt", "# a v1.0.0\n");
  files_.write("m_test.go", "package m");
  EXPECT_THAT(missing(), IsEmpty());
}

TEST_F(GoCache, WorkspaceTakesTheHighestVersionOfItsMembers) {
  files_.write("go.work", "go 1.22\nuse (\n ./a\n ./b\n)\n");
  files_.write("a/go.mod", "module m/a\ngo 1.22\nrequire x v1.0.0\nrequire m/b v0.0.0\n");
  files_.write("a/go.sum", "x v1.0.0 h1:x=\nm/b v0.0.0 h1:x=\n");
  files_.write("a/a_test.go", "package a");
  files_.write("b/go.mod", "module m/b\ngo 1.22\nrequire x v1.5.0\n");
  files_.write("b/go.sum", "x v1.5.0 h1:x=\n");
  root_ = "a";
  EXPECT_THAT(missing(), ElementsAre("x@v1.5.0"));
}

}  // namespace
}  // namespace rh::adapters
