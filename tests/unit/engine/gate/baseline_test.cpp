#include "runner/engine/gate/baseline.h"

#include <gtest/gtest.h>

#include "tests/unit/engine/gate/case.h"

namespace rh::engine::gate_test {
namespace {

using namespace rh::model;
using namespace std::chrono_literals;

Case measured() {
  Case made;
  made.file("src/b.py", "10f").file("src/a.py", "1p0");
  made.suite("api:pytest", counts(10, 0, 2)).test("slow", Outcome::passed).test("fast", Outcome::passed);
  SuiteReport& suite = made.report.suites[0];
  suite.usage.wall = 12'340ms;
  suite.usage.user_cpu = {3s, Scope::exact_process, "rusage", ""};
  suite.usage.system_cpu = {33ms, Scope::exact_process, "rusage", ""};
  suite.usage.peak_memory = {180ULL << 20, Scope::exact_process, "cgroup", ""};
  suite.tests[0].attempts[0].duration = 2'310ms;
  suite.tests[1].attempts[0].duration = 20ms;
  return made;
}

TEST(Baseline, IsSmallSortedAndRounded) {
  const Case made = measured();
  EXPECT_EQ(encode_baseline(make_baseline({made.report}).baseline), R"({
  "runharness_baseline": 1,
  "files": {
    "src/a.py": {"branches":1,"lines":1},
    "src/b.py": {"branches":0,"lines":1}
  },
  "suites": {
    "api:pytest": {"tests":10,"wall_ms":13000,"cpu_ms":3100,"peak_memory_mib":180}
  },
  "tests": {
    "api:pytest::slow": {"wall_ms":2400}
  }
}
)");
}

TEST(Baseline, ReadsWhatItWrote) {
  const Case made = measured();
  const Baseline baseline = make_baseline({made.report}).baseline;
  const auto read = decode_baseline(encode_baseline(baseline), "b.json");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(*read, baseline);
  const auto empty = decode_baseline(encode_baseline({}), "b.json");
  ASSERT_TRUE(empty) << empty.error().message();
  EXPECT_EQ(*empty, Baseline{});
}

TEST(Baseline, RoundsUpToTwoDigits) {
  EXPECT_EQ(round_up(1ns), 100ms);
  EXPECT_EQ(round_up(100ms), 100ms);
  EXPECT_EQ(round_up(101ms), 110ms);
  EXPECT_EQ(round_up(990ms), 990ms);
  EXPECT_EQ(round_up(991ms), 1s);
  EXPECT_EQ(round_up(61s), 61s);
  EXPECT_EQ(round_up(61s + 1ns), 62s);
  EXPECT_EQ(round_up_bytes(1), 1ULL << 20);
  EXPECT_EQ(round_up_bytes((99ULL << 20) + 1), 100ULL << 20);
  EXPECT_EQ(round_up_bytes(101ULL << 20), 110ULL << 20);
}

TEST(Baseline, FiguresThatFlickerAreLeftAlone) {
  const Case made = measured();
  Baseline before = make_baseline({made.report}).baseline;
  Case faster = measured();
  faster.report.suites[0].usage.wall = 10s;
  EXPECT_EQ(make_baseline({faster.report, &before}).baseline.suites["api:pytest"].wall, 13s);
  faster.report.suites[0].usage.wall = 9s;
  EXPECT_EQ(make_baseline({faster.report, &before}).baseline.suites["api:pytest"].wall, 9s);
  faster.report.suites[0].usage.wall = 16s;
  EXPECT_EQ(make_baseline({faster.report, &before}).baseline.suites["api:pytest"].wall, 13s);
  faster.report.suites[0].usage.wall = 17s;
  EXPECT_EQ(make_baseline({faster.report, &before}).baseline.suites["api:pytest"].wall, 17s);
}

TEST(Baseline, KeepsWhatTheReportDoesNotHave) {
  const Case made = measured();
  Baseline before;
  before.files["src/other.py"]["lines"] = 7;
  before.files["src/deleted.py"]["lines"] = 9;
  before.suites["web:jest"].tests = 3;
  before.tests["api:pytest::was_slow"].wall = 5s;
  before.tests["web:jest::slow"].wall = 5s;
  BaselineSource source{made.report, &before};
  source.source_exists = [](const std::string& path) { return path == "src/other.py"; };
  const NewBaseline kept = make_baseline(source);
  EXPECT_EQ(kept.kept, 3U);
  EXPECT_TRUE(kept.baseline.files.contains("src/other.py"));
  EXPECT_FALSE(kept.baseline.files.contains("src/deleted.py"));
  EXPECT_TRUE(kept.baseline.suites.contains("web:jest"));
  EXPECT_TRUE(kept.baseline.tests.contains("web:jest::slow"));
  EXPECT_FALSE(kept.baseline.tests.contains("api:pytest::was_slow")) << "it ran, and is slow no more";
  source.prune = true;
  EXPECT_EQ(make_baseline(source).baseline, make_baseline({made.report}).baseline);
}

TEST(Baseline, RefusesWhatItCannotRead) {
  for (const char* text :
       {"", "[]", "{", "{}", R"({"runharness_baseline": 2})", R"({"runharness_baseline": 1, "fils": {}})",
        R"({"runharness_baseline": 1, "files": []})", R"({"runharness_baseline": 1, "files": {"a": 3}})",
        R"({"runharness_baseline": 1, "files": {"a": {"lines": -1}}})",
        R"({"runharness_baseline": 1, "suites": {"a": {"wal_ms": 1}}})",
        R"({"runharness_baseline": 1, "suites": {"a": {"wall_ms": 18446744073709551615}}})"}) {
    const auto read = decode_baseline(text, "b.json");
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().kind, ErrorKind::config);
    EXPECT_NE(read.error().message().find("b.json"), std::string::npos);
  }
}

TEST(Baseline, SaysWhatChanged) {
  Baseline before, after;
  before.files["a"]["lines"] = 3;
  after.files["a"]["lines"] = 5;
  before.files["b"]["lines"] = 3;
  after.files["b"]["lines"] = 1;
  before.suites["s"].tests = 10;
  after.suites["s"].tests = 9;
  after.files["c"]["lines"] = 0;
  const auto changes = compare_baselines(before, after);
  ASSERT_EQ(changes.size(), 4U);
  EXPECT_EQ(changes[0].what, "a");
  EXPECT_TRUE(changes[0].worse);
  EXPECT_EQ(changes[0].before, "3 uncovered");
  EXPECT_EQ(changes[1].what, "s");
  EXPECT_TRUE(changes[1].worse) << "fewer tests";
  EXPECT_FALSE(changes[2].worse);
  EXPECT_FALSE(changes[3].worse);
  EXPECT_TRUE(compare_baselines(after, after).empty());
}

}  // namespace
}  // namespace rh::engine::gate_test
