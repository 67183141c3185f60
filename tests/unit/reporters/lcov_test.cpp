#include <gmock/gmock.h>

#include "reporters/reporter.h"

namespace rh::reporters {
namespace {

TEST(Lcov, NeverEvaluatedIsNotZero) {
  model::RunReport report;
  report.coverage.files = {{"a.c", {{1, 0}}, {{1, 2, "x == 1, y", std::nullopt}, {1, 2, "z", 0}}, {}, {}}};
  EXPECT_EQ(render_lcov(report).value(),
            "TN:\nSF:a.c\nBRDA:1,2,x == 1, y,-\nBRDA:1,2,z,0\nBRF:2\nBRH:0\nDA:1,0\nLF:1\nLH:0\nend_of_record\n");
}

TEST(Lcov, NamesCannotAddRecords) {
  model::RunReport report;
  report.coverage.files = {{"a\nDA:9,9", {{1, 1}}, {}, {{"f\rend_of_record", 1, 1}}, {}}};
  const std::string text = render_lcov(report).value();
  EXPECT_THAT(text, testing::HasSubstr("SF:a DA:9,9\n"));
  EXPECT_THAT(text, testing::HasSubstr("FN:1,f end_of_record\n"));
}

TEST(Lcov, WithoutCoverageIsEmpty) { EXPECT_EQ(render_lcov(model::RunReport{}).value(), ""); }

}  // namespace
}  // namespace rh::reporters
