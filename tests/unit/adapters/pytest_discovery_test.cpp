#include "runner/adapters/pytest_discovery.h"

#include <gmock/gmock.h>

#include "tests/unit/adapters/temp_repository.h"

namespace rh::adapters {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::string_view kTest = "def test_a():\n    pass\n";

class PytestDiscovery : public ::testing::Test {
 protected:
  std::vector<PytestRoot> find() { return find_pytest_roots(files_.walk(), diagnostics_); }
  std::vector<std::string> folders() {
    std::vector<std::string> folders;
    for (const PytestRoot& root : find()) folders.push_back(root.folder);
    return folders;
  }
  TempRepository files_;
  std::vector<model::Diagnostic> diagnostics_;
};

TEST_F(PytestDiscovery, ConfigurationMakesARootAndSaysWhich) {
  files_.write("a/pyproject.toml", "[tool.pytest.ini_options]\naddopts = '-ra'\n");
  files_.write("b/pyproject.toml", "[tool.pytest]\n");
  files_.write("c/tox.ini", "[tox]\n\n[pytest]\n");
  files_.write("d/setup.cfg", "[tool:pytest]\n");
  files_.write("e/pytest.ini", "");
  files_.write("f/.pytest.ini", "");
  files_.write("no/tox.ini", "[tox]\nenvlist = py\n");
  files_.write("no/pyproject.toml", "[project]\nname = 'no'\n");
  const auto roots = find();
  ASSERT_EQ(roots.size(), 6u);
  EXPECT_EQ(roots[0].reason, "pyproject.toml has [tool.pytest.ini_options]");
  EXPECT_EQ(roots[1].reason, "pyproject.toml has [tool.pytest]");
  EXPECT_EQ(roots[2].reason, "tox.ini has [pytest]");
  EXPECT_EQ(roots[3].reason, "setup.cfg has [tool:pytest]");
  EXPECT_EQ(roots[4].reason, "pytest.ini");
  EXPECT_EQ(roots[5].reason, ".pytest.ini");
  EXPECT_THAT(diagnostics_, IsEmpty());
}

TEST_F(PytestDiscovery, ForeignTablesInPytestTomlAreNoConfiguration) {
  files_.write("a/pytest.toml", "");
  files_.write("b/pytest.toml", "[pytest]\n");
  files_.write("recipes/pytest.toml", "[git]\nurl = 'https://example.com'\n");
  EXPECT_THAT(folders(), ElementsAre("a", "b"));
}

TEST_F(PytestDiscovery, NestedRootsRunApart) {
  files_.write("pytest.ini", "");
  files_.write("tests/test_a.py", kTest);
  files_.write("packages/web/pyproject.toml", "[tool.pytest.ini_options]\n");
  files_.write("packages/web/tests/test_b.py", kTest);
  files_.write("packages/plain/pyproject.toml", "[project]\nname = 'plain'\n");
  files_.write("packages/plain/test_c.py", kTest);
  const auto roots = find();
  ASSERT_EQ(roots.size(), 2u);
  EXPECT_EQ(roots[0].folder, ".");
  EXPECT_THAT(roots[0].nested, ElementsAre("packages/web"));
  EXPECT_EQ(roots[1].folder, "packages/web");
}

TEST_F(PytestDiscovery, ProjectsWithoutConfiguration) {
  files_.write("a/setup.py", "");
  files_.write("a/tests/unit/test_a.py", kTest);
  files_.write("b/requirements-dev.txt", "");
  files_.write("b/tests/requirements.txt", "");
  files_.write("b/tests/test_b.py", kTest);
  EXPECT_THAT(folders(), ElementsAre("a", "b"));
  EXPECT_EQ(find()[0].reason, "a/tests/unit/test_a.py holds tests, setup.py marks the project");
}

TEST_F(PytestDiscovery, LooseTestsStartAboveTheirTestFolder) {
  files_.write("calc.py", "");
  files_.write("tests/test_calc.py", kTest);
  EXPECT_THAT(folders(), ElementsAre("."));
}

TEST_F(PytestDiscovery, LooseTestsOfSeveralFoldersShareOneRoot) {
  files_.write("py/one/tests/test_a.py", kTest);
  files_.write("py/two/test_b.py", kTest);
  files_.write("js/package.json", "{}");
  EXPECT_THAT(folders(), ElementsAre("py"));
}

TEST_F(PytestDiscovery, AFileCountsOnlyWithTestsInIt) {
  files_.write("latest_test.py", "print('downloads the latest test data')\n");
  files_.write("scripts/test_connection.py", "import socket\n");
  files_.write("conftest.py", "");
  EXPECT_THAT(folders(), IsEmpty());
  files_.write("old_test.py", "import unittest\n");
  EXPECT_THAT(folders(), ElementsAre("."));
}

TEST_F(PytestDiscovery, InputDataOfTestsIsNoSuite) {
  files_.write("pyproject.toml", "[tool.pytest.ini_options]\n");
  files_.write("tests/fixtures/project/pytest.ini", "");
  files_.write("tests/data/pkg/setup.py", "");
  files_.write("tests/data/pkg/test_x.py", kTest);
  files_.write("env/pyvenv.cfg", "");
  files_.write("env/lib/python3.11/x/pytest.ini", "");
  files_.write("node_modules/gyp/test_gyp.py", kTest);
  const auto roots = find();
  ASSERT_EQ(roots.size(), 1u);
  EXPECT_THAT(roots[0].nested, IsEmpty());
}

TEST_F(PytestDiscovery, BrokenManifestIsToldAndTheSuiteStays) {
  files_.write("app/pyproject.toml", "[project]\nname = \"app\n");
  files_.write("app/tests/test_a.py", kTest);
  EXPECT_THAT(folders(), ElementsAre("app"));
  ASSERT_EQ(diagnostics_.size(), 1u);
  EXPECT_EQ(diagnostics_[0].severity, model::Severity::error);
  EXPECT_EQ(diagnostics_[0].code, "bad-manifest");
  EXPECT_EQ(diagnostics_[0].subject, "app/pyproject.toml:2");
}

}  // namespace
}  // namespace rh::adapters
