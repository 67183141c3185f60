// Takes secrets out of every text of a JSON value, its structure untouched.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace rh::agent::mcp {

class Host;

[[nodiscard]] nlohmann::json cleaned(const Host& host, const nlohmann::json& value);

}  // namespace rh::agent::mcp
