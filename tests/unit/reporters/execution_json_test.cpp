#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "reporters/json/execution.h"
#include "runner/base/file.h"
#include "tests/unit/reporters/schema_check.h"

namespace rh::reporters {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

json schema() {
  const auto text = read_file(std::string(RUNHARNESS_SOURCE_DIR) + "/docs/formats/execution.schema.json");
  return json::parse(text.value());
}

// The least that is known of a command: its name.
model::Execution blank() {
  model::Execution execution;
  execution.command.argv = {"true"};
  execution.preset = "local";
  return execution;
}

model::Execution full() {
  model::Execution execution = blank();
  execution.command = {{"sh", "-c", "exit 3"}, "/work", {{"TOKEN", "secret"}}};
  execution.workspace = "/work";
  execution.workspace_access = model::WorkspaceAccess::overlay;
  execution.ending = model::Ending::exited;
  execution.status.exit_code = 3;
  execution.standard_output.bytes = "out\n";
  execution.usage.wall = 1'234'567'890ns;
  execution.usage.user_cpu = {2500us, model::Scope::exact_process, "cgroup", {}};
  execution.usage.system_cpu = {250us, model::Scope::lower_bound, "rusage", "not all"};
  execution.usage.peak_memory = {4096, model::Scope::sampled, "RSS", {}};
  execution.usage.max_processes = model::CountFigure::unknown("no group");
  execution.oom_kills = 0;
  execution.leftovers = {{42, "sleep 100"}};
  execution.signals_sent = {15, 9};
  execution.sources = {"memory.events", "cgroup.procs", "cgroup.kill"};
  execution.limits.wall = 10s;
  execution.limits.cpus = 1.5;
  execution.isolation.rows = {{"network", "none", model::MechanismState::enforced, "netns", ""}};
  model::ChangesRecord changes;
  changes.list = {{"a", model::FileChangeKind::added, model::FileType::regular, 7},
                  {"b", model::FileChangeKind::deleted, model::FileType::folder, 0}};
  changes.reason = "--apply was not given";
  execution.changes = changes;
  execution.artifacts = {{"x", model::CollectState::missing, 0, 0, ""}};
  execution.diagnostics = {{model::Severity::warning, "code", "message", "subject", {}}};
  return execution;
}

json written(const model::Execution& execution) { return json::parse(execution_to_json(execution)); }

TEST(ExecutionJson, FitsItsSchema) {
  EXPECT_THAT(test::problems_of(written(blank()), schema()), IsEmpty());
  EXPECT_THAT(test::problems_of(written(full()), schema()), IsEmpty());
}

TEST(ExecutionJson, NamesEveryFigureWithItsUnitAndSource) {
  const json document = written(full());
  EXPECT_EQ(document["wall_ms"], 1234.568);
  EXPECT_EQ(document["cpu_ms"], 2.75);
  EXPECT_EQ(document["cpu"]["lower_bound"], true);
  EXPECT_EQ(document["cpu"]["reason"], "not all");
  EXPECT_EQ(document["peak_memory_bytes"], 4096);
  EXPECT_EQ(document["peak_memory_scope"], "sampled");
  EXPECT_EQ(document["max_processes"], nullptr);
  EXPECT_EQ(document["max_processes_reason"], "no group");
  EXPECT_EQ(document["limits"]["wall_ms"], 10000);
  EXPECT_EQ(document["limits"]["cpus"], 1.5);
  EXPECT_EQ(document["limits"]["memory_bytes"], nullptr);
  EXPECT_THAT(document["signals_sent"], ElementsAre("SIGTERM", "SIGKILL"));
  EXPECT_EQ(document["changes"]["added"][0]["size_bytes"], 7);
  EXPECT_EQ(document["changes"]["deleted"][0]["path"], "b");
  EXPECT_EQ(document["changes"]["changed"], json::array());
}

TEST(ExecutionJson, KeepsTheEnvironmentOut) { EXPECT_EQ(execution_to_json(full()).find("secret"), std::string::npos); }

TEST(ExecutionJson, SaysWhenBytesWereNoUtf8) {
  model::Execution execution = blank();
  execution.standard_output.bytes = std::string("a\0b\x1b[0m \xC3\xA4", 10);
  execution.standard_error.bytes = "bad \xFF\xC3";
  const json document = written(execution);
  EXPECT_EQ(document["stdout"], execution.standard_output.bytes);
  EXPECT_EQ(document["stdout_encoding"], "utf-8");
  EXPECT_EQ(document["stderr"], "bad \xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(document["stderr_encoding"], "lossy");
}

TEST(ExecutionJson, ACutWithinACharacterIsNoFaultOfTheCommand) {
  for (const std::string_view cut : {"\xE2", "\xE2\x82", "\xF0\x9F", "\xF0\x9F\x98", "\xC3", ""}) {
    model::Execution execution = blank();
    execution.standard_output = {"text" + std::string(cut), true};
    const json document = written(execution);
    EXPECT_EQ(document["stdout"], "text");
    EXPECT_EQ(document["stdout_encoding"], "utf-8");
    EXPECT_EQ(document["stdout_truncated"], true);
  }
  model::Execution whole = blank();
  whole.standard_output = {"\xE2\x82\xAC", true};
  EXPECT_EQ(written(whole)["stdout"], "\xE2\x82\xAC");
}

}  // namespace
}  // namespace rh::reporters
