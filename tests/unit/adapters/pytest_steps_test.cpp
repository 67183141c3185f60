#include <gmock/gmock.h>

#include "runner/adapters/adapter.h"
#include "tests/unit/adapters/fake_host.h"
#include "tests/unit/adapters/fake_python.h"
#include "tests/unit/adapters/temp_repository.h"

namespace rh::adapters {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class PytestSteps : public ::testing::Test {
 protected:
  PytestSteps() {
    install_venv(files_, ".venv", "/opt/python/bin");
    add_package("pytest-9.0.1");
    files_.write("app/pytest.ini", "");
    context_.repository_root = files_.path();
    context_.suite_dir = files_.path("app");
    context_.out_dir = "/out";
    context_.support_dir = "/support";
    context_.cache_dir = "/cache";
    context_.host = &host_;
  }
  void add_package(const std::string& package) {
    files_.write(".venv/lib/python3.11/site-packages/" + package + ".dist-info/METADATA", "");
  }
  model::Suite suite() {
    std::vector<model::Diagnostic> diagnostics;
    const auto suites = adapter_->discover(files_.walk(), host_, diagnostics);
    return suites.at(0);
  }
  std::vector<model::Step> steps() { return adapter_->first_steps(suite(), context_).value(); }
  std::string command(std::size_t step) { return shell_join(steps().at(step).command.argv); }
  std::string python() { return files_.path(".venv/bin/python").string(); }

