// The value of each character as a digit of base 64, for data URLs and the mappings of source maps.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace rh::collectors {

inline constexpr std::array<std::int8_t, 256> kBase64Values = [] {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < kDigits.size(); ++i)
    values[static_cast<unsigned char>(kDigits[i])] = static_cast<std::int8_t>(i);
  return values;
}();

}  // namespace rh::collectors
