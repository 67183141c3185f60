// Every reporter on one fixed run, compared with approved bytes. tests/approve.sh rewrites the approved
// files; the difference is reviewed like code.
#include <cstdlib>

#include <gtest/gtest.h>

#include "reporters/reporter.h"
#include "runner/base/file.h"
#include "tests/golden/fixture.h"

namespace rh::golden {
namespace {

void compare(const std::string& name, const std::string& actual) {
  const std::filesystem::path approved = std::filesystem::path(RUNHARNESS_SOURCE_DIR) / "tests/golden/approved" / name;
  if (std::getenv("RUNHARNESS_APPROVE") != nullptr) {
    const auto written = write_file(approved, actual);
    ASSERT_TRUE(written) << written.error().message();
    return;
  }
  const auto expected = read_file(approved);
  ASSERT_TRUE(expected) << expected.error().message();
  EXPECT_TRUE(*expected == actual) << "tests/golden/approved/" << name
                                   << " differs; run tests/approve.sh and review the difference.\n"
                                   << actual.substr(0, 4000);
}

TEST(Golden, Json) { compare("report.json", reporters::render_json(make_report()).value()); }
TEST(Golden, Junit) { compare("junit.xml", reporters::render_junit(make_report()).value()); }
TEST(Golden, Lcov) { compare("lcov.info", reporters::render_lcov(make_report()).value()); }
TEST(Golden, Markdown) { compare("summary.md", reporters::render_markdown(make_report()).value()); }
TEST(Golden, MarkdownOfAPassingRun) {
  compare("summary-passing.md", reporters::render_markdown(make_passing_report()).value());
}

}  // namespace
}  // namespace rh::golden
