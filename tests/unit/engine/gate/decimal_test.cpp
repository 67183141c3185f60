#include "runner/engine/gate/decimal.h"

#include <gtest/gtest.h>

#include <random>

namespace rh::engine {
namespace {

Decimal decimal(std::string_view text) { return parse_decimal_percent(text).value_or(Decimal{~0ULL, 0}); }

TEST(Decimal, ReadsExactly) {
  EXPECT_EQ(decimal("80"), (Decimal{80, 0}));
  EXPECT_EQ(decimal("79.995"), (Decimal{79'995, 3}));
  EXPECT_EQ(decimal("80.500"), (Decimal{805, 1}));
  EXPECT_EQ(decimal(" 80 % "), (Decimal{80, 0}));
  EXPECT_EQ(decimal("0"), (Decimal{0, 0}));
  EXPECT_EQ(decimal("100.0"), (Decimal{100, 0}));
  EXPECT_EQ(decimal("0.000000001"), (Decimal{1, 9}));
  EXPECT_EQ(decimal("007"), (Decimal{7, 0}));
}

TEST(Decimal, RefusesWhatIsNone) {
  for (const char* text :
       {"",       "%",     "-1",  "-0",   "+5",   "101", "100.1", "80,5",         "80.",
        ".5",     "1e2",   "8 0", "80%%", "0x10", "nan", "inf",   "0.0000000001", "18446744073709551616",
        "eighty", "80.5.1"})
    EXPECT_FALSE(parse_decimal_percent(text)) << text;
  EXPECT_NE(parse_decimal_percent("-5").error().what.find("coverage.max_uncovered"), std::string::npos);
  EXPECT_TRUE(parse_decimal_percent("250", 1000));
}

TEST(Decimal, WritesWhatItRead) {
  for (const char* text : {"0", "80", "79.995", "0.000000001", "99.9", "100"}) EXPECT_EQ(to_text(decimal(text)), text);
  EXPECT_EQ(percent_of(decimal("80.50")), "80.5 %");
}

TEST(Decimal, Compares) {
  EXPECT_LT(compare(decimal("79.9"), decimal("79.91")), 0);
  EXPECT_EQ(compare(decimal("80"), decimal("80.0")), 0);
  EXPECT_GT(compare(decimal("100"), decimal("99.999999999")), 0);
}

// Whatever the figures are: what is below its target prints below it, and what reaches it does not.
TEST(Decimal, PrintsOnTheRightSideOfItsTarget) {
  std::mt19937_64 random(20'240'611);
  for (int round = 0; round < 200'000; ++round) {
    const std::uint64_t scale = 1 + random() % (round % 2 == 0 ? 2'000 : ~0ULL);
    const model::Ratio ratio{scale, random() % (scale + (scale == ~0ULL ? 0 : 1))};
    const Decimal target{random() % 100'001, 3};
    const std::string text = share_text(ratio, target);
    const Decimal shown = parse_decimal_percent(text).value_or(Decimal{});
    ASSERT_EQ(reaches(ratio, target), compare(shown, target) >= 0)
        << ratio.hit << " of " << ratio.found << " prints " << text << ", target " << to_text(target);
    const Decimal up = parse_decimal_percent(share_text_up(ratio, target), 101).value_or(Decimal{});
    ASSERT_EQ(compare_share(ratio.hit, ratio.found, target) <= 0, compare(up, target) <= 0);
    ASSERT_EQ(text == "100.00 %" || text == "100.000 %", ratio.hit == ratio.found);
  }
}

}  // namespace
}  // namespace rh::engine
