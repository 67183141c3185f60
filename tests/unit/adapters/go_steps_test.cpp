#include <gmock/gmock.h>

#include <algorithm>

#include "runner/adapters/go_arguments.h"
#include "runner/adapters/go_toolchain.h"
#include "tests/unit/adapters/fake_host.h"
#include "tests/unit/adapters/temp_repository.h"

namespace rh::adapters {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;

TEST(GoToolchain, EnvironmentWinsOverFilesOverDefaults) {
  TempRepository files;
  FakeHost host;
  host.home_folder = files.path("home");
  host.tools["go"] = files.path("goroot/bin/go");
  files.write("goroot/bin/go", "");
  files.write("goroot/VERSION", "go1.26.8\ntime 2026-01-01\n");
  files.write("goroot/go.env", "GOPROXY=p\nGOTOOLCHAIN=auto\n");
  files.write("home/.config/go/env", "GOFLAGS=-buildvcs=false\nGOTOOLCHAIN=local\nGOCACHE=/c\n");
  host.variables["GOCACHE"] = "/own";
  const GoToolchain go = find_go(host);
  EXPECT_EQ(go.version, "1.26.8");
  EXPECT_EQ(go.build_cache, "/own");
  EXPECT_EQ(go.setting(host.variables, "GOTOOLCHAIN"), "local");
  EXPECT_EQ(go.setting(host.variables, "GOFLAGS"), "-buildvcs=false");
  EXPECT_EQ(go.module_cache, files.path("home/go/pkg/mod"));
}

TEST(GoToolchain, ReadsVersions) {
  EXPECT_EQ(go_version_in("go version go1.26.8 linux/amd64\n"), "1.26.8");
  EXPECT_EQ(go_version_in("go1.22rc1"), "1.22rc1");
  EXPECT_EQ(go_version_in("devel"), "");
}

TEST(GoToolchain, SplitsFlagsWithQuotes) {
  EXPECT_THAT(split_go_flags("-mod=mod '-ldflags=-s -w'  -x"), ElementsAre("-mod=mod", "-ldflags=-s -w", "-x"));
}

TEST(GoArguments, TellsFlagsPackagesAndProgramArguments) {
  const auto split =
      split_go_test_arguments({"-run", "TestA|TestB", "-race", "./a", "-tags=x", "./b", "-args", "-v", "c"});
  EXPECT_THAT(split.flags, ElementsAre("-run", "TestA|TestB", "-race", "-tags=x"));
  EXPECT_THAT(split.packages, ElementsAre("./a", "./b"));
  EXPECT_THAT(split.binary, ElementsAre("-v", "c"));
  EXPECT_TRUE(split.has("run"));
  EXPECT_FALSE(split.has("TestA|TestB"));
}

class GoSteps : public ::testing::Test {
 protected:
  GoSteps() {
    files_.write("go.mod", "module example.com/m\ngo 1.21\n");
    files_.write("m_test.go", "package m");
    host_.home_folder = files_.path("home");
    host_.tools["go"] = "/opt/go/bin/go";
    context_.repository_root = context_.suite_dir = files_.path();
    context_.out_dir = "/out";
    context_.cache_dir = "/cache";
    context_.host = &host_;
  }

  std::vector<model::Step> steps() {
    std::vector<model::Diagnostic> diagnostics;
    suites_ = adapter_->discover(files_.walk(), host_, diagnostics);
    auto made = adapter_->first_steps(suites_.at(0), context_);
    return made ? *made : std::vector<model::Step>{};
  }

  model::StepMeaning meaning(int code, std::uint64_t finished, std::uint64_t failed,
                             model::StepKind kind = model::StepKind::test) {
    model::Step step;
    step.kind = kind;
    model::StepEnd end;
    end.ending = model::Ending::exited;
    end.status.exit_code = code;
    end.tests_finished = finished;
    end.tests_failed = failed;
    return adapter_->interpret(step, end);
  }

