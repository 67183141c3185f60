// The whole run in one process, with a launcher that plays scripts.
#include "runner/engine/run.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "runner/base/clock.h"
#include "runner/base/file.h"
#include "runner/engine/plan.h"
#include "runner/engine/repository_walk.h"
#include "tests/unit/engine/fakes.h"

namespace rh::engine {
namespace {

namespace fs = std::filesystem;
using namespace rh::model;
using testing::FakeLauncher;
using testing::Script;

constexpr const char* kGreen =
    R"(<testsuite name="s"><testcase classname="c" name="one" time="0.1"/><testcase classname="c" name="two"/></testsuite>)";
constexpr const char* kRed =
    R"(<testsuite name="s"><testcase classname="c" name="one"/><testcase classname="c" name="two"><failure message="boom">trace</failure></testcase></testsuite>)";

class RunTest : public ::testing::Test {
 protected:
  void suite(const std::string& name, Script script) {
    ASSERT_TRUE(make_directories(root_.path() / name));
    ASSERT_TRUE(write_file(root_.path() / name / "suite.txt", ""));
    launcher_.scripts[name] = std::move(script);
  }

  RunReport run() {
    std::vector<Diagnostic> diagnostics;
    const Repository repository = walk_repository({root_.path()}, diagnostics).value();
    const AdapterSet adapters(registry_);
    auto suites = discover_suites(repository, adapters, host_, options_, diagnostics);
    EXPECT_TRUE(suites);
    auto planned = plan_suites(*suites, options_, {}, 1U << 30);
    EXPECT_TRUE(planned);
    const RunId id = make_run_id();
    paths_ = make_run_folders(repository.root, {}, id, root_.path() / "state").value();
    auto interrupt = Interrupt::install();
    EXPECT_TRUE(interrupt);
    RunInfo info;
    info.id = id;
    info.started = monotonic_now();
    return run_tests({options_,
                      registry_,
                      adapters,
                      host_,
                      repository,
                      launcher_,
                      *interrupt,
                      paths_,
                      info,
                      *planned,
                      diagnostics,
                      {},
                      {}});
  }

