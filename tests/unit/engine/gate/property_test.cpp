// What must hold for any report: a stricter target never turns a failure into a pass, and more coverage never
// turns a pass into a failure. Seeded; a failure prints the round.
#include <gtest/gtest.h>

#include <random>

#include "tests/unit/engine/gate/table.h"

namespace rh::engine::gate_test {
namespace {

using namespace rh::model;

constexpr unsigned kSeed = 4711;

Case random_case(std::mt19937& random) {
  constexpr std::string_view kLines = "10-fpu", kStates = "cpun";
  const auto letters = [&](std::string_view alphabet) {
    std::string text(random() % 30, ' ');
    for (char& c : text) c = alphabet[random() % alphabet.size()];
    return text;
  };
  Case made;
  const auto files = static_cast<unsigned>(random() % 6);
  for (unsigned i = 0; i < files; ++i) {
    const std::string path = std::string(i % 2 == 0 ? "src/" : "lib/") + static_cast<char>('a' + i);
    made.file(path, letters(kLines));
    made.base_file(path, letters(kLines));
    made.changed(path, letters(kStates), i % 3 == 0 ? PatchFileKind::added : PatchFileKind::modified);
  }
  made.suite("s", counts(random() % 50, random() % 5, random() % 5, random() % 3));
  return made;
}

GateState judged(const Case& made, const std::string& kind, const std::map<std::string, std::string>& fields) {
  GateRules rules;
  rules.rules.push_back(*make_rule(kind, "test", fields));
  return judge_gates(made.input(), rules).front().state;
}

std::string percent(std::uint64_t thousandths) { return to_text({thousandths, 3}); }

// From the mildest bound to the strictest: once it fails it never passes again, and no data is no data.
template <class Bound>
void expect_monotone(const Case& made, const std::string& kind, std::map<std::string, std::string> fields,
                     const std::string& field, const std::vector<std::uint64_t>& mild_to_strict, Bound bound) {
  bool failed = false;
  std::optional<bool> has_data;
  for (const std::uint64_t value : mild_to_strict) {
    fields[field] = bound(value);
    const GateState state = judged(made, kind, fields);
    if (!has_data) has_data = state != kNoData;
    ASSERT_EQ(*has_data, state != kNoData) << kind << " " << fields[field];
    ASSERT_FALSE(failed && state == kPassed) << kind << " passes again at " << fields[field];
    failed = failed || state == kFailed;
  }
}

TEST(GateProperty, AStricterBoundNeverPassesWhatAMilderOneFails) {
  std::mt19937 random(kSeed);
  std::vector<std::uint64_t> rising, falling;
  for (std::uint64_t share = 0; share <= 100'000; share += 1'667) rising.push_back(share);
  rising.push_back(100'000);
  for (std::uint64_t count = 60; count-- > 0;) falling.push_back(count);
  for (int round = 0; round < 60; ++round) {
    SCOPED_TRACE(round);
    const Case made = random_case(random);
    for (const char* metric : {"lines", "full_lines", "branches", "combined"})
      for (const char* kind : {"coverage.total", "coverage.file", "coverage.directory", "coverage.new_file"})
        expect_monotone(made, kind, {{"metric", metric}}, "min", rising, percent);
    for (const char* metric : {"lines", "full_lines", "branches"})
      expect_monotone(made, "coverage.patch", {{"metric", metric}}, "min", rising, percent);
    const auto plain = [](std::uint64_t count) { return std::to_string(count); };
    for (const char* per : {"total", "file", "directory"}) {
      expect_monotone(made, "coverage.max_uncovered", {{"per", per}}, "max", falling, plain);
      expect_monotone(made, "coverage.no_decrease", {{"per", per}}, "tolerance", falling, plain);
    }
    for (const char* kind : {"tests.max_failures", "tests.max_skipped", "tests.max_flaky"})
      expect_monotone(made, kind, {}, "max", falling, plain);
    std::vector<std::uint64_t> wanted(falling.rbegin(), falling.rend());
    expect_monotone(made, "tests.min", {}, "min", wanted, plain);
  }
}

TEST(GateProperty, CoveringOneMoreLineNeverFailsWhatPassed) {
  std::mt19937 random(kSeed + 1);
  for (int round = 0; round < 300; ++round) {
    SCOPED_TRACE(round);
    std::string lines(1 + random() % 20, '0');
    for (char& c : lines) c = random() % 2 == 0 ? '1' : '0';
    const std::size_t missed = lines.find('0');
    if (missed == std::string::npos) continue;
    Case before, after;
    before.file("a", lines).base_file("a", "10");
    lines[missed] = '1';
    after.file("a", lines).base_file("a", "10");
    const std::string target = percent(random() % 100'001);
    const auto keeps = [&](const std::string& kind, const std::map<std::string, std::string>& fields) {
      return judged(before, kind, fields) != kPassed || judged(after, kind, fields) == kPassed;
    };
    EXPECT_TRUE(keeps("coverage.total", {{"min", target}}));
    EXPECT_TRUE(keeps("coverage.file", {{"min", target}}));
    EXPECT_TRUE(keeps("coverage.no_decrease", {}));
  }
}

}  // namespace
}  // namespace rh::engine::gate_test
