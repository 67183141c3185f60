#include "runner/engine/gate/rules_file.h"

#include <algorithm>

#include <fmt/core.h>

#include "runner/base/text.h"
#include "runner/model/names.h"

namespace rh::engine {
namespace {

const std::vector<std::string> kCommonKeys = {"kind", "level", "message", "no_data", "suites", "files", "component"};

bool takes_files(const RuleKind& kind) {
  return kind.scope == ScopeUse::files || kind.scope == ScopeUse::files_and_suites;
}
bool takes_suites(const RuleKind& kind) {
  return kind.scope == ScopeUse::suites || kind.scope == ScopeUse::files_and_suites;
}

class RuleReader {
 public:
  RuleReader(const TomlNodes& nodes, const toml::table& table) : nodes_(nodes), table_(table) {}

  Result<GateRule> read() {
    RH_CHECK(read_kind());
    for (const auto& [key, node] : table_)
      if (key.str() != "kind") RH_CHECK(read_member(key, node));
    RH_CHECK(complete_rule(rule_));
    return std::move(rule_);
  }

 private:
  Result<void> read_kind() {
    rule_.origin = nodes_.where(table_);
    const toml::node* node = table_.get("kind");
    if (node == nullptr) return TomlNodes::wrong("read [[gates.rule]]: it has no kind", rule_.origin);
    RH_TRY(rule_.kind, nodes_.text_of(*node, "kind", "the name of a kind of rule"));
    kind_ = rule_kind(rule_.kind);
    if (kind_ == nullptr) {
      std::vector<std::string> known;
      for (const RuleKind& kind : rule_kinds()) known.emplace_back(kind.name);
      const auto near = closest(rule_.kind, known);
      return TomlNodes::wrong(
          fmt::format("find the rule kind '{}': {}", rule_.kind,
                      near ? fmt::format("did you mean '{}'?", *near) : fmt::format("there are {}", join(known, ", "))),
          nodes_.where(*node));
    }
    rule_.no_data = kind_->no_data;
    return {};
  }

  Result<void> read_member(const toml::key& key, const toml::node& node) {
    const std::string name(key.str());
    if (name == "message") {
      RH_TRY(rule_.message, nodes_.text_of(node, name, "a text"));
      return {};
    }
    if (name == "level" || name == "no_data") return read_policy(name, node);
    if (name == "suites" || name == "files" || name == "component") return read_scope(name, key, node);
    for (const RuleField& field : kind_->fields)
      if (field.name == name) return read_value(field, node);
    std::vector<std::string> known = kCommonKeys;
    for (const RuleField& field : kind_->fields) known.emplace_back(field.name);
    const auto near = closest(name, known);
    return TomlNodes::wrong(
        fmt::format("understand the key '{}' of a rule {}: {}", name, rule_.kind,
                    near ? fmt::format("did you mean '{}'?", *near) : fmt::format("it has {}", join(known, ", "))),
        nodes_.where(key));
  }

  Result<void> read_policy(const std::string& name, const toml::node& node) {
    const bool level = name == "level";
    const std::vector<std::string> choices =
        level ? std::vector<std::string>{"block", "warn", "info"} : std::vector<std::string>{"fail", "warn", "pass"};
    RH_TRY(const std::string text, nodes_.text_of(node, name, "one of " + join(choices, ", ")));
    const auto found = std::find(choices.begin(), choices.end(), text);
    if (found == choices.end()) {
      const auto near = closest(text, choices);
      return TomlNodes::wrong(fmt::format("read {} = '{}': write one of {}{}", name, text, join(choices, ", "),
                                          near ? fmt::format(" (did you mean '{}'?)", *near) : ""),
                              nodes_.where(node));
    }
    if (level)
      rule_.level = *model::from_name<model::GateLevel>(text);
    else
      rule_.no_data = static_cast<NoDataPolicy>(found - choices.begin());
    return {};
  }

  Result<void> read_scope(const std::string& name, const toml::key& key, const toml::node& node) {
    const bool allowed = name == "suites" ? takes_suites(*kind_) : takes_files(*kind_);
    if (!allowed)
      return TomlNodes::wrong(fmt::format("narrow a rule {} by {}: it judges {}", rule_.kind, name,
                                          takes_suites(*kind_)  ? "suites: write suites = [...]"
                                          : takes_files(*kind_) ? "files: write files = [...] or component = \"...\""
                                                                : "the run as a whole"),
                              nodes_.where(key));
    if (name == "component") {
      RH_TRY(rule_.scope.component, nodes_.text_of(node, name, "the name of a component"));
      return {};
    }
    RH_TRY(auto globs, texts_of(name, node));
    (name == "suites" ? rule_.scope.suites : rule_.scope.files) = std::move(globs);
    return {};
  }

