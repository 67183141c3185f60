// Which machines give figures that may be compared: not the same machine (CI hands out another one each
// time), but one of the same class.
#pragma once

#include <string>

#include "runner/model/report.h"

namespace rh::engine {

// "Intel(R) Xeon(R) Processor @ 2.60GHz, 2 cores, 16 GiB, Linux 6.1 x86_64": CPU model and cores as the process
// sees them (so a container with a quota is a class of its own), memory rounded to a power of two, the
// kernel by its first two numbers.
[[nodiscard]] std::string machine_class(const model::Machine& machine);

}  // namespace rh::engine
