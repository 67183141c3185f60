// SHA-256, its keyed form, and random names. nettle, because it needs no start of its own: the first digest of
// a process costs microseconds.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "runner/base/result.h"

namespace rh::agent {

// 64 lower-case hex digits.
[[nodiscard]] std::string sha256_hex(std::string_view bytes);
[[nodiscard]] std::string hmac_sha256_hex(std::string_view key, std::string_view bytes);
// Takes as long for a wrong digest as for the right one.
[[nodiscard]] bool same_digest(std::string_view a, std::string_view b);

// Of the kernel.
[[nodiscard]] Result<std::string> random_bytes(std::size_t count);
[[nodiscard]] Result<std::string> random_hex(std::size_t bytes);

}  // namespace rh::agent
