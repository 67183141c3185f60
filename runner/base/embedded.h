// A file that the build put into the executable with rh_embed().
#pragma once

#include <cstdint>
#include <string_view>

#define RH_EMBEDDED(symbol)       \
  extern "C" const char symbol[]; \
  extern "C" const std::uint64_t symbol##_size;

#define RH_EMBEDDED_TEXT(symbol) (std::string_view(symbol, symbol##_size))
