#include "runner/engine/run_options.h"

#include <gtest/gtest.h>

namespace rh::engine {
namespace {

using namespace std::chrono_literals;

struct Resolved {
  Settings settings;
  std::vector<model::Diagnostic> diagnostics;
  Result<RunOptions> options = fail(ErrorKind::internal, "resolve");
};

Resolved resolve(std::string_view file, bool ci = false, std::vector<std::pair<std::string, std::string>> flags = {}) {
  Resolved resolved;
  for (const auto& [key, value] : flags) EXPECT_TRUE(resolved.settings.set(key, {value}, Layer::command_line, "flag"));
  const auto config = read_config(file, "/repo/runharness.toml", resolved.settings);
  EXPECT_TRUE(config);
  resolved.options = resolve_options(resolved.settings, *config, {ci, 4, 16ULL << 30, "/work"}, resolved.diagnostics);
  EXPECT_TRUE(resolved.options);
  return resolved;
}

TEST(RunOptions, DefaultsToLocalAndToCi) {
  EXPECT_EQ(resolve("").options->preset, "local");
  EXPECT_EQ(resolve("").options->limits.network, model::NetworkPolicy::host);
  EXPECT_EQ(resolve("", true).options->preset, "ci");
  EXPECT_EQ(resolve("", true).options->limits.network, model::NetworkPolicy::none);
  EXPECT_EQ(resolve("").options->jobs, 4U);
}

TEST(RunOptions, EveryPresetIsReadable) {
  for (const char* preset : {"local", "ci", "strict", "agent"}) {
    const auto resolved = resolve("", false, {{"preset", preset}});
    ASSERT_TRUE(resolved.options) << preset;
    EXPECT_TRUE(resolved.options->limits.wall) << preset;
    EXPECT_TRUE(resolved.options->limits.memory_bytes) << preset;
    EXPECT_TRUE(resolved.options->limits.pids) << preset;
  }
}

TEST(RunOptions, TakesShareOfMemory) {
  EXPECT_EQ(resolve("[limits]\nmemory = \"50%\"").options->limits.memory_bytes, 8ULL << 30);
}

TEST(RunOptions, ARepositoryFileMayTighten) {
  const auto resolved = resolve("network = \"none\"\nisolation = \"strict\"");
  EXPECT_EQ(resolved.options->limits.network, model::NetworkPolicy::none);
  EXPECT_EQ(resolved.options->isolation, model::IsolationLevel::strict);
  EXPECT_TRUE(resolved.diagnostics.empty());
}

TEST(RunOptions, ARepositoryFileMayNotLoosen) {
  const auto resolved = resolve("network = \"host\"\nisolation = \"none\"\npass_env = [\"TOKEN\"]", true);
  EXPECT_EQ(resolved.options->limits.network, model::NetworkPolicy::none);
  EXPECT_EQ(resolved.options->isolation, model::IsolationLevel::contained);
  EXPECT_TRUE(resolved.options->pass_env.empty());
  EXPECT_EQ(resolved.diagnostics.size(), 3U);
  for (const auto& each : resolved.diagnostics) EXPECT_EQ(each.code, "config-loosens-isolation");
  EXPECT_EQ(resolve("preset = \"local\"", true).options->preset, "ci");
}

TEST(RunOptions, TheCallerMayLoosen) {
  const auto resolved = resolve("", true, {{"network", "host"}, {"isolation", "none"}});
  EXPECT_EQ(resolved.options->limits.network, model::NetworkPolicy::host);
  EXPECT_EQ(resolved.options->isolation, model::IsolationLevel::none);
  EXPECT_EQ(resolve("", true, {{"preset", "local"}}).options->preset, "local");
}

TEST(RunOptions, PathsStartWhereTheyWereWritten) {
  const auto resolved = resolve("[reports]\nhtml = \"out/r.html\"", false, {{"reports", "json=r.json"}});
  ASSERT_EQ(resolved.options->reports.size(), 2U);
  EXPECT_EQ(resolved.options->reports[0].path, "/repo/out/r.html");
  EXPECT_EQ(resolved.options->reports[1].path, "/work/r.json");
}

TEST(RunOptions, GatesAreExact) {
  const auto resolved = resolve(
      "[gates]\nmin_coverage = 79.95\nmax_wall = \"5m\"\nmax_memory = \"1G\"\nmax_failures = 0\nmin_tests = 10");
  EXPECT_EQ(resolved.options->gates.min_coverage, 7995U);
  EXPECT_EQ(resolved.options->gates.max_wall, 5min);
  EXPECT_EQ(resolved.options->gates.max_memory_bytes, 1ULL << 30);
  EXPECT_EQ(resolved.options->gates.max_failures, 0U);
  EXPECT_EQ(resolved.options->gates.min_tests, 10U);
}

TEST(Settings, ReadsPercentages) {
  EXPECT_EQ(parse_percent("80").value(), 8000U);
  EXPECT_EQ(parse_percent("80%").value(), 8000U);
  EXPECT_EQ(parse_percent("79.5").value(), 7950U);
  EXPECT_EQ(parse_percent("0.05").value(), 5U);
  for (const char* bad : {"", "101", "100.01", "-1", "80.", "80.123", "x"}) EXPECT_FALSE(parse_percent(bad)) << bad;
}

TEST(Settings, ChecksEveryType) {
  Settings settings;
  EXPECT_FALSE(settings.set("jobs", {"0"}, Layer::command_line, "--jobs"));
  EXPECT_FALSE(settings.set("limits.wall", {"0s"}, Layer::command_line, "--timeout"));
  EXPECT_FALSE(settings.set("limits.memory", {"0"}, Layer::command_line, "--memory"));
  EXPECT_FALSE(settings.set("reports", {"html"}, Layer::command_line, "--report"));
  const auto bad = settings.set("preset", {"stict"}, Layer::command_line, "--preset");
  ASSERT_FALSE(bad);
  EXPECT_NE(bad.error().message().find("did you mean 'strict'?"), std::string::npos);
}

}  // namespace
}  // namespace rh::engine
