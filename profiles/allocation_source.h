// Names where the allocation sites of a profile come from: each source once, however many processes it has.
#pragma once

#include <string>
#include <string_view>

#include "runner/model/profile.h"

namespace rh::profiles {

inline void add_allocation_source(model::AllocationProfile& allocations, std::string_view source,
                                  std::string_view overhead) {
  const auto append = [](std::string& text, std::string_view part, std::string_view separator) {
    if (text.find(part) != std::string::npos) return;
    if (!text.empty()) text += separator;
    text += part;
  };
  append(allocations.source, source, ", ");
  append(allocations.overhead, overhead, "; ");
}

}  // namespace rh::profiles
