// Lines that coverage.py leaves out by its default rules: "pragma: no cover", `if TYPE_CHECKING:`, bodies of "...", and
// those where it does not ask for all branches. Patterns of a configuration file are not known here.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace rh::collectors {

// Lines that the patterns match, sorted; as they lie in the text.
[[nodiscard]] std::vector<std::uint32_t> lines_marked_no_cover(std::string_view text);
[[nodiscard]] std::vector<std::uint32_t> lines_marked_no_branch(std::string_view text);

}  // namespace rh::collectors