  TempDir root_ = TempDir::make("rh-run-").value();
  Registry registry_ = testing::fake_registry();
  testing::FakeHost host_;
  FakeLauncher launcher_;
  RunOptions options_;
  RunPaths paths_;
};

TEST_F(RunTest, GreenSuitesPass) {
  options_.jobs = 2;
  options_.coverage = false;
  suite("a", {kGreen, Ending::exited, {0, {}, false}, {}});
  suite("b", {kGreen, Ending::exited, {0, {}, false}, {}});
  const RunReport report = run();
  EXPECT_EQ(report.exit_code, 0) << report.exit_reason;
  EXPECT_EQ(report.counts.passed, 4U);
  ASSERT_EQ(report.suites.size(), 2U);
  EXPECT_EQ(report.suites[0].status, SuiteStatus::passed);
  EXPECT_EQ(report.suites[0].usage.peak_memory.value, 1U << 20);
  EXPECT_EQ(report.suites[0].isolation.rows.size(), 1U);
  EXPECT_TRUE(report.complete);
}

TEST_F(RunTest, AFailureCarriesItsMessageAndRerunCommand) {
  suite("a", {kRed, Ending::exited, {1, {}, false}, {}});
  const RunReport report = run();
  EXPECT_EQ(report.exit_code, 1);
  ASSERT_EQ(report.suites.at(0).tests.size(), 2U);
  EXPECT_EQ(report.suites[0].tests[1].attempts.at(0).message, "boom");
  ASSERT_EQ(report.rerun_commands.size(), 1U);
  EXPECT_EQ(report.rerun_commands[0].second, "a two");
}

TEST_F(RunTest, ASharedPrepareStepRunsOnce) {
  options_.coverage = false;
  for (const char* name : {"a", "b", "c"}) suite(name, {kGreen, Ending::exited, {0, {}, false}, {}});
  static_cast<void>(run());
  int fetches = 0;
  for (const auto& spec : launcher_.launched) fetches += spec.command.argv.front() == "fetch" ? 1 : 0;
  EXPECT_EQ(fetches, 1);
}

TEST_F(RunTest, AFailedPrepareStepEndsItsSuite) {
  suite("a", {kGreen, Ending::exited, {0, {}, false}, {}});
  launcher_.scripts["fetch"] = {"", Ending::exited, {7, {}, false}, {}};
  const RunReport report = run();
  EXPECT_EQ(report.exit_code, 5);
  EXPECT_EQ(report.suites.at(0).status, SuiteStatus::broken);
  EXPECT_EQ(report.suites[0].steps.size(), 1U);
}

TEST_F(RunTest, TruncatedResultsAreKeptAndNeverGreen) {
  suite("a", {"<testsuite><testcase name=\"one\"/><testcase name=\"tw", Ending::exited, {0, {}, false}, {}});
  const RunReport report = run();
  EXPECT_EQ(report.exit_code, 6) << report.exit_reason;
  EXPECT_GE(report.counts.total, 1U) << "what came before the cut is kept";
}

TEST_F(RunTest, CoverageIsReadAndMissingCoverageIsSaid) {
  ASSERT_TRUE(make_directories(root_.path() / "a"));
  ASSERT_TRUE(write_file(root_.path() / "a/x.js", "1\n2\n"));
  suite("a", {kGreen, Ending::exited, {0, {}, false}, [](const sandbox::LaunchSpec& spec) {
                ASSERT_TRUE(write_file(spec.command.cwd / "lcov.info", "SF:x.js\nDA:1,1\nDA:2,0\nend_of_record\n"));
              }});
  suite("b", {kGreen, Ending::exited, {0, {}, false}, {}});
  options_.gates.rules.push_back(*make_rule("coverage.total", "", {{"min", "50.01"}}));
  const RunReport report = run();
  EXPECT_EQ(report.exit_code, 3) << report.exit_reason;
  ASSERT_EQ(report.suites.at(0).coverage.files.size(), 1U);
  EXPECT_EQ(report.suites[0].coverage.files[0].path, "a/x.js");
  EXPECT_EQ(report.coverage.totals.lines, (Ratio{2, 1}));
  EXPECT_TRUE(report.suites[1].coverage.files.empty());
  EXPECT_FALSE(report.suites[1].coverage.reason.empty());
}

TEST_F(RunTest, StepsSeeOnlyAllowedVariables) {
  suite("a", {kGreen, Ending::exited, {0, {}, false}, {}});
  options_.pass_env = {"SECRET_*"};
  static_cast<void>(run());
  EXPECT_EQ(launcher_.launched.back().command.env.count("SECRET_TOKEN"), 1U);
  launcher_.launched.clear();
  options_.pass_env.clear();
  static_cast<void>(run());
  const auto& env = launcher_.launched.back().command.env;
  EXPECT_EQ(env.count("SECRET_TOKEN"), 0U);
  EXPECT_EQ(env.at("LANG"), "C.UTF-8");
}

TEST_F(RunTest, SecretsAreNowhereAndTestsThatDifferInOneStayTwo) {
  const std::string secret = "correct-horse-battery", jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI", end = "J9.c2lnbmF0dXJl";
  host_.variables["DEPLOY_TOKEN"] = secret;
  host_.variables["CI_KEY_FILE"] = "suite.txt-is-no-secret";
  const std::string results = "<testsuite><testcase name=\"t[" + jwt + "x" + end + "]\"/><testcase name=\"t[" + jwt +
                              "y" + end + "]\"><failure message=\"" + secret + "\">suite.txt-is-no-secret " + secret +
                              "</failure></testcase></testsuite>";
  suite("a", {results, Ending::exited, {1, {}, false}, {}});
  const RunReport report = run();
  EXPECT_EQ(report.exit_code, 1);
  ASSERT_EQ(report.suites.at(0).tests.size(), 2U);
  EXPECT_EQ(report.suites[0].tests[0].test.name, "t[[redacted:jwt]]");
  EXPECT_NE(report.suites[0].tests[0].test.id.value, report.suites[0].tests[1].test.id.value);
  EXPECT_EQ(report.suites[0].tests[1].attempts.at(0).message, "[redacted:DEPLOY_TOKEN]");
  EXPECT_NE(report.suites[0].tests[1].attempts[0].details.find("suite.txt-is-no-secret"), std::string::npos);
  for (const auto& entry : fs::recursive_directory_iterator(paths_.run)) {
    if (!entry.is_regular_file()) continue;
    const std::string text = read_file(entry.path()).value();
    EXPECT_EQ(text.find(secret), std::string::npos) << entry.path();
    EXPECT_EQ(text.find(jwt), std::string::npos) << entry.path();
  }
  const auto said = std::find_if(report.diagnostics.begin(), report.diagnostics.end(),
                                 [](const Diagnostic& each) { return each.code == "secrets-redacted"; });
  ASSERT_NE(said, report.diagnostics.end());
  EXPECT_NE(said->message.find("2 secrets"), std::string::npos) << said->message;
  EXPECT_NE(said->message.find("DEPLOY_TOKEN"), std::string::npos) << said->message;
}

TEST_F(RunTest, SecretsStayWhereTheCallerWantsThem) {
  host_.variables["DEPLOY_TOKEN"] = "correct-horse-battery";
  options_.redact = false;
  suite("a", {"<testsuite><testcase name=\"correct-horse-battery\"/></testsuite>", Ending::exited, {0, {}, false}, {}});
  EXPECT_EQ(run().suites.at(0).tests.at(0).test.name, "correct-horse-battery");
}

TEST_F(RunTest, OnlyThePrepareStepHasTheNetwork) {
  suite("a", {kGreen, Ending::exited, {0, {}, false}, {}});
  options_.limits.network = NetworkPolicy::none;
  static_cast<void>(run());
  ASSERT_EQ(launcher_.launched.size(), 2U);
  EXPECT_EQ(launcher_.launched[0].limits.network, NetworkPolicy::host);
  EXPECT_EQ(launcher_.launched[1].limits.network, NetworkPolicy::none);
}

TEST_F(RunTest, TheLogRebuildsTheReport) {
  suite("a", {kRed, Ending::exited, {1, {}, false}, {}});
  const RunReport report = run();
  const auto rebuilt = load_run(paths_.run);
  ASSERT_TRUE(rebuilt) << rebuilt.error().message();
  EXPECT_EQ(rebuilt->exit_code, report.exit_code);
  EXPECT_EQ(rebuilt->counts, report.counts);
  EXPECT_EQ(rebuilt->suites.at(0).tests.size(), report.suites.at(0).tests.size());
  EXPECT_EQ(rebuilt->rerun_commands, report.rerun_commands);
  EXPECT_EQ(find_run(root_.path(), "latest").value().filename(), paths_.run.filename());
}

TEST_F(RunTest, AKilledRunsLogIsStillAReport) {
  suite("a", {kGreen, Ending::exited, {0, {}, false}, {}});
  static_cast<void>(run());
  std::string log = read_file(paths_.run / "events.jsonl").value();
  const std::size_t cut = log.find("\"suite_finished\"");
  ASSERT_NE(cut, std::string::npos);
  ASSERT_TRUE(write_file(paths_.run / "events.jsonl", log.substr(0, cut)));
  const auto rebuilt = load_run(paths_.run);
  ASSERT_TRUE(rebuilt) << rebuilt.error().message();
  EXPECT_FALSE(rebuilt->complete);
  EXPECT_EQ(rebuilt->counts.passed, 2U);
  EXPECT_EQ(rebuilt->suites.at(0).status, SuiteStatus::cancelled);
}

TEST_F(RunTest, RunIdsSortByTime) {
  const RunId first = make_run_id();
  EXPECT_EQ(first.value.size(), 36U);
  EXPECT_EQ(first.value[14], '7');
}

TEST_F(RunTest, AFolderOfAnEarlierRunIsUsedAgain) {
  suite("a", {kGreen, Ending::exited, {0, {}, false}, {}});
  static_cast<void>(run());
  ASSERT_TRUE(write_file(paths_.run / "kept.txt", "mine"));
  ASSERT_TRUE(make_run_folders(root_.path(), paths_.run, make_run_id(), root_.path() / "s"));
  EXPECT_FALSE(fs::exists(paths_.run / "events.jsonl"));
  EXPECT_TRUE(fs::exists(paths_.run / "kept.txt")) << "only what the run wrote is removed";
}

TEST_F(RunTest, AFolderOfARunningRunIsRefused) {
  ASSERT_TRUE(make_directories(root_.path() / "out"));
  EventLog log;
  ASSERT_TRUE(log.open(root_.path() / "out/events.jsonl"));
  EXPECT_EQ(make_run_folders(root_.path(), root_.path() / "out", make_run_id(), root_.path() / "s").error().kind,
            ErrorKind::usage);
}

}  // namespace
}  // namespace rh::engine
