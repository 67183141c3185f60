// The lines that hold most memory, for the terminal.
#pragma once

#include <cstddef>
#include <string>

#include "reporters/terminal/style.h"
#include "runner/model/profile.h"

namespace rh::reporters {

// Empty if allocations were not recorded. At most `most` lines of `width` columns.
[[nodiscard]] std::string allocations_to_text(const model::Profile& profile, const Style& style, std::size_t width,
                                              std::size_t most);

}  // namespace rh::reporters
