// The same totals by general XML libraries, as a program would take them with each.
#pragma once

#include <cstdint>

namespace rh::bench {

struct Totals {
  std::uint64_t total = 0, failed = 0, skipped = 0;
  double seconds = 0;
};

Totals read_by_tinyxml2(const char* path);
Totals read_by_pugixml(const char* path);
Totals read_by_expat(const char* path);

}  // namespace rh::bench
