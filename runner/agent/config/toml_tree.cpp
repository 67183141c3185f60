// TOML as a ConfigNode.
#include <fmt/core.h>

#include "runner/agent/config/config_node.h"
#include "runner/engine/toml_nodes.h"

namespace rh::agent {
namespace {

class Converter {
 public:
  Converter(const std::string& name, std::string_view text) : nodes_(name, text) {}

  Result<ConfigNode> convert(const toml::node& node, std::string where) {
    if (++count_ > kMaxConfigNodes)
      return fail(rh::ErrorKind::limit, fmt::format("read configuration: more than {} values", kMaxConfigNodes), where);
    ConfigNode out;
    out.where = std::move(where);
    if (const auto* table = node.as_table()) {
      out.kind = ConfigNode::Kind::table;
      for (const auto& [key, value] : *table) {
        RH_TRY(auto member, convert(value, nodes_.where(key)));
        out.members.emplace_back(std::string(key.str()), std::move(member));
      }
    } else if (const auto* array = node.as_array()) {
      out.kind = ConfigNode::Kind::list;
      for (const toml::node& item : *array) {
        RH_TRY(auto one, convert(item, nodes_.where(item)));
        out.items.push_back(std::move(one));
      }
    } else if (const auto* text = node.as_string()) {
      out.kind = ConfigNode::Kind::text;
      out.text = text->get();
    } else if (const auto* truth = node.as_boolean()) {
      out.kind = ConfigNode::Kind::boolean;
      out.text = truth->get() ? "true" : "false";
    } else if (node.is_number()) {
      out.kind = ConfigNode::Kind::number;
      out.text = nodes_.number_text(node);
    } else {
      return fail(rh::ErrorKind::config, "read configuration: no setting is a date or time", out.where);
    }
    return out;
  }

 private:
  engine::TomlNodes nodes_;
  std::size_t count_ = 0;
};

}  // namespace

Result<ConfigNode> read_toml_tree(std::string_view text, const std::string& name) {
  try {
    const toml::table root = toml::parse(text, name);
    return Converter(name, text).convert(root, name);
  } catch (const toml::parse_error& problem) {
    const auto& at = problem.source().begin;
    return fail(rh::ErrorKind::config, fmt::format("read configuration: {}", problem.description()),
                fmt::format("{}:{}:{}", name, at.line, at.column));
  }
}

}  // namespace rh::agent
