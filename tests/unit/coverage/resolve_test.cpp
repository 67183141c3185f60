#include "tests/unit/coverage/coverage_matchers.h"

namespace rh::collectors {
namespace {

std::vector<CoverageFile> files_named(std::initializer_list<const char*> paths) {
  std::vector<CoverageFile> files;
  for (const char* path : paths) files.push_back({path, {{1, 1}}, {}, {}, {}});
  return files;
}

std::vector<std::string> paths_of(const model::CoverageReport& report) {
  std::vector<std::string> paths;
  for (const CoverageFile& file : report.files) paths.push_back(file.path);
  return paths;
}

using Paths = std::vector<std::string>;

PathMapping mapping_of(Paths repository_files = {}) {
  PathMapping mapping;
  mapping.repository_root = "/no/repo";
  mapping.base = "/no/repo";
  mapping.repository_files = std::move(repository_files);
  return mapping;
}

TEST(ResolvePaths, LongestPrefixWins) {
  PathMapping mapping = mapping_of();
  mapping.prefixes = {
      {"example.com/m", "/no/repo"}, {"example.com/m/sub", "/no/repo/other"}, {"example.com/mo", "/no/repo/wrong"}};
  const auto report =
      resolve_paths(files_named({"example.com/m/a.go", "example.com/m/sub/b.go", "example.com/mod/c.go"}), mapping);
  EXPECT_EQ(paths_of(report), (Paths{"a.go", "example.com/mod/c.go", "other/b.go"}));
}

TEST(ResolvePaths, BaseThenDotsAreNormalised) {
  PathMapping mapping = mapping_of({"packages/web/src/a.js", "packages/lib/b.js"});
  mapping.base = "/no/repo/packages/web";
  const auto report = resolve_paths(files_named({"./src/../src/a.js", "../lib/b.js"}), mapping);
  EXPECT_EQ(paths_of(report), (Paths{"packages/lib/b.js", "packages/web/src/a.js"}));
}

TEST(ResolvePaths, AbsoluteBelowTheRoot) {
  EXPECT_EQ(paths_of(resolve_paths(files_named({"/no/repo/x/./a.c", "/no/repository/b.c"}), mapping_of({"x/a.c"}))),
            (Paths{"x/a.c"}));
}

TEST(ResolvePaths, UniqueSuffixOnly) {
  const PathMapping mapping = mapping_of({"src/one/a.py", "src/two/a.py", "src/two/b.py"});
  const auto report = resolve_paths(
      files_named({"/build/ws/src/one/a.py", "b.py", "a.py", "nowhere.py", "C:\\ws\\src\\two\\b.py"}), mapping);
  EXPECT_EQ(paths_of(report), (Paths{"src/one/a.py", "src/two/b.py"}));
  EXPECT_EQ(report.files[1].lines, (std::vector<LineHits>{{1, 2}}));  // two names of one file are merged
  EXPECT_EQ(report.unresolved, (Paths{"a.py", "nowhere.py"}));
}

TEST(ResolvePaths, SuffixStartsAtAComponent) {
  EXPECT_EQ(resolve_paths(files_named({"/ws/xa.py"}), mapping_of({"a.py"})).files.size(), 0U);
}

TEST(ResolvePaths, AmbiguousAbsolutePathIsShownAndForeignOnesAreDropped) {
  const auto report = resolve_paths(files_named({"/ws/src/a.c", "/usr/include/stdio.h", "/x/node_modules/y/index.js"}),
                                    mapping_of({"a.c", "src/a.c", "index.js"}));
  EXPECT_TRUE(report.files.empty());
  EXPECT_EQ(report.unresolved, (Paths{"/ws/src/a.c"}));
}

TEST(ResolvePaths, LeavingTheRepositoryIsUnresolved) {
  const auto report = resolve_paths(files_named({"../../etc/passwd", "../outside/src/a.c"}), mapping_of({"src/a.c"}));
  EXPECT_TRUE(report.files.empty());
  EXPECT_EQ(report.unresolved.size(), 2U);
}

// What the caller says is stronger than what the repository would answer, and is not doubted: a file that is not there
// is shown, not looked for elsewhere.
TEST(ResolvePaths, TheGivenMapComesFirst) {
  PathMapping mapping = mapping_of({"src/a.py", "lib/a.py", "lib/b.py"});
  mapping.given = {{"/ci/build", "/no/repo/lib"}, {"src", "lib"}, {"C:\\agent\\work", "src"}};
  mapping.prefixes = {{"src", "/no/repo/src"}};
  const auto report = resolve_paths(files_named({"/ci/build/a.py", "src/a.py", "src/b.py", "C:\\agent\\work\\a.py",
                                                 "/ci/build/none/b.py", "/ci/buildings/b.py"}),
                                    mapping);
  EXPECT_EQ(paths_of(report), (Paths{"lib/a.py", "lib/b.py", "src/a.py"}));
  EXPECT_EQ(report.files[0].lines, (std::vector<LineHits>{{1, 2}}));
  EXPECT_EQ(report.unresolved, (Paths{"/ci/build/none/b.py"}));
}

TEST(ResolvePaths, SourceRootsBeforeModules) {
  PathMapping mapping = mapping_of({"app/web/a.js", "web/a.js"});
  mapping.base = "/no/repo/app";
  mapping.prefixes = {{"web", "/no/repo/web"}};
  EXPECT_EQ(paths_of(resolve_paths(files_named({"web/a.js"}), mapping)), (Paths{"app/web/a.js"}));
}

TEST(ResolvePaths, AModuleWithoutTheFileIsNoAnswer) {
  PathMapping mapping = mapping_of({"cmd/tool/x.go"});
  mapping.prefixes = {{"tool", "/no/repo"}};
  EXPECT_EQ(paths_of(resolve_paths(files_named({"tool/x.go"}), mapping)), (Paths{"cmd/tool/x.go"}));
}

// "/app/src/index.js" could be src/index.js or index.js; that /app/src/only.js is src/only.js for certain says which.
TEST(ResolvePaths, WhatIsCertainSettlesWhatIsNot) {
  const PathMapping mapping = mapping_of({"index.js", "src/index.js", "src/only.js", "src/in/only2.js"});
  EXPECT_EQ(paths_of(resolve_paths(files_named({"/app/src/index.js", "/app/src/only.js"}), mapping)),
            (Paths{"src/index.js", "src/only.js"}));
  EXPECT_EQ(resolve_paths(files_named({"/app/src/index.js", "/other/src/only.js"}), mapping).unresolved,
            (Paths{"/app/src/index.js"}));
  EXPECT_EQ(resolve_paths(files_named({"/app/src/index.js", "/app/src/only.js", "/app/src/src/in/only2.js"}), mapping)
                .unresolved,
            (Paths{"/app/src/index.js"}))
      << "both heads are known";
}

TEST(ResolvePaths, CaseIsNotGuessed) {
  const auto report = resolve_paths(files_named({"SRC/A.py", "c:\\No\\Repo\\src\\a.PY"}), mapping_of({"src/a.py"}));
  EXPECT_TRUE(report.files.empty());
}

// 20,000 files of one name: a comparison of each with each would be 400 million.
TEST(ResolvePaths, ManyFilesOfOneName) {
  Paths names;
  std::vector<CoverageFile> files;
  for (int i = 0; i < 20'000; ++i) {
    names.push_back("src/p" + std::to_string(i) + "/__init__.py");
    files.push_back({"/build/ws/" + names.back(), {{1, 1}}, {}, {}, {}});
  }
  const auto report = resolve_paths(std::move(files), mapping_of(names));
  EXPECT_EQ(report.files.size(), 20'000U);
  EXPECT_TRUE(report.unresolved.empty());
}

TEST(ResolvePaths, ExcludedGlobsAreDropped) {
  PathMapping mapping = mapping_of();
  mapping.exclude_globs = {"**/*.test.js", "tests/**"};
  const auto report = resolve_paths(files_named({"src/a.js", "src/a.test.js", "tests/x/y.js"}), mapping);
  EXPECT_EQ(paths_of(report), (Paths{"src/a.js"}));
  EXPECT_EQ(report.totals.lines, (Ratio{1, 1}));
  EXPECT_TRUE(report.unresolved.empty());
}

}  // namespace
}  // namespace rh::collectors
