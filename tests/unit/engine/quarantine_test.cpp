#include "runner/engine/quarantine.h"

#include <gtest/gtest.h>

namespace rh::engine {
namespace {

constexpr const char* kToday = "2026-06-15";

std::vector<QuarantineEntry> parse(const std::string& text) {
  auto entries = parse_quarantine(text, "q.toml", kToday);
  EXPECT_TRUE(entries) << entries.error().message();
  return entries ? *entries : std::vector<QuarantineEntry>();
}

std::string error_of(const std::string& text) {
  const auto entries = parse_quarantine(text, "q.toml", kToday);
  return entries ? "" : entries.error().message();
}

std::string entry(const std::string& id, const std::string& expires, const std::string& more = "") {
  return "[[test]]\nid = \"" + id + "\"\nowner = \"@a\"\nreason = \"r\"\nexpires = " + expires + "\n" + more;
}

TEST(Quarantine, ReadsEntries) {
  const auto entries =
      parse("# head\n\n" + entry("a::t", "2026-12-31", "since = \"2026-01-02\"\n") + entry("b::**", "'2026-06-14'"));
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].tests, "a::t");
  EXPECT_EQ(entries[0].quarantine.owner, "@a");
  EXPECT_EQ(entries[0].quarantine.expires, "2026-12-31");
  EXPECT_FALSE(entries[0].quarantine.expired);
  EXPECT_EQ(entries[0].since, "2026-01-02");
  EXPECT_EQ(entries[0].origin, "q.toml:3");
  EXPECT_TRUE(entries[1].quarantine.expired);
  EXPECT_TRUE(parse("").empty());
}

TEST(Quarantine, HoldsOnItsLastDay) {
  EXPECT_FALSE(parse(entry("a", "2026-06-15"))[0].quarantine.expired);
  EXPECT_TRUE(parse(entry("a", "2026-06-14"))[0].quarantine.expired);
}

TEST(Quarantine, SaysWhatIsWrongAndWhere) {
  EXPECT_NE(error_of("[[test]]\nid = 'a'\nreason = 'r'\nexpires = 2026-12-31\n").find("it has no owner"),
            std::string::npos);
  EXPECT_NE(error_of("[[test]]\nid = 'a'\nowner = 'o'\nreason = 'r'\n").find("it has no expires"), std::string::npos);
  EXPECT_NE(error_of("[[test]]\nidd = 'a'\n").find("did you mean 'id'?"), std::string::npos);
  EXPECT_NE(error_of("[[test]]\nidd = 'a'\n").find("q.toml:2"), std::string::npos);
  EXPECT_NE(error_of(entry("a", "\"2026-02-30\"")).find("a date such as 2026-12-31"), std::string::npos);
  EXPECT_NE(error_of(entry("a", "\"soon\"")).find("'expires'"), std::string::npos);
  EXPECT_NE(error_of(entry("", "2026-12-31")).find("it is empty"), std::string::npos);
  EXPECT_NE(error_of("[test]\nid = 'a'\n").find("[[test]]"), std::string::npos);
  EXPECT_NE(error_of("tests = 1\n").find("[[test]]"), std::string::npos);
  EXPECT_NE(error_of("[[test\n").find("q.toml:1"), std::string::npos);
}

TEST(Quarantine, IdsGoBeforeGlobs) {
  const auto entries =
      parse(entry("web:jest::a.js::is it [ok]?", "2026-12-31") + entry("api:pytest::**", "2026-12-31"));
  EXPECT_TRUE(covers(entries[0], "web:jest::a.js::is it [ok]?"));
  EXPECT_TRUE(covers(entries[1], "api:pytest::tests/test_a.py::test_b[1/2]"));
  EXPECT_FALSE(covers(entries[1], "web:jest::tests/test_a.py::test_b"));
  EXPECT_EQ(entry_of(entries, "nothing"), nullptr);
}

TEST(Quarantine, TheLongestEntryThatHoldsIsTaken) {
  auto entries = parse(entry("a::*", "2026-01-01") + entry("a::t", "2026-12-31") + entry("a::t", "2026-08-01"));
  EXPECT_EQ(entry_of(entries, "a::t")->quarantine.expires, "2026-12-31");
  EXPECT_TRUE(entry_of(entries, "a::other")->quarantine.expired);
  entries[1].in_force = false;
  EXPECT_EQ(entry_of(entries, "a::t")->quarantine.expires, "2026-08-01");
}

TEST(Quarantine, WhatAChangeAddsOrProlongsIsMarked) {
  auto entries = parse(entry("same", "2026-12-31") + entry("longer", "2026-12-31") + entry("shorter", "2026-07-01") +
                       entry("new", "2026-12-31"));
  mark_by_patch(entries,
                parse(entry("same", "2026-12-31") + entry("longer", "2026-07-01") + entry("shorter", "2026-12-31")));
  EXPECT_FALSE(entries[0].by_patch);
  EXPECT_TRUE(entries[1].by_patch);
  EXPECT_FALSE(entries[2].by_patch);
  EXPECT_TRUE(entries[3].by_patch);
}

TEST(Quarantine, AddingKeepsTheRest) {
  QuarantineEntry added;
  added.tests = "x::\"quoted\" \\ back\x01";
  added.quarantine = {"@o", "two\nlines", "2026-12-31", false};
  added.since = kToday;
  const std::string text = add_entry("# mine\n" + entry("a", "2026-12-31"), added);
  EXPECT_TRUE(text.starts_with("# mine\n[[test]]\n"));
  const auto entries = parse(text);
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[1].tests, added.tests);
  EXPECT_EQ(entries[1].quarantine.reason, "two\nlines");
  EXPECT_EQ(entries[1].since, kToday);
  EXPECT_EQ(parse(add_entry("", added)).size(), 1U);
}

TEST(Quarantine, RemovingKeepsTheRest) {
  const std::string text = "# head\n\n" + entry("a", "2026-12-31") + "\n# about b\n" + entry("b", "2026-12-31") +
                           "\n# about c\n" + entry("c", "2026-12-31");
  const auto without_b = remove_entry(text, parse(text), "b");
  ASSERT_TRUE(without_b);
  EXPECT_NE(without_b->find("# head"), std::string::npos);
  EXPECT_NE(without_b->find("# about c"), std::string::npos);
  const auto left = parse(*without_b);
  ASSERT_EQ(left.size(), 2U);
  EXPECT_EQ(left[0].tests, "a");
  EXPECT_EQ(left[1].tests, "c");
  EXPECT_EQ(parse(*remove_entry(*without_b, left, "c")).size(), 1U);
  EXPECT_FALSE(remove_entry(text, parse(text), "d"));
  const std::string lone = entry("a", "2026-12-31");
  EXPECT_TRUE(parse(*remove_entry(lone, parse(lone), "a")).empty());
}

TEST(Quarantine, Dates) {
  EXPECT_EQ(date_of(std::chrono::system_clock::time_point(std::chrono::seconds(1772323200))), "2026-03-01");
  EXPECT_TRUE(parse_date("2024-02-29"));
  for (const char* wrong : {"2026-02-29", "2026-13-01", "2026-1-01", "2026/01/01", "", "2026-01-011"})
    EXPECT_FALSE(parse_date(wrong)) << wrong;
}

}  // namespace
}  // namespace rh::engine
