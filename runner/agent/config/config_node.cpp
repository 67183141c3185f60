#include "runner/agent/config/config_node.h"

#include <fmt/core.h>

namespace rh::agent {
namespace {

Result<std::string> expanded(const std::string& text, const model::Environment& environment, const std::string& where) {
  std::string out;
  std::size_t at = 0;
  for (std::size_t start = 0; (start = text.find("${", at)) != std::string::npos;) {
    const std::size_t end = text.find('}', start);
    if (end == std::string::npos)
      return fail(rh::ErrorKind::config, fmt::format("replace '{}': the closing '}}' is missing", text.substr(start)),
                  where);
    out.append(text, at, start - at);
    const std::string inner = text.substr(start + 2, end - start - 2);
    const std::size_t otherwise = inner.find(":-");
    const std::string name = inner.substr(0, otherwise);
    const auto found = environment.find(name);
    if (found != environment.end() && (!found->second.empty() || otherwise == std::string::npos))
      out += found->second;
    else if (otherwise != std::string::npos)
      out += inner.substr(otherwise + 2);
    else
      return fail(
          rh::ErrorKind::config,
          fmt::format("replace '${{{0}}}': the variable is not set (write ${{{0}:-}} where that is fine)", name),
          where);
    at = end + 1;
  }
  return out + text.substr(at);
}

}  // namespace

const ConfigNode* ConfigNode::member(std::string_view name) const {
  for (const auto& [key, node] : members)
    if (key == name) return &node;
  return nullptr;
}

std::string_view ConfigNode::kind_text() const {
  switch (kind) {
    case Kind::text:
      return "a text";
    case Kind::number:
      return "a number";
    case Kind::boolean:
      return "true or false";
    case Kind::list:
      return "a list";
    case Kind::table:
      return "a table";
    case Kind::empty:
      break;
  }
  return "nothing";
}

Result<void> expand_variables(ConfigNode& node, const model::Environment& environment) {
  if (node.kind == ConfigNode::Kind::text && node.text.find("${") != std::string::npos) {
    RH_TRY(node.text, expanded(node.text, environment, node.where));
  }
  for (ConfigNode& item : node.items) RH_CHECK(expand_variables(item, environment));
  for (auto& [key, value] : node.members) RH_CHECK(expand_variables(value, environment));
  return {};
}

}  // namespace rh::agent
