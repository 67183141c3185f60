// The commands of npm suites, what their exit codes mean, and how one test is rerun.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/adapters/fake_host.h"
#include "tests/unit/adapters/temp_repository.h"

namespace rh::adapters {
namespace {

using model::StepMeaning;

class NpmSteps : public ::testing::Test {
 protected:
  NpmSteps() {
    host_.tools["node"] = "/opt/node/bin/node";
    host_.tools["npm"] = "/opt/node/bin/npm";
    host_.variables["PATH"] = "/usr/bin";
    host_.answers["/opt/node/bin/node --version"] = {0, "v20.20.2\n", ""};
  }

  void install(const std::string& name, const std::string& version, const std::string& bin) const {
    const std::string command = name.substr(name.rfind('/') + 1);
    repository_.write("node_modules/" + name + "/package.json", R"({"name": ")" + name + R"(", "version": ")" +
                                                                    version + R"(", "bin": {")" + command + R"(": ")" +
                                                                    bin + "\"}}");
  }

  model::Suite suite(const std::string& script) {
    repository_.write("package.json", R"({"scripts": {"test": ")" + script + R"("}})");
    std::vector<model::Diagnostic> diagnostics;
    const model::Repository walked = repository_.walk();
    std::vector<model::Suite> suites = adapter_->discover(walked, host_, diagnostics);
    RH_ASSERT(suites.size() == 1);
    adapter_->probe_tool(suites[0], walked, host_);
    return suites[0];
  }

  StepContext context(bool coverage) const {
    StepContext context;
    context.repository_root = context.suite_dir = repository_.walk().root;
    context.out_dir = "/out";
    context.support_dir = "/support";
    context.cache_dir = "/cache";
    context.coverage = coverage;
    context.host = &host_;
    return context;
  }

  std::vector<model::Step> steps(const std::string& script, const StepContext& wanted) {
    auto made = adapter_->first_steps(suite(script), wanted);
    RH_ASSERT(made.has_value());
    return *std::move(made);
  }

  // The last step's command line: the temporary folder is written as ROOT, that of our files as SUPPORT.
  std::string command(const std::string& script, bool coverage = false) {
    return shorten(shell_join(steps(script, context(coverage)).back().command.argv));
  }

  [[nodiscard]] std::string shorten(std::string line) const {
    const std::pair<std::string, std::string> names[] = {{repository_.walk().root.string(), "ROOT"},
                                                         {"/support/node_modules/runharness", "SUPPORT"},
                                                         {"/opt/node/bin/node", "NODE"}};
    for (const auto& [from, to] : names)
      for (std::size_t at = line.find(from); at != std::string::npos; at = line.find(from))
        line.replace(at, from.size(), to);
    return line;
  }

  model::StepEnd end(int code, std::uint64_t finished, std::uint64_t failed, const std::string& output = {}) {
    repository_.write("out.txt", output);
    model::StepEnd end;
    end.ending = model::Ending::exited;
    end.status.exit_code = code;
    end.stdout_path = repository_.path("out.txt");
    end.stderr_path = repository_.path("none.txt");
    end.tests_finished = finished;
    end.tests_failed = failed;
    return end;
  }

  StepMeaning meaning(const std::string& runner, const model::StepEnd& ended) const {
    model::Step step;
    step.name = runner;
    return adapter_->interpret(step, ended);
  }

