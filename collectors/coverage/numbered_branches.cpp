#include "collectors/coverage/numbered_branches.h"

#include <string>

namespace rh::collectors {

bool NumberedBranches::add(FileBuilder& file, std::uint32_t line, model::Ratio branches, bool ran) {
  if (branches.hit > branches.found || branches.found > kMaxBranchesOfLine) return false;
  if (total_ + branches.found > kMaxBranchesOfReport) return false;
  total_ += branches.found;
  for (std::uint64_t i = 0; i < branches.found; ++i) {
    model::BranchHits branch{line, 0, std::to_string(i), std::nullopt};
    if (ran || branches.hit > 0) branch.taken = i < branches.hit ? 1 : 0;
    file.branch(std::move(branch));
  }
  return true;
}

}  // namespace rh::collectors
