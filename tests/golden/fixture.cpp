#include "tests/golden/fixture.h"

namespace rh::golden {

using namespace std::chrono_literals;
using namespace model;

const std::string kHostile =
    std::string("</script>]]>&<b>\x1b[31mred\x1b[0m\x1b]0;title\x07 \xff\xc3( \xef\xbf\xbe \x01\x7f |pipe| `tick`") +
    '\0' + "end";

namespace {

constexpr std::chrono::nanoseconds kZero = 5000s;

CpuFigure cpu(std::chrono::nanoseconds value, Scope scope = Scope::exact_process) {
  return {value, scope, "cgroup v2 cpu.stat", ""};
}
BytesFigure bytes(std::uint64_t value, Scope scope = Scope::exact_process) {
  return {value, scope, "cgroup v2 memory.peak", ""};
}

ProcessUsage usage(std::chrono::nanoseconds wall) {
  ProcessUsage usage;
  usage.wall = wall;
  usage.user_cpu = cpu(wall / 2);
  usage.system_cpu = cpu(wall / 10, Scope::sampled);
  usage.peak_memory = bytes(96U << 20);
  usage.max_processes = {3, Scope::sampled, "/proc", ""};
  usage.read_bytes = BytesFigure::unknown("no io controller on this host");
  usage.written_bytes = {0, Scope::lower_bound, "/proc/PID/io", "processes that ended between samples are missing"};
  return usage;
}

IsolationReport isolation() {
  return {IsolationLevel::contained,
          IsolationLevel::contained,
          {{"user namespace", "yes", MechanismState::enforced, "clone3", ""},
           {"read-only root", "yes", MechanismState::enforced, "mount namespace", ""},
           {"network", "none", MechanismState::degraded, "host network", "preset local asks for the host's network"},
           {"landlock", "no", MechanismState::not_requested, "", ""}}};
}

TestRecord test(const std::string& suite, const std::string& file, const std::string& name, Outcome outcome) {
  TestRecord record;
  record.test = {{suite + "::" + file + "::" + name}, {suite}, file, 12, "", name, "", TestKind::test};
  Attempt attempt;
  attempt.outcome = outcome;
  attempt.start = kZero + 500ms;
  attempt.duration = 20ms;
  attempt.usage = {cpu(15ms, Scope::exact_window), bytes(32U << 20, Scope::shared_window)};
  attempt.pid = 4711;
  record.attempts = {attempt};
  return record;
}

StepReport step(const std::string& name, StepKind kind, StepMeaning meaning, int exit_code) {
  StepReport step;
  step.name = name;
  step.kind = kind;
  step.argv = {"tool", "--flag", "two words"};
  step.cwd = "/src/demo";
  step.ending = Ending::exited;
  step.status.exit_code = exit_code;
  step.meaning = meaning;
  step.started = kZero + 100ms;
  step.usage = usage(2s);
  step.isolation = isolation();
  step.oom_kills = 0;
  step.output_bytes = 812;
  step.stdout_file = "steps/1.stdout";
  step.stderr_file = "steps/1.stderr";
  return step;
}

SuiteReport suite(const std::string& id, const std::string& ecosystem, const std::string& root, SuiteStatus status) {
  SuiteReport report;
  report.suite.id = {id};
  report.suite.ecosystem = ecosystem;
  report.suite.runner = id.substr(id.find(':') + 1);
  report.suite.root = root;
  report.suite.reason = "found its configuration";
  report.suite.tool = {ecosystem, "/usr/bin/" + ecosystem, "1.2.3", ""};
  report.suite.env = {{"CI", "1"}};
  report.suite.details = {{"script", "test"}};
  report.suite.limits.wall = 10min;
  report.suite.limits.memory_bytes = 512U << 20;
  report.status = status;
  report.wall = 2s;
  report.usage = usage(2s);
  report.isolation = isolation();
  report.rerun = {"runharness", "test", root};
  return report;
}

SampleSeries samples(const std::string& id) {
  SampleSeries series;
  series.suite = {id};
  series.cadence = 50ms;
  for (int i = 0; i < 5; ++i) {
    series.t_ns.push_back((kZero + i * 50ms).count());
    series.cpu_ns.push_back(static_cast<std::uint64_t>(i) * 30'000'000U);
    series.rss_bytes.push_back((10U + static_cast<std::uint64_t>(i % 3) * 40U) << 20);
    series.processes.push_back(1U + static_cast<std::uint32_t>(i % 2));
    series.threads.push_back(2);
  }
  series.memory_source = "cgroup v2 memory.current";
  series.cpu_source = "cgroup v2 cpu.stat";
  series.gaps = {{kZero + 60ms, kZero + 90ms, "the sampler was descheduled"}};
  return series;
}

CoverageReport python_coverage() {
  CoverageReport coverage;
  coverage.files = {{"api/hostile,name.py",
                     {{1, 1}, {2, 4}, {3, 0}},
                     {{2, 0, "0", 1}, {2, 0, "1", 0}, {3, 0, "0", std::nullopt}},
                     {{"parse<a, b>", 1, 4}},
                     {}},
                    {"api/models.py", {{1, 18446744073709551615U}}, {}, {}, {}}};
  coverage.totals.lines = Ratio{4, 3};
  coverage.totals.branches = Ratio{3, 1};
  coverage.totals.functions = Ratio{1, 1};
  coverage.basis = "lines+branches";
  coverage.tool = "coverage.py 7.17.3";
  coverage.unresolved = {"/tmp/generated.py"};
  return coverage;
}

CoverageReport go_coverage() {
  CoverageReport coverage;
  coverage.files = {{"svc/main.go", {{3, 1}, {4, 1}, {8, 0}}, {}, {}, {{3, 1, 5, 2, 2, 1}, {7, 1, 9, 2, 1, 0}}}};
  coverage.totals.lines = Ratio{3, 2};
  coverage.totals.statements = Ratio{3, 2};
  coverage.basis = "statements";
  coverage.tool = "go 1.26.8";
  return coverage;
}

SuiteReport failing_suite() {
  SuiteReport report = suite("api:pytest", "pytest", "api", SuiteStatus::failed);
  report.status_reason = "2 of 8 tests failed";
  report.steps = {step("pytest", StepKind::test, StepMeaning::tests_failed, 1)};
  report.steps[0].leftovers = {{4720, "sleep 1000"}};

  TestRecord failed = test("api:pytest", "test_math.py", "test_sub[1-2]", Outcome::failed);
  failed.test.classname = "TestMath";
  failed.attempts[0].message = "assert 1 == 2";
  failed.attempts[0].details =
      "    def test_sub(a, b):\n>       assert a == b\nE       assert 1 == 2\n\ntest_math.py:12: AssertionError\n";
  failed.attempts[0].standard_output = "computing\n";
  TestRecord hostile = test("api:pytest", "test_hostile.py", "test_" + kHostile, Outcome::errored);
  hostile.attempts[0].message = kHostile;
  hostile.attempts[0].details = kHostile + "\n" + kHostile;
  hostile.attempts[0].standard_error = kHostile;
  TestRecord retried = test("api:pytest", "test_net.py", "test_retry", Outcome::failed);
  retried.attempts[0].message = "connection refused";
  retried.attempts.push_back(retried.attempts[0]);
  retried.attempts[1].number = 2;
  retried.attempts[1].outcome = Outcome::passed;
  retried.attempts[1].message.clear();
  TestRecord skipped = test("api:pytest", "test_math.py", "test_windows", Outcome::skipped);
  skipped.attempts[0].message = "needs Windows";
  skipped.test.line.reset();
  TestRecord expected = test("api:pytest", "test_math.py", "test_known_bug", Outcome::expected_failure);
  expected.attempts[0].message = "issue in rounding";
  TestRecord surprising = test("api:pytest", "test_math.py", "test_fixed_bug", Outcome::unexpected_pass);
  TestRecord subtest = test("api:pytest", "test_math.py", "test_table (i=3)", Outcome::failed);
  subtest.test.kind = TestKind::subtest;
  subtest.test.parent = "test_table";
  subtest.attempts[0].message = "3 is odd";
  report.tests = {test("api:pytest", "test_math.py", "test_add", Outcome::passed),
                  failed,
                  hostile,
                  retried,
                  skipped,
                  expected,
                  surprising,
                  test("api:pytest", "test_math.py", "test_table", Outcome::passed),
                  subtest};
  report.counts = {8, 3, 1, 1, 1, 1, 1, 1, 1, 1};
  report.native = RunnerFinished{8, 3, 2, 1, 0, 1, 1, 1, "2 failed, 3 passed, 1 skipped in 0.31s"};
  report.samples = samples("api:pytest");
  report.coverage = python_coverage();
  return report;
}

SuiteReport crashed_suite() {
  SuiteReport report = suite("web:vitest", "npm", "web", SuiteStatus::limit);
  report.status_reason = "memory limit of 512.0 MiB reached, 1 test was running";
  report.steps = {step("npm ci", StepKind::prepare, StepMeaning::ok, 0),
                  step("vitest", StepKind::test, StepMeaning::crashed, 0)};
  report.steps[1].ending = Ending::memory;
  report.steps[1].ending_detail = "cgroup v2 memory.events: oom_kill 1";
  report.steps[1].status = {std::nullopt, 9, false};
  report.steps[1].signals_sent = {15, 9};
  report.steps[1].oom_kills = 1;
  report.steps[1].output_truncated = true;
  TestRecord crashed = test("web:vitest", "src/app.test.ts", "app > renders", Outcome::crashed);
  crashed.attempts[0].message = "the process died: memory limit";
  crashed.attempts[0].duration.reset();
  crashed.attempts[0].duration_reason = "its process died before the test ended";
  crashed.attempts[0].usage = {CpuFigure::unknown("its process died before the test ended"),
                               BytesFigure::unknown("its process died before the test ended")};
  TestRecord lost = test("web:vitest", "src/app.test.ts", "app > routes", Outcome::not_run);
  lost.attempts[0] = Attempt{};
  report.tests = {test("web:vitest", "src/app.test.ts", "app > loads", Outcome::passed), crashed, lost};
  report.counts = {3, 1, 2, 0, 0, 0, 0, 0, 0, 0};
  report.usage.user_cpu = CpuFigure::unknown("the cgroup was removed by the host");
  report.usage.peak_memory = bytes(512U << 20);
  report.coverage.reason = "vitest died before it wrote coverage";
  return report;
}

SuiteReport broken_suite() {
  SuiteReport report = suite("core:cargo", "cargo", "core", SuiteStatus::broken);
  report.status_reason = "the build failed with exit code 101";
  report.steps = {step("cargo build", StepKind::build, StepMeaning::broken, 101)};
  report.steps[0].output_tail = "error[E0308]: mismatched types\n --> src/lib.rs:4:5\n" + kHostile + "\n";
  report.usage.peak_memory = BytesFigure::unknown("no memory controller, and no sample was taken");
  report.coverage.reason = "the suite was not built";
  return report;
}

SuiteReport passing_suite() {
  SuiteReport report = suite("svc:go", "go", "svc", SuiteStatus::passed);
  report.status_reason = "all tests passed";
  report.steps = {step("go test ./...", StepKind::test, StepMeaning::ok, 0)};
  TestRecord slow = test("svc:go", "main_test.go", "TestSlow", Outcome::passed);
  slow.test.classname = "example.com/svc";
  slow.attempts[0].duration = 1200ms;
  report.tests = {test("svc:go", "main_test.go", "TestServe", Outcome::passed), slow};
  report.counts.total = report.counts.passed = 2;
  report.coverage = go_coverage();
  return report;
}

PatchReport patch() {
  PatchReport report;
  report.base = "origin/main";
  report.merge_base = "1123456789abcdef0123456789abcdef01234567";
  report.head = "0123456789abcdef0123456789abcdef01234567";
  report.lines = {3, 1};
  report.branches = {2, 1};
  using enum PatchLineState;
  report.files = {{"api/calc.py",
                   "",
                   PatchFileKind::modified,
                   true,
                   true,
                   {{2, covered}, {4, uncovered}, {5, uncovered}, {6, no_data}},
                   {3, 1},
                   {2, 1}},
                  {"api/new module.py", "api/old.py", PatchFileKind::renamed, true, false, {{1, no_data}}, {}, {}},
                  {"logo.png", "", PatchFileKind::binary, false, false, {}, {}, {}}};
  report.line_categories.emplace();
  report.line_categories->gnc = 1;
  report.line_categories->unc = 2;
  report.categories_reason = "";
  return report;
}

BaseRun base_run() {
  BaseRun base{"run 019adfff of 1123456", "1123456789abcdef0123456789abcdef01234567", {}, 12, 1, 1, 7s};
  base.coverage.lines = Ratio{6, 5};
  return base;
}

RunInfo run_info() {
  RunInfo run;
  run.id = {"019ae000-0000-7000-8000-000000000001"};
  run.runharness_version = "0.1.0";
  run.argv = {"runharness", "test"};
  run.preset = "local";
  run.repository_root = "/src/demo";
  run.directory = "/src/demo/.runharness/runs/019ae000-0000-7000-8000-000000000001";
  run.git_commit = "0123456789abcdef0123456789abcdef01234567";
  run.git_dirty = true;
  run.started_at = std::chrono::sys_days(std::chrono::year(2026) / 3 / 1) + 12h + 34min + 56s + 789ms;
  run.started = kZero;
  run.jobs = 2;
  run.sample_interval = 50ms;
  run.machine = {"ci-1", "Linux 6.1.0-18-amd64 x86_64", "Debian GNU/Linux 12", "AMD EPYC", 2, 4ULL << 30};
  return run;
}

}  // namespace

RunReport make_report() {
  RunReport report;
  report.run = run_info();
  report.suites = {failing_suite(), crashed_suite(), broken_suite(), passing_suite()};
  report.counts = {13, 6, 3, 1, 1, 1, 1, 1, 1, 1};
  report.coverage = python_coverage();
  report.coverage.files.push_back(go_coverage().files[0]);
  report.coverage.totals.lines = Ratio{7, 5};
  report.coverage.totals.statements = Ratio{3, 2};
  report.coverage.basis = "lines";
  report.coverage.tool.clear();
  report.gates = {{"coverage.total",
                   "run",
                   GateLevel::block,
                   GateState::failed,
                   "80 %",
                   "71.42 %",
                   "5 of 7 lines",
                   "line coverage is 71.42 %, below 80 %",
                   true,
                   {{"api/calc.py", {{4, 5}}, "2 uncovered lines"}}},
                  {"tests.min", "api:pytest", GateLevel::warn, GateState::passed, "5", "8", "8 tests",
                   "8 tests ran, at least 5 wanted"},
                  {"coverage.total", "core:cargo", GateLevel::info, GateState::no_data, "50 %", "", "",
                   "there is no coverage to judge"}};
  report.diagnostics = {
      {Severity::error, "lost-tests", "1 test of web:vitest began and never ended", "src/app.test.ts", {"web:vitest"}},
      {Severity::warning, "coverage-unresolved", kHostile, "/tmp/generated.py", {"api:pytest"}},
      {Severity::info, "samples-gap", "30 ms without samples", "", {}}};
  report.patch = patch();
  report.base = base_run();
  TestRecord& known = report.suites[0].tests[0];
  known.past = {{Outcome::passed, false, 20ms}, {Outcome::failed, false, 21ms}, {Outcome::passed, true, {}}};
  known.flake_rate = FlakeRate{2, 9, 0.06, 0.55};
  known.profile =
      TestProfile{"process and time",
                  "",
                  15'000'000,
                  20'000'000,
                  20,
                  {{"tests", 11'000'000, 15'000'000}, {"fixtures", 4'000'000, 5'000'000}},
                  {{"Adder.add", "api/calc.py", 7, 11'000'000, 15'000'000, 15'000'000, 20'000'000, 20, 0.5, 0.88},
                   {kHostile, "/usr/lib/libc.so.6", 0, 4'000'000, 4'000'000, 5'000'000, 5'000'000, 5, 0.12, 0.5}},
                  3};
  report.suites[0].tests[1].profile =
      TestProfile{"", "no sample was taken in its 20 ms at 1000 Hz", 0, 0, 0, {}, {}, 0};
  const std::vector<PhaseTime> phases = {{"tests", 600'000'000, 800'000'000}, {"import", 400'000'000, 500'000'000}};
  report.suites[0].profile = {{{"pytest", "suites/000-api-pytest/step-0.profile.json", 1000, 1300, 1'000'000'000,
                                30'000'000, 0.002, 0.01, "machine code has no stacks: not permitted", phases, 1}},
                              phases};
  report.suites[0].tests[1].quarantine = Quarantine{"ana", "waits for the new driver", "2026-12-31", false};
  report.suites[0].test_map = {
      "test",
      {report.suites[0].tests[0].test.id, report.suites[0].tests[1].test.id},
      {{"api/calc.py", "95d09f2b10159347eece71399a7e2e907ea3df4f", {{0, {{1, 2}, {7, 7}}}, {1, {{1, 1}}}}}},
      ""};
  report.wall = 6s + 543ms;
  report.complete = true;
  report.exit_code = 5;
  report.exit_reason = "core:cargo could not be built";
  report.rerun_commands = {
      {"api:pytest::test_hostile.py::test_" + kHostile, "runharness test api -- -k hostile"},
      {"api:pytest::test_math.py::test_sub[1-2]", "runharness test api -- 'test_math.py::TestMath::test_sub[1-2]'"},
      {"web:vitest::src/app.test.ts::app > renders", "runharness test web -- -t 'app > renders'"}};
  return report;
}

RunReport make_passing_report() {
  RunReport report;
  report.run = run_info();
  report.suites = {passing_suite()};
  report.counts = report.suites[0].counts;
  report.coverage = go_coverage();
  report.wall = 2s + 100ms;
  report.complete = true;
  report.exit_reason = "all tests passed";
  return report;
}

}  // namespace rh::golden
