#include <gmock/gmock.h>

#include "reporters/json/event_fields.h"
#include "reporters/reporter.h"
#include "tests/golden/fixture.h"

namespace rh::reporters {
namespace {

using testing::HasSubstr;

std::vector<model::RunEvent> one_of_each() {
  const model::RunReport report = golden::make_report();
  const model::SuiteReport& suite = report.suites[0];
  const model::SuiteId id = suite.suite.id;
  const std::chrono::nanoseconds at{5'000'000'000'123};
  return {model::RunStarted{report.run},
          model::SuitePlanned{suite.suite},
          model::SuiteStarted{id, suite.suite.tool, at},
          model::StepStarted{id, "pytest", model::StepKind::test, {"pytest", "-q"}, "/src", at},
          model::StepFinished{id, suite.steps[0]},
          model::TestStarted{id, suite.tests[1].test, at},
          model::TestFinished{id, suite.tests[1].test, suite.tests[1].attempts[0], "pytest -k 'a b'"},
          model::NativeCounts{id, *suite.native},
          model::SamplesStored{id, "samples.bin"},
          model::CoverageStored{id, "", "", "", suite.coverage.totals, suite.coverage.unresolved},
          model::CoverageFileSeen{id, suite.coverage.files[0]},
          model::SuiteFinished{id, model::SuiteStatus::failed, "2 failed", at, suite.usage},
          model::DiagnosticRaised{report.diagnostics[1]},
          model::GateJudged{report.gates[2]},
          model::RunFinished{5, "broken", at},
          model::TestMapStored{id, suite.test_map},
          model::TestAnnotated{id, suite.tests[1].test.id, suite.tests[1].past, suite.tests[1].flake_rate,
                               suite.tests[1].quarantine},
          model::PatchCompared{*report.patch},
          model::BaseFound{*report.base},
          model::TestsSelected{id, suite.selection},
          model::StepProfiled{id, suite.profile.steps[0]},
          model::TestProfiled{id, suite.tests[0].test.id, *suite.tests[0].profile}};
}

TEST(Event, EveryAlternativeReadsBack) {
  const std::vector<model::RunEvent> events = one_of_each();
  ASSERT_EQ(events.size(), std::variant_size_v<model::RunEvent>);
  for (std::size_t i = 0; i < events.size(); ++i) {
    ASSERT_EQ(events[i].index(), i);
    const std::string line = encode_event(events[i]);
    EXPECT_EQ(line.find('\n'), std::string::npos);
    const auto back = decode_event(line);
    ASSERT_TRUE(back) << line << "\n" << back.error().message();
    EXPECT_EQ(back->index(), i);
    EXPECT_EQ(encode_event(*back), line);
  }
}

TEST(Event, ValuesSurvive) {
  const model::RunReport report = golden::make_report();
  const model::StepReport step = report.suites[1].steps[1];
  const auto finished =
      std::get<model::StepFinished>(decode_event(encode_event(model::StepFinished{{"a:b"}, step})).value());
  EXPECT_EQ(finished.step.status, step.status);
  EXPECT_EQ(finished.step.ending, model::Ending::memory);
  EXPECT_EQ(finished.step.oom_kills, step.oom_kills);
  EXPECT_EQ(finished.step.started, step.started);
  EXPECT_EQ(finished.step.signals_sent, step.signals_sent);

  const model::CoverageFile file = report.suites[0].coverage.files[0];
  const auto seen =
      std::get<model::CoverageFileSeen>(decode_event(encode_event(model::CoverageFileSeen{{"a:b"}, file})).value());
  EXPECT_EQ(seen.file, file);

  const model::ProcessUsage usage = report.suites[1].usage;
  const auto end = std::get<model::SuiteFinished>(
      decode_event(encode_event(model::SuiteFinished{{"a:b"}, model::SuiteStatus::limit, "", {}, usage})).value());
  EXPECT_EQ(end.usage.user_cpu, usage.user_cpu);
  EXPECT_EQ(end.usage.written_bytes, usage.written_bytes);
}

TEST(Event, EmptyMembersAreLeftOut) {
  EXPECT_EQ(encode_event(model::SamplesStored{{"a:b"}, ""}), R"({"event":"samples_stored","suite":"a:b"})");
  EXPECT_THAT(encode_event(model::RunFinished{}), HasSubstr(R"("exit_code":0)"));
}

TEST(Event, ToleratesUnknownMembers) {
  const auto event = decode_event(R"({"event":"samples_stored","suite":"a:b","file":"x","later":[1,{}]})");
  ASSERT_TRUE(event);
  EXPECT_EQ(std::get<model::SamplesStored>(*event).file, "x");
}

TEST(Event, ErrorsSayWhatAndWhere) {
  EXPECT_EQ(decode_event("").error().kind, ErrorKind::parse);
  EXPECT_EQ(decode_event("[1]").error().kind, ErrorKind::parse);
  EXPECT_EQ(decode_event("{\"event\":\"test_fin").error().kind, ErrorKind::parse);
  EXPECT_EQ(decode_event("{\"suite\":\"a\"}").error().kind, ErrorKind::parse);
  EXPECT_EQ(decode_event("{\"event\":\"from_the_future\"}").error().kind, ErrorKind::unsupported);
  EXPECT_THAT(decode_event(R"({"event":"test_finished","attempt":{"outcome":"great"}})").error().what,
              HasSubstr("test_finished: attempt.outcome: unknown name 'great'"));
  EXPECT_THAT(decode_event(R"({"event":"step_finished","step":{"oom_kills":-1}})").error().what,
              HasSubstr("step.oom_kills"));
  EXPECT_THAT(decode_event(R"({"event":"run_finished","exit_code":99999999999})").error().what, HasSubstr("exit_code"));
}

}  // namespace
}  // namespace rh::reporters
