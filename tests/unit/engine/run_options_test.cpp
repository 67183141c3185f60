#include "runner/engine/run_options.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>

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

TEST(RunOptions, ARepositoryFileNamesNoPlaceOutsideOfItsFolder) {
  for (const char* path : {"/home/dev/.bashrc", "../r.html", "out/../../r.html"}) {
    const auto resolved = resolve(fmt::format("out = \"{0}\"\n[reports]\nhtml = \"{0}\"", path));
    EXPECT_TRUE(resolved.options->reports.empty()) << path;
    EXPECT_TRUE(resolved.options->out.empty()) << path;
    EXPECT_EQ(resolved.diagnostics.size(), 2U);
    for (const auto& each : resolved.diagnostics) EXPECT_EQ(each.code, "config-loosens-isolation");
  }
  EXPECT_EQ(resolve("", false, {{"out", "/elsewhere"}}).options->out, "/elsewhere");
}

TEST(RunOptions, OnlyTheCallerMayKeepSecrets) {
  const auto asked = resolve("redact = false");
  EXPECT_TRUE(asked.options->redact);
  ASSERT_EQ(asked.diagnostics.size(), 1U);
  EXPECT_EQ(asked.diagnostics[0].code, "config-loosens-isolation");
  EXPECT_TRUE(resolve("redact = true").diagnostics.empty());
  EXPECT_FALSE(resolve("", false, {{"redact", "false"}}).options->redact);
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
  const auto& rules = resolved.options->gates.rules;
  const auto rule = [&](std::string_view kind) -> const GateRule& {
    return *std::find_if(rules.begin(), rules.end(), [&](const GateRule& each) { return each.kind == kind; });
  };
  ASSERT_EQ(rules.size(), 5U);
  EXPECT_EQ(*rule("coverage.total").find<Decimal>("min"), (Decimal{7995, 2}));
  EXPECT_EQ(*rule("resources.max_wall").find<std::chrono::nanoseconds>("max"), 5min);
  EXPECT_EQ(rule("resources.max_memory").find<ByteCount>("max")->bytes, 1ULL << 30);
  EXPECT_EQ(*rule("tests.max_failures").find<std::uint64_t>("max"), 0U);
  EXPECT_EQ(*rule("tests.min").find<std::uint64_t>("min"), 10U);
}

TEST(RunOptions, LimitsMayBeLifted) {
  const auto resolved = resolve("", false,
                                {{"limits.wall", "unlimited"},
                                 {"limits.memory", "unlimited"},
                                 {"limits.pids", "unlimited"},
                                 {"limits.cpus", "1.5"}});
  EXPECT_FALSE(resolved.options->limits.wall);
  EXPECT_FALSE(resolved.options->limits.memory_bytes);
  EXPECT_FALSE(resolved.options->limits.pids);
  EXPECT_EQ(resolved.options->limits.cpus, 1.5);
  EXPECT_EQ(resolve("[limits]\ncpus = 2\nwall = \"unlimited\"").options->limits.cpus, 2.0);
  EXPECT_FALSE(resolve("[limits]\nwall = \"unlimited\"").options->limits.wall);
}

TEST(RunOptions, UnderTheStrictPresetsARepositoryFileMayNotLoosenLimits) {
  const char* loose = "[limits]\nwall = \"2h\"\nmemory = \"90%\"\npids = \"unlimited\"\noutput = \"1K\"";
  const auto strict = resolve(loose, false, {{"preset", "strict"}});
  EXPECT_EQ(strict.options->limits.wall, 10min);
  EXPECT_EQ(strict.options->limits.memory_bytes, 2ULL << 30);
  EXPECT_EQ(strict.options->limits.pids, 512U);
  EXPECT_EQ(strict.options->limits.output_bytes, 1024U);
  EXPECT_EQ(strict.diagnostics.size(), 3U);
  EXPECT_EQ(resolve(loose).options->limits.wall, 2h);
  const auto asked = resolve(loose, false, {{"preset", "strict"}, {"limits.wall", "3h"}});
  EXPECT_EQ(asked.options->limits.wall, 3h);
}

TEST(RunOptions, WorkspaceFollowsThePresetAndOnlyTightens) {
  using Access = model::WorkspaceAccess;
  EXPECT_EQ(resolve("").options->workspace, Access::rw);
  EXPECT_EQ(resolve("", false, {{"preset", "agent"}}).options->workspace, Access::overlay);
  EXPECT_EQ(resolve("workspace = \"ro\"").options->workspace, Access::ro);
  const auto loose = resolve("workspace = \"rw\"", false, {{"preset", "strict"}});
  EXPECT_EQ(loose.options->workspace, Access::overlay);
  EXPECT_EQ(loose.diagnostics.size(), 1U);
  EXPECT_EQ(resolve("", false, {{"preset", "strict"}, {"workspace", "rw"}}).options->workspace, Access::rw);
}

TEST(RunOptions, ReadsVariablesPathsAndPromises) {
  Settings settings;
  EXPECT_TRUE(settings.set("env", {"A=1=2", "B="}, Layer::command_line, "--env"));
  EXPECT_TRUE(settings.set("rw", {"out", "/srv/x/../y"}, Layer::command_line, "--rw"));
  EXPECT_TRUE(settings.set("require", {"memory,net", "fs"}, Layer::command_line, "--require"));
  std::vector<model::Diagnostic> diagnostics;
  const auto options = resolve_options(settings, {}, {false, 4, 16ULL << 30, "/work"}, diagnostics);
  ASSERT_TRUE(options);
  EXPECT_EQ(options->env, (model::Environment{{"A", "1=2"}, {"B", ""}}));
  EXPECT_EQ(options->paths.rw, (std::vector<std::filesystem::path>{"/work/out", "/srv/y"}));
  EXPECT_EQ(options->required, (std::vector<std::string>{"memory", "net", "fs"}));
  EXPECT_EQ(resolve("", false, {{"env", "HOME"}}).options->pass_env, std::vector<std::string>{"HOME"});
}

TEST(Settings, ChoiceOfTests) {
  EXPECT_FALSE(parse_test_choice("off").value().any);
  EXPECT_FALSE(parse_test_choice("false").value().any);
  for (const char* all : {"all", "true"}) {
    EXPECT_TRUE(parse_test_choice(all).value().any);
    EXPECT_FALSE(parse_test_choice(all).value().slowest);
  }
  EXPECT_EQ(parse_test_choice("slowest:12").value().slowest, 12U);
  for (const char* wrong : {"", "slowest", "slowest:", "slowest:0", "slowest:-1", "slowest:x", "12"})
    EXPECT_FALSE(parse_test_choice(wrong)) << wrong;
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
  EXPECT_FALSE(settings.set("jobs", {"unlimited"}, Layer::command_line, "--jobs"));
  EXPECT_FALSE(settings.set("limits.grace", {"unlimited"}, Layer::command_line, "--grace"));
  for (const char* cpus : {"0", "-1", "many", "nan", "inf", "1e9"})
    EXPECT_FALSE(settings.set("limits.cpus", {cpus}, Layer::command_line, "--cpus")) << cpus;
  EXPECT_FALSE(settings.set("require", {"memory,nett"}, Layer::command_line, "--require"));
  const auto bad = settings.set("preset", {"stict"}, Layer::command_line, "--preset");
  ASSERT_FALSE(bad);
  EXPECT_NE(bad.error().message().find("did you mean 'strict'?"), std::string::npos);
}

}  // namespace
}  // namespace rh::engine
