// YAML as a ConfigNode. Plain scalars are judged by the setting that they are for, so that `on` may be a text.
#include <fmt/core.h>
#include <yaml-cpp/yaml.h>

#include "runner/agent/config/config_node.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

class Converter {
 public:
  explicit Converter(const std::string& name) : name_(name) {}

  Result<ConfigNode> convert(const YAML::Node& node, std::string where) {
    if (++count_ > kMaxConfigNodes)
      return fail(rh::ErrorKind::limit, fmt::format("read configuration: more than {} values", kMaxConfigNodes), where);
    ConfigNode out;
    out.where = std::move(where);
    if (node.IsMap()) {
      out.kind = ConfigNode::Kind::table;
      for (const auto& pair : node) {
        const YAML::Node &key = pair.first, &value = pair.second;
        if (!key.IsScalar()) return fail(rh::ErrorKind::config, "read configuration: a key must be a text", place(key));
        if (out.member(key.Scalar()) != nullptr)
          return fail(rh::ErrorKind::config, fmt::format("read configuration: '{}' is there twice", key.Scalar()),
                      place(key));
        RH_TRY(auto member, convert(value, place(key)));
        out.members.emplace_back(key.Scalar(), std::move(member));
      }
    } else if (node.IsSequence()) {
      out.kind = ConfigNode::Kind::list;
      for (const YAML::Node& item : node) {
        RH_TRY(auto one, convert(item, place(item)));
        out.items.push_back(std::move(one));
      }
    } else if (node.IsScalar()) {
      out.text = node.Scalar();
      out.kind = kind_of(node);
    }
    return out;
  }

 private:
  [[nodiscard]] std::string place(const YAML::Node& node) const {
    const YAML::Mark mark = node.Mark();
    return fmt::format("{}:{}:{}", name_, mark.line + 1, mark.column + 1);
  }

  static ConfigNode::Kind kind_of(const YAML::Node& node) {
    const std::string& text = node.Scalar();
    if (node.Tag() == "!") return ConfigNode::Kind::text;  // quoted
    if (is_one_of(text, {"true", "false", "True", "False"})) return ConfigNode::Kind::boolean;
    return parse_double(text) ? ConfigNode::Kind::number : ConfigNode::Kind::text;
  }

  const std::string& name_;
  std::size_t count_ = 0;
};

}  // namespace

Result<ConfigNode> read_yaml_tree(std::string_view text, const std::string& name) {
  try {
    const YAML::Node root = YAML::Load(std::string(text));
    if (root.IsNull()) return ConfigNode{ConfigNode::Kind::table, {}, {}, {}, name};
    if (!root.IsMap()) return fail(rh::ErrorKind::config, "read configuration: it is no map of settings", name);
    return Converter(name).convert(root, name);
  } catch (const YAML::Exception& problem) {
    return fail(rh::ErrorKind::config, fmt::format("read configuration: {}", problem.msg),
                fmt::format("{}:{}:{}", name, problem.mark.line + 1, problem.mark.column + 1));
  }
}

}  // namespace rh::agent
