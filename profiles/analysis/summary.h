// What a profile says: the one value that every report of a profile is made from, beside the profile itself.
#pragma once

#include "runner/model/profile_summary.h"

namespace rh::profiles {

// Of a profile whose indices are in range, as ProfileBuilder and the reader of profile.json make it. The same
// value for the same profile. Linear in samples and stacks.
[[nodiscard]] model::ProfileSummary summarize(const model::Profile& profile);

}  // namespace rh::profiles