  TempRepository repository_;
  FakeHost host_;
  std::unique_ptr<Adapter> adapter_ = make_npm_adapter();
};

TEST_F(NpmSteps, NodeTestKeepsTheProjectsReporter) {
  EXPECT_EQ(command("node --test --test-reporter=dot --watch test/"),
            "NODE --test --test-reporter=dot --test-reporter-destination=stdout "
            "--test-reporter=SUPPORT/rh_node_reporter.mjs --test-reporter-destination=/out/reporter.txt test/");
}

TEST_F(NpmSteps, NodeTestMeasuresCoverageItself) {
  const model::Step step = steps("node --import tsx --test", context(true)).back();
  EXPECT_EQ(
      shorten(shell_join(step.command.argv)),
      "NODE --test --import tsx --experimental-test-coverage --test-reporter=spec --test-reporter-destination=stdout "
      "--test-reporter=SUPPORT/rh_node_reporter.mjs --test-reporter-destination=/out/reporter.txt "
      "--test-reporter=lcov --test-reporter-destination=/out/coverage.lcov");
  ASSERT_EQ(step.coverage.size(), 1U);
  EXPECT_EQ(step.coverage[0].path, "/out/coverage.lcov");
  ASSERT_EQ(step.results.size(), 1U);
  EXPECT_EQ(step.command.env.at("RUNHARNESS_EVENTS"), step.results[0].path.string());
  EXPECT_EQ(step.command.env.at("CI"), "1");
  EXPECT_EQ(shorten(step.command.env.at("PATH")), "ROOT/node_modules/.bin:/opt/node/bin:/usr/bin");
}

TEST_F(NpmSteps, PreloadStandsBehindTheCallersNodeOptions) {
  host_.variables["NODE_OPTIONS"] = "--max-old-space-size=512";
  const model::Step step = steps("node --test", context(false)).back();
  EXPECT_EQ(step.command.env.at("NODE_OPTIONS"),
            "--max-old-space-size=512 --require=\"/support/node_modules/runharness/rh_node_preload.cjs\"");
  EXPECT_EQ(step.command.env.at("RUNHARNESS_NODE_OPTIONS"), "--max-old-space-size=512");
}

TEST_F(NpmSteps, OldNodeHasNoLcov) {
  host_.answers["/opt/node/bin/node --version"] = {0, "v18.19.0\n", ""};
  const model::Suite old = suite("node --test");
  EXPECT_NE(adapter_->coverage_problem(old, context(true)).find("node 18.19.0"), std::string::npos);
  EXPECT_EQ(command("node --test", true).find("coverage"), std::string::npos);
}

TEST_F(NpmSteps, GlobsAreLeftToTheShell) {
  EXPECT_EQ(command("mocha -R dot test/*.js"),
            "/bin/sh -c 'exec \"$@\" -R dot test/*.js --reporter=SUPPORT/rh_mocha.cjs' sh mocha");
}

TEST_F(NpmSteps, MochaUnderC8) {
  install("mocha", "11.8.0", "./bin/mocha.js");
  install("c8", "10.1.3", "./bin/c8.js");
  EXPECT_EQ(
      command("c8 --100 mocha --watch -R dot test", true),
      "NODE ROOT/node_modules/c8/bin/c8.js --100 --reporter=lcovonly --reporter=text-summary "
      "--reports-dir=/out/coverage --temp-directory=/out/coverage/raw NODE ROOT/node_modules/mocha/bin/mocha.js test "
      "--reporter=SUPPORT/rh_mocha.cjs");
  EXPECT_EQ(steps("mocha -R dot", context(false)).back().command.env.at("RUNHARNESS_MOCHA_REPORTER"), "dot");
}

TEST_F(NpmSteps, CoverageToolsThatAreMissingAreNamed) {
  EXPECT_NE(adapter_->coverage_problem(suite("mocha"), context(true)).find("c8 is not installed"), std::string::npos);
  EXPECT_NE(adapter_->coverage_problem(suite("vitest"), context(true)).find("@vitest/coverage-v8"), std::string::npos);
  install("vitest", "4.0.18", "./vitest.mjs");
  install("@vitest/coverage-v8", "4.0.17", "");
  EXPECT_NE(adapter_->coverage_problem(suite("vitest"), context(true)).find("does not fit vitest 4.0.18"),
            std::string::npos);
}

TEST_F(NpmSteps, VitestRunsOnce) {
  install("vitest", "4.0.18", "./vitest.mjs");
  EXPECT_EQ(command("vitest --watch src"),
            "NODE ROOT/node_modules/vitest/vitest.mjs run --reporter=default --reporter=SUPPORT/rh_vitest.mjs "
            "--includeTaskLocation src");
  install("vitest", "1.6.0", "./vitest.mjs");
  const auto refused = adapter_->first_steps(suite("vitest"), context(false));
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().what.find("vitest 1.6.0"), std::string::npos);
}

TEST_F(NpmSteps, JestInOneProcess) {
  install("jest", "30.5.2", "./bin/jest.js");
  EXPECT_EQ(command("node --experimental-vm-modules node_modules/.bin/jest --watchAll x.test.js"),
            "NODE --experimental-vm-modules ROOT/node_modules/jest/bin/jest.js --reporters=default "
            "--reporters=SUPPORT/rh_jest.cjs --testLocationInResults --maxWorkers=1 x.test.js");
  EXPECT_NE(command("jest", true).find("'--coverageThreshold={}'"), std::string::npos);
  EXPECT_EQ(command("jest --coverage", true).find("coverageThreshold"), std::string::npos);
}

TEST_F(NpmSteps, JestWithoutCoverageByItsOwnCommand) {
  const model::Suite edge = suite("jest --env edge --no-coverage");
  EXPECT_NE(adapter_->coverage_problem(edge, context(true)).find("--no-coverage"), std::string::npos);
  EXPECT_EQ(command("jest --env edge --no-coverage", true).find("--coverage=true"), std::string::npos);
}

TEST_F(NpmSteps, MochaUnderNycWhenC8IsNotThere) {
  install("nyc", "17.1.0", "./bin/nyc.js");
  EXPECT_EQ(
      command("mocha", true),
      "NODE ROOT/node_modules/nyc/bin/nyc.js --reporter=lcovonly --reporter=text-summary --report-dir=/out/coverage "
      "--temp-dir=/out/coverage/raw --check-coverage=false mocha --reporter=SUPPORT/rh_mocha.cjs");
}

TEST_F(NpmSteps, UnreadRunnersKeepTheirScript) {
  StepContext wanted = context(true);
  wanted.extra_args = {"--x"};
  EXPECT_EQ(shorten(shell_join(steps("ava", wanted).back().command.argv)),
            "NODE SUPPORT/rh_npm_script.cjs 'npm test' npm test -- --x");
}

TEST_F(NpmSteps, InstallsWhatIsMissing) {
  repository_.write("package-lock.json", R"({"packages": {"": {}, "node_modules/a": {"version": "1.0.0"}}})");
  const std::string manifest = R"({"scripts": {"pretest": "tsc", "test": "mocha"}, "devDependencies": {"a": "1"}})";
  repository_.write("package.json", manifest);
  const model::Repository walked = repository_.walk();
  std::vector<model::Diagnostic> diagnostics;
  const std::vector<model::Suite> suites = adapter_->discover(walked, host_, diagnostics);
  const auto names = [&] {
    std::vector<std::string> all;
    const auto made = adapter_->first_steps(suites.at(0), context(false));
    for (const model::Step& step : made.value()) all.push_back(step.name);
    return join(all, ", ");
  };
  EXPECT_EQ(names(), "npm ci");
  model::Step prepare;
  prepare.kind = model::StepKind::prepare;
  const auto then = adapter_->next_steps(suites.at(0), context(false), prepare, end(0, 0, 0), true);
  ASSERT_TRUE(then.has_value());
  EXPECT_EQ(then.value().size(), 2U);
  prepare.kind = model::StepKind::test;
  EXPECT_TRUE(adapter_->next_steps(suites.at(0), context(false), prepare, end(0, 0, 0), true).value().empty());
  install("a", "1.0.0", "");
  EXPECT_EQ(names(), "tsc, mocha");
  repository_.write("node_modules/.package-lock.json", R"({"packages": {"node_modules/a": {"version": "0.9.0"}}})");
  EXPECT_EQ(names(), "npm ci");
  repository_.write("node_modules/.package-lock.json", R"({"packages": {"node_modules/a": {"version": "1.0.0"}}})");
  EXPECT_EQ(names(), "tsc, mocha");
  repository_.write("node_modules/.package-lock.json", R"({"packages": {"node_modules/a": 5}})");
  EXPECT_EQ(names(), "npm ci");
}

TEST_F(NpmSteps, ToolsThatAreMissingAreProblems) {
  repository_.write("pnpm-lock.yaml", "");
  EXPECT_EQ(suite("mocha").tool.problem, "");
  EXPECT_EQ(suite("mocha").tool.version, "20.20.2");
  EXPECT_NE(suite("ava").tool.problem.find("pnpm"), std::string::npos);
  host_.tools.clear();
  EXPECT_NE(suite("mocha").tool.problem.find("node is not on PATH"), std::string::npos);
}

TEST_F(NpmSteps, MeaningOfExitCodes) {
  EXPECT_EQ(meaning("mocha", end(0, 3, 0)), StepMeaning::ok);
  EXPECT_EQ(meaning("mocha", end(2, 3, 2)), StepMeaning::tests_failed);
  EXPECT_EQ(meaning("node:test", end(0, 3, 1)), StepMeaning::tests_failed);
  EXPECT_EQ(meaning("node:test", end(0, 0, 0)), StepMeaning::no_tests);
  EXPECT_EQ(meaning("vitest", end(1, 0, 0, "No test files found, exiting with code 1")), StepMeaning::no_tests);
  EXPECT_EQ(meaning("jest", end(1, 0, 0, "No tests found, exiting with code 1")), StepMeaning::no_tests);
  EXPECT_EQ(meaning("vitest", end(1, 0, 0, "CACError: Unknown option `--x`")), StepMeaning::usage);
  EXPECT_EQ(meaning("node:test", end(9, 0, 0, "node: bad option: --x")), StepMeaning::usage);
  EXPECT_EQ(meaning("mocha", end(1, 0, 0, "Error: Cannot find module")), StepMeaning::broken);
  EXPECT_EQ(meaning("mocha", end(1, 3, 0, "ERROR: Coverage for lines (50%) does not meet global threshold (100%)")),
            StepMeaning::tests_failed);
  EXPECT_EQ(meaning("vitest", end(1, 3, 0)), StepMeaning::crashed);
  model::StepEnd killed;
  killed.ending = model::Ending::signaled;
  killed.status.signal = 9;
  EXPECT_EQ(meaning("jest", killed), StepMeaning::crashed);
  model::Step prepare;
  prepare.kind = model::StepKind::prepare;
  EXPECT_EQ(adapter_->interpret(prepare, end(1, 0, 0)), StepMeaning::broken);
}

TEST_F(NpmSteps, RerunsOneTest) {
  const auto rerun = [&](const char* runner, const char* name) {
    model::Suite of;
    of.runner = runner;
    of.root = "packages/a b";
    model::TestCase test;
    test.file = "test/x.js";
    test.name = name;
    return adapter_->rerun_command(of, test);
  };
  EXPECT_EQ(rerun("node:test", "top (1)"),
            "cd 'packages/a b' && node --test '--test-name-pattern=^top \\(1\\)$' test/x.js");
  EXPECT_EQ(rerun("node:test", "grp > leaf"), "cd 'packages/a b' && node --test '--test-name-pattern=leaf$' test/x.js");
  EXPECT_EQ(rerun("vitest", "grp > leaf"), "cd 'packages/a b' && npx vitest run test/x.js -t '^grp leaf$'");
  EXPECT_EQ(rerun("jest", "grp leaf"), "cd 'packages/a b' && npx jest test/x.js -t '^grp leaf$'");
  EXPECT_EQ(rerun("mocha", "a/b"), "cd 'packages/a b' && npx mocha test/x.js -g '^a\\/b$'");
  EXPECT_EQ(rerun("npm-script", "npm test"), "cd 'packages/a b' && npm test");
}

}  // namespace
}  // namespace rh::adapters
