// The self-contained page of a profile: timeline, flame graph, sandwich, lines and functions, with everything
// they need packed into one file. docs/formats/profile-html.md says what a reader sees.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "runner/base/result.h"
#include "runner/model/profile.h"
#include "runner/model/profile_summary.h"
#include "runner/model/source_text.h"

namespace rh::reporters {

// However long the profile is. What does not fit is merged step by step (thinning.h), and the page says so.
inline constexpr std::size_t kMaxProfilePageBytes = 5'000'000;

// `sources`: the hot files, hottest first; `path` as in ProfileFrame::file. Files that do not fit are left out
// and counted on the page. Fails only when not even the coarsest page fits.
[[nodiscard]] Result<std::string> render_profile_html(const model::Profile& profile,
                                                      const model::ProfileSummary& summary,
                                                      const std::vector<model::SourceText>& sources,
                                                      std::size_t max_bytes = kMaxProfilePageBytes);

}  // namespace rh::reporters
