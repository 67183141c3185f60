// Puts the layers of the agent's configuration together: built-in values, the user's own file, the project's, the
// environment. What the rows know about single keys is in config/config_rows.cpp.
#include "runner/agent/config.h"

#include <algorithm>

#include <fmt/core.h>

#include "runner/agent/config/config_node.h"
#include "runner/agent/config/config_rows.h"
#include "runner/agent/project/words.h"
#include "runner/agent/safety/production.h"
#include "runner/base/file.h"
#include "runner/base/text.h"
#include "runner/engine/config_file.h"

namespace rh::agent {
namespace {

namespace fs = std::filesystem;

// A configuration that was written for another program, too, so that only what we know of it is ours to judge.
constexpr std::string_view kSharedRoot = "framework";

struct Source {
  fs::path folder;  // relative paths start here
  bool trusted = false;
  bool shared = false;
};

std::string variable(const model::Environment& environment, const std::string& name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

bool is_path(std::string_view key) {
  return is_one_of(key, {"execution.executions_folder", "execution.container.root_image",
                         "execution.local.python_environment", "generation.templates"});
}

// A bare word is an interpreter of PATH, not a file.
std::string resolved(const KeyRow& row, const std::string& text, const fs::path& folder) {
  const bool word = row.key == "execution.local.python_environment" && text.find('/') == std::string::npos &&
                    !rh::is_directory(folder / text);
  if (!is_path(row.key) || text.empty() || word) return text;
  return (folder / text).lexically_normal().string();
}

std::vector<std::string> comma_list(std::string_view text) {
  std::vector<std::string> items;
  for (const std::string_view item : split(text, ','))
    if (!trim(item).empty()) items.emplace_back(trim(item));
  return items;
}

class Loader {
 public:
  explicit Loader(const ConfigSources& sources) : sources_(sources) {
    config_.access_modes = {{"read_only", "python3-readonly", false, false},
                            {"write_access", "python3-write", true, true}};
    config_.executions_folder = sources.project / ".runharness/agent/executions";
    config_.telemetry.endpoint = "http://localhost:4318";
    config_.telemetry.endpoint_trusted = true;
  }

  Result<AgentConfig> load() {
    RH_CHECK(read_files());
    RH_CHECK(read_environment());
    RH_CHECK(check_tools());
    config_.production_sign = production_sign(sources_.environment);
    note_origins();
    return std::move(config_);
  }

 private:
  Result<void> read_files() {
    if (sources_.no_file) return {};
    RH_CHECK(read_user_file());
    if (!sources_.file.empty()) return read_file_at(sources_.file, fs::absolute(sources_.file), true);
    for (const fs::path& file : project_files())
      RH_CHECK(read_file_at(relative_to(file, sources_.project), file, sources_.trust_project));
    return {};
  }

  Result<void> read_user_file() {
    const std::string home = variable(sources_.environment, "HOME");
    fs::path folder = variable(sources_.environment, "XDG_CONFIG_HOME");
    if (folder.empty() && !home.empty()) folder = fs::path(home) / ".config";
    if (!folder.is_absolute()) return {};  // as the base directory specification says
    for (const char* name : {"agent.toml", "agent.yaml", "agent.yml"}) {
      const fs::path file = folder / "runharness" / name;
      if (rh::is_file(file)) return read_file_at(file.string(), file, true);
    }
    return {};
  }

  std::vector<fs::path> project_files() const {
    std::vector<fs::path> files;
    const auto toml = engine::find_config(sources_.project);
    if (toml) files.push_back(*toml);
    const fs::path folder = toml ? toml->parent_path() : sources_.project;
    for (const char* name : {"runharness.yaml", "runharness.yml"})
      if (rh::is_file(folder / name)) files.push_back(folder / name);
    return files;
  }

  Result<void> read_file_at(const std::string& name, const fs::path& file, bool trusted) {
    auto text = read_file(file, kMaxConfigBytes);
    if (!text)
      return Failure{Error{rh::ErrorKind::config, "read configuration: " + text.error().what, file.string(),
                           text.error().sys_errno}};
    const bool yaml = is_one_of(file.extension().string(), {".yaml", ".yml"});
    RH_TRY(ConfigNode root, yaml ? read_yaml_tree(*text, name) : read_toml_tree(*text, name));
    Source source{file.parent_path(), trusted, yaml && root.member(kSharedRoot) != nullptr};
    for (auto& [key, node] : root.members) {
      if (engine::is_agent_section(key)) {
        RH_CHECK(read_section(node, key, source));
      } else if (source.shared && key == kSharedRoot) {
        for (auto& [inner, section] : node.members)
          if (engine::is_agent_section(inner)) RH_CHECK(read_section(section, inner, source));
      } else if (const auto known = engine::top_level_keys();
                 !source.shared && (yaml || std::find(known.begin(), known.end(), key) == known.end())) {
        const auto near = closest(
            key, yaml ? std::vector<std::string>(std::begin(engine::kAgentSections), std::end(engine::kAgentSections))
                      : known);
        return fail(rh::ErrorKind::config,
                    fmt::format("understand the key '{}'{}", key,
                                near ? fmt::format(": did you mean '{}'?", *near) : ": no such setting"),
                    node.where);
      }
    }
    return {};
  }

  Result<void> read_section(ConfigNode& node, const std::string& dotted, const Source& source) {
    RH_CHECK(expand_variables(node, sources_.environment));
    return read_node(node, dotted, source);
  }

  Result<void> read_node(const ConfigNode& node, const std::string& dotted, const Source& source) {
    std::string name;
    if (const KeyRow* row = key_row(dotted, name)) return read_value(*row, name, node, source);
    if (!is_section(dotted)) return unknown_key(node, dotted, source);
    if (node.kind == ConfigNode::Kind::empty) return {};
    if (node.kind == ConfigNode::Kind::list) return read_named_list(node, dotted, source);
    if (node.kind != ConfigNode::Kind::table)
      return fail(rh::ErrorKind::config,
                  fmt::format("read '{}': a table is wanted, {} was found", dotted, node.kind_text()), node.where);
    for (const auto& [key, member] : node.members) {
      if (key.find('.') != std::string::npos) return unknown_key(member, dotted + "." + key, source);
      RH_CHECK(read_node(member, dotted + "." + key, source));
    }
    return {};
  }

  // [[tools]] name = "x" is the same as [tools.x].
  Result<void> read_named_list(const ConfigNode& node, const std::string& dotted, const Source& source) {
    for (const ConfigNode& item : node.items) {
      const ConfigNode* name = item.member("name");
      if (name == nullptr || name->text.empty() || name->text.find('.') != std::string::npos)
        return fail(rh::ErrorKind::config, fmt::format("read [[{}]]: it has no name, or one with a dot", dotted),
                    item.where);
      for (const auto& [key, member] : item.members)
        if (key != "name") RH_CHECK(read_node(member, fmt::format("{}.{}.{}", dotted, name->text, key), source));
    }
    return {};
  }

  Result<void> unknown_key(const ConfigNode& node, const std::string& dotted, const Source& source) {
    if (source.shared) {
      config_.ignored.push_back(fmt::format("'{}' ({}) is not a setting of ours", dotted, node.where));
      return {};
    }
    // Compared within the section: the last word is what is usually mistyped.
    const std::size_t dot = dotted.rfind('.');
    std::vector<std::string> known;
    std::string name;
    for (const KeyRow& row : key_rows()) {
      const std::string_view section = row.key.substr(0, row.key.rfind('.'));
      const std::string last(row.key.substr(row.key.rfind('.') + 1));
      const std::string here = dotted.substr(0, dot) + "." + last;
      known.push_back(key_row(here, name) == &row ? here : std::string(section) + "." + last);
    }
    const auto near = closest(dotted, known);
    return fail(rh::ErrorKind::config,
                fmt::format("understand the key '{}'{}", dotted,
                            near ? fmt::format(": did you mean '{}'?", *near) : ": no such setting"),
                node.where);
  }

  Result<void> read_value(const KeyRow& row, const std::string& name, const ConfigNode& node, const Source& source) {
    KeyValue value{{}, {}, name, node.where};
    const auto wrong = [&](std::string_view wanted) {
      return fail(rh::ErrorKind::config,
                  fmt::format("read '{}': {} is wanted, {} was found", row.key, wanted, node.kind_text()), node.where);
    };
    if (node.kind == ConfigNode::Kind::empty) return {};  // YAML: the key alone
    if (row.type == KeyType::map) {
      if (node.kind != ConfigNode::Kind::table) return wrong("a table of texts");
      for (const auto& [key, member] : node.members) value.pairs[key] = member.text;
    } else if (row.type == KeyType::list || row.type == KeyType::words) {
      if (node.kind == ConfigNode::Kind::table) return wrong("a list of texts");
      RH_TRY(value.texts, list_of(row, node));
    } else {
      if (node.kind == ConfigNode::Kind::table || node.kind == ConfigNode::Kind::list) return wrong("one value");
      value.texts = {node.text};
    }
    return apply(row, std::move(value), source);
  }

  static Result<std::vector<std::string>> list_of(const KeyRow& row, const ConfigNode& node) {
    if (node.kind != ConfigNode::Kind::list)
      return row.type == KeyType::words ? shell_words(node.text)
                                        : Result<std::vector<std::string>>(comma_list(node.text));
    std::vector<std::string> texts;
    for (const ConfigNode& item : node.items) texts.push_back(item.text);
    return texts;
  }

  Result<void> apply(const KeyRow& row, KeyValue value, const Source& source) {
    RH_CHECK(check_value(row, value));
    AgentConfig after = config_;
    if (auto done = row.apply(after, value); !done)
      return fail(done.error().kind, done.error().what,
                  done.error().subject.empty() ? value.where : done.error().subject);
    if (row.loosens != nullptr && !source.trusted && row.loosens(config_, after)) {
      config_.ignored.push_back(
          fmt::format("'{}' ({}) is ignored: a project's file may not give that. Say it in your own configuration "
                      "(~/.config/runharness/agent.toml), the environment or the call, or trust the project with "
                      "--trust-project-config",
                      row.key, value.where));
      return {};
    }
    for (std::string& text : value.texts) text = resolved(row, text, source.folder);
    RH_CHECK(row.apply(config_, value));
    if (row.key == "telemetry.endpoint") config_.telemetry.endpoint_trusted = source.trusted;
    origins_[row.key] = value.where;
    return {};
  }

  Result<void> read_environment() {
    const Source source{sources_.project, true, false};
    for (const KeyRow& row : key_rows()) {
      for (const std::string_view name : split(row.environment, ',')) {
        const std::string text = name.empty() ? std::string() : variable(sources_.environment, std::string(name));
        if (text.empty()) continue;
        KeyValue value{{text}, {}, {}, std::string(name)};
        if (row.type == KeyType::list) value.texts = comma_list(text);
        if (row.type == KeyType::words) {
          auto words = shell_words(text);
          if (!words) return fail(rh::ErrorKind::config, words.error().what, std::string(name));
          value.texts = std::move(*words);
        }
        RH_CHECK(apply(row, std::move(value), source));
        break;  // our own name before the others
      }
    }
    return {};
  }

  Result<void> check_tools() const {
    for (const CustomTool& tool : config_.tools)
      if (tool.command.empty())
        return fail(rh::ErrorKind::config, fmt::format("read the tool '{}': it has no command", tool.name));
    for (const Provider& provider : config_.generation.providers)
      if (provider.url.empty())
        return fail(rh::ErrorKind::config, fmt::format("read the provider '{}': it has no url", provider.name));
    return {};
  }

  void note_origins() {
    for (const KeyRow& row : key_rows()) {
      if (row.text == nullptr) continue;
      const auto known = origins_.find(row.key);
      config_.origins.push_back(
          {std::string(row.key), row.text(config_), known == origins_.end() ? "default" : known->second});
    }
    for (const auto& [name, mode] : config_.approval_of_capability)
      config_.origins.push_back({fmt::format("approval.capabilities.{}", name),
                                 mode == ApprovalMode::disabled    ? "disabled"
                                 : mode == ApprovalMode::selective ? "selective"
                                                                   : "all_code",
                                 ""});
    for (const CustomTool& tool : config_.tools)
      config_.origins.push_back({"tools." + tool.name, shell_join(tool.command), ""});
  }

  const ConfigSources& sources_;
  AgentConfig config_;
  std::map<std::string_view, std::string> origins_;
};

}  // namespace

Result<AgentConfig> load_agent_config(const ConfigSources& sources) { return Loader(sources).load(); }

}  // namespace rh::agent
