// Which suites an npm repository has, by its files alone.
#include <gtest/gtest.h>

#include "runner/adapters/npm_discovery.h"
#include "runner/base/text.h"
#include "tests/unit/adapters/temp_repository.h"

namespace rh::adapters {
namespace {

struct Found {
  std::vector<model::Suite> suites;
  std::vector<model::Diagnostic> diagnostics;

  [[nodiscard]] std::string ids() const {
    std::vector<std::string> ids;
    for (const model::Suite& suite : suites) ids.push_back(suite.id.value);
    return join(ids, " ");
  }
};

Found discover(const TempRepository& repository) {
  Found found;
  found.suites = npm_suites(repository.walk(), found.diagnostics);
  return found;
}

TEST(NpmDiscovery, OneSuiteForEachRunner) {
  const TempRepository repository;
  repository.write("package.json",
                   R"({"scripts": {"pretest": "tsc", "test": "eslint . && mocha a && mocha b && jest"}})");
  const Found found = discover(repository);
  EXPECT_EQ(found.ids(), ".:mocha .:mocha#2 .:jest");
  EXPECT_EQ(found.suites[1].runner_args, std::vector<std::string>{"b"});
  EXPECT_EQ(detail_list(found.suites[0], npm_detail::kBuild), std::vector<std::string>{"tsc"});
  EXPECT_EQ(detail_list(found.suites[0], npm_detail::kSkippedChecks), std::vector<std::string>{"eslint ."});
}

TEST(NpmDiscovery, MembersOfWorkspacesInstallAtTheRoot) {
  const TempRepository repository;
  repository.write("package.json",
                   R"({"workspaces": {"packages": ["packages/*"]}, "scripts": {"test": "npm test -ws"}})");
  repository.write("package-lock.json", "{}");
  repository.write("packages/a/package.json", R"({"scripts": {"test": "node --test"}})");
  repository.write("packages/b/package.json", R"({"scripts": {"test": "vitest"}})");
  repository.write("other/package.json", R"({"scripts": {"test": "jest"}})");
  repository.write("other/yarn.lock", "");
  repository.write("packages/a/test/fixtures/x/package.json", R"({"scripts": {"test": "jest"}})");
  const Found found = discover(repository);
  EXPECT_EQ(found.ids(), "other:jest packages/a:node:test packages/b:vitest");
  EXPECT_EQ(found.suites[0].details.at(npm_detail::kInstallFolder), "other");
  EXPECT_EQ(found.suites[0].details.at(npm_detail::kPackageManager), "yarn");
  EXPECT_EQ(found.suites[1].details.at(npm_detail::kInstallFolder), ".");
  EXPECT_EQ(found.suites[1].details.at(npm_detail::kPackageManager), "npm");
}

TEST(NpmDiscovery, ReadsPnpmWorkspaces) {
  const TempRepository repository;
  repository.write("package.json", R"({"packageManager": "pnpm@9.1.0"})");
  repository.write("pnpm-workspace.yaml",
                   "# members\npackages:\n  - 'libs/**'\n  - \"!libs/old\" # gone\ncatalog:\n  - x\n");
  repository.write("libs/a/package.json", R"({"scripts": {"test": "vitest run"}})");
  repository.write("libs/old/package.json", R"({"scripts": {"test": "vitest run"}})");
  const Found found = discover(repository);
  EXPECT_EQ(found.ids(), "libs/a:vitest libs/old:vitest");
  EXPECT_EQ(found.suites[0].details.at(npm_detail::kPackageManager), "pnpm");
  EXPECT_EQ(found.suites[1].details.at(npm_detail::kInstallFolder), "libs/old");
  EXPECT_EQ(parse_pnpm_workspace("packages: ['a', \"b/*\"]\n"), (std::vector<std::string>{"a", "b/*"}));
}

TEST(NpmDiscovery, WithoutScriptTheFilesDecide) {
  const TempRepository repository;
  repository.write("a/package.json", R"({"devDependencies": {"vitest": "4"}})");
  repository.write("a/src/x.test.ts", "");
  repository.write("b/package.json", R"({"jest": {}})");
  repository.write("b/__tests__/x.js", "");
  repository.write("c/package.json", R"({"scripts": {"test": "echo \"Error: no test specified\" && exit 1"}})");
  repository.write("d/package.json", "{}");
  repository.write("d/test/x.js", "import test from 'node:test';");
  repository.write("e/package.json", R"({"devDependencies": {"mocha": "11"}})");
  repository.write("f/package.json", R"({"scripts": {"test": "node test.js"}})");
  repository.write("f/test.js", "require('node:test')(\"x\", () => {}); require(\"node:test\")");
  EXPECT_EQ(discover(repository).ids(), "a:vitest b:jest d:node:test f:node:test");
}

TEST(NpmDiscovery, UnreadRunnersRunAsTheyAre) {
  const TempRepository repository;
  repository.write("a/package.json", R"({"scripts": {"test": "xo && ava && tsd"}})");
  repository.write("b/package.json", R"({"scripts": {"test": "node scripts/run.js"}})");
  const Found found = discover(repository);
  EXPECT_EQ(found.ids(), "a:npm-script b:npm-script");
  ASSERT_EQ(found.diagnostics.size(), 2U);
  EXPECT_EQ(found.diagnostics[0].code, "no-per-test-results");
}

TEST(NpmDiscovery, BrokenManifestIsSaidWithItsPosition) {
  const TempRepository repository;
  repository.write("package.json", "{\n  \"name\": \"x\",\n  \"scripts\": {,}\n}\n");
  repository.write("b/package.json", "[]");
  repository.write("c/package.json", R"({"scripts": {"test": 5}, "workspaces": 7, "dependencies": []})");
  const Found found = discover(repository);
  EXPECT_TRUE(found.suites.empty());
  ASSERT_EQ(found.diagnostics.size(), 2U);
  EXPECT_EQ(found.diagnostics[0].code, "bad-manifest");
  EXPECT_EQ(found.diagnostics[0].subject, "package.json:3:15");
  EXPECT_EQ(found.diagnostics[1].subject, "b/package.json:1:1");
}

}  // namespace
}  // namespace rh::adapters
