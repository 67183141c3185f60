#include "runner/agent/config.h"

#include <gmock/gmock.h>

#include <fstream>

#include "runner/agent/config/config_node.h"
#include "runner/agent/config/config_rows.h"
#include "runner/agent/safety/production.h"
#include "runner/base/file.h"

namespace rh::agent {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

class ConfigTest : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((folder_.path() / name).parent_path());
    std::ofstream(folder_.path() / name) << text;
  }
  ConfigSources sources() {
    ConfigSources sources;
    sources.project = folder_.path() / "project";
    std::filesystem::create_directories(sources.project);
    sources.environment = environment_;
    sources.environment["XDG_CONFIG_HOME"] = (folder_.path() / "config").string();
    return sources;
  }
  AgentConfig load() {
    auto config = load_agent_config(sources());
    EXPECT_TRUE(config) << config.error().message();
    return config ? *config : AgentConfig{};
  }
  std::string refusal() {
    const auto config = load_agent_config(sources());
    return config ? "" : config.error().message();
  }

  TempDir folder_ = *TempDir::make("rh-config-");
  model::Environment environment_;
};

TEST_F(ConfigTest, HasBuiltInValues) {
  const AgentConfig config = load();
  EXPECT_FALSE(config.enabled);
  EXPECT_EQ(config.timeout, std::chrono::seconds(300));
  EXPECT_EQ(config.tool_timeout, std::chrono::seconds(30));
  EXPECT_EQ(config.memory_bytes, 512ULL << 20);
  EXPECT_EQ(config.access_modes.size(), 2U);
  EXPECT_EQ(config.executions_folder, folder_.path() / "project/.runharness/agent/executions");
}

// The text of each row says the value that the struct begins with.
TEST_F(ConfigTest, TheTablesDefaultsAreThoseInForce) {
  const AgentConfig plain = load();
  for (const KeyRow& row : key_rows()) {
    if (row.text == nullptr || row.fallback.empty() || row.type == KeyType::text) continue;
    AgentConfig config = plain;
    KeyValue value{{std::string(row.fallback)}, {}, {}, "here"};
    if (row.type == KeyType::words) continue;
    ASSERT_TRUE(check_value(row, value)) << row.key;
    ASSERT_TRUE(row.apply(config, value)) << row.key;
    EXPECT_EQ(row.text(config), row.text(plain)) << row.key;
  }
}

TEST_F(ConfigTest, EachKeyIsInTheDocumentation) {
  const std::string page = *read_file(RUNHARNESS_SOURCE_DIR "/docs/agents/configuration.md");
  for (const KeyRow& row : key_rows()) {
    const std::size_t at = page.find("| `" + std::string(row.key) + "` |");
    ASSERT_NE(at, std::string::npos) << row.key;
    const std::string line = page.substr(at, page.find('\n', at) - at);
    EXPECT_THAT(line, HasSubstr(std::string(row.fallback))) << row.key;
    EXPECT_THAT(line, HasSubstr(std::string(row.environment.substr(0, row.environment.find(','))))) << row.key;
  }
}

TEST_F(ConfigTest, LaterLayersWin) {
  write("config/runharness/agent.toml", "[execution]\ntimeout = 10\nmax_retries = 7\ncpu_time = \"5s\"\n");
  write("project/runharness.toml", "[execution]\ntimeout = 20\nmax_retries = 8\n");
  environment_["EXECUTOR_TIMEOUT"] = "30";
  const AgentConfig config = load();
  EXPECT_EQ(config.timeout, std::chrono::seconds(30));
  EXPECT_EQ(config.generation.max_retries, 8U);
  EXPECT_EQ(config.cpu_time, std::chrono::seconds(5));
}

TEST_F(ConfigTest, AProjectMayTightenOnly) {
  write("config/runharness/agent.toml", "[execution]\nenabled = true\n[approval]\nglobal_mode = \"selective\"\n");
  write("project/runharness.toml",
        "[execution]\nsecurity = \"permissive\"\nnetwork = \"host\"\n[execution.security_rules]\nfile_write = \"off\"\n"
        "[execution.modes.write_access]\nrequires_approval = false\n[approval]\nglobal_mode = \"disabled\"\n"
        "[approval.capabilities.x]\nenabled = false\n");
  const AgentConfig config = load();
  EXPECT_TRUE(config.enabled);
  EXPECT_EQ(config.security, SecurityMode::safe);
  EXPECT_EQ(config.network, model::NetworkPolicy::none);
  EXPECT_TRUE(config.security_rules.empty());
  EXPECT_TRUE(config.access_modes[1].requires_approval);
  EXPECT_EQ(config.approval, ApprovalMode::selective);
  EXPECT_TRUE(config.approval_of_capability.empty());
  EXPECT_EQ(config.ignored.size(), 6U) << testing::PrintToString(config.ignored);
  EXPECT_THAT(config.ignored, Contains(HasSubstr("runharness.toml:2:1")));

  ConfigSources trusting = sources();
  trusting.trust_project = true;
  const auto trusted = load_agent_config(trusting);
  ASSERT_TRUE(trusted);
  EXPECT_EQ(trusted->security, SecurityMode::permissive);
  EXPECT_EQ(trusted->approval, ApprovalMode::disabled);
}

