// profile.json: a profile with all that was computed from it, as docs/formats/profile.md describes it, and the
// comparison of two.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "runner/base/result.h"
#include "runner/model/profile.h"
#include "runner/model/profile_diff.h"
#include "runner/model/profile_summary.h"

namespace rh::reporters {

inline constexpr unsigned kProfileSchemaVersion = 1;
inline constexpr std::size_t kMaxProfileJsonBytes = std::size_t{1} << 30U;  // that are read

// Valid UTF-8 whatever the bytes of names are.
[[nodiscard]] std::string profile_to_json(const model::Profile& profile, const model::ProfileSummary& summary);
// The profile of such a document. All indices of the result are in range. What was computed is not read: it is
// computed again.
[[nodiscard]] Result<model::Profile> parse_json_profile(std::string_view text);

[[nodiscard]] std::string profile_diff_to_json(const model::ProfileDiff& diff);

}  // namespace rh::reporters
