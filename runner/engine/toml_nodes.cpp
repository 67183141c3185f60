#include "runner/engine/toml_nodes.h"

#include <algorithm>

#include <fmt/core.h>

#include "runner/base/text.h"

namespace rh::engine {

std::string TomlNodes::where(const toml::node& node) const {
  const auto& begin = node.source().begin;
  return fixed_place_.empty() ? fmt::format("{}:{}:{}", name_, begin.line, begin.column) : fixed_place_;
}

std::string TomlNodes::where(const toml::key& key) const {
  const auto& begin = key.source().begin;
  return fixed_place_.empty() ? fmt::format("{}:{}:{}", name_, begin.line, begin.column) : fixed_place_;
}

std::string_view TomlNodes::type_name(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::string:
      return "a text";
    case toml::node_type::integer:
      return "a whole number";
    case toml::node_type::floating_point:
      return "a fraction";
    case toml::node_type::boolean:
      return "true or false";
    default:
      return "a date or time";
  }
}

std::string TomlNodes::number_text(const toml::node& node) const {
  if (const auto* whole = node.as_integer()) return fmt::format("{}", whole->get());
  const auto* fraction = node.as_floating_point();
  if (fraction == nullptr) return {};
  const auto& begin = node.source().begin;
  std::string_view rest = text_;
  for (auto line = begin.line; line > 1; --line) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) return fmt::format("{}", fraction->get());
    rest.remove_prefix(end + 1);
  }
  // Columns count characters, not bytes; a number is found again by its first byte in the line.
  std::size_t at = 0;
  for (auto column = begin.column; column > 1 && at < rest.size(); --column) {
    ++at;
    while (at < rest.size() && (static_cast<unsigned char>(rest[at]) & 0xC0) == 0x80) ++at;
  }
  std::string digits(rest.substr(at, rest.find_first_not_of("+-0123456789._eE", at) - at));
  std::erase(digits, '_');
  const bool plain = digits.find_first_of("eE") == std::string::npos && parse_double(digits) == fraction->get();
  return plain ? digits : fmt::format("{}", fraction->get());
}

Failure TomlNodes::wrong(std::string what, std::string where) {
  return fail(ErrorKind::config, std::move(what), std::move(where));
}

Result<std::string> TomlNodes::text_of(const toml::node& node, std::string_view key, std::string_view wanted) const {
  if (const auto* text = node.as_string()) return text->get();
  return wrong(fmt::format("read '{}': {} is wanted, {} was found", key, wanted, type_name(node)), where(node));
}

Result<std::vector<std::string>> TomlNodes::list_of(const toml::node& node, std::string_view key) const {
  const toml::array* array = node.as_array();
  if (array == nullptr)
    return wrong(fmt::format("read '{}': a list of texts is wanted, {} was found", key, type_name(node)), where(node));
  std::vector<std::string> values;
  for (const toml::node& item : *array) {
    RH_TRY(auto text, text_of(item, key, "a list of texts"));
    values.push_back(std::move(text));
  }
  return values;
}

Failure TomlNodes::unknown_key(const toml::key& key, const std::string& dotted,
                               const std::vector<std::string>& known) const {
  const auto near = closest(dotted, known);
  return wrong(fmt::format("understand the key '{}'{}", dotted,
                           near ? fmt::format(": did you mean '{}'?", *near) : ": no such setting"),
               where(key));
}

}  // namespace rh::engine
