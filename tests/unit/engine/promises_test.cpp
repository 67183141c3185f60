#include "runner/engine/promises.h"

#include <gtest/gtest.h>

namespace rh::engine {
namespace {

using model::IsolationLevel;
using model::MechanismState;

// Sets up what it is told, and starts nothing.
class TryingLauncher : public sandbox::Launcher {
 public:
  model::IsolationReport report;
  model::Ending ending = model::Ending::start_failed;
  int trials = 0;

  Result<sandbox::ExitRecord> run(const sandbox::LaunchSpec& spec, const sandbox::SuperviseHooks&) override {
    ++trials;
    EXPECT_EQ(spec.command.argv.size(), 1U);
    sandbox::ExitRecord record;
    record.ending = ending;
    record.ending_detail = "mount: Operation not permitted";
    record.isolation = report;
    return record;
  }
  model::IsolationReport probe(IsolationLevel) override { return report; }
  model::HostSurvey survey() override { return {}; }
  std::unique_ptr<sandbox::Pool> make_pool(const sandbox::LaunchSpec&, std::size_t) override { return nullptr; }
};

class PromisesTest : public ::testing::Test {
 protected:
  std::string problem() {
    const auto checked = check_promises(launcher_, options_, {});
    if (checked) return {};
    EXPECT_EQ(checked.error().kind, ErrorKind::isolation);
    return checked.error().message();
  }

  void row(const char* mechanism, MechanismState state, const char* reason = "", const char* requested = "yes") {
    launcher_.report.rows.push_back({mechanism, requested, state, "", reason});
  }

  TryingLauncher launcher_;
  RunOptions options_;
};

TEST_F(PromisesTest, NothingIsTriedWhenNothingIsDemanded) {
  EXPECT_EQ(problem(), "");
  EXPECT_EQ(launcher_.trials, 0);
}

TEST_F(PromisesTest, EnforcedIsEnough) {
  options_.required = {"memory", "net"};
  row("memory limit", MechanismState::enforced);
  row("network", MechanismState::enforced);
  row("process limit", MechanismState::degraded, "not demanded");
  EXPECT_EQ(problem(), "");
  EXPECT_EQ(launcher_.trials, 1);
}

TEST_F(PromisesTest, NamesTheDegradedMechanismAndWhy) {
  options_.required = {"memory"};
  row("memory limit", MechanismState::degraded, "no memory control group");
  EXPECT_EQ(problem(),
            "failed to keep the promise 'memory': memory limit is degraded (no memory control group) (--require)");
}

TEST_F(PromisesTest, APromiseThatIsNotAskedForIsNotKept) {
  options_.required = {"net"};
  row("network", MechanismState::not_requested, "", "host");
  EXPECT_EQ(problem(), "failed to keep the promise 'net': network is not asked for (host) (--require)");
}

TEST_F(PromisesTest, OfTwoMechanismsThoseCountThatAreAskedFor) {
  options_.required = {"cpu", "fs"};
  row("cpu time limit", MechanismState::not_requested, "", "unlimited");
  row("cpu bandwidth", MechanismState::enforced);
  row("file system", MechanismState::enforced);
  row("workspace", MechanismState::degraded, "no overlay here");
  EXPECT_EQ(problem(), "failed to keep the promise 'fs': workspace is degraded (no overlay here) (--require)");
}

TEST_F(PromisesTest, AMechanismThatIsNotReportedIsNotKept) {
  options_.required = {"syscalls"};
  EXPECT_NE(problem().find("syscalls is not reported"), std::string::npos);
}

TEST_F(PromisesTest, ALevelThatIsNotReachedSaysWhatIsMissing) {
  options_.isolation = IsolationLevel::strict;
  options_.required_isolation = IsolationLevel::strict;
  launcher_.report.reached = IsolationLevel::none;
  row("user namespace", MechanismState::refused, "EPERM");
  EXPECT_NE(problem().find("user namespace is refused (EPERM)"), std::string::npos);
  launcher_.report.reached = IsolationLevel::strict;
  EXPECT_EQ(problem(), "");
}

TEST_F(PromisesTest, ALevelBelowTheRequiredOneIsRefusedUntried) {
  options_.isolation = IsolationLevel::none;
  options_.required_isolation = IsolationLevel::contained;
  EXPECT_NE(problem().find("level 'none' is set"), std::string::npos);
  EXPECT_EQ(launcher_.trials, 0);
}

TEST_F(PromisesTest, ASetUpThatFailsKeepsNothing) {
  options_.required = {"memory"};
  row("memory limit", MechanismState::enforced);
  launcher_.ending = model::Ending::internal;
  EXPECT_NE(problem().find("mount: Operation not permitted"), std::string::npos);
}

}  // namespace
}  // namespace rh::engine
