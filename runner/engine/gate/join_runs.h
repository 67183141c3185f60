// Joins the reports of shards into one: suites of the same id become one suite, tests and coverage are added
// up exactly, and the clocks of the machines are put on one time line by when each shard started.
#pragma once

#include <vector>

#include "runner/model/report.h"

namespace rh::engine {

// Adds `runs` to `into`, behind the suites that it has. A test that several shards ran is kept as often.
void join_runs(model::RunReport& into, std::vector<model::RunReport> runs);

}  // namespace rh::engine
