#include "runner/base/result.h"

#include <gtest/gtest.h>

#include <memory>

namespace rh {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return fail(ErrorKind::usage, "halve an odd number", std::to_string(number));
  return number / 2;
}

Result<int> quarter(int number) {
  RH_TRY(const int halved, half(number));
  RH_TRY(const int quartered, half(halved));
  return quartered;
}

TEST(Result, PassesValuesAndErrorsOn) {
  EXPECT_EQ(quarter(12).value(), 3);
  const auto failed = quarter(6);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message(), "failed to halve an odd number (3)");
}

TEST(Result, NamesWhatTheSystemSaid) {
  const Result<void> failed = fail_errno("open file", "/x", ENOENT);
  EXPECT_EQ(failed.error().kind, ErrorKind::not_found);
  EXPECT_EQ(failed.error().message(), "failed to open file (/x): No such file or directory");
}

TEST(Result, CarriesMoveOnlyValues) {
  Result<std::unique_ptr<int>> made = std::make_unique<int>(7);
  const std::unique_ptr<int> value = *std::move(made);
  EXPECT_EQ(*value, 7);
}

TEST(ResultDeathTest, StopsOnTheWrongSide) {
  const Result<int> failed = half(1);
  EXPECT_DEATH(static_cast<void>(failed.value()), "has_value");
}

}  // namespace
}  // namespace rh