  TempRepository files_;
  FakeHost host_;
  StepContext context_;
  std::unique_ptr<Adapter> adapter_ = make_pytest_adapter();
};

TEST_F(PytestSteps, SuiteNamesToolAndVersion) {
  EXPECT_EQ(suite().id.value, "app:pytest");
  EXPECT_EQ(suite().tool.version, "3.11.7, pytest 9.0.1");
  EXPECT_TRUE(suite().runnable());
  EXPECT_THAT(host_.asked, IsEmpty());
}

TEST_F(PytestSteps, MissingPytestIsAProblemWithAdvice) {
  std::filesystem::remove_all(files_.path(".venv/lib/python3.11/site-packages/pytest-9.0.1.dist-info"));
  files_.write("uv.lock", "");
  EXPECT_EQ(suite().tool.problem, "pytest is not importable by " + python() + ": run `uv sync` to create .venv");
  EXPECT_THAT(host_.asked, IsEmpty());  // the repository's own interpreter is not started
}

TEST_F(PytestSteps, AForeignInterpreterIsAskedWhenFilesDoNotTell) {
  TempRepository machine;
  std::filesystem::remove_all(files_.path(".venv"));
  install_python(machine, ".", "python3");
  host_.variables["PATH"] = machine.path("bin").string();
  model::Suite found = suite();
  EXPECT_EQ(found.tool.version, "");
  model::Suite unanswered = found;
  adapter_->probe_tool(unanswered, files_.walk(), host_);
  EXPECT_THAT(unanswered.tool.problem, HasSubstr("install it there, or create .venv"));
  ASSERT_EQ(host_.asked.size(), 1u);
  host_.answers[shell_join(host_.asked[0].argv)] = {0, "3.12.4 8.3.1\n", ""};
  adapter_->probe_tool(found, files_.walk(), host_);
  EXPECT_EQ(found.tool.version, "3.12.4, pytest 8.3.1");
  EXPECT_TRUE(found.runnable());
}

TEST_F(PytestSteps, PlainRun) {
  context_.extra_args = {"-k", "a or b"};
  context_.coverage = false;
  ASSERT_EQ(steps().size(), 1u);
  EXPECT_EQ(command(0), python() + " -m pytest -o cache_dir=/cache/pytest -k 'a or b'");
  const model::Step step = steps()[0];
  EXPECT_EQ(step.command.cwd, files_.path("app"));
  EXPECT_EQ(step.command.env.at("RUNHARNESS_EVENTS"), "/out/events.jsonl");
  EXPECT_EQ(step.command.env.at("PYTHONPYCACHEPREFIX"), "/cache/pycache");
  ASSERT_EQ(step.results.size(), 1u);
  EXPECT_EQ(step.results[0].format, "rh-events");
  std::vector<std::string> grants;
  for (const auto& grant : step.grants) grants.push_back(grant.path);
  EXPECT_THAT(grants, AllOf(Contains(files_.path(".venv").string()), Contains("/opt/python")));
}

TEST_F(PytestSteps, OurPluginIsNotCoverageOfTheProject) {
  add_package("coverage-7.17.3");
  context_.support_dir = files_.path(".runharness/runs/1/support");
  EXPECT_THAT(steps().at(1).coverage.at(0).exclude_globs, ElementsAre(".runharness/runs/1/support/**"));
  context_.support_dir = "/elsewhere";
  EXPECT_THAT(steps().at(1).coverage.at(0).exclude_globs, IsEmpty());
}

TEST_F(PytestSteps, ExamplesOfHypothesisStayOutOfTheRepository) {
  EXPECT_EQ(steps()[0].command.env.at("HYPOTHESIS_STORAGE_DIRECTORY"), "/cache/hypothesis");
  files_.write("app/.hypothesis/examples/a", "");
  EXPECT_FALSE(steps()[0].command.env.contains("HYPOTHESIS_STORAGE_DIRECTORY"));
}

TEST_F(PytestSteps, EditablePackagesOfATrustedEnvironmentAreGranted) {
  TempRepository machine;
  machine.write("library/src/lib.py", "");
  machine.write("hooked lib/pyproject.toml", "");
  install_venv(machine, "env", "/opt/python/bin");
  const std::string site = "lib/python3.11/site-packages/";
  const std::string trace = machine.path("library/src").string() + "\nimport os; os.getcwd()\n/\n/no/such/folder\n";
  const std::string url =
      R"({"dir_info": {"editable": true}, "url": "file://)" + machine.path().string() + R"(/hooked%20lib"})";
  machine.write("env/" + site + "library.pth", trace);
  machine.write("env/" + site + "hooked-1.0.dist-info/direct_url.json", url);
  machine.write("env/" + site + "pytest-9.0.1.dist-info/METADATA", "");
  files_.write(".venv/" + site + "library.pth", trace);
  const auto granted = [&] {
    const model::Step step = steps().at(0);
    std::vector<std::string> grants;
    for (const auto& grant : step.grants) grants.push_back(grant.path);
    return grants;
  };
  // The repository's own environment could name any folder.
  EXPECT_THAT(granted(), Not(Contains(machine.path("library/src").string())));
  std::filesystem::remove_all(files_.path(".venv"));
  host_.variables["VIRTUAL_ENV"] = machine.path("env").string();
  EXPECT_THAT(granted(), AllOf(Contains(machine.path("library/src").string()), Not(Contains("/")),
                               Contains(machine.path("hooked lib").string()), Not(Contains("/no/such/folder"))));
  machine.write("env/" + site + "library.pth", machine.path().string() + "\n");
  host_.home_folder = machine.path("library").string();
  EXPECT_THAT(granted(), Not(Contains(machine.path().string())));
}

TEST_F(PytestSteps, CallersVariablesAreJoined) {
  host_.variables = {{"PYTHONPATH", "/mine"}, {"PYTEST_PLUGINS", "own"}, {"PYTHONDONTWRITEBYTECODE", "1"}};
  const model::Environment env = steps()[0].command.env;
  EXPECT_EQ(env.at("PYTHONPATH"), "/support:/mine");
  EXPECT_EQ(env.at("PYTEST_PLUGINS"), "rh_pytest_plugin,own");
  EXPECT_FALSE(env.contains("PYTHONPYCACHEPREFIX"));
}

TEST_F(PytestSteps, CoverageAroundPytest) {
  EXPECT_THAT(adapter_->coverage_problem(suite(), context_), HasSubstr("coverage is not importable by"));
  add_package("coverage-7.17.3");
  files_.write("app/src/x/__init__.py", "");
  EXPECT_EQ(adapter_->coverage_problem(suite(), context_), "");
  EXPECT_EQ(adapter_->coverage_tool(suite(), context_), "coverage.py 7.17.3");
  ASSERT_EQ(steps().size(), 2u);
  EXPECT_EQ(command(0), python() + " -m coverage run --source=src -m pytest -o cache_dir=/cache/pytest");
  EXPECT_EQ(command(1), python() + " -m coverage json --ignore-errors --fail-under=0 -o /out/coverage.json");
  EXPECT_EQ(steps()[1].kind, model::StepKind::coverage);
  EXPECT_EQ(steps()[1].command.env.at("COVERAGE_FILE"), "/out/.coverage");
  EXPECT_THAT(steps()[1].results, IsEmpty());
  ASSERT_EQ(steps()[1].coverage.size(), 1u);
  EXPECT_EQ(steps()[1].coverage[0].base, files_.path("app"));
}

TEST_F(PytestSteps, TheProjectsOwnSelectionStaysAndParallelDataIsCombined) {
  add_package("coverage-7.17.3");
  files_.write("app/.coveragerc", "[run]\nsource = x\nparallel = true\n");
  ASSERT_EQ(steps().size(), 3u);
  EXPECT_THAT(command(0), HasSubstr("-m coverage run -m pytest"));
  EXPECT_THAT(command(1), HasSubstr("-m coverage combine /out"));
}

TEST_F(PytestSteps, PytestCovOfTheProjectMeasures) {
  add_package("coverage-7.17.3");
  files_.write("app/pytest.ini", "[pytest]\naddopts = --cov=x -p no:cacheprovider\n");
  EXPECT_THAT(adapter_->coverage_problem(suite(), context_), HasSubstr("pytest-cov is not importable"));
  add_package("pytest_cov-7.1.0");
  ASSERT_EQ(steps().size(), 1u);
  EXPECT_EQ(command(0), python() + " -m pytest --cov-report=json:/out/coverage.json");
  EXPECT_EQ(steps()[0].coverage.size(), 1u);
}

TEST_F(PytestSteps, WorkersOfXdistNeedPytestCov) {
  add_package("coverage-7.17.3");
  context_.extra_args = {"-n", "2"};
  EXPECT_THAT(adapter_->coverage_problem(suite(), context_), HasSubstr("pytest-xdist workers"));
  EXPECT_EQ(steps().size(), 1u);
  add_package("pytest_cov-7.1.0");
  files_.write("app/x/__init__.py", "");
  EXPECT_THAT(command(0), HasSubstr("--cov=x --cov-report= --cov-report=json:/out/coverage.json -n 2"));
  context_.extra_args = {"-n0"};
  EXPECT_THAT(command(0), HasSubstr("coverage run"));
}

TEST_F(PytestSteps, NestedRootsAreIgnoredByTheOuterOne) {
  files_.write("app/inner/pytest.ini", "");
  EXPECT_THAT(suite().runner_args, ElementsAre("--ignore=inner"));
}

TEST_F(PytestSteps, MeaningOfEndings) {
  model::Step test;
  const auto meaning = [&](int code, std::uint64_t finished = 5) {
    model::StepEnd end;
    end.ending = model::Ending::exited;
    end.status.exit_code = code;
    end.tests_finished = finished;
    return adapter_->interpret(test, end);
  };
  using model::StepMeaning;
  EXPECT_EQ(meaning(0), StepMeaning::ok);
  EXPECT_EQ(meaning(1), StepMeaning::tests_failed);
  EXPECT_EQ(meaning(1, 0), StepMeaning::broken);
  EXPECT_EQ(meaning(2), StepMeaning::broken);
  EXPECT_EQ(meaning(3), StepMeaning::crashed);
  EXPECT_EQ(meaning(4), StepMeaning::usage);
  EXPECT_EQ(meaning(5), StepMeaning::no_tests);
  EXPECT_EQ(meaning(9), StepMeaning::crashed);
  model::StepEnd killed;
  killed.ending = model::Ending::signaled;
  killed.status.signal = 11;
  EXPECT_EQ(adapter_->interpret(test, killed), StepMeaning::crashed);
  test.kind = model::StepKind::coverage;
  EXPECT_EQ(meaning(1), StepMeaning::ok);
}

TEST_F(PytestSteps, ABrokenConftestIsNotAUsageError) {
  files_.write("stderr", "ImportError while loading conftest '/r/conftest.py'.\n");
  model::StepEnd end;
  end.ending = model::Ending::exited;
  end.status.exit_code = 4;
  end.stderr_path = files_.path("stderr");
  EXPECT_EQ(adapter_->interpret(model::Step{}, end), model::StepMeaning::broken);
}

TEST_F(PytestSteps, RerunCommandsRunFromTheRepositoryRoot) {
  model::TestCase test;
  test.file = "tests/test_a.py";
  test.name = "TestX::test_y[a b]";
  EXPECT_EQ(adapter_->rerun_command(suite(), test),
            "cd app && ../.venv/bin/python -m pytest 'tests/test_a.py::TestX::test_y[a b]'");
  test.kind = model::TestKind::subtest;
  test.parent = "test_p";
  EXPECT_THAT(adapter_->rerun_command(suite(), test), HasSubstr("tests/test_a.py::test_p"));
  test = {};
  test.file = test.name = "test_skipped_module.py";
  EXPECT_THAT(adapter_->rerun_command(suite(), test),
              AllOf(HasSubstr("pytest test_skipped_module.py"), Not(HasSubstr("::"))));
}

}  // namespace
}  // namespace rh::adapters
