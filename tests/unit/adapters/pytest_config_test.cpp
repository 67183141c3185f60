#include "runner/adapters/pytest_config.h"

#include <gmock/gmock.h>

#include "runner/adapters/pytest_coverage.h"
#include "tests/unit/adapters/temp_repository.h"

namespace rh::adapters {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> addopts_of(const TempRepository& files) {
  std::vector<model::Diagnostic> diagnostics;
  return read_pytest_config(files.path(), ".", diagnostics).addopts;
}

TEST(SplitWords, LikeAShell) {
  EXPECT_THAT(split_words(" -k 'a or b' --x=\"1 2\"  a\\ b ''\n-q"),
              ElementsAre("-k", "a or b", "--x=1 2", "a b", "", "-q"));
  EXPECT_THAT(split_words("  "), IsEmpty());
}

TEST(PytestConfig, AddoptsOfIniAndToml) {
  TempRepository ini;
  ini.write("pytest.ini",
            "; comment\n[pytest]\naddopts = -ra\n    --strict-markers\n    # no\n    -n 2\nmarkers =\n    slow: x\n");
  EXPECT_THAT(addopts_of(ini), ElementsAre("-ra", "--strict-markers", "-n", "2"));
  TempRepository list;
  list.write("pyproject.toml", "[tool.pytest.ini_options]\naddopts = ['--cov', '-k', 'a b']\n");
  EXPECT_THAT(addopts_of(list), ElementsAre("--cov", "-k", "a b"));
}

TEST(PytestConfig, PytestIniWinsEvenWhenEmpty) {
  TempRepository files;
  files.write("pytest.ini", "");
  files.write("pyproject.toml", "[tool.pytest.ini_options]\naddopts = '-x'\n");
  EXPECT_THAT(addopts_of(files), IsEmpty());
}

TEST(CoverageConfig, SelectionAndParallelData) {
  TempRepository toml;
  toml.write("pyproject.toml", "[tool.coverage.run]\nsource = ['a']\npatch = ['subprocess']\n");
  EXPECT_TRUE(read_coverage_config(toml.path()).selects_files);
  EXPECT_TRUE(read_coverage_config(toml.path()).parallel);

  TempRepository own;  // .coveragerc hides the others
  own.write(".coveragerc", "[run]\nbranch = True\n[report]\nfail_under = 90\n");
  own.write("setup.cfg", "[coverage:run]\nsource = x\nparallel = true\n");
  EXPECT_FALSE(read_coverage_config(own.path()).selects_files);
  EXPECT_FALSE(read_coverage_config(own.path()).parallel);

  TempRepository cfg;
  cfg.write("tox.ini", "[coverage:run]\nomit =\n    x/*\nconcurrency = multiprocessing\n");
  EXPECT_TRUE(read_coverage_config(cfg.path()).selects_files);
  EXPECT_TRUE(read_coverage_config(cfg.path()).parallel);
}

TEST(GuessSources, SrcThenPackagesThenModules) {
  TempRepository src;
  src.write("src/app/__init__.py", "");
  src.write("tools/__init__.py", "");
  EXPECT_THAT(guess_sources(src.path()), ElementsAre("src"));

  TempRepository packages;
  packages.write("b/__init__.py", "");
  packages.write("a/__init__.py", "");
  packages.write("tests/__init__.py", "");
  packages.write("setup.py", "");
  packages.write("docs/conf.py", "");
  EXPECT_THAT(guess_sources(packages.path()), ElementsAre("a", "b"));

  TempRepository modules;
  modules.write("calc.py", "");
  modules.write("test_calc.py", "");
  EXPECT_THAT(guess_sources(modules.path()), ElementsAre("."));

  TempRepository none;
  none.write("tests/test_a.py", "");
  EXPECT_THAT(guess_sources(none.path()), IsEmpty());
}

}  // namespace
}  // namespace rh::adapters
