// Facts about the machine that stand in every report.
#pragma once

#include "runner/model/report.h"

namespace rh::engine {

[[nodiscard]] model::Machine describe_machine();

}  // namespace rh::engine
