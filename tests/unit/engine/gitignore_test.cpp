#include "runner/engine/gitignore.h"

#include <gtest/gtest.h>

namespace rh::engine {
namespace {

bool ignored(std::string_view rules, std::string_view path, bool folder = false) {
  IgnoreRules all;
  all.add(".", rules);
  return all.ignored(path, folder);
}

// Expectations are what `git check-ignore` says.
TEST(Gitignore, FollowsGit) {
  EXPECT_TRUE(ignored("*.log", "a/b.log"));
  EXPECT_TRUE(ignored("build/", "build", true));
  EXPECT_FALSE(ignored("build/", "build", false));
  EXPECT_TRUE(ignored("build/", "x/build", true));
  EXPECT_TRUE(ignored("/build", "build"));
  EXPECT_FALSE(ignored("/build", "x/build"));
  EXPECT_TRUE(ignored("a/b", "a/b"));
  EXPECT_FALSE(ignored("a/b", "x/a/b"));
  EXPECT_TRUE(ignored("**/b", "x/a/b"));
  EXPECT_TRUE(ignored("a/**/b", "a/b"));
  EXPECT_TRUE(ignored("a/**/b", "a/x/y/b"));
  EXPECT_TRUE(ignored("a/**", "a/x/y"));
  EXPECT_FALSE(ignored("a/*", "a/x/y"));
  EXPECT_TRUE(ignored("foo?", "foox"));
  EXPECT_TRUE(ignored("[a-c]x", "bx"));
  EXPECT_FALSE(ignored("[!a-c]x", "bx"));
  EXPECT_TRUE(ignored("\\#x", "#x"));
  EXPECT_FALSE(ignored("# comment", "# comment"));
  EXPECT_TRUE(ignored("trailing   ", "trailing"));
}

TEST(Gitignore, LastMatchWins) {
  EXPECT_FALSE(ignored("*.log\n!keep.log", "keep.log"));
  EXPECT_TRUE(ignored("!keep.log\n*.log", "keep.log"));
}

TEST(Gitignore, RulesBelongToTheirFolder) {
  IgnoreRules rules;
  rules.add("sub", "/x\ny");
  EXPECT_TRUE(rules.ignored("sub/x", false));
  EXPECT_FALSE(rules.ignored("x", false));
  EXPECT_TRUE(rules.ignored("sub/deep/y", false));
  EXPECT_FALSE(rules.ignored("y", false));
}

TEST(Gitignore, RulesAboveTheRootAreSeenFromThere) {
  IgnoreRules rules;
  rules.add(".", "/packages/web/dist\n/dist", "packages/web");
  EXPECT_TRUE(rules.ignored("dist", true)) << "packages/web/dist";
  IgnoreRules other;
  other.add(".", "/dist", "packages/web");
  EXPECT_FALSE(other.ignored("dist", true)) << "only the outer folder's own dist";
}

TEST(Gitignore, HostilePatternsEndInTime) { EXPECT_FALSE(ignored("*a*a*a*a*a*a*a*a*a*a*a*b", std::string(3000, 'a'))); }

}  // namespace
}  // namespace rh::engine
