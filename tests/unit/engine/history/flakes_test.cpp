#include <gtest/gtest.h>

#include "runner/base/file.h"
#include "runner/engine/history/history.h"
#include "tests/unit/engine/history/stored_runs.h"

namespace rh::engine {
namespace {

using model::Outcome;
using testing::GivenRun;
using testing::GivenTest;
using testing::report_of;

class FlakesTest : public ::testing::Test {
 protected:
  TempDir folder_ = TempDir::make("rh-flakes-").value();
  History history_ = std::move(History::open(folder_.path() / "history.db").value());
  int next_ = 1;

  void record(GivenRun given, const std::vector<Outcome>& attempts) {
    given.id = std::to_string(next_++);
    given.tests = {{"t", attempts}};
    ASSERT_TRUE(history_.record(report_of(given)));
  }
  void record(const std::string& commit, Outcome outcome) { record({.id = "", .commit = commit}, {outcome}); }

  std::optional<model::FlakeRate> rate() {
    return flake_rate(history_.past_of("a:pytest::f.py::t", 100).value(), history_.conditions(100).value());
  }
  void expect(std::uint64_t flips, std::uint64_t chances) {
    const auto found = rate();
    ASSERT_TRUE(found);
    EXPECT_EQ(found->flips, flips);
    EXPECT_EQ(found->chances, chances);
  }
};

TEST_F(FlakesTest, ARepeatOnTheSameCommitIsAChance) {
  record("c1", Outcome::passed);
  EXPECT_FALSE(rate()) << "one result is no chance";
  record("c1", Outcome::passed);
  expect(0, 1);
  record("c1", Outcome::failed);
  record("c1", Outcome::passed);
  expect(2, 3);
}

TEST_F(FlakesTest, AnotherCommitIsNone) {
  record("c1", Outcome::passed);
  record("c2", Outcome::failed);
  EXPECT_FALSE(rate());
  record("c1", Outcome::failed);
  expect(1, 1);
}

TEST_F(FlakesTest, RunsOfOtherCommitsInBetweenDoNotMatter) {
  for (const Outcome outcome : {Outcome::passed, Outcome::failed}) {
    record("c1", outcome);
    record("c2", Outcome::passed);
  }
  expect(1, 2);
}

TEST_F(FlakesTest, ChangedTreesMachinesAndPresetsAreOtherConditions) {
  record("c1", Outcome::passed);
  record({.id = "", .commit = "c1", .dirty = true}, {Outcome::failed});
  record({.id = "", .commit = "c1", .cores = 64}, {Outcome::failed});
  record({.id = "", .commit = "c1", .preset = "strict"}, {Outcome::failed});
  record("", Outcome::failed);
  record("", Outcome::passed);
  EXPECT_FALSE(rate());
}

TEST_F(FlakesTest, RetriesOfOneRunAreChances) {
  record({.id = "", .commit = "c1", .dirty = true}, {Outcome::failed, Outcome::failed, Outcome::passed});
  expect(1, 2);
  record({.id = "", .commit = "c1", .dirty = true}, {Outcome::failed, Outcome::failed});
  expect(1, 3);
}

TEST_F(FlakesTest, WhatGaveNoAnswerDoesNotCount) {
  record("c1", Outcome::passed);
  record("c1", Outcome::skipped);
  record("c1", Outcome::not_run);
  EXPECT_FALSE(rate());
  record("c1", Outcome::expected_failure);
  expect(0, 1);
}

TEST_F(FlakesTest, TheLedgerIsSortedByTheLowEnd) {
  for (int i = 0; i < 20; ++i) {
    GivenRun given{std::to_string(next_++)};
    const auto every = [&](int n) { return std::vector{i % n == 0 ? Outcome::failed : Outcome::passed}; };
    given.tests = {{"stable"}, {"always red", {Outcome::failed}}, {"often", every(2)}, {"rarely", every(10)}};
    if (i >= 18) given.tests.push_back({"new", every(2)});
    ASSERT_TRUE(history_.record(report_of(given)));
  }
  const auto flaky = history_.flaky_tests(100).value();
  ASSERT_EQ(flaky.size(), 3U);
  EXPECT_EQ(flaky[0].test.value, "a:pytest::f.py::often");
  EXPECT_EQ(flaky[0].rate.flips, 19U);
  EXPECT_EQ(flaky[0].rate.chances, 19U);
  EXPECT_EQ(flaky[0].failures, 10U);
  EXPECT_EQ(flaky[0].last_flip.value, "20");
  EXPECT_EQ(flaky[1].test.value, "a:pytest::f.py::new") << "one of one: 21 % at least";
  EXPECT_EQ(flaky[2].rate.flips, 3U);
  EXPECT_EQ(history_.flaky_tests(2)->size(), 2U) << "within the newest two runs";
}

}  // namespace
}  // namespace rh::engine
