// Raw text of an XML file as UTF-8: entities and character references resolved leniently, because
// many writers of test reports do not escape correctly.
#pragma once

#include <string>
#include <string_view>

#include "collectors/results/text_encoding.h"

namespace rh::collectors {

// Undefined entities and a bare '&' stay as they are; references to characters that XML forbids
// become U+FFFD; a surrogate pair written as two references becomes one character.
[[nodiscard]] std::string xml_text(std::string_view raw, Charset charset);

// The '&' of `raw` that begin neither a character reference nor one of the five entities of XML.
struct LooseAmpersands {
  unsigned count = 0;
  std::size_t first = 0;  // where
};
[[nodiscard]] LooseAmpersands find_loose_ampersands(std::string_view raw);
constexpr std::size_t kMaxXmlReference = 12;  // "&#x0010FFFF;"

// The same for a short text that names something: control bytes become U+FFFD.
[[nodiscard]] std::string xml_name(std::string_view raw, Charset charset);

}  // namespace rh::collectors
