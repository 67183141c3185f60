// Two profiles compared: which functions take another share of the time than before, beyond chance.
//
// Shares, not seconds: both profiles are normalised to the time of their samples, so that a longer run or a faster
// machine does not look like a change. A change is head - base. Its interval follows Newcombe's method 10 for the
// difference of two independent proportions (Statistics in Medicine 17, 1998) from Wilson's intervals of both
// shares (profiles/analysis/share.h), with two additions:
// - It holds for all m functions together with 95 % confidence: each share's interval is made with the normal
//   quantile of 1 - 0.05 / (2 m) (Bonferroni). Else one function in twenty would count as changed by chance.
// - No two runs of a program are alike, sampled or not: caches, memory placement and clock frequency make one
//   function a few percent slower than another. A relative standard deviation of kRunVariation is allowed to each
//   function's time, which moves a share p by kRunVariation * p * (1 - p).
#pragma once

#include <string>
#include <vector>

#include "runner/base/result.h"
#include "runner/model/profile_diff.h"

namespace rh::profiles {

inline constexpr double kRunVariation = 0.03;

[[nodiscard]] model::ProfileDiff diff_profiles(const model::Profile& base, const model::Profile& head,
                                               model::ProfileClock clock);

// A rule of `--fail-on`:
//   [self:|total:]NAME[ (FILE[:LINE])]>N%
// fails if the share of a function of that name grew by more than N points (10 % to 16 % is 6 points) and the
// growth counts: its interval excludes 0. Without a prefix the total time is judged. NAME is a function as it is
// printed, "[native]" may be left out; '*' stands for any characters. The last '>' ends the name, so "<lambda>>5%"
// is one. N is a decimal number from 0 to 100. Blanks around '>' and before '%' do not matter.
struct DiffRule {
  std::string text;  // as written
  bool total = true;
  std::string name, file;  // file: empty: any
  double points = 0;       // 0..1
};

[[nodiscard]] Result<DiffRule> parse_diff_rule(std::string_view text);
// Adds a DiffGate for each rule. An error if a rule's name is in neither profile.
[[nodiscard]] Result<void> judge_diff(model::ProfileDiff& diff, const std::vector<DiffRule>& rules);

}  // namespace rh::profiles