TEST_F(ConfigTest, AProjectMayTighten) {
  write("config/runharness/agent.toml", "[execution]\nenabled = true\nsecurity = \"permissive\"\n");
  write("project/runharness.toml",
        "[execution]\nenabled = false\nsecurity = \"safe\"\nallowed_modules = [\"json\"]\ninstall_network = \"none\"\n"
        "[approval]\nglobal_mode = \"all_code\"\n");
  const AgentConfig config = load();
  EXPECT_FALSE(config.enabled);
  EXPECT_EQ(config.security, SecurityMode::safe);
  EXPECT_THAT(config.allowed_modules, ElementsAre("json"));
  EXPECT_EQ(config.install_network, model::NetworkPolicy::none);
  EXPECT_EQ(config.approval, ApprovalMode::all_code);
  EXPECT_TRUE(config.ignored.empty()) << testing::PrintToString(config.ignored);
}

TEST_F(ConfigTest, MistakesAreNamedWithTheirPlace) {
  write("project/runharness.toml", "[execution]\ntimout = 3\n");
  EXPECT_THAT(refusal(), HasSubstr("runharness.toml:2:1"));
  EXPECT_THAT(refusal(), HasSubstr("did you mean 'execution.timeout'?"));
  write("project/runharness.toml", "[execution]\nmemory = \"lots\"\n");
  EXPECT_THAT(refusal(), HasSubstr("a size such as"));
  write("project/runharness.toml", "[approval.capabilities.x]\nmode = \"maybe\"\n");
  EXPECT_THAT(refusal(), HasSubstr("disabled, selective, all_code"));
  write("project/runharness.toml", "[execution]\nallowed_modules = {}\n");
  EXPECT_THAT(refusal(), HasSubstr("a list of texts is wanted, a table was found"));
  write("project/runharness.toml", "[execution]\nstarted = 2026-01-01\n");
  EXPECT_THAT(refusal(), HasSubstr("no setting is a date or time"));
  write("project/runharness.toml", "");
  environment_["EXECUTOR_TIMEOUT"] = "soon";
  EXPECT_THAT(refusal(), HasSubstr("EXECUTOR_TIMEOUT"));
}

TEST_F(ConfigTest, ReadsToolsAndProvidersInBothForms) {
  write("config/runharness/agent.toml",
        "[[tools]]\nname = \"a\"\ncommand = [\"x\", \"{p}\"]\n[tools.arguments]\np = \"help\"\n"
        "[[generation.providers]]\nname = \"own\"\nurl = \"http://127.0.0.1:1/v1\"\n");
  AgentConfig config = load();
  ASSERT_EQ(config.tools.size(), 1U);
  EXPECT_THAT(config.tools[0].command, ElementsAre("x", "{p}"));
  EXPECT_EQ(config.tools[0].arguments.at("p"), "help");
  ASSERT_EQ(config.generation.providers.size(), 1U);
  write("config/runharness/agent.toml", "[tools.a]\ncommand = [\"x\"]\n");
  EXPECT_EQ(load().tools.at(0).name, "a");
  write("config/runharness/agent.toml", "[[tools]]\nname = \"a\"\n[tools.arguments]\np = \"help\"\n");
  EXPECT_THAT(refusal(), HasSubstr("it has no command"));
}

TEST_F(ConfigTest, ACapabilityThatIsNotEnabledAsksForNothing) {
  for (const char* order : {"    enabled: false\n    mode: all_code\n", "    mode: all_code\n    enabled: false\n"}) {
    write("config/runharness/agent.yaml", std::string("approval:\n  capabilities:\n   x:\n") + order);
    EXPECT_EQ(load().approval_of_capability.at("x"), ApprovalMode::disabled) << order;
  }
}

TEST(ConfigNode, ReplacesVariables) {
  ConfigNode node{ConfigNode::Kind::text, "a ${X} ${Y:-other} ${X:-no} $Z", {}, {}, "f:1:1"};
  ASSERT_TRUE(expand_variables(node, {{"X", "1"}, {"Y", ""}}));
  EXPECT_EQ(node.text, "a 1 other 1 $Z");
  node.text = "${MISSING}";
  EXPECT_FALSE(expand_variables(node, {}));
  node.text = "${open";
  EXPECT_FALSE(expand_variables(node, {}));
}

TEST(ConfigNode, YamlIsBounded) {
  // Nine levels of ten aliases each stand for a thousand million values.
  std::string text = "a: &a [x, x, x, x, x, x, x, x, x, x]\n";
  for (char c = 'b'; c < 'k'; ++c) {
    text += std::string(1, c) + ": &" + c + " [";
    for (int i = 0; i < 10; ++i) text += std::string(i > 0 ? "," : "") + "*" + static_cast<char>(c - 1);
    text += "]\n";
  }
  const auto tree = read_yaml_tree(text, "f");
  ASSERT_FALSE(tree);
  EXPECT_EQ(tree.error().kind, rh::ErrorKind::limit);
  EXPECT_FALSE(read_yaml_tree(std::string(100'000, '['), "f"));
  EXPECT_FALSE(read_yaml_tree("a: 1\na: 2\n", "f"));
  EXPECT_FALSE(read_yaml_tree("just text", "f"));
  EXPECT_TRUE(read_yaml_tree("", "f"));
}

TEST(Production, IsSaidByCommonVariables) {
  EXPECT_EQ(production_sign({{"APP_ENV", "production"}}), "APP_ENV=production");
  EXPECT_EQ(production_sign({{"SPRING_PROFILES_ACTIVE", "cloud,Prod"}}), "SPRING_PROFILES_ACTIVE=cloud,Prod");
  EXPECT_EQ(production_sign({{"NODE_ENV", "test"}, {"APP_ENV", "reproduction"}, {"OTHER", "production"}}), "");
}

}  // namespace
}  // namespace rh::agent
