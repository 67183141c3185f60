// The id that git gives to a text: SHA-1 of "blob SIZE\0" and the bytes, in hexadecimal digits.
#pragma once

#include <string>
#include <string_view>

namespace rh::engine {

[[nodiscard]] std::string blob_id(std::string_view bytes);

}  // namespace rh::engine
