#include "collectors/results/timestamp.h"

#include <gtest/gtest.h>

namespace rh::collectors {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

// 2026-03-01T12:34:56Z
constexpr seconds kMoment(1'772'368'496);

TEST(ReportTime, ReadsWhatNamesItsZone) {
  const std::pair<const char*, nanoseconds> cases[] = {{"2026-03-01T12:34:56Z", kMoment},
                                                       {"2026-03-01T12:34:56.25Z", kMoment + milliseconds(250)},
                                                       {"2026-03-01T12:34:56.250000Z", kMoment + milliseconds(250)},
                                                       {"2026-03-01T13:34:56+01:00", kMoment},
                                                       {"2026-03-01T13:34:56+0100", kMoment},
                                                       {"2026-03-01T13:34:56+01", kMoment},
                                                       {"2026-03-01T07:04:56-05:30", kMoment},
                                                       {"2026-03-01T12:34:56 UTC", kMoment},
                                                       {"2026-03-01 12:34:56Z", kMoment},
                                                       {"2026-03-01 12:34:56 +0000", kMoment},
                                                       {"2026-03-01T 12:34:56Z", kMoment},
                                                       {"Sun, 01 Mar 2026 12:34:56 GMT", kMoment},
                                                       {"Sunday, 1 Mar 2026 12:34:56 +0000", kMoment},
                                                       {"1772368496", kMoment},
                                                       {"1772368496.5", kMoment + milliseconds(500)},
                                                       {"1772368496123", kMoment + milliseconds(123)},
                                                       {" 1772368496 ", kMoment}};
  for (const auto& [text, expected] : cases) EXPECT_EQ(parse_report_time(text), expected) << text;
}

TEST(ReportTime, GivesNoValueForAnythingElse) {
  for (const char* text :
       {"", "2026-03-01T12:34:56", "2026-03-01 12:34:56", "2026-03-01T 12:34:56", "2026-03-01", "12:34:56Z", "0", "12",
        "2026-13-01T12:34:56Z", "2026-02-30T12:34:56Z", "2026-03-01T12:34:56 CEST", "2026-03-01T12:34:56+99:00",
        "Sun, 01 Foo 2026 12:34:56 GMT", "1772368496.", "99999999999999999999", "yesterday"})
    EXPECT_EQ(parse_report_time(text), std::nullopt) << text;
}

}  // namespace
}  // namespace rh::collectors
