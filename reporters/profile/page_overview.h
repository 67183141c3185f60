// The first part of the data of a profile's page: everything but frames, stacks, samples and sources.
#pragma once

#include <string>

#include "reporters/profile/page_runs.h"
#include "reporters/profile/page_stacks.h"
#include "reporters/profile/thinning.h"
#include "runner/model/profile.h"
#include "runner/model/profile_summary.h"

namespace rh::reporters {

inline constexpr unsigned kProfilePageVersion = 1;

[[nodiscard]] std::string overview_json(const model::Profile& profile, const model::ProfileSummary& summary,
                                        const PageStacks& stacks, const PageRuns& runs, const Thinning& thinning);

}  // namespace rh::reporters
