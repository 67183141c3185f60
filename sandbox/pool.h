// Sandboxes that wait for their command.
#pragma once

#include <memory>

#include "sandbox/launch_engine.h"

namespace rh::sandbox {

[[nodiscard]] std::unique_ptr<Pool> make_parked_pool(std::shared_ptr<LaunchEngine> engine, const LaunchSpec& shape,
                                                     std::size_t size);

}  // namespace rh::sandbox
