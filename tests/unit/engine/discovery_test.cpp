#include "runner/engine/discovery.h"

#include <gtest/gtest.h>

#include "runner/engine/plan.h"
#include "tests/unit/engine/fakes.h"

namespace rh::engine {
namespace {

using namespace rh::model;
using namespace std::chrono_literals;

class Discovery : public ::testing::Test {
 protected:
  Discovery() {
    for (const char* folder : {"a", "b", "libs/c"}) repository_.folders[folder] = {"suite.txt"};
  }
  std::vector<std::string> ids() {
    auto suites = discover_suites(repository_, adapters_, host_, options_, diagnostics_);
    std::vector<std::string> found;
    if (suites)
      for (const Suite& suite : *suites) found.push_back(suite.id.value);
    else
      error_ = suites.error().message();
    return found;
  }

  Registry registry_ = [] {
    Registry registry = testing::fake_registry();
    registry.adapters.push_back({"custom", "", adapters::make_custom_adapter});
    return registry;
  }();
  AdapterSet adapters_{registry_};
  testing::FakeHost host_;
  Repository repository_{"/repo", {}, {}};
  RunOptions options_;
  std::vector<Diagnostic> diagnostics_;
  std::string error_;
};

TEST_F(Discovery, FindsAll) { EXPECT_EQ(ids(), (std::vector<std::string>{"a:fake", "b:fake", "libs/c:fake"})); }

TEST_F(Discovery, FiltersById) {
  options_.only = {"libs/**"};
  EXPECT_EQ(ids(), std::vector<std::string>{"libs/c:fake"});
  options_.only = {"nothing"};
  EXPECT_TRUE(ids().empty());
  ASSERT_EQ(diagnostics_.size(), 1U);
  EXPECT_EQ(diagnostics_[0].code, "filter-matches-nothing");
}

TEST_F(Discovery, ExcludesFoldersBeforeTheAdaptersLook) {
  options_.exclude = {"libs"};
  EXPECT_EQ(ids(), (std::vector<std::string>{"a:fake", "b:fake"}));
  options_.exclude = {"libs/**", "a:fake"};
  EXPECT_EQ(ids(), std::vector<std::string>{"b:fake"});
}

TEST_F(Discovery, AnUnknownEcosystemIsAnError) {
  options_.ecosystems = {"fke"};
  EXPECT_TRUE(ids().empty());
  EXPECT_NE(error_.find("did you mean 'fake'?"), std::string::npos);
}

TEST_F(Discovery, ConfigurationAddsChangesAndLeavesOut) {
  SuiteEntry added;
  added.id = "e2e";
  added.command = {"make", "e2e"};
  SuiteEntry changed;
  changed.id = "a:fake";
  changed.env["X"] = "1";
  changed.args = std::vector<std::string>{"-v"};
  SuiteEntry excluded;
  excluded.id = "b:fake";
  excluded.exclude = true;
  SuiteEntry unknown;
  unknown.id = "a:fak";
  options_.suite_entries = {added, changed, excluded, unknown};
  auto suites = discover_suites(repository_, adapters_, host_, options_, diagnostics_);
  ASSERT_TRUE(suites);
  ASSERT_EQ(suites->size(), 3U);
  EXPECT_EQ((*suites)[0].env.at("X"), "1");
  EXPECT_EQ((*suites)[0].runner_args, std::vector<std::string>{"-v"});
  EXPECT_EQ((*suites)[1].id.value, "e2e");
  EXPECT_EQ((*suites)[1].ecosystem, "custom");
  ASSERT_EQ(diagnostics_.size(), 1U);
  EXPECT_NE(diagnostics_[0].message.find("did you mean 'a:fake'?"), std::string::npos);
}

TEST_F(Discovery, PlansLongestFirstAndAppliesLimits) {
  SuiteEntry entry;
  entry.id = "b:fake";
  entry.limits["wall"] = "20m";
  entry.limits["memory"] = "50%";
  options_.suite_entries = {entry};
  options_.limits.pids = 7;
  auto suites = discover_suites(repository_, adapters_, host_, options_, diagnostics_);
  ASSERT_TRUE(suites);
  const auto planned =
      plan_suites(*suites, options_, {{SuiteId{"a:fake"}, 1s}, {SuiteId{"libs/c:fake"}, 9s}}, 8ULL << 30);
  ASSERT_TRUE(planned);
  EXPECT_EQ((*planned)[0].id.value, "b:fake") << "what is not known may be long";
  EXPECT_EQ((*planned)[1].id.value, "libs/c:fake");
  EXPECT_EQ((*planned)[2].id.value, "a:fake");
  EXPECT_EQ((*planned)[0].limits.wall, 20min);
  EXPECT_EQ((*planned)[0].limits.memory_bytes, 4ULL << 30);
  EXPECT_EQ((*planned)[1].limits.pids, 7U);
}

}  // namespace
}  // namespace rh::engine
