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
