#include "runner/engine/affected/path_rules.h"

#include <gtest/gtest.h>

#include "runner/engine/affected/snapshot.h"

namespace rh::engine {
namespace {

TEST(PathRules, ByName) {
  using enum PathRole;
  const auto expect = [](std::string_view path, std::string_view ecosystem, PathRole role) {
    EXPECT_EQ(role_of(path, ecosystem), role) << path << " of " << ecosystem;
  };
  expect("README.md", "pytest", nobody);
  expect("README.md", "cargo", other);  // crates include it in their documentation, whose examples are tests
  expect("tests/data/page.md", "pytest", other);
  expect(".github/workflows/ci.yml", "go", nobody);
  expect("docs/index.rst", "pytest", nobody);
  expect("docs/conf.py", "pytest", source);
  expect("a/conftest.py", "pytest", configuration);
  expect("package-lock.json", "npm", configuration);
  expect("vite.config.ts", "npm", configuration);
  expect("go.sum", "go", configuration);
  expect("build.rs", "cargo", configuration);
  expect("a/test_b.py", "pytest", test_file);
  expect("a/b_test.go", "go", test_file);
  expect("test/b.test.js", "npm", test_file);
  expect("tests/it.rs", "cargo", test_file);
  expect("src/a.rs", "cargo", source);
  expect("src/a.rs", "pytest", other);  // may be an extension
  expect("src/_speed.c", "pytest", other);
  expect("schema.sql", "go", other);
}

TEST(PathRules, WhatRunsLeaveBehind) {
  EXPECT_TRUE(is_left_behind("a/__pycache__/b.pyc"));
  EXPECT_TRUE(is_left_behind("node_modules/x/index.js"));
  EXPECT_TRUE(is_left_behind(".runharness/history.db"));
  EXPECT_TRUE(is_left_behind(".coverage"));
  EXPECT_FALSE(is_left_behind("src/target.py"));
}

}  // namespace
}  // namespace rh::engine
