#include <gmock/gmock.h>

#include "runner/adapters/python_environment.h"
#include "tests/unit/adapters/fake_host.h"
#include "tests/unit/adapters/fake_python.h"
#include "tests/unit/adapters/temp_repository.h"

namespace rh::adapters {
namespace {

class ChoosePython : public ::testing::Test {
 protected:
  ChoosePython() {
    host_.variables["PATH"] = machine_.path("bin").string();
    install_python(machine_, ".", "python3");
  }
  std::optional<PythonEnvironment> choose(std::string_view suite = {}) {
    return choose_python((files_.path() / suite).lexically_normal(), files_.path(), host_);
  }
  TempRepository files_, machine_;
  FakeHost host_;
};

TEST_F(ChoosePython, NearestVirtualEnvironmentOfTheRepository) {
  install_venv(files_, ".venv", "/usr/bin");
  install_venv(files_, "app/venv", "/usr/bin");
  files_.write("app/tests/test_a.py", "");
  EXPECT_EQ(choose("app/tests")->python, files_.path("app/venv/bin/python"));
  EXPECT_EQ(choose("lib")->python, files_.path(".venv/bin/python"));
  EXPECT_EQ(choose("lib")->origin, ".venv");
  EXPECT_TRUE(choose()->in_repository);
  EXPECT_TRUE(choose()->is_venv);
  EXPECT_EQ(choose()->base_prefix, "/usr");
  EXPECT_EQ(choose()->version, "3.11.7");
}

TEST_F(ChoosePython, AFolderNamedVenvWithoutConfigurationIsNone) {
  files_.write("venv/bin/python", "");
  EXPECT_EQ(choose()->origin, "PATH");
}

TEST_F(ChoosePython, ActiveEnvironmentWithPytestBeforeThePath) {
  install_venv(machine_, "active", "/usr/bin");
  host_.variables["VIRTUAL_ENV"] = machine_.path("active").string();
  machine_.write("lib/python3.11/site-packages/pytest-9.0.1.dist-info/METADATA", "");
  EXPECT_EQ(choose()->origin, "PATH");  // the active one has no pytest
  machine_.write("active/lib/python3.11/site-packages/pytest-8.1.dist-info/METADATA", "");
  EXPECT_EQ(choose()->origin, "VIRTUAL_ENV");
  EXPECT_FALSE(choose()->in_repository);
  EXPECT_EQ(choose()->find_package("pytest", "pytest"), "8.1");
}

TEST_F(ChoosePython, NoPythonAtAll) {
  host_.variables["PATH"] = "/nonexistent";
  EXPECT_FALSE(choose());
}

TEST_F(ChoosePython, PyenvShimBecomesItsInterpreter) {
  install_python(machine_, "pyenv/shims", "", "python3");
  for (const char* version : {"3.11.7", "3.11.10", "3.12.1"})
    install_python(machine_, std::string("pyenv/versions/") + version, "python3");
  host_.variables["PATH"] = machine_.path("pyenv/shims").string();
  EXPECT_FALSE(choose());  // "system", and there is none
  machine_.write("pyenv/version", "3.12.1\n");
  EXPECT_EQ(choose()->python, machine_.path("pyenv/versions/3.12.1/bin/python3"));
  EXPECT_EQ(choose()->version, "3.12.1");
  files_.write(".python-version", "# wanted\n3.11\n");
  EXPECT_EQ(choose("a/b")->python, machine_.path("pyenv/versions/3.11.10/bin/python3"));
  host_.variables["PYENV_VERSION"] = "2.7:3.11.7";
  EXPECT_EQ(choose()->python, machine_.path("pyenv/versions/3.11.7/bin/python3"));
}

TEST(FindPackage, TellsDistributionsApart) {
  TempRepository files;
  FakeHost host;
  install_venv(files, "v", "/usr/bin");
  files.write("v/lib/python3.11/site-packages/pytest_cov-7.0.dist-info/METADATA", "");
  files.write("v/lib/python3.11/site-packages/pytest-timeout-2.egg-info", "");
  const auto find = [&](std::string_view distribution) {
    return inspect_python(files.path("v/bin/python"), "/elsewhere", host).find_package(distribution, distribution);
  };
  EXPECT_EQ(find("pytest"), std::nullopt);
  EXPECT_EQ(find("pytest_cov"), "7.0");
  files.write("v/lib/python3.11/site-packages/pytest/__init__.py", "");
  EXPECT_EQ(find("pytest"), "");
  files.write("v/lib/python3.11/site-packages/pytest-7.2.1.egg-info", "");
  EXPECT_EQ(find("pytest"), "7.2.1");
}

}  // namespace
}  // namespace rh::adapters
