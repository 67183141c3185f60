#include "runner/engine/gate/rules_file.h"

#include <gtest/gtest.h>

#include "runner/engine/config_file.h"
#include "runner/engine/gate/gate.h"

namespace rh::engine {
namespace {

Result<ConfigFile> read(std::string_view text) {
  Settings settings;
  return read_config(text, "runharness.toml", settings);
}

std::string message(std::string_view text) {
  const auto read_file = read(text);
  return read_file ? "no error" : read_file.error().message();
}

void expect_error(std::string_view text, std::initializer_list<std::string_view> parts) {
  const auto file = read(text);
  ASSERT_FALSE(file) << text;
  EXPECT_EQ(file.error().kind, ErrorKind::config);
  for (const std::string_view part : parts)
    EXPECT_NE(file.error().message().find(part), std::string::npos) << part << " is not in: " << file.error().message();
}

TEST(RulesFile, ReadsARule) {
  const auto file = read(R"(
[components]
core = ["src/core/**", "!src/core/gen/**"]
web = "src/web"

[[gates.rule]]
kind = "coverage.patch"
min = 79.995
metric = "branches"
component = "core"
level = "warn"
no_data = "fail"
message = "Write a test."
min_size = 20

[[gates.rule]]
kind = "tests.max_skipped"
max = "2.5%"
suites = ["api:*"]
)");
  ASSERT_TRUE(file) << file.error().message();
  ASSERT_EQ(file->gates.rules.size(), 2U);
  const GateRule& patch = file->gates.rules[0];
  EXPECT_EQ(*patch.find<Decimal>("min"), (Decimal{79'995, 3}));
  EXPECT_EQ(patch.text("metric"), "branches");
  EXPECT_EQ(patch.scope.component, "core");
  EXPECT_EQ(patch.level, model::GateLevel::warn);
  EXPECT_EQ(patch.no_data, NoDataPolicy::fail);
  EXPECT_EQ(patch.message, "Write a test.");
  EXPECT_EQ(*patch.find<std::uint64_t>("min_size"), 20U);
  EXPECT_EQ(patch.origin, "runharness.toml:6:1");
  EXPECT_EQ(*file->gates.rules[1].find<Decimal>("max"), (Decimal{25, 1}));
  EXPECT_EQ(file->gates.components.at("core").size(), 2U);
  EXPECT_EQ(file->gates.components.at("web"), (std::vector<std::string>{"src/web"}));
}

TEST(RulesFile, FillsInWhatIsNotWritten) {
  const auto file = read("[[gates.rule]]\nkind = \"coverage.no_decrease\"\n");
  ASSERT_TRUE(file) << file.error().message();
  const GateRule& rule = file->gates.rules[0];
  EXPECT_EQ(rule.text("metric"), "lines");
  EXPECT_EQ(rule.text("per"), "total");
  EXPECT_EQ(*rule.find<std::uint64_t>("tolerance"), 0U);
  EXPECT_EQ(rule.level, model::GateLevel::block);
}

TEST(RulesFile, TakesFractionsAsTheyAreWritten) {
  // As floating-point numbers these two are 80.
  EXPECT_NE(message("[[gates.rule]]\nkind = \"coverage.total\"\nmin = 79.99999999999999999\n").find("9 decimals"),
            std::string::npos);
  const auto file = read("[[gates.rule]]\nkind = \"coverage.total\"\nmin = 79.999_999_999\n");
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_EQ(*file->gates.rules[0].find<Decimal>("min"), (Decimal{79'999'999'999, 9}));
}

TEST(RulesFile, NamesThePlaceAndTheNearestName) {
  expect_error("[[gates.rule]]\nmin = 80\n", {"no kind", "runharness.toml:1:1"});
  expect_error("[[gates.rule]]\nkind = \"coverage.totl\"\n", {"did you mean 'coverage.total'", ":2:8"});
  expect_error("[[gates.rule]]\nkind = \"coverage.total\"\nmim = 80\n", {"did you mean 'min'", ":3:1"});
  expect_error("[[gates.rule]]\nkind = \"coverage.total\"\n", {"it has no 'min'"});
  expect_error("[[gates.rule]]\nkind = \"coverage.total\"\nmin = -5\n", {"negative", ":3:7"});
  expect_error("[[gates.rule]]\nkind = \"coverage.total\"\nmin = 100.1\n", {"100.1", "write 0 to 100"});
  expect_error("[[gates.rule]]\nkind = \"coverage.total\"\nmin = \"80,5\"\n", {"80,5"});
  expect_error("[[gates.rule]]\nkind = \"coverage.total\"\nmin = true\n", {"a percentage", "true or false"});
  expect_error("[[gates.rule]]\nkind = \"coverage.total\"\nmin = 8\nmetric = \"line\"\n", {"did you mean 'lines'"});
  expect_error("[[gates.rule]]\nkind = \"coverage.total\"\nmin = 8\nlevel = \"wran\"\n",
               {"did you mean 'warn'", ":4:9"});
  expect_error("[[gates.rule]]\nkind = \"coverage.total\"\nmin = 8\nno_data = \"ok\"\n", {"fail, warn, pass"});
  expect_error("[[gates.rule]]\nkind = \"tests.min\"\nmin = 1.5\n", {"a whole number"});
  expect_error("[[gates.rule]]\nkind = \"tests.min\"\nmin = -1\n", {"-1"});
  expect_error("[[gates.rule]]\nkind = \"tests.min\"\nmin = 1\nfiles = \"src\"\n", {"by files", "it judges suites"});
  expect_error("[[gates.rule]]\nkind = \"coverage.patch\"\nmin = 1\nsuites = \"a\"\n", {"by suites"});
  expect_error("[[gates.rule]]\nkind = \"coverage.patch\"\nmin = 1\nfiles = []\n", {"the list is empty"});
  expect_error("[[gates.rule]]\nkind = \"resources.max_wall\"\nmax = 60\n", {"a duration such as"});
  expect_error("[[gates.rule]]\nkind = \"coverage.categories\"\ncategories = [\"LBC\", \"UNX\"]\n",
               {"did you mean 'UNC'", ":3:14"});
  expect_error("[gates.rule]\nkind = \"tests.min\"\n", {"[[gates.rule]]"});
  expect_error("[gates]\nrules = 1\n", {"gates.rule"});
  expect_error("[gates]\nmin_coverag = 80\n", {"did you mean 'gates.min_coverage'", ":2:1"});
}

TEST(RulesFile, ComponentsAreChecked) {
  expect_error(
      "[components]\ncore = [\"src\"]\n[[gates.rule]]\nkind = \"coverage.total\"\nmin = 1\ncomponent = \"coer\"\n",
      {"did you mean 'core'", "runharness.toml:3:1"});
  expect_error("[[gates.rule]]\nkind = \"coverage.total\"\nmin = 1\ncomponent = \"core\"\n",
               {"there is no [components]"});
  expect_error("[components]\ncore = [\"!src/gen\"]\n", {"no glob that takes files in"});
  expect_error("[components]\ncore = 1\n", {"a list of texts"});
  expect_error("components = 1\n", {"a table of NAME"});
}

TEST(RuleKinds, HaveHelpAndSensibleDefaults) {
  for (const RuleKind& kind : rule_kinds()) {
    EXPECT_FALSE(kind.help.empty()) << kind.name;
    for (const RuleField& field : kind.fields) {
      EXPECT_FALSE(field.help.empty()) << kind.name << "." << field.name;
      const bool fallback_is_good = field.fallback.empty() || read_field(field, field.fallback).has_value();
      EXPECT_TRUE(fallback_is_good) << kind.name << "." << field.name;
      EXPECT_FALSE(field.required && !field.fallback.empty()) << kind.name << "." << field.name;
    }
  }
}

}  // namespace
}  // namespace rh::engine
