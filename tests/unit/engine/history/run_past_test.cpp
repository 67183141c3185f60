#include "runner/engine/history/run_past.h"

#include <gtest/gtest.h>

#include "runner/base/file.h"
#include "tests/unit/engine/fakes.h"
#include "tests/unit/engine/history/stored_runs.h"

namespace rh::engine {
namespace {

using namespace std::chrono_literals;
using model::Outcome;
using testing::GivenRun;
using testing::GivenTest;
using testing::report_of;

// Git as a script: what each question, by its first word, is answered.
class GitHost : public testing::FakeHost {
 public:
  std::string ancestors, base_file;
  Result<adapters::HelperOutput> run_helper(const model::Command& command, std::chrono::milliseconds) const override {
    const auto asked = [&](const char* word) {
      return std::find(command.argv.begin(), command.argv.end(), word) != command.argv.end();
    };
    if (asked("rev-list") && !ancestors.empty()) return adapters::HelperOutput{0, ancestors, ""};
    if (asked("symbolic-ref")) return adapters::HelperOutput{0, "main\n", ""};
    if (asked("show") && !base_file.empty()) return adapters::HelperOutput{0, base_file, ""};
    return adapters::HelperOutput{128, "", "fatal: not so"};
  }
};

class RunPastTest : public ::testing::Test {
 protected:
  TempDir folder_ = TempDir::make("rh-past-").value();
  std::filesystem::path file_ = folder_.path() / "history.db";
  GitHost host_;

  void record(const GivenRun& given) { ASSERT_TRUE(History::open(file_)->record(report_of(given))); }

