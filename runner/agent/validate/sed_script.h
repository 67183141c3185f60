// What a script of sed does besides changing text: its commands w, W and e, and the flags w and e of s.
#pragma once

#include <string_view>

namespace rh::agent {

struct SedEffects {
  bool writes = false;  // into a file that is not the terminal's
  bool runs = false;    // other programs
};

[[nodiscard]] SedEffects effects_of_sed(std::string_view script);

}  // namespace rh::agent
