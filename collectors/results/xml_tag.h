// One start tag of an XML file: its name and its attributes, as views into the input. Tags that are
// written as XML demands take a short way; all others a careful one that makes of them what it can.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace rh::collectors {

constexpr std::size_t kMaxAttributes = 256;

struct XmlAttribute {
  std::string_view name;   // without namespace prefix
  std::string_view value;  // raw: entities are not resolved
};

using XmlAttributes = std::span<const XmlAttribute>;

struct XmlTag {
  std::string_view name;  // without namespace prefix
  std::size_t bytes = 0;  // from '<' to '>'; 0: more input is needed
  bool empty = false;     // <a/>
  unsigned faults = 0;    // what is not well-formed
  unsigned damage = 0;    // those of them that hide where a value or the tag ends, or which value counts
  std::array<XmlAttribute, kMaxAttributes> attributes;
  std::size_t attribute_count = 0;

  [[nodiscard]] XmlAttributes all() const { return {attributes.data(), attribute_count}; }
};

// Reads the tag at the head of `text` into `tag`, which is reused. `final`: no more input will come.
// `max_bytes`: a longer tag is cut there.
void read_start_tag(std::string_view text, bool final, std::size_t max_bytes, XmlTag& tag);

[[nodiscard]] inline bool is_xml_blank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
[[nodiscard]] bool is_xml_name_start(char c);
[[nodiscard]] std::size_t xml_name_length(std::string_view text);
[[nodiscard]] std::string_view without_xml_prefix(std::string_view name);
[[nodiscard]] std::size_t skip_xml_blanks(std::string_view text, std::size_t at);  // npos: nothing behind them

}  // namespace rh::collectors
