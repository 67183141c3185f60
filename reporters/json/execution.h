// The document of `run --json`, described in docs/formats/execution.md.
#pragma once

#include <string>

#include "runner/model/execution.h"

namespace rh::reporters {

[[nodiscard]] std::string execution_to_json(const model::Execution& execution);

}  // namespace rh::reporters
