// Does the environment say that this is a production system?
#pragma once

#include <string>

#include "runner/model/command.h"

namespace rh::agent {

// "APP_ENV=production"; empty: no variable says so.
[[nodiscard]] std::string production_sign(const model::Environment& environment);

}  // namespace rh::agent
