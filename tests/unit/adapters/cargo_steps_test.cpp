#include <gmock/gmock.h>

#include <algorithm>

#include "runner/adapters/cargo_arguments.h"
#include "runner/adapters/cargo_discovery.h"
#include "tests/unit/adapters/fake_host.h"
#include "tests/unit/adapters/temp_repository.h"

namespace rh::adapters {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;

TEST(CargoArguments, GoWhereCargoWouldSendThem) {
  const auto split = split_cargo_test_arguments({"--features", "a b", "-p", "calc", "--test", "integration",
                                                 "--release", "--no-run", "some_test", "--", "--ignored"});
  EXPECT_THAT(split.build, ElementsAre("--features", "a b", "--release"));
  EXPECT_THAT(split.packages, ElementsAre("-p", "calc"));
  EXPECT_THAT(split.targets, ElementsAre("--test", "integration"));
  EXPECT_THAT(split.program, ElementsAre("some_test", "--ignored"));
  EXPECT_TRUE(split_cargo_test_arguments({"--doc"}).only_doctests);
}

class CargoStepsTest : public ::testing::Test {
 protected:
  CargoStepsTest() {
    files_.write("r/Cargo.toml",
                 "[package]\nname = \"calc\"\nversion = \"1.2.3-rc.1\"\nreadme = \"R.md\"\n[[test]]\nname = "
                 "\"own\"\nharness = false\n");
    files_.write("r/src/lib.rs", "#[test]\nfn t() {}\n");
    files_.write("r/Cargo.lock", "version = 4\n");
    files_.write("sysroot/lib/rustlib/host/bin/llvm-cov", "");
    files_.write("sysroot/lib/rustlib/host/bin/llvm-profdata", "");
    host_.home_folder = files_.path("home");
    host_.tools["cargo"] = "/c/cargo";
    context_.repository_root = context_.suite_dir = files_.path("r");
    context_.out_dir = "/out";
    context_.cache_dir = "/cache";
    context_.coverage = false;
    context_.host = &host_;
    model::Repository repository = files_.walk();
    repository.root = files_.path("r");
    repository.folders = {{".", {"Cargo.lock", "Cargo.toml"}}, {"src", {"lib.rs"}}};
    std::vector<model::Diagnostic> diagnostics;
    suite_ = adapter_->discover(repository, host_, diagnostics).at(0);
    suite_.details[cargo_detail::kHost] = "host";
    suite_.details[cargo_detail::kSysroot] = files_.path("sysroot");
    suite_.details[cargo_detail::kLlvm] = "22.1.2";
  }

  std::vector<model::Step> first() { return adapter_->first_steps(suite_, context_).value_or({}); }

  static std::string artifact(const std::string& root, const std::string& kind, const std::string& name,
                              const std::string& file, bool test) {
    const std::string program =
        kind == "lib" && !test ? "null" : "\"" + root + "/target/debug/deps/" + name + (test ? "-1" : "") + "\"";
    return R"({"reason":"compiler-artifact","package_id":"path+file://x#calc@1","manifest_path":")" + root +
           R"(/Cargo.toml","target":{"kind":[")" + kind + R"("],"name":")" + name + R"(","src_path":")" + root + "/" +
           file + R"(","doctest":)" + (kind == "lib" ? "true" : "false") + R"(},"profile":{"test":)" +
           (test ? "true" : "false") + R"(},"executable":)" + program + "}\n";
  }

  std::vector<model::Step> after_build(int code = 0) {
    const std::string root = files_.path("r");
    files_.write("messages", artifact(root, "test", "own", "tests/own.rs", true) +
                                 artifact(root, "test", "it", "tests/it.rs", true) +
                                 artifact(root, "bin", "tool", "src/bin/tool.rs", false) +
                                 artifact(root, "lib", "calc", "src/lib.rs", true) +
                                 "{\"reason\":\"build-finished\",\"success\":true}\n");
    model::Step build = first().back();
    model::StepEnd end;
    end.ending = model::Ending::exited;
    end.status.exit_code = code;
    end.stdout_path = files_.path("messages");
    return adapter_->next_steps(suite_, context_, build, end, true).value_or({});
  }

