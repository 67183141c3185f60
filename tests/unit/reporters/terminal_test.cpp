#include <gmock/gmock.h>

#include "reporters/reporter.h"
#include "reporters/terminal/live.h"
#include "reporters/terminal/style.h"
#include "tests/golden/fixture.h"

namespace rh::reporters {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const model::SuiteId kSuite{"api:pytest"};

model::TestFinished finished(const std::string& name, model::Outcome outcome, unsigned number = 1) {
  model::TestFinished event{kSuite, {}, {}, {}};
  event.test.id.value = event.test.name = name;
  event.attempt.outcome = outcome;
  event.attempt.number = number;
  event.attempt.message = "why\x1b[2Jnot";
  return event;
}

model::SuiteStarted started(std::chrono::nanoseconds at) {
  return {kSuite, {"python3", "/usr/bin/python3", "3.11", ""}, at};
}

TEST(LiveView, PlainModeTellsSuitesAndFailures) {
  LiveView live({});
  EXPECT_EQ(live.take(started(10s)), "START api:pytest (3.11)\n");
  EXPECT_EQ(live.take(finished("a", model::Outcome::passed)), "");
  EXPECT_EQ(live.take(finished("b", model::Outcome::failed)), "failed api:pytest  b: whynot\n");
  EXPECT_EQ(live.take(model::SuiteFinished{kSuite, model::SuiteStatus::failed, "1 failed", 2s, {}}),
            "failed api:pytest  2 tests, 1 failed, 2.00 s\n");
}

TEST(LiveView, VerboseTellsEveryTestAndQuietNone) {
  LiveView verbose({.verbose = true});
  EXPECT_THAT(verbose.take(finished("a", model::Outcome::passed)), HasSubstr("passed api:pytest  a"));
  LiveView quiet({.quiet = true});
  EXPECT_EQ(quiet.take(finished("b", model::Outcome::failed)), "");
}

TEST(LiveView, ARetriedTestCountsOnce) {
  LiveView live({.tty = true});
  (void)live.take(started(10s));
  (void)live.take(finished("a", model::Outcome::failed));
  EXPECT_THAT(live.block(11s)[0], HasSubstr("1 test, 1 failed"));
  (void)live.take(finished("a", model::Outcome::passed, 2));
  EXPECT_THAT(live.block(11s)[0], Not(HasSubstr("failed")));
}

TEST(LiveView, BlockFitsTheTerminalAndEndsWithTheSuites) {
  LiveView live({.tty = true, .columns = 40});
  EXPECT_THAT(live.block(10s), IsEmpty());
  (void)live.take(started(10s));
  model::TestStarted begun{kSuite, {}, 10s};
  begun.test.name = std::string(200, 'x');
  (void)live.take(begun);
  const auto lines = live.block(12s);
  ASSERT_EQ(lines.size(), 3U);
  for (const std::string& line : lines) EXPECT_LE(line.size(), 39U);
  EXPECT_THAT(lines[1], HasSubstr("api:pytest  2.00 s"));
  EXPECT_THAT(lines[2], HasSubstr("2.00 s  xxx"));
  (void)live.take(model::SuiteFinished{kSuite, model::SuiteStatus::passed, "", 2s, {}});
  EXPECT_THAT(live.block(13s), IsEmpty());
}

TEST(LiveView, ShowsTheLongestRunningTestsAndTheMemory) {
  LiveView live({.tty = true});
  (void)live.take(started(10s));
  for (int i = 0; i < 9; ++i) {
    model::TestStarted begun{kSuite, {}, 10s + std::chrono::seconds(i)};
    begun.test.id.value = begun.test.name = "test" + std::to_string(9 - i);
    (void)live.take(begun);
  }
  live.take_usage(kSuite, 0s, 64U << 20, 10s);
  live.take_usage(kSuite, 500ms, 96U << 20, 11s);
  const auto lines = live.block(20s);
  ASSERT_EQ(lines.size(), 6U);
  EXPECT_THAT(lines[1], HasSubstr("96.0 MiB  50 % CPU"));
  EXPECT_THAT(lines[2], HasSubstr("10.00 s  test9"));
  EXPECT_THAT(lines[4], HasSubstr("8.00 s  test7"));
  EXPECT_THAT(lines[5], HasSubstr("and 6 more"));
}

TEST(LiveView, BlockIsLowerThanTheTerminal) {
  LiveView live({.tty = true, .rows = 5});
  for (int i = 0; i < 8; ++i) (void)live.take(model::SuiteStarted{{"s" + std::to_string(i)}, {}, 10s});
  EXPECT_LE(live.block(11s).size(), 4U);
}

TEST(Terminal, WithoutATtyWritesNoSequences) {
  std::string screen;
  const auto terminal = make_terminal({}, [&](std::string_view text) { screen += text; });
  terminal->on_event(started(0s));
  terminal->on_tick();
  terminal->on_event(finished("b", model::Outcome::failed));
  terminal->on_report(golden::make_report());
  EXPECT_EQ(screen.find('\x1b'), std::string::npos);
  EXPECT_EQ(screen.find('\r'), std::string::npos);
}

TEST(Terminal, ErasesItsBlockBeforeOtherLines) {
  std::vector<std::string> writes;
  const auto terminal = make_terminal({.tty = true}, [&](std::string_view text) { writes.emplace_back(text); });
  terminal->on_event(started(0s));
  EXPECT_THAT(writes, IsEmpty());
  terminal->on_tick();
  ASSERT_EQ(writes.size(), 1U);
  EXPECT_THAT(writes[0], HasSubstr("1 suite running"));
  terminal->on_event(finished("b", model::Outcome::failed));
  EXPECT_THAT(writes[1], testing::StartsWith("\r\x1b[K\x1b[1A\r\x1b[Kfailed api:pytest  b"));
}

TEST(Terminal, EveryFailureIsListedOrCounted) {
  model::RunReport report = golden::make_report();
  report.suites[0].tests.insert(report.suites[0].tests.end(), 500, report.suites[0].tests[1]);
  std::string screen;
  make_terminal({}, [&](std::string_view text) { screen += text; })->on_report(report);
  EXPECT_THAT(screen, HasSubstr("... and 305 more failed tests"));
}

TEST(Fit, CutsWideCharactersToColumns) {
  EXPECT_EQ(fit("abcdef", 6), "abcdef");
  EXPECT_EQ(fit("abcdefg", 6), "abc...");
  EXPECT_LE(fit("\xE6\xBC\xA2\xE6\xBC\xA2\xE6\xBC\xA2\xE6\xBC\xA2", 7).size(), 9U);
}

TEST(Table, FirstColumnGivesWay) {
  Table table({Table::Align::left, Table::Align::right});
  table.add({{std::string(60, 'x')}, {"1"}});
  table.add({{"y"}, {"100"}});
  EXPECT_EQ(table.render(Style(false), 20), "xxxxxxxxxxxx...    1\ny                100\n");
}

}  // namespace
}  // namespace rh::reporters
