// The XML reports that are not JUnit's and are read all the same.
#include <gmock/gmock.h>

#include "collectors/results/junit_neighbours.h"
#include "tests/unit/results/transcript.h"

namespace rh::collectors {
namespace {

using model::Outcome;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Transcript read(MakeReader make, std::string_view text) {
  return transcribe_every_way(make, text, {.subject = "r.xml", .scope = {}, .suite_root = "/repo"});
}

std::vector<std::string> codes(const Transcript& seen) {
  std::vector<std::string> found;
  for (const model::Diagnostic& each : seen.diagnostics()) found.push_back(each.code);
  return found;
}

TEST(Trx, ReadsResultsAndDefinitions) {
  const Transcript seen = read(make_trx_reader, read_data("sample.trx"));
  EXPECT_THAT(codes(seen), IsEmpty());
  EXPECT_EQ(seen.count_ended(), 7U);
  EXPECT_EQ(seen.ended("Adds")->test.classname, "N.Sum");
  EXPECT_EQ(seen.ended("Adds")->attempt.duration, milliseconds(1250));
  EXPECT_EQ(seen.ended("Throws")->test.classname, "N.Sum");
  EXPECT_EQ(seen.ended("Throws")->attempt.message, "Assert.Equal() Failure");
  EXPECT_THAT(seen.ended("Throws")->attempt.details, HasSubstr("x.cs:line 3"));
  EXPECT_EQ(seen.ended("Throws")->attempt.standard_output, "out");
  EXPECT_EQ(seen.ended("Throws")->attempt.duration, std::chrono::hours(24));
  EXPECT_EQ(seen.ended("Later")->attempt.outcome, Outcome::skipped);
  EXPECT_EQ(seen.ended("Rows"), nullptr) << "the frame around the rows";
  EXPECT_EQ(seen.ended("Rows (2)")->attempt.outcome, Outcome::failed);
  EXPECT_EQ(seen.ended("Hangs")->attempt.outcome, Outcome::timed_out);
  EXPECT_EQ(seen.ended("Odd")->attempt.outcome, Outcome::errored);
}

TEST(Trx, TroubleOfTheRunIsSaid) {
  const auto run = [](std::string_view summary) {
    return codes(read(make_trx_reader,
                      "<TestRun><Results><UnitTestResult testName='a' outcome='Passed'/></Results><ResultSummary " +
                          std::string(summary) + "</ResultSummary></TestRun>"));
  };
  EXPECT_THAT(run("outcome='Completed'>"), IsEmpty());
  EXPECT_THAT(run("outcome='Failed'>"), ElementsAre("trx-lost-failures"));
  EXPECT_THAT(run("outcome='Completed'><Counters total='1' failed='1'/>"), ElementsAre("trx-lost-failures"));
  EXPECT_THAT(run("outcome='Completed'><Counters total='5'/>"), ElementsAre("trx-count-mismatch"));
  EXPECT_THAT(run("outcome='Failed'><RunInfos><RunInfo outcome='Error'><Text>host crashed</Text></RunInfo></RunInfos>"),
              ElementsAre("trx-run-error"));
  EXPECT_THAT(codes(read(make_trx_reader, "<TestRun><Results><UnitTestResult testName='a' outcome='Passed'/><Unit")),
              ElementsAre("trx-truncated"));
  EXPECT_THAT(codes(read(make_trx_reader, "<TestRun/>")), ElementsAre("trx-no-cases"));
}

TEST(Nunit, Version3) {
  const Transcript seen = read(make_nunit_reader, read_data("nunit3.xml"));
  EXPECT_THAT(codes(seen), IsEmpty());
  EXPECT_EQ(seen.ended("Ok(1.5)")->attempt.duration, milliseconds(250));
  EXPECT_EQ(seen.ended("Ok(1.5)")->test.classname, "N.F");
  EXPECT_EQ(seen.ended("Bad")->attempt.message, "Expected: 1");
  EXPECT_THAT(seen.ended("Bad")->attempt.details, HasSubstr("at N.F.Bad"));
  EXPECT_EQ(seen.ended("Err")->attempt.outcome, Outcome::errored);
  EXPECT_EQ(seen.ended("Ign")->attempt.outcome, Outcome::skipped);
  EXPECT_EQ(seen.ended("Ign")->attempt.message, "later");
}

TEST(Nunit, AFailedSetUpIsNotLost) {
  const Transcript lost =
      read(make_nunit_reader,
           "<test-run result='Failed' total='1' failed='0'><test-suite><failure><message>OneTimeSetUp: no db</message>"
           "</failure><test-case name='a' result='Passed'/></test-suite></test-run>");
  EXPECT_THAT(codes(lost), ElementsAre("nunit-lost-failures"));
  EXPECT_THAT(lost.diagnostics()[0].message, HasSubstr("OneTimeSetUp: no db"));
}

TEST(Nunit, Version2) {
  const Transcript seen = read(make_nunit_reader, read_data("nunit2.xml"));
  EXPECT_THAT(codes(seen), IsEmpty());
  EXPECT_EQ(seen.ended("Ok(\"a.b\")")->test.classname, "N.F");
  EXPECT_EQ(seen.ended("Ok(\"a.b\")")->attempt.duration, milliseconds(1500));
  EXPECT_EQ(seen.ended("Bad")->attempt.outcome, Outcome::failed);
  EXPECT_EQ(seen.ended("Ign")->attempt.outcome, Outcome::skipped);
  EXPECT_EQ(seen.ended("Old")->attempt.outcome, Outcome::failed);
}

TEST(XunitNet, ReadsTestsAndErrors) {
  const Transcript seen = read(make_xunit_net_reader, read_data("xunit_net.xml"));
  EXPECT_THAT(codes(seen), IsEmpty());
  EXPECT_EQ(seen.ended("N.C.Ok")->attempt.duration, milliseconds(500));
  EXPECT_EQ(seen.ended("N.C.Bad")->attempt.message, "Assert");
  EXPECT_EQ(seen.ended("N.C.Bad")->test.file, "c.cs");
  EXPECT_EQ(seen.ended("N.C.Skip")->attempt.message, "why");
  EXPECT_EQ(seen.ended("a.dll")->attempt.outcome, Outcome::errored);
}

TEST(CtestXml, ReadsTests) {
  const Transcript seen = read(make_ctest_xml_reader, read_data("ctest.xml"));
  EXPECT_THAT(codes(seen), IsEmpty());
  EXPECT_EQ(seen.ended("a")->attempt.duration, milliseconds(250));
  EXPECT_EQ(seen.ended("a")->attempt.standard_output, "hello");
  EXPECT_EQ(seen.ended("b")->attempt.outcome, Outcome::timed_out);
  EXPECT_EQ(seen.ended("c")->attempt.outcome, Outcome::skipped);
  EXPECT_EQ(seen.ended("d")->attempt.outcome, Outcome::not_run);
  EXPECT_EQ(seen.ended("d")->attempt.message, "Unable to find executable");
}

TEST(Neighbours, EachIsRecognisedByContent) {
  EXPECT_TRUE(sniff_trx("\xEF\xBB\xBF<?xml version='1.0'?><TestRun id='1'>"));
  EXPECT_TRUE(sniff_nunit("<test-run id='2'>"));
  EXPECT_TRUE(sniff_nunit("<!--x--><test-results>"));
  EXPECT_TRUE(sniff_xunit_net("<assemblies>"));
  EXPECT_TRUE(sniff_ctest_xml("<?xml version='1.0'?><Site Name='x'><Testing>"));
  EXPECT_FALSE(sniff_ctest_xml("<Site><Build>"));
  EXPECT_FALSE(sniff_trx("<TestResult/>"));
  EXPECT_TRUE(sniff_libtest_json("{ \"type\": \"suite\", \"event\": \"started\", \"test_count\": 1 }\n"));
  EXPECT_FALSE(sniff_libtest_json("{\"Action\":\"start\"}\n"));
  EXPECT_TRUE(sniff_libtest_text("\nrunning 3 tests\n"));
  EXPECT_FALSE(sniff_libtest_text("running late\n"));
  EXPECT_TRUE(sniff_rh_events("{\"e\":\"session\",\"runner\":\"pytest\",\"v\":1}\n"));
}

TEST(Neighbours, SurviveMutations) {
  survive_mutations(make_trx_reader, read_data("sample.trx"), 200);
  survive_mutations(make_nunit_reader, read_data("nunit3.xml"), 200);
  survive_mutations(make_nunit_reader, read_data("nunit2.xml"), 200);
  survive_mutations(make_xunit_net_reader, read_data("xunit_net.xml"), 200);
  survive_mutations(make_ctest_xml_reader, read_data("ctest.xml"), 200);
}

}  // namespace
}  // namespace rh::collectors
