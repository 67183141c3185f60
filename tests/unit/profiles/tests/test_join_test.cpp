// Samples joined to tests: made profiles and attempts whose truth is known.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/unit/profiles/tests/made_step.h"

namespace rh::profiles {
namespace {

std::string hottest(const model::TestProfile& profile) {
  return profile.functions.empty() ? std::string() : profile.functions.front().name;
}

std::uint64_t cpu_of(const std::vector<model::PhaseTime>& phases, const std::string& phase) {
  for (const model::PhaseTime& time : phases)
    if (time.phase == phase) return time.cpu_ns;
  return 0;
}

const model::HotFunction* find(const model::TestProfile& profile, const std::string& name) {
  const auto at = std::find_if(profile.functions.begin(), profile.functions.end(),
                               [&](const model::HotFunction& function) { return function.name == name; });
  return at == profile.functions.end() ? nullptr : &*at;
}

TEST(TestJoin, TimeAndTheInnerPidDecide) {
  Made made;
  made.process(900, 12);
  made.process(901, 900);  // another one that is numbered inside as the first is outside
  made.test("test_a", 12, 0, 50);
  made.test("test_b", 12, 50, 80);
  made.run(0, 0, 50, in_pytest({"burn_a"}));
  made.run(0, 50, 80, in_pytest({"burn_b"}));
  made.run(1, 0, 80, {{"elsewhere"}});
  const JoinedStep joined = made.join();
  EXPECT_EQ(hottest(joined.tests[0]), "burn_a");
  EXPECT_EQ(joined.tests[0].cpu_ns, 50U * kMs);
  EXPECT_EQ(joined.tests[0].samples, 50U);
  EXPECT_EQ(joined.tests[0].joined_by, "process and time");
  EXPECT_EQ(joined.tests[0].reason, "");
  EXPECT_EQ(hottest(joined.tests[1]), "burn_b");
  EXPECT_EQ(joined.tests[1].cpu_ns, 30U * kMs);
  EXPECT_EQ(cpu_of(joined.step.phases, "tests"), 80U * kMs);
  EXPECT_EQ(cpu_of(joined.step.phases, "other"), 80U * kMs);
  EXPECT_EQ(joined.step.tests, 2U);
}

TEST(TestJoin, TheRunnersOwnFramesAreLeftOut) {
  Made made;
  made.process(10, 10);
  made.test("test_a", 10, 0, 40);
  std::vector<Frame> stack = in_pytest({"test_a"});
  stack.push_back({"burn"});
  made.run(0, 0, 40, stack);
  const JoinedStep joined = made.join();
  ASSERT_EQ(joined.tests[0].functions.size(), 2U);
  EXPECT_EQ(hottest(joined.tests[0]), "burn");
  EXPECT_EQ(find(joined.tests[0], "test_a")->self_cpu_ns, 0U);
  EXPECT_EQ(find(joined.tests[0], "test_a")->total_cpu_ns, 40U * kMs);
  EXPECT_EQ(find(joined.tests[0], "pytest_runtest_call"), nullptr);
}

TEST(TestJoin, TestsSideBySideInOneProcessAreNotBlamed) {
  Made made;
  made.process(10, 10);
  made.test("test_a", 10, 0, 50);
  made.test("test_b", 10, 20, 70);
  made.test("test_c", 10, 80, 90);
  made.run(0, 0, 70, {{"burn"}});
  made.run(0, 80, 90, {{"burn_c"}});
  const JoinedStep joined = made.join();
  for (const int test : {0, 1}) {
    EXPECT_TRUE(joined.tests[test].functions.empty());
    EXPECT_EQ(joined.tests[test].cpu_ns, 0U);
    EXPECT_NE(joined.tests[test].reason.find("at the same time"), std::string::npos) << joined.tests[test].reason;
  }
  EXPECT_EQ(hottest(joined.tests[2]), "burn_c");
  EXPECT_EQ(cpu_of(joined.step.phases, "tests"), 80U * kMs);
}

TEST(TestJoin, WindowsThatTouchDoNotOverlap) {
  Made made;
  made.process(10, 10);
  made.test("test_a", 10, 0, 51);
  made.test("test_b", 10, 50, 100);
  made.run(0, 0, 50, {{"burn_a"}});
  made.run(0, 50, 100, {{"burn_b"}});
  const JoinedStep joined = made.join();
  EXPECT_EQ(hottest(joined.tests[0]), "burn_a");
  EXPECT_EQ(find(joined.tests[0], "burn_b"), nullptr);
  EXPECT_EQ(joined.tests[1].cpu_ns, 50U * kMs);
}

TEST(TestJoin, SubtestsBelongToTheirTest) {
  Made made;
  made.process(10, 10);
  made.test("outer", 10, 0, 60);
  made.test("outer > first", 10, 10, 30);
  made.test("outer > second", 10, 30, 50);
  made.run(0, 0, 10, {{"prepare"}});
  made.run(0, 10, 30, {{"burn_first"}});
  made.run(0, 30, 50, {{"burn_second"}});
  const JoinedStep joined = made.join();
  EXPECT_EQ(joined.tests[0].cpu_ns, 50U * kMs);
  EXPECT_EQ(hottest(joined.tests[1]), "burn_first");
  EXPECT_EQ(joined.tests[1].cpu_ns, 20U * kMs);
  EXPECT_EQ(hottest(joined.tests[2]), "burn_second");
}

TEST(TestJoin, ProcessesThatATestStartedAreItsOwn) {
  Made made;
  const std::uint32_t runner = made.process(10, 1);
  const std::uint32_t child = made.process(20, 2, runner, 5);
  made.process(21, 3, child, 6);
  made.process(22, 4, runner, 45);  // while no test ran
  made.test("test_a", 1, 0, 40);
  made.test("test_b", 1, 50, 90);
  made.run(0, 0, 40, {{"wait"}}, 0);
  made.run(1, 5, 60, {{"work_of_child"}});
  made.run(2, 6, 40, {{"work_of_grandchild"}});
  made.run(3, 45, 90, {{"somebody"}});
  const JoinedStep joined = made.join();
  EXPECT_EQ(joined.tests[0].cpu_ns, (35U + 34U) * kMs);
  EXPECT_EQ(hottest(joined.tests[0]), "work_of_child");
  EXPECT_EQ(joined.tests[1].cpu_ns, 0U);
  EXPECT_TRUE(joined.tests[1].functions.empty());
  EXPECT_NE(joined.tests[1].reason, "");
}

TEST(TestJoin, GoTestsAreKnownByTheirFunctions) {
  Made made;
  made.process(10, 1);                     // go
  made.process(11, 2, 0, 1, "Go 1.22.1");  // pkg.test
  const auto in_test = [](const std::string& function, const std::string& leaf) {
    return std::vector<Frame>{native("testing.tRunner"), native("example.com/m/pkg." + function), native(leaf)};
  };
  for (const char* name : {"TestA", "TestB"}) {  // t.Parallel: the windows overlap
    made.test(name, 0, 10, 100);
    made.tests().back().test.classname = "example.com/m/pkg";
    made.tests().back().test.file.clear();
  }
  made.run(1, 10, 60, in_test("TestA", "example.com/m/pkg.burnA"));
  const std::uint32_t other = made.thread(1, "pkg.test");
  made.run(other, 10, 40, in_test("TestB.func1", "example.com/m/pkg.burnB"));
  made.run(other, 40, 50, {native("runtime.gcBgMarkWorker")});
  const JoinedStep joined = made.join();
  EXPECT_EQ(hottest(joined.tests[0]), "example.com/m/pkg.burnA [native]");
  EXPECT_EQ(joined.tests[0].cpu_ns, 50U * kMs);
  EXPECT_EQ(joined.tests[0].joined_by, "function");
  EXPECT_NE(joined.tests[0].reason.find("at the same time"), std::string::npos);
  EXPECT_EQ(hottest(joined.tests[1]), "example.com/m/pkg.burnB [native]");
  EXPECT_EQ(joined.tests[1].cpu_ns, 30U * kMs);
  EXPECT_EQ(find(joined.tests[1], "testing.tRunner [native]"), nullptr);
}

TEST(TestJoin, SequentialGoTestsTakeTheirGoroutinesByTime) {
  Made made;
  made.process(11, 2, model::kNoIndex, 0, "Go 1.22.1");
  for (const auto& [name, from] : {std::pair{"TestA", 0}, std::pair{"TestB", 50}}) {
    made.test(name, 0, from, from + 50);
    made.tests().back().test.classname = "example.com/m/v2.x";
  }
  made.run(0, 0, 10, {native("testing.tRunner"), native("example.com/m/v2%2ex.TestA")});
  made.run(0, 10, 50, {native("example.com/m/v2%2ex.goroutine")});
  made.run(0, 50, 90, {native("testing.tRunner"), native("example.com/m/v2%2ex.TestB")});
  const JoinedStep joined = made.join();
  EXPECT_EQ(joined.tests[0].cpu_ns, 50U * kMs);
  EXPECT_EQ(joined.tests[0].joined_by, "function, process and time");
  EXPECT_EQ(joined.tests[1].cpu_ns, 40U * kMs);
}

TEST(TestJoin, RustTestsAreKnownByFunctionAndThread) {
  Made made;
  made.process(11, 2, model::kNoIndex, 0, "Rust 1.80.0");
  for (const char* name : {"tests::alpha_is_hot", "tests::beta"}) {
    RanTest test;
    test.test.name = name;
    made.tests().push_back(test);
  }
  const std::uint32_t alpha = made.thread(0, "tests::alpha_is");  // as the kernel cuts it
  made.run(alpha, 0, 40, {native("std::thread::spawn"), native("krate::burn_alpha")});
  const std::uint32_t nameless = made.thread(0, "krate-1234");
  made.run(nameless, 0, 30,
           {native("test::run_test"), native("krate::tests::beta::{closure#0}"), native("krate::tests::beta"),
            native("krate::burn_beta")});
  const JoinedStep joined = made.join();
  EXPECT_EQ(hottest(joined.tests[0]), "krate::burn_alpha [native]");
  EXPECT_EQ(joined.tests[0].joined_by, "thread");
  EXPECT_EQ(hottest(joined.tests[1]), "krate::burn_beta [native]");
  EXPECT_EQ(joined.tests[1].cpu_ns, 30U * kMs);
  EXPECT_EQ(joined.tests[1].reason, "") << "no time was left over";
}

TEST(TestJoin, ThreadsThatBearNoNameOfATestAreTold) {
  Made made;
  made.process(11, 2, model::kNoIndex, 0, "Rust 1.80.0");
  RanTest test;
  test.test.name = "tests::alpha";
  made.tests().push_back(test);
  test.test.name = "tests::beta";
  made.tests().push_back(test);
  made.run(0, 0, 40, {native("test::run_test"), native("krate::tests::alpha"), native("krate::burn_alpha")});
  made.run(made.thread(0, "worker"), 0, 40, {native("other::tests::beta"), native("krate::burn_in_pool")});
  const JoinedStep joined = made.join();
  EXPECT_EQ(joined.tests[0].cpu_ns, 40U * kMs);
  EXPECT_EQ(find(joined.tests[0], "krate::burn_in_pool [native]"), nullptr);
  EXPECT_NE(joined.tests[0].reason.find("does not tell when"), std::string::npos) << joined.tests[0].reason;
}

TEST(TestJoin, AWorkerThatTheRunnerDoesNotTellIsKnownByTheFile) {
  Made made;
  made.process(10, 1, model::kNoIndex, 0, "node v20");
  made.process(11, 2, 0, 1, "node v20");
  made.process(12, 3, 0, 1, "node v20");
  made.test("alpha", 1, 10, 40);
  made.test("beta", 1, 40, 60);
  made.run(0, 0, 70, {{"wait", "file:///lib/vitest.js", model::FrameKind::javascript}}, 0);
  made.run(1, 10, 40,
           {{"run", "/lib/worker.js", model::FrameKind::javascript},
            {"burn_alpha", "file:///w/test_a.py", model::FrameKind::javascript}});
  made.run(1, 40, 60, {{"burn_beta", "file:///w/test_a.py", model::FrameKind::javascript}});
  made.run(2, 10, 60, {{"another_file", "file:///w/other_test_a.py", model::FrameKind::javascript}});
  const JoinedStep joined = made.join();
  EXPECT_EQ(hottest(joined.tests[0]), "burn_alpha");
  EXPECT_EQ(joined.tests[0].cpu_ns, 30U * kMs);
  EXPECT_EQ(hottest(joined.tests[1]), "burn_beta");
  EXPECT_EQ(joined.tests[1].cpu_ns, 20U * kMs);
}

TEST(TestJoin, HooksBelongToTheTestThoughItsDurationLeavesThemOut) {
  Made made;
  made.process(10, 10);
  made.test("alpha", 10, 0, 30);  // as mocha counts it
  made.tests().back().lasted = std::chrono::nanoseconds(60 * kMs);
  made.run(0, 0, 30, {{"before_each"}});
  made.run(0, 30, 60, {{"burn"}});
  const JoinedStep joined = made.join();
  EXPECT_EQ(joined.tests[0].cpu_ns, 60U * kMs);
  EXPECT_NE(find(joined.tests[0], "burn"), nullptr);
}

TEST(TestJoin, PhasesAreToldFromFrames) {
  Made made;
  made.process(10, 10);
  made.test("test_a", 10, 30, 100);
  const Frame import_frame{"_find_and_load", "<frozen importlib._bootstrap>"};
  made.run(0, 0, 10, {{"pytest_collection", "/lib/_pytest/main.py"}, {"genitems", "/lib/_pytest/main.py"}});
  made.run(0, 10, 25, {{"pytest_collection", "/lib/_pytest/main.py"}, import_frame, {"<module>", "/w/test_a.py"}});
  made.run(0, 25, 30, {{"pytest_sessionstart", "/lib/_pytest/terminal.py"}});
  made.run(0, 30, 50,
           {{"pytest_runtest_setup", "/lib/_pytest/runner.py"},
            {"pytest_fixture_setup", "/lib/_pytest/fixtures.py"},
            {"database", "/w/conftest.py"}});
  made.run(0, 50, 90, in_pytest({"burn"}));
  made.run(0, 90, 95, {{"pytest_runtest_protocol", "/lib/_pytest/runner.py"}, {"report", "/lib/_pytest/terminal.py"}});
  made.run(0, 95, 100, {{"thread_of_the_test"}});
  const JoinedStep joined = made.join();
  EXPECT_EQ(cpu_of(joined.step.phases, "collection"), 10U * kMs);
  EXPECT_EQ(cpu_of(joined.step.phases, "import"), 15U * kMs);
  EXPECT_EQ(cpu_of(joined.step.phases, "fixtures"), 20U * kMs);
  EXPECT_EQ(cpu_of(joined.step.phases, "tests"), 45U * kMs);
  EXPECT_EQ(cpu_of(joined.step.phases, "runner"), 10U * kMs);
  EXPECT_EQ(cpu_of(joined.tests[0].phases, "fixtures"), 20U * kMs);
  EXPECT_EQ(cpu_of(joined.tests[0].phases, "tests"), 45U * kMs);
  EXPECT_EQ(cpu_of(joined.tests[0].phases, "import"), 0U);
  EXPECT_NE(find(joined.tests[0], "database"), nullptr);
}

TEST(TestJoin, WhatIsMissingHasAReason) {
  Made made;
  made.process(10, 10);
  made.test("test_short", 10, 0, 0);
  made.test("test_elsewhere", 77, 0, 10);
  RanTest untimed;
  untimed.test.name = "test_untimed";
  untimed.pid = 10;
  made.tests().push_back(untimed);
  made.run(0, 0, 10, {{"burn"}});
  const JoinedStep joined = made.join();
  EXPECT_NE(joined.tests[0].reason.find("no sample"), std::string::npos) << joined.tests[0].reason;
  EXPECT_NE(joined.tests[1].reason.find("77 was not seen"), std::string::npos) << joined.tests[1].reason;
  EXPECT_NE(joined.tests[2].reason.find("does not tell when"), std::string::npos) << joined.tests[2].reason;
  EXPECT_EQ(joined.step.tests, 0U);
}

TEST(TestJoin, ATestOfMachineCodeSaysWhyTheKernelWasNotAsked) {
  Made made;
  made.process(10, 10, model::kNoIndex, 0, "");
  made.builder().process(0).profiler.clear();
  made.builder().say(model::Severity::warning, "native-not-sampled", "machine code has no stacks: not permitted");
  made.test("TestGo", 0, 0, 775);
  made.test("TestOther", 0, 0, 775);
  const JoinedStep joined = made.join();
  EXPECT_NE(joined.tests[0].reason.find("not permitted"), std::string::npos) << joined.tests[0].reason;
}

TEST(TestJoin, FunctionsAreBoundedAndTheIntervalHoldsTheShare) {
  Made made;
  made.process(10, 10);
  made.test("test_a", 10, 0, 200);
  for (int i = 0; i < 40; ++i) made.run(0, i * 5, i * 5 + 5, {{"burn_" + std::to_string(i)}});
  const JoinedStep joined = made.join();
  const model::TestProfile& profile = joined.tests[0];
  EXPECT_EQ(profile.functions.size(), model::kMaxFunctionsOfTest);
  EXPECT_EQ(profile.functions_left_out, 40U - model::kMaxFunctionsOfTest);
  for (const model::HotFunction& function : profile.functions) {
    const double share = static_cast<double>(function.self_cpu_ns) / static_cast<double>(profile.cpu_ns);
    EXPECT_LE(function.self_low, share);
    EXPECT_GE(function.self_high, share);
    EXPECT_LT(function.self_high, 0.2);
  }
}

TEST(TestJoin, NothingRecordedIsNoMistake) {
  std::vector<RanTest> tests(3);
  tests[0].test.name = "a > b";
  tests[1].pid = 4;
  tests[2].wanted = false;
  const JoinedStep joined = join_tests({}, tests);
  ASSERT_EQ(joined.tests.size(), 3U);
  EXPECT_NE(joined.tests[0].reason, "");
  EXPECT_NE(joined.tests[1].reason, "");
  EXPECT_EQ(joined.tests[2].reason, "");
}

TEST(EnclosingTests, NamesThatGoRoundInACircleEnd) {
  std::vector<RanTest> tests(2);
  tests[0].test.name = "a";
  tests[0].test.parent = "b";
  tests[1].test.name = "b";
  tests[1].test.parent = "a";
  Made made;
  made.process(10, 10);
  for (RanTest& test : tests) {
    test.pid = 10;
    test.start = std::chrono::nanoseconds(kStarted);
    test.duration = std::chrono::nanoseconds(10 * kMs);
    made.tests().push_back(test);
  }
  made.run(0, 0, 10, {{"burn"}});
  EXPECT_EQ(made.join().tests.size(), 2U);
}

}  // namespace
}  // namespace rh::profiles
