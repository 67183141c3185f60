// Turns suites into an ordered list of jobs with limits: a pure function.
#pragma once

#include <chrono>
#include <map>
#include <vector>

#include "runner/base/result.h"
#include "runner/engine/run_options.h"
#include "runner/model/suite.h"

namespace rh::engine {

using SuiteDurations = std::map<model::SuiteId, std::chrono::nanoseconds>;

// Longest first by history; unknown ones before all known ones, those that compile before the others,
// because what is not known may be long.
[[nodiscard]] Result<std::vector<model::Suite>> plan_suites(std::vector<model::Suite> suites, const RunOptions& options,
                                                            const SuiteDurations& durations,
                                                            std::uint64_t memory_bytes);

}  // namespace rh::engine
