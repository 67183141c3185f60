#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "reporters/packing.h"
#include "reporters/reporter.h"
#include "tests/golden/fixture.h"
#include "tests/golden/page_sections.h"

namespace rh::reporters {
namespace {

using nlohmann::json;

std::map<std::string, json> data_of(const model::RunReport& report) {
  std::map<std::string, json> data;
  for (const auto& [name, text] : golden::sections_of(render_html(report).value())) data[name] = json::parse(text);
  return data;
}

// One suite of `count` tests that all failed with long and different texts.
model::RunReport large_report(std::size_t count, std::size_t output_bytes) {
  model::RunReport report = golden::make_passing_report();
  const model::TestRecord example = report.suites.front().tests.front();
  report.suites.resize(1);
  report.suites.front().tests.clear();
  std::uint64_t state = 1;
  for (std::size_t i = 0; i < count; ++i) {
    model::TestRecord record = example;
    record.test.name = "test_number_" + std::to_string(i * 7919 % count);
    record.test.id.value = record.test.suite.value + "::" + record.test.file + "::" + record.test.name;
    model::Attempt& attempt = record.attempts.back();
    attempt.outcome = model::Outcome::failed;
    attempt.duration = std::chrono::nanoseconds(state % 1'000'000'000);
    attempt.start = report.run.started + std::chrono::nanoseconds(i * 100'123);
    for (std::size_t n = 0; n < output_bytes; n += 8) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      attempt.standard_output += std::to_string(state % 100'000'000);
    }
    for (int n = 0; n < 8; ++n)
      record.past.push_back({model::Outcome::passed, false, std::chrono::nanoseconds(state >> (20 + n) & 0xFFFFFFF)});
    report.suites.front().tests.push_back(std::move(record));
  }
  return report;
}

TEST(Base64, PadsLikeTheStandard) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xff\xfe"), "//4=");
}

TEST(Gzip, PacksAnyLengthInAnyPieces) {
  for (const std::size_t length : {0U, 1U, 65'536U, 300'001U}) {
    std::string text(length, 'a');
    for (std::size_t i = 0; i < length; ++i) text[i] = static_cast<char>(i * i >> 3);
    EXPECT_EQ(golden::gunzip(gzip(text).value()), text);
    GzipStream stream;
    for (std::size_t at = 0; at < length; at += 1000) stream.feed(std::string_view(text).substr(at, 1000));
    EXPECT_EQ(golden::gunzip(stream.finish().value()), text);
  }
}

TEST(Html, HoldsTheReportAndNothingThatATestWrote) {
  const model::RunReport report = golden::make_report();
  const std::string page = render_html(report).value();
  EXPECT_EQ(page.find("RUNHARNESS_DATA"), std::string::npos);
  EXPECT_EQ(page.find("|pipe|"), std::string::npos);
  EXPECT_EQ(render_html(report).value(), page);
  EXPECT_EQ(page.find("unsafe-"), std::string::npos);
}

TEST(Html, HasEveryTestAsARowOfColumns) {
  const model::RunReport report = golden::make_report();
  const auto data = data_of(report);
  std::vector<std::string> names;
  for (const model::SuiteReport& suite : report.suites)
    for (const model::TestRecord& record : suite.tests) names.push_back(record.test.name);
  const json& tests = data.at("rh-tests");
  EXPECT_EQ(tests["suites"].size(), report.suites.size());
  EXPECT_EQ(tests["names"].size(), names.size());
  for (const char* column : {"durations", "starts", "cpu", "memory", "pids", "lines"})
    EXPECT_EQ(tests[column]["values"].size(), names.size()) << column;
  for (const char* column : {"files", "classes", "cpu_kinds", "memory_kinds"})
    EXPECT_EQ(tests[column]["index"].size(), names.size()) << column;
  EXPECT_EQ(tests["outcomes"].get<std::string>().size(), names.size());
  EXPECT_EQ(data.at("rh-report")["exit_reason"], report.exit_reason);
  EXPECT_FALSE(data.at("rh-report")["suites"][0].contains("tests"));
}

TEST(Html, TellsWhatItLeavesOut) {
  const model::RunReport report = large_report(3000, 4000);  // 12 MB of noise
  const std::string page = render_html(report).value();
  EXPECT_LE(page.size(), 3'000'000U);
  const auto data = data_of(report);
  const json& evidence = data.at("rh-evidence");
  EXPECT_EQ(evidence["items"].size() + evidence["left_out"].get<std::size_t>(), 3000U);
  EXPECT_GT(evidence["items"].size(), 100U);
  EXPECT_GT(evidence["left_out"].get<std::size_t>(), 100U);
  EXPECT_EQ(data.at("rh-tests")["names"].size(), 3000U);
}

TEST(Html, StaysSmallWithFiftyThousandTests) {
  EXPECT_LE(render_html(large_report(50'000, 0)).value().size(), 3'000'000U);
}

TEST(Html, ShortensOneLongText) {
  model::RunReport report = large_report(1, 8);
  report.suites[0].tests[0].attempts[0].standard_output = std::string(500'000, 'x') + "the end";
  const json evidence = data_of(report).at("rh-evidence");
  const std::string output = evidence["items"]["0"][0]["standard_output"];
  EXPECT_LT(output.size(), 200'000U);
  EXPECT_NE(output.find("bytes are left out here"), std::string::npos);
  EXPECT_TRUE(output.ends_with("the end"));
}

TEST(Html, ShowsTextsOfCoveredFilesOrTheReason) {
  model::RunReport report = golden::make_report();
  ASSERT_GE(report.coverage.files.size(), 2U);
  report.sources = {{report.coverage.files[0].path, "a = 1\n", {}},
                    {report.coverage.files[1].path, {}, "it was changed since"},
                    {"not/covered.py", "secret", {}}};
  const json sources = data_of(report).at("rh-sources");
  EXPECT_EQ(sources["files"][report.coverage.files[0].path], "a = 1\n");
  EXPECT_EQ(sources["reasons"][report.coverage.files[1].path], "it was changed since");
  EXPECT_EQ(sources["files"].size(), 1U);
}

}  // namespace
}  // namespace rh::reporters
