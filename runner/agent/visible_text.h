// Text of others put before a person: what would move the cursor, turn the direction or be of no width is written out,
// so that what is read is what will run.
#pragma once

#include <string>
#include <string_view>

namespace rh::agent {

// Line breaks and tabs stay. "<U+202E>" for what cannot be seen, and for bytes that are no UTF-8 the usual sign.
[[nodiscard]] std::string visible_text(std::string_view text);
// The same with line breaks written out, too: a name that is told in a line.
[[nodiscard]] std::string on_one_line(std::string_view text);
// The first place in a text, which is UTF-8, of a sign that turns the direction of what follows; npos: none. See
// Boucher and Anderson, "Trojan Source" (CVE-2021-42574).
[[nodiscard]] std::size_t direction_sign(std::string_view text);

}  // namespace rh::agent
