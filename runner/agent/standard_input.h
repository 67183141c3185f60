// Standard input whole, for commands that take code or arguments from it.
#pragma once

#include <cstdint>
#include <string>

#include "runner/base/result.h"

namespace rh::agent {

// To its end; more than `max_bytes` is an error of ErrorKind::limit. `purpose`: "read the code".
[[nodiscard]] Result<std::string> read_standard_input(std::uint64_t max_bytes, const std::string& purpose);

}  // namespace rh::agent
