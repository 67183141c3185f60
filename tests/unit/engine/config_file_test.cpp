#include "runner/engine/config_file.h"

#include <gtest/gtest.h>

namespace rh::engine {
namespace {

Result<ConfigFile> read(std::string_view text, Settings& settings) {
  return read_config(text, "runharness.toml", settings);
}

std::string error_of(std::string_view text) {
  Settings settings;
  const auto file = read(text, settings);
  EXPECT_FALSE(file) << text;
  return file ? "" : file.error().message();
}

TEST(ConfigFile, FillsSettingsWithTheirOrigin) {
  Settings settings;
  const auto file = read(
      "preset = \"strict\"\nexclude = [\"a\", \"b\"]\n[limits]\nmemory = \"2G\"\n[gates]\nmin_coverage = "
      "79.5\nmin_tests = 3\n",
      settings);
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_EQ(settings.text("preset"), "strict");
  EXPECT_EQ(settings.list("exclude"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(settings.text("limits.memory"), "2G");
  EXPECT_EQ(settings.text("gates.min_coverage"), "79.5");
  EXPECT_EQ(settings.find("limits.memory")->origin, "runharness.toml:4:10");
}

TEST(ConfigFile, ReadsSuites) {
  Settings settings;
  const auto file = read(R"toml(
[[suite]]
id = "e2e"
root = "tests/e2e"
command = ["make", "e2e"]
results = "out/junit.xml"
env = { A = "1" }
limits = { wall = "20m", pids = 100 }

[[suite]]
id = "api:pytest"
exclude = true
args = ["-x"]

[reports]
html = "out/report.html"
)toml",
                         settings);
  ASSERT_TRUE(file) << file.error().message();
  ASSERT_EQ(file->suites.size(), 2U);
  EXPECT_EQ(file->suites[0].command, (std::vector<std::string>{"make", "e2e"}));
  EXPECT_EQ(file->suites[0].env.at("A"), "1");
  EXPECT_EQ(file->suites[0].limits.at("pids"), "100");
  EXPECT_TRUE(file->suites[1].exclude);
  EXPECT_EQ(file->suites[1].args, std::vector<std::string>{"-x"});
  ASSERT_EQ(file->reports.size(), 1U);
  EXPECT_EQ(file->reports[0].path, "out/report.html");
}

TEST(ConfigFile, NamesThePlaceAndANearKey) {
  EXPECT_EQ(error_of("[limits]\nmemroy = \"2G\"\n"),
            "failed to understand the key 'limits.memroy': did you mean 'limits.memory'? (runharness.toml:2:1)");
  EXPECT_EQ(error_of("[[suite]]\nid = \"x\"\ncomand = [\"a\"]\n"),
            "failed to understand the key 'comand': did you mean 'command'? (runharness.toml:3:1)");
}

TEST(ConfigFile, RefusesWrongTypes) {
  EXPECT_NE(error_of("jobs = \"two\"").find("runharness.toml:1:8"), std::string::npos);
  EXPECT_NE(error_of("[limits]\nmemory = 512").find("a size such as \"512M\" is wanted, a whole number was found"),
            std::string::npos);
  EXPECT_NE(error_of("[limits]\nwall = \"5 parsecs\"").find("runharness.toml:2:8"), std::string::npos);
  EXPECT_NE(error_of("exclude = \"a\"").find("a list of texts is wanted"), std::string::npos);
  EXPECT_NE(error_of("coverage = 1").find("true or false is wanted"), std::string::npos);
  EXPECT_NE(error_of("limits = 3").find("[limits]"), std::string::npos);
  EXPECT_NE(error_of("[[suite]]\nroot = \"x\"").find("it has no id"), std::string::npos);
  EXPECT_NE(error_of("[[suite]]\nid = \"x\"\nlimits = { wall = \"x\" }").find("runharness.toml:3:"), std::string::npos);
}

TEST(ConfigFile, SaysWhereTheSyntaxBreaks) {
  EXPECT_NE(error_of("preset = \n").find("runharness.toml:1:"), std::string::npos);
}

TEST(ConfigFile, StrongerLayersWin) {
  Settings settings;
  ASSERT_TRUE(settings.set("jobs", {"3"}, Layer::command_line, "--jobs"));
  ASSERT_TRUE(read("jobs = 8", settings));
  EXPECT_EQ(settings.text("jobs"), "3");
}

}  // namespace
}  // namespace rh::engine
