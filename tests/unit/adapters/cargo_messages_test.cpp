#include "runner/adapters/cargo_messages.h"

#include <gmock/gmock.h>

#include "runner/adapters/cargo_target.h"

namespace rh::adapters {
namespace {

using ::testing::ElementsAre;

// What cargo 1.95 printed for a package with a build script, a library, a program and an integration test.
constexpr const char* kRecorded =
    R"~({"reason":"compiler-artifact","package_id":"path+file:///tmp/e#envy@1.2.3-rc.1","manifest_path":"/tmp/e/Cargo.toml","target":{"kind":["custom-build"],"crate_types":["bin"],"name":"build-script-build","src_path":"/tmp/e/build.rs","edition":"2021","doc":false,"doctest":false,"test":false},"profile":{"opt_level":"0","debuginfo":0,"debug_assertions":true,"overflow_checks":true,"test":false},"features":[],"filenames":["/tmp/e/target/debug/build/envy-51ce/build-script-build"],"executable":null,"fresh":true}
{"reason":"build-script-executed","package_id":"path+file:///tmp/e#envy@1.2.3-rc.1","linked_libs":[],"linked_paths":["native=/tmp/e/target/debug/build/envy-cf61/out"],"cfgs":[],"env":[["BAKED","1"]],"out_dir":"/tmp/e/target/debug/build/envy-cf61/out"}
{"reason":"compiler-artifact","package_id":"path+file:///tmp/e#envy@1.2.3-rc.1","manifest_path":"/tmp/e/Cargo.toml","target":{"kind":["lib"],"crate_types":["lib"],"name":"envy","src_path":"/tmp/e/src/lib.rs","edition":"2021","doc":true,"doctest":true,"test":true},"profile":{"opt_level":"0","debuginfo":2,"debug_assertions":true,"overflow_checks":true,"test":false},"features":[],"filenames":["/tmp/e/target/debug/deps/libenvy-763c.rlib"],"executable":null,"fresh":true}
{"reason":"compiler-artifact","package_id":"path+file:///tmp/e#envy@1.2.3-rc.1","manifest_path":"/tmp/e/Cargo.toml","target":{"kind":["test"],"crate_types":["bin"],"name":"integration","src_path":"/tmp/e/tests/integration.rs","edition":"2021","doc":false,"doctest":false,"test":true},"profile":{"opt_level":"0","debuginfo":2,"debug_assertions":true,"overflow_checks":true,"test":true},"features":[],"filenames":["/tmp/e/target/debug/deps/integration-6321"],"executable":"/tmp/e/target/debug/deps/integration-6321","fresh":true}
{"reason":"compiler-artifact","package_id":"path+file:///tmp/e#envy@1.2.3-rc.1","manifest_path":"/tmp/e/Cargo.toml","target":{"kind":["bin"],"crate_types":["bin"],"name":"tool","src_path":"/tmp/e/src/bin/tool.rs","edition":"2021","doc":true,"doctest":false,"test":true},"profile":{"opt_level":"0","debuginfo":2,"debug_assertions":true,"overflow_checks":true,"test":false},"features":[],"filenames":["/tmp/e/target/debug/tool"],"executable":"/tmp/e/target/debug/tool","fresh":true}
{"reason":"compiler-artifact","package_id":"path+file:///tmp/e#envy@1.2.3-rc.1","manifest_path":"/tmp/e/Cargo.toml","target":{"kind":["lib"],"crate_types":["lib"],"name":"envy","src_path":"/tmp/e/src/lib.rs","edition":"2021","doc":true,"doctest":true,"test":true},"profile":{"opt_level":"0","debuginfo":2,"debug_assertions":true,"overflow_checks":true,"test":true},"features":[],"filenames":["/tmp/e/target/debug/deps/envy-dcb5"],"executable":"/tmp/e/target/debug/deps/envy-dcb5","fresh":false}
{"reason":"build-finished","success":true}
)~";

TEST(CargoMessages, ReadsARecordedBuild) {
  const CargoBuild build = parse_cargo_messages(kRecorded);
  EXPECT_TRUE(build.finished);
  EXPECT_TRUE(build.success);
  ASSERT_EQ(build.artifacts.size(), 5U);
  const CargoArtifact& integration = build.artifacts[2];
  EXPECT_EQ(integration.kind, "test");
  EXPECT_EQ(integration.executable, "/tmp/e/target/debug/deps/integration-6321");
  EXPECT_TRUE(integration.is_test);
  EXPECT_TRUE(build.artifacts[1].doctest);
  EXPECT_FALSE(build.artifacts[3].is_test);
  const model::Environment& env = build.script_env.at("path+file:///tmp/e#envy@1.2.3-rc.1");
  EXPECT_EQ(env.at("OUT_DIR"), "/tmp/e/target/debug/build/envy-cf61/out");
  EXPECT_EQ(env.at("BAKED"), "1");
  EXPECT_THAT(build.library_folders, ElementsAre("/tmp/e/target/debug/build/envy-cf61/out"));
}

TEST(CargoMessages, ACutStreamIsNotFinished) {
  const std::string_view whole = kRecorded;
  const CargoBuild build = parse_cargo_messages(whole.substr(0, whole.find("build-finished")));
  EXPECT_FALSE(build.finished);
  EXPECT_EQ(build.artifacts.size(), 5U);
}

TEST(CargoMessages, ForeignLinesAndTypesAreSkipped) {
  const CargoBuild build = parse_cargo_messages(
      "note: hello\n{broken\n[]\n{\"reason\":7}\n{\"reason\":\"compiler-artifact\",\"target\":[],\"executable\":3}\n"
      "{\"reason\":\"compiler-artifact\",\"target\":{\"kind\":[\"cdylib\",\"rlib\"]}}\n");
  ASSERT_EQ(build.artifacts.size(), 2U);
  EXPECT_EQ(build.artifacts[0].executable, "");
  EXPECT_EQ(build.artifacts[1].kind, "lib");
}

struct ScopeCase {
  const char* kind;
  const char* name;
  const char* file;
  const char* scope;
  std::vector<std::string> options;
};

TEST(CargoTarget, ScopesLeadBackToOptions) {
  const ScopeCase cases[] = {
      {"lib", "calc", "src/lib.rs", "calc src/lib.rs", {"--lib"}},
      {"proc-macro", "calc", "src/lib.rs", "calc src/lib.rs", {"--lib"}},
      {"bin", "calc", "src/main.rs", "calc src/main.rs", {"--bin", "calc"}},
      {"bin", "other", "src/main.rs", "calc src/main.rs (bin other)", {"--bin", "other"}},
      {"bin", "tool", "src/bin/tool.rs", "calc src/bin/tool.rs", {"--bin", "tool"}},
      {"bin", "tool", "src/bin/tool/main.rs", "calc src/bin/tool/main.rs", {"--bin", "tool"}},
      {"test", "integration", "tests/integration.rs", "calc tests/integration.rs", {"--test", "integration"}},
      {"test", "all", "tests/it/mod.rs", "calc tests/it/mod.rs (test all)", {"--test", "all"}},
      {"lib", "calc", "lib.rs", "calc lib.rs (lib)", {"--lib"}},
      {"bench", "speed", "benches/speed.rs", "calc benches/speed.rs", {"--bench", "speed"}},
  };
  for (const ScopeCase& expected : cases) {
    CargoArtifact artifact;
    artifact.kind = expected.kind;
    artifact.name = expected.name;
    artifact.manifest = "/r/calc/Cargo.toml";
    artifact.source = std::string("/r/calc/") + expected.file;
    EXPECT_EQ(target_scope("calc", artifact), expected.scope);
    const auto selection = parse_target_scope(expected.scope);
    ASSERT_TRUE(selection.has_value()) << expected.scope;
    EXPECT_EQ(selection->package, "calc");
    EXPECT_EQ(selection->options, expected.options) << expected.scope;
  }
}

TEST(CargoTarget, DoctestsAndNonsense) {
  EXPECT_THAT(parse_target_scope(doctest_scope("calc"))->options, ElementsAre("--doc"));
  EXPECT_FALSE(parse_target_scope("calc").has_value());
  EXPECT_FALSE(parse_target_scope("calc some/where.rs").has_value());
  EXPECT_FALSE(parse_target_scope("calc x.rs (thing y)").has_value());
}

}  // namespace
}  // namespace rh::adapters
