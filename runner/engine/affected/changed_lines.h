// Whom a change of a measured file reaches: its lines by what was measured, and what lies around them where lines alone
// would not tell.
#pragma once

#include <string_view>
#include <vector>

#include "runner/engine/affected/source_shape.h"
#include "runner/model/line_range.h"
#include "runner/model/test_map.h"

namespace rh::engine {

struct ChangeReach {
  std::vector<model::LineRange> lines;  // of the measured text: whoever reached one of them
  bool loaders = false;                 // code that runs when the file is loaded, or declares: whoever loads it
};

// `measured`: the text that the map is of; `other`: the text that it is compared with.
[[nodiscard]] ChangeReach reach_of_change(SourceKind kind, const model::ReachedFile& file, std::string_view measured,
                                          std::string_view other);

}  // namespace rh::engine
