#include "collectors/results/exact_seconds.h"

#include <gtest/gtest.h>

namespace rh::collectors {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

std::optional<nanoseconds> time_of(std::string_view text) {
  const ReportedTime time = parse_reported_time(text);
  return time.value ? std::optional(time.value->nanoseconds()) : std::nullopt;
}

TEST(ReportedTime, ReadsWhatWritersWrite) {
  const std::pair<const char*, nanoseconds> cases[] = {
      {"1.5", milliseconds(1500)},
      {"12", milliseconds(12000)},
      {"0.", nanoseconds(0)},
      {".5", milliseconds(500)},
      {"1,234.5", milliseconds(1234500)},
      {"1,234,567.5", milliseconds(1234567500)},
      {"1,5", milliseconds(1500)},
      {"9.9e-05", microseconds(99)},
      {" 2 ", milliseconds(2000)},
      {"0.001s", milliseconds(1)},
      {"1,234,567", milliseconds(1234567000)},
      {"1.234,5", milliseconds(1234500)},
      {"1,234", milliseconds(1234)},
      {"12 ms", milliseconds(12)},
      {"+3 s", milliseconds(3000)},
      {"1.5E+2", milliseconds(150000)},
      {"00000000000000000000001.50000000000000000000000000000", milliseconds(1500)},
      {"1000000000", milliseconds(1'000'000'000'000)},
      {"0.0000000005", nanoseconds(1)}};
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(time_of(text), expected) << text;
    EXPECT_FALSE(parse_reported_time(text).negative);
  }
}

TEST(ReportedTime, GivesNoValueForAnythingElse) {
  for (const char* text : {"", " ", "<<computed>>", "nan", "inf", "1e300", "1.2.3", "1,2,3.4,5", "12.34,5", "1e", "e5",
                           ".", ",", "1 2", "--1", "1000000001", "99999999999999999999", "s", "0x10"})
    EXPECT_FALSE(parse_reported_time(text).value) << text;
}

TEST(ReportedTime, NegativeBecomesZeroAndSaysSo) {
  EXPECT_EQ(time_of("-0.01"), nanoseconds(0));
  EXPECT_TRUE(parse_reported_time("-0.01").negative);
}

TEST(ExactSeconds, AddUpWithoutRounding) {
  ExactSeconds sum;
  for (int i = 0; i < 10; ++i) sum += *parse_reported_time("0.1").value;
  EXPECT_EQ(sum.text(), "1");
  for (int i = 0; i < 100'000; ++i) sum += *parse_reported_time("0.000000000000000001").value;
  EXPECT_EQ(sum.text(), "1.0000000000001");
  EXPECT_EQ(sum.seconds(), 1.0000000000001);
  EXPECT_EQ(ExactSeconds::from(nanoseconds(1'500'000'001)).text(), "1.500000001");
  EXPECT_EQ(ExactSeconds::from(nanoseconds(-1)).text(), "0");
}

}  // namespace
}  // namespace rh::collectors
