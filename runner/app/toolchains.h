// The tools of the supported ecosystems on PATH: where they are and which version they say they have.
#pragma once

#include <vector>

#include "runner/adapters/adapter.h"
#include "runner/model/suite.h"

namespace rh::app {

// One row for each tool, missing ones too. Starts each tool once, all at a time.
[[nodiscard]] std::vector<model::Tool> find_toolchains(const adapters::Host& host);

}  // namespace rh::app