  static std::vector<model::TestAnnotated> annotations(const PastAnswer& answer) {
    std::vector<model::TestAnnotated> found;
    for (const auto& event : answer.events)
      if (const auto* each = std::get_if<model::TestAnnotated>(&event)) found.push_back(*each);
    return found;
  }
  static std::vector<std::string> codes(const PastAnswer& answer) {
    std::vector<std::string> found;
    for (const auto& event : answer.events)
      if (const auto* each = std::get_if<model::DiagnosticRaised>(&event)) found.push_back(each->diagnostic.code);
    return found;
  }
  static const model::BaseRun* base(const PastAnswer& answer) {
    for (const auto& event : answer.events)
      if (const auto* each = std::get_if<model::BaseFound>(&event)) return &each->base;
    return nullptr;
  }
  static QuarantineState quarantine(const std::string& id, const std::string& expires = "2026-12-31") {
    QuarantineState state;
    state.file = "/repo/runharness.quarantine.toml";
    state.today = "2026-06-15";
    state.entries = parse_quarantine("[[test]]\nid='" + id + "'\nowner='o'\nreason='r'\nexpires=" + expires + "\n", "q",
                                     state.today)
                        .value();
    return state;
  }
};

TEST_F(RunPastTest, WithoutAHistoryThereIsNothingToSay) {
  const auto report = report_of({"1"});
  const PastAnswer answer = look_back({report, host_, file_});
  EXPECT_TRUE(answer.events.empty());
  EXPECT_EQ(answer.resources_reason, "no earlier run is stored");
}

TEST_F(RunPastTest, PastResultsOldestFirstAndBounded) {
  for (int i = 0; i < 30; ++i)
    record(
        {.id = std::to_string(i), .tests = {{"t", {i % 10 == 0 ? Outcome::failed : Outcome::passed}, (i + 1) * 1ms}}});
  const auto report = report_of({"new"});
  const auto found = annotations(look_back({report, host_, file_}));
  ASSERT_EQ(found.size(), 1U);
  ASSERT_EQ(found[0].past.size(), kPastResults);
  EXPECT_EQ(found[0].past.front().outcome, Outcome::failed);
  EXPECT_EQ(found[0].past.back().duration, 30ms);
  ASSERT_TRUE(found[0].flake_rate);
  EXPECT_EQ(found[0].flake_rate->flips, 5U);
  EXPECT_EQ(found[0].flake_rate->chances, 29U);
}

TEST_F(RunPastTest, FailedTestsComeFirstWhereThereAreTooMany) {
  GivenRun given{"1"};
  given.tests.clear();
  for (std::size_t i = 0; i < kMaxTestsWithPast + 50; ++i) given.tests.push_back({"t" + std::to_string(i)});
  record(given);
  given.id = "2";
  given.tests.back().attempts = {Outcome::failed};
  given.tests[3].duration = 1h;
  const auto report = report_of(given);
  const auto found = annotations(look_back({report, host_, file_}));
  ASSERT_EQ(found.size(), kMaxTestsWithPast);
  EXPECT_EQ(found[0].test, report.suites[0].tests.back().test.id);
  EXPECT_EQ(found[1].test, report.suites[0].tests[3].test.id) << "then the slowest";
}

TEST_F(RunPastTest, ADamagedHistoryIsSaidAndNoMore) {
  ASSERT_TRUE(write_file(file_, std::string(8192, 'x')));
  const auto report = report_of({"1"});
  PastQuestion question{report, host_, file_};
  question.quarantine = quarantine("a:pytest::f.py::t");
  const PastAnswer answer = look_back(std::move(question));
  EXPECT_EQ(codes(answer), std::vector<std::string>{"history-not-read"});
  ASSERT_EQ(annotations(answer).size(), 1U) << "quarantine holds all the same";
  EXPECT_TRUE(annotations(answer)[0].quarantine);
}

TEST_F(RunPastTest, TheNewestRunOfTheNearestAncestorIsTheBase) {
  host_.ancestors = "base\nparent\ngrandparent\n";
  record({.id = "1", .commit = "grandparent"});
  record({.id = "2", .commit = "parent", .wall = 7s});
  record({.id = "3", .commit = "unrelated"});
  record({.id = "4", .commit = "base", .dirty = true});
  const auto report = report_of({"5", "head"});
  PastQuestion question{report, host_, file_};
  question.base_commit = "base";
  const PastAnswer answer = look_back(std::move(question));
  ASSERT_NE(base(answer), nullptr);
  EXPECT_EQ(base(answer)->label, "run 2 of parent");
  EXPECT_EQ(base(answer)->commit, "parent");
  EXPECT_EQ(base(answer)->wall, 8s);
  EXPECT_EQ(base(answer)->coverage.lines, (model::Ratio{200, 150}));
  EXPECT_EQ(base(look_back({report, host_, file_})), nullptr) << "no base was asked for";
  EXPECT_EQ(answer.lineage.branch, "main");
}

TEST_F(RunPastTest, AGivenReportGoesBeforeStoredRuns) {
  host_.ancestors = "base\n";
  record({.id = "1", .commit = "base"});
  const auto report = report_of({"2", "head"}), given = report_of({"9", "other"});
  PastQuestion question{report, host_, file_};
  question.base_commit = "base";
  question.base_report = &given;
  question.base_label = "base.json";
  const PastAnswer answer = look_back(std::move(question));
  EXPECT_EQ(base(answer)->label, "base.json");
  EXPECT_EQ(base(answer)->commit, "other");
}

TEST_F(RunPastTest, EntriesThatMatchNothingAreTold) {
  const auto report = report_of({"1"});
  PastQuestion question{report, host_, file_};
  question.quarantine = quarantine("a:pytest::f.py::gone");
  EXPECT_EQ(codes(look_back(question)), std::vector<std::string>{"quarantine-unmatched"});
  question.whole = false;
  EXPECT_TRUE(codes(look_back(question)).empty()) << "only a part of the suites was asked for";
}

TEST_F(RunPastTest, TheChangeUnderTestIsToldApartFromItsBase) {
  const auto report = report_of({"1"});
  PastQuestion question{report, host_, file_};
  question.base_commit = "base";
  question.quarantine = quarantine("a:pytest::f.py::t");
  PastAnswer answer = look_back(question);
  EXPECT_TRUE(answer.quarantine.compared_with_base);
  EXPECT_TRUE(answer.quarantine.entries[0].by_patch) << "the base has no such file";
  EXPECT_EQ(annotations(answer).size(), 1U) << "it holds under a preset for code that is trusted";
  host_.base_file = "[[test]]\nid='a:pytest::f.py::t'\nowner='x'\nreason='y'\nexpires=2026-12-31\n";
  EXPECT_FALSE(look_back(question).quarantine.entries[0].by_patch);
}

TEST_F(RunPastTest, CodeThatIsNotTrustedCannotQuarantineItself) {
  const auto report = report_of({"1"});
  PastQuestion question{report, host_, file_};
  question.quarantine = quarantine("a:pytest::f.py::t");
  question.trust_quarantine = false;
  PastAnswer answer = look_back(question);
  EXPECT_TRUE(annotations(answer).empty());
  EXPECT_EQ(codes(answer), std::vector<std::string>{"quarantine-not-trusted"});
  question.base_commit = "base";
  EXPECT_TRUE(annotations(look_back(question)).empty());
  host_.base_file = "[[test]]\nid='a:pytest::f.py::t'\nowner='x'\nreason='y'\nexpires=2026-12-31\n";
  EXPECT_EQ(annotations(look_back(question)).size(), 1U) << "the base has it, too";
}

TEST_F(RunPastTest, FiguresOfTheBaseAndOfThisCommit) {
  host_.ancestors = "head\nparent\n";
  record({.id = "1", .commit = "parent", .wall = 1s});
  record({.id = "2", .commit = "parent", .wall = 2s, .cores = 64});
  record({.id = "3", .commit = "parent", .wall = 3s, .preset = "local"});
  record({.id = "4", .commit = "parent", .dirty = true, .wall = 4s});
  record({.id = "5", .commit = "unrelated", .wall = 5s});
  record({.id = "6", .commit = "head", .wall = 6s});
  record({.id = "7", .commit = "parent", .wall = 7s, .status = model::SuiteStatus::failed});
  const auto report = report_of({"8", "head"});
  PastQuestion question{report, host_, file_};
  question.resources = {true, true, 20};
  const PastAnswer answer = look_back(question);
  ASSERT_TRUE(answer.resources) << answer.resources_reason;
  const FigureSeries& suite = answer.resources->suites.at("a:pytest");
  ASSERT_EQ(suite.base.size(), 1U) << "the failed one ended early";
  EXPECT_EQ(suite.base[0].wall_ns, 1e9);
  ASSERT_EQ(suite.head.size(), 1U);
  EXPECT_EQ(suite.head[0].wall_ns, 6e9);
  EXPECT_EQ(answer.resources->stored_runs, 7U);
  EXPECT_EQ(answer.resources->base_runs, 2U);
  EXPECT_EQ(answer.resources->tests.at("a:pytest::f.py::t").base.size(), 2U);
  EXPECT_EQ(answer.resources->conditions,
            "preset ci, 2 jobs, with coverage, on Fast CPU, 4 cores, 16 GiB, Linux 6.1 x86_64");
}

TEST_F(RunPastTest, AChangedTreeIsComparedWithItsCommitToo) {
  host_.ancestors = "head\n";
  record({.id = "1", .commit = "head"});
  auto report = report_of({"2", "head", true});
  PastQuestion question{report, host_, file_};
  question.resources = {true, false, 20};
  const PastAnswer answer = look_back(question);
  EXPECT_EQ(answer.resources->suites.at("a:pytest").base.size(), 1U);
  EXPECT_TRUE(answer.resources->suites.at("a:pytest").head.empty());
}

TEST_F(RunPastTest, AnotherPartOfASuiteIsNotCompared) {
  host_.ancestors = "parent\n";
  record({.id = "1", .commit = "parent"});
  auto report = report_of({"2", "head"});
  report.run.argv = {"runharness", "test", "--", "-k", "fast"};
  PastQuestion question{report, host_, file_};
  question.resources = {true, false, 20};
  EXPECT_TRUE(look_back(question).resources->suites.empty());
}

}  // namespace
}  // namespace rh::engine
