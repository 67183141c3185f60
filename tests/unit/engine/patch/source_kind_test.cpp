#include "runner/engine/patch/source_kind.h"

#include <gtest/gtest.h>

namespace rh::engine {
namespace {

TEST(SourceKind, CoverageIsExpectedOf) {
  for (const char* path : {"a.py", "src/app.ts", "cmd/main.go", "crate/src/lib.rs", "x/y.CPP", "src/testing.py",
                           "src/latest.js", "contest/a.go", "src/attest_key.py", "app/target/x.java", "web/App.vue"})
    EXPECT_TRUE(is_expected_source(path, {})) << path;
}

TEST(SourceKind, CoverageIsNotExpectedOf) {
  for (const char* path :
       {"README.md",         "Makefile",           ".py",           "a.h",           "a.json",
        "tests/a.py",        "src/test_a.py",      "src/a_test.go", "a.test.tsx",    "a.spec.js",
        "pkg/testdata/x.go", "src/__tests__/a.js", "conftest.py",   "setup.py",      "vite.config.ts",
        "types/index.d.ts",  "api_pb2.py",         "api.pb.go",     "vendor/x/y.go", "web/node_modules/x/index.js",
        "build.rs",          "src/FooTest.java",   ".eslintrc.js",  "lib/x.min.js"})
    EXPECT_FALSE(is_expected_source(path, {})) << path;
  EXPECT_FALSE(is_expected_source("scripts/release.py", {"scripts/**"}));
  EXPECT_TRUE(is_expected_source("src/scripts.py", {"scripts/**"}));
}

TEST(SourceKind, IdleLines) {
  const Language* python = language_of("a.py");
  const Language* c = language_of("a.cpp");
  for (const char* line : {"", "  \t\r", "# x", "   #!/usr/bin/env python"})
    EXPECT_TRUE(is_idle_line(line, python)) << line;
  for (const char* line : {"x = 1  # y", "'''", "pass", "// 2"}) EXPECT_FALSE(is_idle_line(line, python)) << line;
  for (const char* line : {"// x", "  /* x", " * x", " *", " */", "/* x */"})
    EXPECT_TRUE(is_idle_line(line, c)) << line;
  for (const char* line : {"*p = 1;", "/* x */ int a;", "}", "*/ int b;", "#include <x>"})
    EXPECT_FALSE(is_idle_line(line, c)) << line;
  EXPECT_TRUE(is_idle_line("  ", nullptr));
  EXPECT_FALSE(is_idle_line("# x", nullptr));
}

}  // namespace
}  // namespace rh::engine
