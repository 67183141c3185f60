// Istanbul coverage of generated code, led back to its sources.
#pragma once

#include <vector>

#include "collectors/coverage/istanbul_json.h"

namespace rh::collectors {

// What the map leads nowhere is left out; empty when that is everything. Records that fall together are added up.
[[nodiscard]] std::vector<IstanbulFile> map_istanbul_back(const IstanbulFile& generated);

}  // namespace rh::collectors
