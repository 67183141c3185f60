#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "reporters/json/downsample.h"
#include "reporters/reporter.h"
#include "runner/base/file.h"
#include "runner/base/text.h"
#include "tests/golden/fixture.h"
#include "tests/unit/reporters/schema_check.h"

namespace rh::reporters {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;

json schema() {
  const auto text = read_file(std::string(RUNHARNESS_SOURCE_DIR) + "/docs/formats/report.schema.json");
  return json::parse(text.value());
}

json rendered(const model::RunReport& report) { return json::parse(render_json(report).value()); }

TEST(JsonReport, FitsItsSchema) {
  EXPECT_THAT(test::problems_of(rendered(golden::make_report()), schema()), IsEmpty());
  EXPECT_THAT(test::problems_of(rendered(golden::make_passing_report()), schema()), IsEmpty());
  EXPECT_THAT(test::problems_of(rendered(model::RunReport{}), schema()), IsEmpty());
}

TEST(JsonReport, DocumentedExampleFitsTheSchemaAndIsReadable) {
  const auto text = read_file(std::string(RUNHARNESS_SOURCE_DIR) + "/docs/formats/report.example.json");
  EXPECT_THAT(test::problems_of(json::parse(text.value()), schema()), IsEmpty());
  const auto report = parse_json_report(text.value());
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->suites.size(), 1U);
}

TEST(JsonReport, ReadsBackWhatItWrote) {
  const std::string text = render_json(golden::make_report()).value();
  const auto report = parse_json_report(text);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(render_json(*report).value(), text);

  const model::RunReport original = golden::make_report();
  EXPECT_EQ(report->run.started, original.run.started);
  EXPECT_EQ(report->run.started_at, original.run.started_at);
  EXPECT_EQ(report->suites[0].tests[0].attempts[0].start, original.suites[0].tests[0].attempts[0].start);
  EXPECT_EQ(report->suites[0].samples.t_ns, original.suites[0].samples.t_ns);
  EXPECT_EQ(report->suites[0].steps[0].started, original.suites[0].steps[0].started);
  EXPECT_EQ(report->suites[0].suite.limits, original.suites[0].suite.limits);
  EXPECT_EQ(report->suites[3].coverage.files, original.suites[3].coverage.files);
  EXPECT_EQ(report->coverage.totals, original.coverage.totals);
  EXPECT_EQ(report->counts, original.counts);
  EXPECT_EQ(report->rerun_commands.size(), original.rerun_commands.size());
}

TEST(JsonReport, InstantsAreOffsetsFromTheStart) {
  const json report = rendered(golden::make_report());
  EXPECT_EQ(report["suites"][0]["steps"][0]["started_ns"], 100'000'000);
  EXPECT_EQ(report["suites"][0]["tests"][0]["attempts"][0]["start_ns"], 500'000'000);
  EXPECT_EQ(report["suites"][0]["samples"]["t_ns"], json::parse("[0, 50000000, 100000000, 150000000, 200000000]"));
}

TEST(JsonReport, UnknownIsNullAndUnlimitedIsNull) {
  const json report = rendered(golden::make_report());
  const json& usage = report["suites"][1]["usage"];
  EXPECT_TRUE(usage["cpu_ns"]["value"].is_null());
  EXPECT_EQ(usage["cpu_ns"]["reason"], "the cgroup was removed by the host");
  EXPECT_TRUE(report["suites"][0]["suite"]["limits"]["cpu_ns"].is_null());
  EXPECT_TRUE(report["suites"][1]["coverage"]["percent"].is_null());
}

TEST(JsonReport, PercentOfABasisIsThatOfTheNativeTool) {
  const json report = rendered(golden::make_report());
  EXPECT_EQ(report["suites"][0]["coverage"]["percent"], 57.14);  // 4 of 7 lines and branches
  EXPECT_EQ(report["suites"][3]["coverage"]["percent"], 66.66);  // 2 of 3 statements
}

