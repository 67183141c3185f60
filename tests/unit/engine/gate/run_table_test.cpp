// Hand-computed verdicts about tests, resources and the run itself.
#include <gtest/gtest.h>

#include "tests/unit/engine/gate/table.h"

namespace rh::engine::gate_test {
namespace {

using namespace rh::model;
using namespace std::chrono_literals;

std::function<void(Case&)> one_suite(TestCounts of_suite) {
  return [=](Case& c) { c.suite("api:pytest", of_suite); };
}

TEST(GateTable, NumbersOfTests) {
  const auto quarantined = [](Case& c) {
    TestCounts some = counts(8, 2);
    some.quarantined = 1;
    c.suite("api:pytest", some);
  };
  check_rows({
      {"none failed", "tests.max_failures", {{"max", "0"}}, one_suite(counts(5)), kPassed, false, "0"},
      {"one failed", "tests.max_failures", {{"max", "0"}}, one_suite(counts(5, 1)), kFailed, true, "1"},
      {"one tolerated", "tests.max_failures", {{"max", "1"}}, one_suite(counts(5, 1)), kPassed, false, "1"},
      {"2 of 100 is 2 %", "tests.max_failures", {{"max", "2%"}}, one_suite(counts(98, 2)), kPassed, false, "2.00 %"},
      {"2 of 99 is more than 2 %",
       "tests.max_failures",
       {{"max", "2%"}},
       one_suite(counts(97, 2)),
       kFailed,
       true,
       "2.03 %"},
      {"one in a million is more than none",
       "tests.max_failures",
       {{"max", "0%"}},
       one_suite(counts(999'999, 1)),
       kFailed,
       true,
       "0.01 %"},
      {"a share of no tests", "tests.max_failures", {{"max", "2%"}}, one_suite(counts(0)), kNoData, true},
      {"quarantined failures do not count", "tests.max_failures", {{"max", "1"}}, quarantined, kPassed, false, "1"},
      {"but they may be too many", "tests.max_quarantined", {{"max", "0"}}, quarantined, kFailed, true, "1"},
      {"as many as wanted", "tests.min", {{"min", "5"}}, one_suite(counts(5)), kPassed, false, "5"},
      {"one too few", "tests.min", {{"min", "6"}}, one_suite(counts(5)), kFailed, true, "5"},
      {"skipped tests did not run", "tests.min", {{"min", "5"}}, one_suite(counts(4, 0, 1)), kFailed, true, "4"},
      {"failed tests ran", "tests.min", {{"min", "5"}}, one_suite(counts(4, 1)), kPassed, false, "5"},
      {"no suite at all", "tests.min", {{"min", "1"}}, [](Case&) {}, kFailed, true, "0"},
      {"skipped", "tests.max_skipped", {{"max", "1"}}, one_suite(counts(4, 0, 2)), kFailed, true, "2"},
      {"skipped share", "tests.max_skipped", {{"max", "33.4%"}}, one_suite(counts(2, 0, 1)), kPassed, false, "33.34 %"},
      {"flaky", "tests.max_flaky", {{"max", "0"}}, one_suite(counts(4, 0, 0, 1)), kFailed, true, "1"},
      {"flaky tolerated",
       "tests.max_flaky",
       {{"max", "25%"}},
       one_suite(counts(4, 0, 0, 1)),
       kPassed,
       false,
       "25.00 %"},
      {"one suite of two",
       "tests.max_failures",
       {{"max", "0"}, {"suites", "web:*"}},
       [](Case& c) { c.suite("api:pytest", counts(1, 9)).suite("web:jest", counts(3)); },
       kPassed,
       false,
       "0"},
      {"required and passed",
       "tests.required",
       {{"tests", "login"}},
       [](Case& c) { c.suite("a", counts(1)).test("login", Outcome::passed); },
       kPassed,
       false,
       "1 of 1",
       "-"},
      {"required and skipped",
       "tests.required",
       {{"tests", "login"}},
       [](Case& c) { c.suite("a", counts(0, 0, 1)).test("login", Outcome::skipped); },
       kFailed,
       true,
       "0 of 1",
       "a::login"},
      {"required and gone",
       "tests.required",
       {{"tests", "login*"}},
       [](Case& c) { c.suite("a", counts(1)).test("logout", Outcome::passed); },
       kFailed,
       true,
       "0 of 1",
       "login*"},
  });
}

void two_suites(Case& c) {
  c.suite("a", counts(1)).suite("b", counts(1));
  c.report.suites[0].usage.wall = 60s + 1ns;
  c.report.suites[0].usage.user_cpu = {1s, Scope::exact_process, "rusage", ""};
  c.report.suites[0].usage.system_cpu = {500ms, Scope::exact_process, "rusage", ""};
  c.report.suites[0].usage.peak_memory = {(100ULL << 20) + 1, Scope::exact_process, "cgroup", ""};
  c.report.suites[1].usage.peak_memory = BytesFigure::unknown("no cgroup");
}

std::function<void(Case&)> one_test(std::chrono::nanoseconds duration, Scope memory_scope, std::uint64_t peak) {
  return [=](Case& c) {
    c.suite("a", counts(1)).test("slow", Outcome::passed);
    Attempt& attempt = c.report.suites[0].tests[0].attempts[0];
    attempt.duration = duration;
    attempt.usage.peak_memory = {peak, memory_scope, "VmHWM", ""};
  };
}

TEST(GateTable, TimeAndMemory) {
  check_rows({
      {"a nanosecond too long",
       "resources.max_wall",
       {{"max", "60s"}, {"suites", "a"}},
       two_suites,
       kFailed,
       true,
       "60000000001 ns"},
      {"long enough", "resources.max_wall", {{"max", "61s"}, {"suites", "a"}}, two_suites, kPassed, false},
      {"CPU is user and system", "resources.max_cpu", {{"max", "1500ms"}, {"suites", "a"}}, two_suites, kPassed, false},
      {"CPU above", "resources.max_cpu", {{"max", "1499ms"}, {"suites", "a"}}, two_suites, kFailed, true},
      {"CPU not measured", "resources.max_cpu", {{"max", "1s"}, {"suites", "b"}}, two_suites, kNoData, true},
      {"a byte too much",
       "resources.max_memory",
       {{"max", "100M"}, {"suites", "a"}},
       two_suites,
       kFailed,
       true,
       "104857601 bytes"},
      {"enough memory", "resources.max_memory", {{"max", "101M"}, {"suites", "a"}}, two_suites, kPassed, false},
      {"memory not measured", "resources.max_memory", {{"max", "1G"}, {"suites", "b"}}, two_suites, kNoData, true},
      {"memory not measured, let pass",
       "resources.max_memory",
       {{"max", "1G"}, {"suites", "b"}, {"no_data", "pass"}},
       two_suites,
       kNoData,
       false},
      {"per test",
       "resources.max_wall",
       {{"max", "2s"}, {"per", "test"}},
       one_test(2s, Scope::exact_window, 1),
       kPassed,
       false},
      {"per test, too slow",
       "resources.max_wall",
       {{"max", "2s"}, {"per", "test"}},
       one_test(2s + 1ms, Scope::exact_window, 1),
       kFailed,
       true,
       "",
       "a::slow"},
      {"memory per test",
       "resources.max_memory",
       {{"max", "1K"}, {"per", "test"}},
       one_test(1s, Scope::exact_window, 1025),
       kFailed,
       true,
       "1025 bytes",
       "a::slow"},
      {"an upper bound proves nothing",
       "resources.max_memory",
       {{"max", "1K"}, {"per", "test"}},
       one_test(1s, Scope::shared_window, 1025),
       kNoData,
       true},
      {"an upper bound below the maximum does",
       "resources.max_memory",
       {{"max", "1K"}, {"per", "test"}},
       one_test(1s, Scope::shared_window, 1024),
       kPassed,
       false},
      {"no suite", "resources.max_wall", {{"max", "2s"}}, [](Case&) {}, kNoData, true},
  });
}

TEST(GateTable, BaselineOfTestsTimeAndMemory) {
  const auto build = [](std::uint64_t tests, std::chrono::milliseconds wall) {
    return [=](Case& c) {
      c.suite("a", counts(10));
      c.report.suites[0].usage.wall = 10s;
      c.baseline = std::make_shared<Baseline>();
      c.baseline->suites["a"] = {tests, wall, std::nullopt, std::nullopt};
    };
  };
  check_rows({
      {"as many tests", "tests.ratchet", {}, build(10, 1s), kPassed, false, "10 tests"},
      {"a test is gone", "tests.ratchet", {}, build(11, 1s), kFailed, true, "10 tests", "a"},
      {"a test is gone, tolerated", "tests.ratchet", {{"tolerance", "1"}}, build(11, 1s), kPassed, false},
      {"a suite is gone",
       "tests.ratchet",
       {},
       [](Case& c) {
         c.suite("a", counts(1));
         c.baseline = std::make_shared<Baseline>();
         c.baseline->suites["b"].tests = 3;
       },
       kFailed,
       true,
       "",
       "b"},
      {"no baseline", "tests.ratchet", {}, [](Case& c) { c.suite("a", counts(1)); }, kNoData, true},
      {"a quarter slower is tolerated", "resources.ratchet", {{"of", "wall"}}, build(1, 8s), kPassed, false},
      {"more than a quarter slower",
       "resources.ratchet",
       {{"of", "wall"}},
       build(1, 7999ms),
       kFailed,
       true,
       "1 above",
       "a"},
      {"half slower, tolerated",
       "resources.ratchet",
       {{"of", "wall"}, {"tolerance", "50"}},
       build(1, 6667ms),
       kPassed,
       false},
      {"nothing in common", "resources.ratchet", {{"of", "memory"}}, build(1, 1s), kNoData, false},
  });
}

TEST(GateTable, IsolationLeaksAndDiagnostics) {
  const auto isolated = [](IsolationLevel level) {
    return [=](Case& c) {
      c.suite("a", counts(1));
      c.report.suites[0].isolation.reached = level;
      c.report.suites[0].isolation.rows.push_back({"network", "none", MechanismState::refused, "", "not permitted"});
    };
  };
  const auto leaking = [](Case& c) {
    c.suite("a", counts(1));
    c.report.suites[0].steps[0].leftovers.push_back({7, "sleep 1000"});
  };
  const auto troubled = [](Case& c) {
    c.diagnostic(Severity::info, "note")
        .diagnostic(Severity::warning, "coverage-missing")
        .diagnostic(Severity::error, "lost-tests");
  };
  check_rows({
      {"contained as wanted",
       "isolation.level",
       {{"min", "contained"}},
       isolated(IsolationLevel::contained),
       kPassed,
       false,
       "contained"},
      {"strict is more",
       "isolation.level",
       {{"min", "contained"}},
       isolated(IsolationLevel::strict),
       kPassed,
       false,
       "strict"},
      {"not reached",
       "isolation.level",
       {{"min", "strict"}},
       isolated(IsolationLevel::contained),
       kFailed,
       true,
       "contained",
       "network"},
      {"not run here", "isolation.level", {{"min", "strict"}}, [](Case&) {}, kNoData, true},
      {"a process was left", "leaks.processes", {}, leaking, kFailed, true, "1", "a"},
      {"a process was left, tolerated", "leaks.processes", {{"max", "1"}}, leaking, kPassed, false, "1", "-"},
      {"nothing was left", "leaks.processes", {}, [](Case& c) { c.suite("a", counts(1)); }, kPassed, false, "0"},
      {"warnings and errors", "diagnostics.max", {}, troubled, kFailed, true, "2"},
      {"errors", "diagnostics.max", {{"severity", "error"}, {"max", "1"}}, troubled, kPassed, false, "1"},
      {"by code", "diagnostics.max", {{"codes", "coverage-*"}}, troubled, kFailed, true, "1"},
      {"by a code that did not come", "diagnostics.max", {{"codes", "junit-*"}}, troubled, kPassed, false, "0"},
      {"info counts when asked for",
       "diagnostics.max",
       {{"severity", "info"}, {"max", "2"}},
       troubled,
       kFailed,
       true,
       "3"},
  });
}

}  // namespace
}  // namespace rh::engine::gate_test