  [[nodiscard]] Result<std::vector<std::string>> texts_of(const std::string& name, const toml::node& node) const {
    if (const auto* text = node.as_string()) return std::vector<std::string>{text->get()};
    RH_TRY(auto texts, nodes_.list_of(node, name));
    if (texts.empty()) return TomlNodes::wrong(fmt::format("read '{}': the list is empty", name), nodes_.where(node));
    return texts;
  }

  Result<void> read_value(const RuleField& field, const toml::node& node) {
    const std::string name(field.name);
    if (field.type == FieldType::texts) {
      RH_TRY(auto texts, texts_of(name, node));
      for (const std::string& text : texts)
        if (auto good = read_field(field, text); !good) return TomlNodes::wrong(good.error().what, nodes_.where(node));
      rule_.fields[name] = std::move(texts);
      return {};
    }
    const bool numeric =
        field.type == FieldType::percent || field.type == FieldType::count || field.type == FieldType::count_or_percent;
    const bool whole_only = field.type != FieldType::percent;
    std::string text;
    if (numeric && (node.is_integer() || (node.is_floating_point() && !whole_only)))
      text = nodes_.number_text(node);
    else if (const auto* written = node.as_string())
      text = written->get();
    else
      return TomlNodes::wrong(
          fmt::format("read '{}': {} is wanted, {} was found", name, wanted(field.type), TomlNodes::type_name(node)),
          nodes_.where(node));
    auto value = read_field(field, text);
    if (!value) return TomlNodes::wrong(value.error().what, nodes_.where(node));
    rule_.fields[name] = *std::move(value);
    return {};
  }

  static std::string_view wanted(FieldType type) {
    switch (type) {
      case FieldType::percent:
        return "a percentage such as 80 or 79.95";
      case FieldType::count:
        return "a whole number";
      case FieldType::count_or_percent:
        return "a whole number, or a text such as \"2.5%\",";
      case FieldType::duration:
        return "a duration such as \"90s\"";
      case FieldType::size:
        return "a size such as \"512M\"";
      default:
        return "a text";
    }
  }

  const TomlNodes& nodes_;
  const toml::table& table_;
  const RuleKind* kind_ = nullptr;
  GateRule rule_;
};

}  // namespace

Result<void> read_rules(const TomlNodes& nodes, const toml::node& node, GateRules& rules) {
  const toml::array* array = node.as_array();
  if (array == nullptr)
    return TomlNodes::wrong("read 'gates.rule': write each one as [[gates.rule]]", nodes.where(node));
  for (const toml::node& item : *array) {
    if (!item.is_table())
      return TomlNodes::wrong("read 'gates.rule': write each one as [[gates.rule]]", nodes.where(item));
    RH_TRY(auto rule, RuleReader(nodes, *item.as_table()).read());
    rules.rules.push_back(std::move(rule));
  }
  return {};
}

Result<void> read_components(const TomlNodes& nodes, const toml::node& node, GateRules& rules) {
  const toml::table* table = node.as_table();
  if (table == nullptr)
    return TomlNodes::wrong("read 'components': a table of NAME = [GLOBS] is wanted", nodes.where(node));
  for (const auto& [key, value] : *table) {
    const std::string name(key.str());
    std::vector<std::string> globs;
    if (const auto* text = value.as_string())
      globs.push_back(text->get());
    else {
      RH_TRY(globs, nodes.list_of(value, name));
    }
    const bool some =
        std::any_of(globs.begin(), globs.end(), [](const std::string& glob) { return !glob.starts_with('!'); });
    if (!some)
      return TomlNodes::wrong(fmt::format("read the component '{}': it has no glob that takes files in", name),
                              nodes.where(value));
    rules.components[name] = std::move(globs);
  }
  return {};
}

Result<void> check_components(const GateRules& rules) {
  std::vector<std::string> known;
  for (const auto& [name, globs] : rules.components) known.push_back(name);
  for (const GateRule& rule : rules.rules) {
    const std::string& name = rule.scope.component;
    if (name.empty() || rules.components.contains(name)) continue;
    const auto near = closest(name, known);
    return TomlNodes::wrong(fmt::format("find the component '{}': {}", name,
                                        near            ? fmt::format("did you mean '{}'?", *near)
                                        : known.empty() ? std::string("there is no [components]")
                                                        : fmt::format("there are {}", join(known, ", "))),
                            rule.origin);
  }
  return {};
}

}  // namespace rh::engine