  static model::StepEnd exited(int code, std::uint64_t finished, std::uint64_t failed) {
    model::StepEnd end;
    end.ending = model::Ending::exited;
    end.status.exit_code = code;
    end.tests_finished = finished;
    end.tests_failed = failed;
    return end;
  }

  TempRepository files_;
  FakeHost host_;
  StepContext context_;
  std::unique_ptr<Adapter> adapter_ = make_cargo_adapter();
  model::Suite suite_;
};

TEST_F(CargoStepsTest, BuildsOfflineWhenNothingIsMissing) {
  const auto steps = first();
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_THAT(steps[0].command.argv,
              ElementsAre("/c/cargo", "test", "--no-run", "--message-format=json-render-diagnostics", "--offline",
                          "--workspace"));
  EXPECT_FALSE(steps[0].command.env.contains("RUSTC_BOOTSTRAP"));
  EXPECT_FALSE(steps[0].command.env.contains("CARGO_TARGET_DIR"));
  EXPECT_EQ(steps[0].command.env.at("RUSTUP_AUTO_INSTALL"), "0");
}

TEST_F(CargoStepsTest, FetchesWhatTheLockNamesAndCargoHomeLacks) {
  files_.write("r/Cargo.lock", "[[package]]\nname = \"itoa\"\nversion = \"1.0.0\"\nsource = \"registry+x\"\n");
  const auto steps = first();
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(steps[0].kind, model::StepKind::prepare);
  EXPECT_THAT(steps[0].command.argv, ElementsAre("/c/cargo", "fetch", "--locked", "--target", "host"));
}

TEST_F(CargoStepsTest, CredentialsStayOutsideOfBuildAndTests) {
  auto steps = after_build();
  steps.push_back(first().back());
  const std::filesystem::path home = files_.path("home/.cargo");
  for (const model::Step& step : steps) {
    EXPECT_THAT(step.pass_env, Not(Contains("CARGO_*")));
    for (const model::PathGrant& grant : step.grants) {
      EXPECT_NE(grant.path, home);
      EXPECT_THAT(grant.path.string(), Not(testing::HasSubstr("credentials")));
      EXPECT_EQ(grant.access, model::Access::read_only) << grant.path;
    }
  }
}

TEST_F(CargoStepsTest, EachProgramIsAStepInAStableOrder) {
  const auto steps = after_build();
  std::vector<std::string> names;
  for (const model::Step& step : steps) names.push_back(step.name);
  EXPECT_THAT(names, ElementsAre("calc src/lib.rs", "calc tests/it.rs", "calc tests/own.rs", "calc doctests"));
  EXPECT_THAT(after_build(101), ElementsAre());
}

TEST_F(CargoStepsTest, ProgramsGetCargosEnvironmentAndLibtestsJson) {
  files_.write("r/.cargo/config.toml", "[env]\nA = \"config\"\nB = \"config\"\n");
  host_.variables["B"] = "caller";
  context_.extra_args = {"--", "--test-threads=1"};
  const model::Step step = after_build().at(1);
  EXPECT_THAT(step.command.argv, ElementsAre(files_.path("r/target/debug/deps/it-1").string(), "-Z", "unstable-options",
                                             "--format", "json", "--report-time", "--test-threads=1"));
  const model::Environment& env = step.command.env;
  EXPECT_EQ(env.at("RUSTC_BOOTSTRAP"), "1");
  EXPECT_EQ(env.at("CARGO_PKG_VERSION_PRE"), "rc.1");
  EXPECT_EQ(env.at("CARGO_PKG_VERSION_PATCH"), "3");
  EXPECT_EQ(env.at("CARGO_PKG_README"), "R.md");
  EXPECT_EQ(env.at("CARGO_MANIFEST_DIR"), files_.path("r"));
  EXPECT_EQ(env.at("CARGO_BIN_EXE_tool"), files_.path("r/target/debug/deps/tool"));
  EXPECT_EQ(env.at("A"), "config");
  EXPECT_EQ(env.at("B"), "caller");
  EXPECT_EQ(step.results.at(0).format, "libtest-json");
  EXPECT_EQ(step.results.at(0).scope, "calc tests/it.rs");
}

TEST_F(CargoStepsTest, AProgramWithItsOwnMainIsOneTest) {
  const model::Step step = after_build().at(2);
  EXPECT_EQ(step.command.argv.at(0), "/bin/sh");
  EXPECT_EQ(step.command.argv.at(4), "own");
  EXPECT_EQ(step.command.argv.back(), files_.path("r/target/debug/deps/own-1"));
  EXPECT_FALSE(step.command.env.contains("RUSTC_BOOTSTRAP"));
  EXPECT_EQ(step.results.at(0).path, "/out/own-1.json");
  EXPECT_EQ(adapter_->interpret(step, exited(3, 1, 1)), model::StepMeaning::tests_failed);
}

TEST_F(CargoStepsTest, DoctestsRunByPackage) {
  const model::Step step = after_build().at(3);
  EXPECT_THAT(step.command.argv, ElementsAre("/c/cargo", "test", "--doc", "--package", "path+file://x#calc@1",
                                             "--no-fail-fast", "--offline"));
  EXPECT_EQ(step.results.at(0).format, "libtest-text");
}

TEST_F(CargoStepsTest, CoverageBuildsApartAndKeepsTheCallersFlags) {
  context_.coverage = true;
  host_.variables["RUSTFLAGS"] = "--cfg x";
  EXPECT_EQ(adapter_->coverage_problem(suite_, context_), "");
  const model::Step build = first().back();
  EXPECT_EQ(build.command.env.at("CARGO_ENCODED_RUSTFLAGS"), "--cfg\x1fx\x1f-C\x1finstrument-coverage");
  EXPECT_EQ(build.command.env.at("CARGO_TARGET_DIR"), "/cache/target-coverage");
  EXPECT_EQ(build.command.env.at("LLVM_PROFILE_FILE"), "/out/profraw-build/%p-%m.profraw");
  const auto steps = after_build();
  EXPECT_EQ(steps.at(1).command.env.at("LLVM_PROFILE_FILE"), "/out/profraw/it-1-%p-%m.profraw");
  const model::Step& last = steps.back();
  EXPECT_EQ(last.kind, model::StepKind::coverage);
  EXPECT_EQ(std::count(last.command.argv.begin(), last.command.argv.end(), "-object"), 3);
  EXPECT_EQ(last.coverage.at(0).format, "lcov");
}

TEST_F(CargoStepsTest, OnlyTheCallerOpensATargetFolderOutsideOfTheRepository) {
  const auto written = [&](const model::Step& step) {
    return std::any_of(step.grants.begin(), step.grants.end(), [&](const model::PathGrant& grant) {
      return grant.access == model::Access::read_write && grant.path == files_.path("target");
    });
  };
  const std::string config = "[build]\ntarget-dir = \"" + files_.path("target").string() + "\"\n";
  files_.write("r/.cargo/config.toml", config);
  model::Step build = first().back();
  EXPECT_FALSE(written(build));
  EXPECT_EQ(build.command.env.at("CARGO_TARGET_DIR"), "/cache/target");
  files_.write("r/.cargo/config.toml", "");
  files_.write("home/.cargo/config.toml", config);
  build = first().back();
  EXPECT_TRUE(written(build));
  EXPECT_FALSE(build.command.env.contains("CARGO_TARGET_DIR"));
}

TEST_F(CargoStepsTest, WithoutLlvmToolsTheReasonSaysWhatToInstall) {
  context_.coverage = true;
  suite_.details[cargo_detail::kSysroot] = "/nonexistent";
  EXPECT_THAT(adapter_->coverage_problem(suite_, context_), testing::HasSubstr("rustup component add llvm-tools"));
  EXPECT_FALSE(first().back().command.env.contains("CARGO_ENCODED_RUSTFLAGS"));
  host_.tools["llvm-profdata-22"] = "/usr/bin/llvm-profdata-22";
  host_.tools["llvm-cov-22"] = "/usr/bin/llvm-cov-22";
  EXPECT_EQ(adapter_->coverage_problem(suite_, context_), "");
}

TEST_F(CargoStepsTest, ExitCodesMeanWhatCargoMeans) {
  using model::StepMeaning;
  const auto steps = after_build();
  const model::Step build = first().back();
  EXPECT_EQ(adapter_->interpret(build, exited(101, 0, 0)), StepMeaning::broken);
  EXPECT_EQ(adapter_->interpret(build, exited(1, 0, 0)), StepMeaning::usage);
  EXPECT_EQ(adapter_->interpret(steps[0], exited(0, 0, 0)), StepMeaning::ok);
  EXPECT_EQ(adapter_->interpret(steps[0], exited(101, 4, 1)), StepMeaning::tests_failed);
  EXPECT_EQ(adapter_->interpret(steps[0], exited(101, 4, 0)), StepMeaning::crashed);
  EXPECT_EQ(adapter_->interpret(steps[0], exited(7, 4, 1)), StepMeaning::crashed);
  EXPECT_EQ(adapter_->interpret(steps[3], exited(101, 0, 0)), StepMeaning::broken);
  EXPECT_EQ(adapter_->interpret(steps[3], exited(101, 2, 1)), StepMeaning::tests_failed);
}

TEST_F(CargoStepsTest, RerunNamesTheTarget) {
  model::TestCase test;
  test.name = "tests::it_works";
  test.classname = "calc src/lib.rs";
  EXPECT_EQ(adapter_->rerun_command(suite_, test), "cargo test --lib -- --exact tests::it_works");
  suite_.details[cargo_detail::kPackages] = "calc\nshelf";
  EXPECT_EQ(adapter_->rerun_command(suite_, test), "cargo test -p calc --lib -- --exact tests::it_works");
  suite_.root = "my crate";
  test.classname = "calc doctests";
  test.name = "src/lib.rs - evaluate (line 22)";
  EXPECT_EQ(adapter_->rerun_command(suite_, test), "cd 'my crate' && cargo test -p calc --doc -- '22)'");
}

TEST_F(CargoStepsTest, ProbeAsksOutsideOfTheRepository) {
  host_.tools["rustc"] = "/c/rustc";
  suite_.details[cargo_detail::kToolchain] = "1.80.1";
  host_.answers["/c/cargo --version"] = {0, "cargo 1.80.1 (abc 2024)\n", ""};
  host_.answers["/c/rustc -vV"] = {0, "rustc 1.80.1\nhost: x86_64-unknown-linux-gnu\nLLVM version: 18.1.7\n", ""};
  host_.answers["/c/rustc --print sysroot"] = {0, "/tc\n", ""};
  adapter_->probe_tool(suite_, {}, host_);
  EXPECT_EQ(suite_.tool.version, "1.80.1");
  EXPECT_EQ(suite_.details.at(cargo_detail::kHost), "x86_64-unknown-linux-gnu");
  EXPECT_EQ(suite_.details.at(cargo_detail::kSysroot), "/tc");
  for (const model::Command& command : host_.asked) {
    EXPECT_EQ(command.cwd, "/");
    EXPECT_EQ(command.env.at("RUSTUP_TOOLCHAIN"), "1.80.1");
  }
}

}  // namespace
}  // namespace rh::adapters
