#include "collectors/results/junit_case.h"

#include <gtest/gtest.h>

namespace rh::collectors {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

TEST(JunitTime, ReadsWhatWritersWrite) {
  const std::pair<const char*, nanoseconds> cases[] = {{"1.5", milliseconds(1500)},
                                                       {"12", milliseconds(12000)},
                                                       {"0.", nanoseconds(0)},
                                                       {".5", milliseconds(500)},
                                                       {"1,234.5", milliseconds(1234500)},
                                                       {"1,234,567.5", milliseconds(1234567500)},
                                                       {"1,5", milliseconds(1500)},
                                                       {"9.9e-05", microseconds(99)},
                                                       {" 2 ", milliseconds(2000)},
                                                       {"0.001s", milliseconds(1)},
                                                       {"1,234,567", milliseconds(1234567000)}};
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(parse_junit_time(text).value, expected) << text;
    EXPECT_FALSE(parse_junit_time(text).negative);
  }
}

TEST(JunitTime, GivesNoValueForAnythingElse) {
  for (const char* text : {"", " ", "<<computed>>", "nan", "inf", "1e300", "1.2.3", "--1", "s", "0x10"})
    EXPECT_FALSE(parse_junit_time(text).value) << text;
}

TEST(JunitTime, NegativeBecomesZeroAndSaysSo) {
  EXPECT_EQ(parse_junit_time("-0.01").value, nanoseconds(0));
  EXPECT_TRUE(parse_junit_time("-0.01").negative);
}

}  // namespace
}  // namespace rh::collectors