  TempRepository files_;
  FakeHost host_;
  StepContext context_;
  std::unique_ptr<Adapter> adapter_ = make_go_adapter();
  std::vector<model::Suite> suites_;
};

TEST_F(GoSteps, RunsAllPackagesUncached) {
  const auto made = steps();
  ASSERT_EQ(made.size(), 1U);
  const model::Step& step = made[0];
  EXPECT_THAT(step.command.argv,
              ElementsAre("/opt/go/bin/go", "test", "-json", "-count=1", "-coverprofile=/out/cover.out", "./..."));
  EXPECT_EQ(step.command.env.at("GOPROXY"), "off");
  EXPECT_EQ(step.command.env.at("GOTOOLCHAIN"), "local");
  EXPECT_EQ(step.results.at(0).format, "go-json");
  EXPECT_EQ(step.results.at(0).scope, "example.com/m");
  EXPECT_EQ(step.coverage.at(0).path_map.at(0).first, "example.com/m");
  EXPECT_TRUE(step.quiet_output);
}

TEST_F(GoSteps, TimeoutComesBeforeTheWallLimit) {
  context_.limits.wall = std::chrono::milliseconds(60'000);
  EXPECT_THAT(steps().at(0).command.argv, Contains("-timeout=54000ms"));
  context_.limits.wall = std::chrono::milliseconds(10'000);
  EXPECT_THAT(steps().at(0).command.argv, Contains("-timeout=0")) << "the wall limit stands alone";
}

TEST_F(GoSteps, CallersArgumentsFindTheirPlace) {
  context_.coverage = false;
  context_.extra_args = {"-run", "TestX", "-count=3", "./sub", "-args", "-v"};
  EXPECT_THAT(steps().at(0).command.argv,
              ElementsAre("/opt/go/bin/go", "test", "-json", "-run", "TestX", "-count=3", "./sub", "-args", "-v"));
}

TEST_F(GoSteps, DownloadsOnlyWhatIsMissing) {
  files_.write("go.mod", "module example.com/m\ngo 1.21\nrequire x.org/x v1.0.0\n");
  files_.write("go.sum", "x.org/x v1.0.0 h1:x=\n");
  const auto made = steps();
  ASSERT_EQ(made.size(), 2U);
  EXPECT_EQ(made[0].kind, model::StepKind::prepare);
  EXPECT_THAT(made[0].command.argv, ElementsAre("/opt/go/bin/go", "mod", "download"));
  EXPECT_FALSE(made[0].command.env.contains("GOPROXY"));
  EXPECT_THAT(made[0].pass_env, Contains("GOPROXY"));
  EXPECT_THAT(made[1].pass_env, Not(Contains("GOPROXY")));
}

TEST_F(GoSteps, PrivateCachesLeaveHomeAlone) {
  context_.private_caches = true;
  const auto made = steps();
  EXPECT_EQ(made.at(0).command.env.at("GOCACHE"), "/cache/go-build");
  for (const model::PathGrant& grant : made[0].grants) EXPECT_EQ(grant.access, model::Access::read_only);
}

TEST_F(GoSteps, ExitCodesMeanWhatGoMeans) {
  using model::StepMeaning;
  EXPECT_EQ(meaning(0, 3, 0), StepMeaning::ok);
  EXPECT_EQ(meaning(0, 0, 0), StepMeaning::no_tests);
  EXPECT_EQ(meaning(1, 3, 1), StepMeaning::tests_failed);
  EXPECT_EQ(meaning(1, 3, 0), StepMeaning::broken);
  EXPECT_EQ(meaning(2, 0, 0), StepMeaning::usage);
  EXPECT_EQ(meaning(1, 0, 0, model::StepKind::prepare), StepMeaning::broken);
  model::StepEnd killed;
  killed.ending = model::Ending::signaled;
  EXPECT_EQ(adapter_->interpret({}, killed), StepMeaning::crashed);
}

TEST_F(GoSteps, APackageThatDoesNotBuildBreaksTheSuite) {
  files_.write("events", "{\"ImportPath\":\"m\",\"Action\":\"build-fail\"}\n");
  model::StepEnd end;
  end.ending = model::Ending::exited;
  end.status.exit_code = 1;
  end.tests_failed = 1;
  end.stdout_path = files_.path("events");
  EXPECT_EQ(adapter_->interpret({}, end), model::StepMeaning::broken);
  files_.write("events", R"({"Action":"output","Output":"{\"Action\":\"build-fail\"}"})");
  EXPECT_EQ(adapter_->interpret({}, end), model::StepMeaning::tests_failed);
}

TEST_F(GoSteps, NoPackagesAreNoTests) {
  files_.write("messages", "go: warning: \"./...\" matched no packages\nno packages to test\n");
  model::StepEnd end;
  end.ending = model::Ending::exited;
  end.status.exit_code = 1;
  end.stderr_path = files_.path("messages");
  EXPECT_EQ(adapter_->interpret({}, end), model::StepMeaning::no_tests);
  files_.write("messages", "go: missing go.sum entry\n");
  EXPECT_EQ(adapter_->interpret({}, end), model::StepMeaning::broken);
}

TEST_F(GoSteps, RerunNamesExactlyOneTest) {
  static_cast<void>(steps());
  model::Suite suite = suites_.at(0);
  model::TestCase test;
  test.classname = "example.com/m/money";
  test.name = "TestA";
  EXPECT_EQ(adapter_->rerun_command(suite, test), "go test -count=1 -run '^TestA$' ./money");
  test.classname = "example.com/m";
  test.name = "TestA/it's_[x]/a.b#01";
  suite.root = "my module";
  EXPECT_EQ(adapter_->rerun_command(suite, test),
            R"(cd 'my module' && go test -count=1 -run '^TestA$/^it'\''s_\[x\]$/^a\.b#01$' .)");
}

TEST_F(GoSteps, MissingToolIsAProblemOfTheSuite) {
  host_.tools.clear();
  std::vector<model::Diagnostic> diagnostics;
  const auto suites = adapter_->discover(files_.walk(), host_, diagnostics);
  ASSERT_EQ(suites.size(), 1U);
  EXPECT_FALSE(suites[0].runnable());
}

}  // namespace
}  // namespace rh::adapters
