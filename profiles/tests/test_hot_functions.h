// The functions that some samples of a profile spent their time in: those of one test.
#pragma once

#include <cstdint>
#include <vector>

#include "profiles/analysis/frame_names.h"
#include "profiles/tests/stack_marks.h"

namespace rh::profiles {

class HotFunctions {
 public:
  HotFunctions(const model::Profile& profile, const FrameNames& names, const std::vector<StackMark>& marks);

  // Fills times and functions of `into` from these samples, which are in the order of time.
  void fold(const std::vector<std::uint32_t>& samples, model::TestProfile& into);

 private:
  const model::Profile& profile_;
  const FrameNames& names_;
  const std::vector<StackMark>& marks_;
  std::vector<std::uint64_t> met_;  // by function: the last stack that held it
  std::uint64_t stacks_ = 0;
};

}  // namespace rh::profiles
