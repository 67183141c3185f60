// The one place where concrete adapters, readers and reporters are named.
#pragma once

#include "runner/engine/registry.h"

namespace rh::app {

[[nodiscard]] const engine::Registry& registry();

}  // namespace rh::app
