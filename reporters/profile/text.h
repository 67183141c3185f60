// What `profile` and `profile diff` print.
#pragma once

#include <cstddef>
#include <string>

#include "reporters/reporter.h"
#include "runner/model/profile.h"
#include "runner/model/profile_diff.h"
#include "runner/model/profile_summary.h"

namespace rh::reporters {

struct ProfileTextOptions {
  TerminalOptions terminal;
  std::size_t functions = 15;  // that are listed at most
  std::size_t lines = 8;
};

[[nodiscard]] std::string profile_to_text(const model::Profile& profile, const model::ProfileSummary& summary,
                                          const ProfileTextOptions& options);
[[nodiscard]] std::string profile_diff_to_text(const model::ProfileDiff& diff, const ProfileTextOptions& options);

}  // namespace rh::reporters