TEST(JsonReport, TotalCpuTakesTheWeakerScope) {
  const json cpu = rendered(golden::make_report())["suites"][0]["usage"]["cpu_ns"];
  EXPECT_EQ(cpu["value"], 1'200'000'000);
  EXPECT_EQ(cpu["scope"], "sampled");
}

TEST(JsonReport, IsValidUtf8ForAnyBytes) {
  model::RunReport report = golden::make_report();
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte += static_cast<char>(byte);
  report.suites[0].tests[0].attempts[0].message = every_byte;
  report.suites[0].suite.env[every_byte] = every_byte;
  const std::string text = render_json(report).value();
  EXPECT_EQ(to_valid_utf8(text), text);
  EXPECT_TRUE(json::accept(text));
  EXPECT_TRUE(parse_json_report(text));
}

TEST(JsonReport, DamageIsNamedByItsPlace) {
  json document = rendered(golden::make_report());
  document["suites"][1]["tests"][0]["attempts"][0]["number"] = "two";
  auto report = parse_json_report(document.dump());
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().what, HasSubstr("suites[1].tests[0].attempts[0].number: expected an integer"));

  document = rendered(golden::make_report());
  document["suites"][0]["tests"][0]["attempts"] = json::array();
  EXPECT_THAT(parse_json_report(document.dump()).error().what, HasSubstr("at least one attempt"));

  document = rendered(golden::make_report());
  document["suites"][0]["coverage"]["files"][0]["lines"][1] = json::array({2});
  EXPECT_THAT(parse_json_report(document.dump()).error().what, HasSubstr("files[0].lines[1]"));

  document = rendered(golden::make_report());
  document["suites"][0]["samples"]["rss_bytes"].push_back(1);
  EXPECT_THAT(parse_json_report(document.dump()).error().what, HasSubstr("columns of equal length"));
}

TEST(JsonReport, RefusesOtherDocumentsAndNewerVersions) {
  for (const char* text : {"", "[]", "{}", "{\"schema\": 3}", "{\"schema\": \"runharness.report\"", "nonsense"})
    EXPECT_EQ(parse_json_report(text).error().kind, ErrorKind::parse) << text;
  json document = rendered(golden::make_report());
  document["schema_version"] = model::kReportSchemaVersion + 1;
  EXPECT_EQ(parse_json_report(document.dump()).error().kind, ErrorKind::unsupported);
}

TEST(JsonReport, IgnoresMembersItDoesNotKnow) {
  json document = rendered(golden::make_report());
  document["added_later"] = 1;
  document["suites"][0]["added_later"] = json::object();
  EXPECT_TRUE(parse_json_report(document.dump()));
}

TEST(JsonReport, SuitesDocumentHasTheSuitesOfTheSchema) {
  const json document = json::parse(suites_to_json({golden::make_report().suites[0].suite}));
  json of_suite = schema();
  const json definition = of_suite["$defs"]["suite"];
  for (const char* keyword : {"properties", "required", "additionalProperties"})
    of_suite[keyword] = definition[keyword];
  EXPECT_THAT(test::problems_of(document["suites"][0], of_suite), IsEmpty());
}

TEST(Downsample, KeepsPeaksAndEnds) {
  model::SampleSeries series;
  for (int i = 0; i < 12345; ++i) {
    series.t_ns.push_back(i);
    series.cpu_ns.push_back(static_cast<std::uint64_t>(i) * 2);
    series.rss_bytes.push_back(i == 7777 ? 1000 : 10);
    series.processes.push_back(i == 3 ? 9 : 1);
    series.threads.push_back(i == 12344 ? 5 : 1);
  }
  const model::SampleSeries reduced = downsample(series);
  ASSERT_EQ(reduced.t_ns.size(), kMaxReportedSamples);
  EXPECT_EQ(reduced.t_ns.front(), 0);
  EXPECT_EQ(reduced.t_ns.back(), 12344);
  EXPECT_EQ(reduced.cpu_ns.back(), 24688U);
  EXPECT_THAT(reduced.rss_bytes, testing::Contains(1000U).Times(1));
  EXPECT_THAT(reduced.processes, testing::Contains(9U).Times(1));
  EXPECT_EQ(reduced.threads.back(), 5U);
  EXPECT_TRUE(std::is_sorted(reduced.t_ns.begin(), reduced.t_ns.end()));
}

TEST(Downsample, LeavesShortSeriesAlone) {
  const model::SampleSeries series = golden::make_report().suites[0].samples;
  EXPECT_EQ(downsample(series).t_ns, series.t_ns);
  EXPECT_EQ(downsample(series).rss_bytes, series.rss_bytes);
  EXPECT_TRUE(downsample({}).t_ns.empty());
}

}  // namespace
}  // namespace rh::reporters
