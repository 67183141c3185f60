#include "tests/unit/reporters/schema_check.h"

#include <algorithm>
#include <functional>
#include <map>

namespace rh::test {
namespace {

using nlohmann::json;

bool has_type(const json& value, const std::string& type) {
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  if (type == "null") return value.is_null();
  return type == value.type_name();
}

class Check {
 public:
  explicit Check(const json& root) : root_(root) {}

  std::vector<std::string> problems;

  void value(const json& at, const json& schema, const std::string& place) {
    if (schema == false) return problems.push_back(place + ": not allowed");
    if (schema == true) return;
    if (!required_types(at, schema)) return problems.push_back(place + ": wrong type " + at.type_name());
    for (const auto& [keyword, rule] : schema.items()) apply(keyword, at, schema, rule, place);
  }

 private:
  static bool required_types(const json& at, const json& schema) {
    if (!schema.contains("type")) return true;
    const json& types = schema["type"];
    if (types.is_string()) return has_type(at, types);
    return std::any_of(types.begin(), types.end(), [&](const json& type) { return has_type(at, type); });
  }

  void apply(const std::string& keyword, const json& at, const json& schema, const json& rule,
             const std::string& place) {
    const auto demand = [&](bool met) {
      if (!met) problems.push_back(place + ": breaks " + keyword + " " + rule.dump().substr(0, 80));
    };
    if (keyword == "$ref")
      value(at, root_.at(json::json_pointer(rule.get<std::string>().substr(1))), place);
    else if (keyword == "const")
      demand(at == rule);
    else if (keyword == "enum")
      demand(std::find(rule.begin(), rule.end(), at) != rule.end());
    else if (keyword == "minimum")
      demand(!at.is_number() || at >= rule);
    else if (keyword == "maximum")
      demand(!at.is_number() || at <= rule);
    else if (keyword == "minItems")
      demand(!at.is_array() || at.size() >= rule.get<std::size_t>());
    else if (keyword == "maxItems")
      demand(!at.is_array() || at.size() <= rule.get<std::size_t>());
    else if (keyword == "anyOf")
      demand(std::any_of(rule.begin(), rule.end(), [&](const json& one) { return fits(at, one); }));
    else if (keyword == "required")
      require(at, rule, place);
    else if (keyword == "additionalProperties")
      members(at, schema, place);
    else if (keyword == "items")
      elements(at, schema, place);
    else if (keyword != "type" && keyword != "properties" && keyword != "prefixItems" && keyword != "description" &&
             keyword != "title" && keyword != "$schema" && keyword != "$defs")
      problems.push_back("the schema uses " + keyword + ", which is not checked");
  }

  bool fits(const json& at, const json& schema) const {
    Check attempt(root_);
    attempt.value(at, schema, "");
    return attempt.problems.empty();
  }

  void require(const json& at, const json& names, const std::string& place) {
    if (!at.is_object()) return;
    for (const json& name : names)
      if (!at.contains(name.get<std::string>())) problems.push_back(place + ": lacks " + name.get<std::string>());
  }

  void members(const json& at, const json& schema, const std::string& place) {
    if (!at.is_object()) return;
    const json none = json::object();
    const json& known = schema.contains("properties") ? schema["properties"] : none;
    for (const auto& [name, member] : at.items())
      value(member, known.contains(name) ? known[name] : schema["additionalProperties"], place + "." + name);
  }

  void elements(const json& at, const json& schema, const std::string& place) {
    if (!at.is_array()) return;
    const std::size_t fixed = schema.contains("prefixItems") ? schema["prefixItems"].size() : 0;
    for (std::size_t i = 0; i < at.size(); ++i)
      value(at[i], i < fixed ? schema["prefixItems"][i] : schema["items"], place + "[" + std::to_string(i) + "]");
  }

  const json& root_;
};

}  // namespace

std::vector<std::string> problems_of(const json& document, const json& schema) {
  Check check(schema);
  check.value(document, schema, "");
  return check.problems;
}

}  // namespace rh::test
