// Branches of formats that say only how many a line has and how many of them ran (JaCoCo, Sonar, istanbul's Clover):
// numbered, the first ones as those that ran. Joining two reports may so count fewer branches than ran, never more.
#pragma once

#include <cstdint>

#include "collectors/coverage/file_builder.h"
#include "runner/model/coverage.h"

namespace rh::collectors {

// Of one line and of a whole report: a report that claims more would only fill memory.
constexpr std::uint64_t kMaxBranchesOfLine = 4096;
constexpr std::uint64_t kMaxBranchesOfReport = 5'000'000;

class NumberedBranches {
 public:
  // `ran`: the line ran; of one that did not the branches were never evaluated. False: the counts make no sense or pass
  // a limit, and nothing was added.
  [[nodiscard]] bool add(FileBuilder& file, std::uint32_t line, model::Ratio branches, bool ran);

 private:
  std::uint64_t total_ = 0;
};

}  // namespace rh::collectors
