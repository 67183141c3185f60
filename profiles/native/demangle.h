// Names of functions as their language writes them, from the names that linkers use: C++ (Itanium ABI), Rust
// (v0 and the older form, without its hash), D. Other names are given back as they are.
#pragma once

#include <string>
#include <string_view>

namespace rh::profiles::native {

inline constexpr std::size_t kMaxMangledName = 32 * 1024;

[[nodiscard]] std::string demangle(std::string_view name);

}  // namespace rh::profiles::native
