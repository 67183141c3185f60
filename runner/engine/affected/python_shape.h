// The outermost functions of a Python text and its imports, by its logical lines.
#pragma once

#include <string_view>
#include <vector>

#include "runner/engine/affected/source_shape.h"

namespace rh::engine {

[[nodiscard]] SourceShape python_shape(const std::vector<std::string_view>& lines);

// The names that these lines bind, and the words that change what a whole function is (yield, await, global...): when
// they are the same before and after, a change of the lines concerns only who runs them.
[[nodiscard]] std::vector<std::string> python_bindings(const std::vector<std::string_view>& lines);

}  // namespace rh::engine
