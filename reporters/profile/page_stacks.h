// The stacks and frames that the page of a profile keeps, numbered anew: what no sample needs is left out, and
// stacks that are rarer than a share count for the caller from which all of them are frequent enough.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reporters/profile/thinning.h"
#include "runner/model/profile.h"

namespace rh::reporters {

class PageStacks {
 public:
  PageStacks(const model::Profile& profile, const Thinning& thinning);

  // The number on the page of a stack of the profile; kNoIndex for one that is not known.
  [[nodiscard]] std::uint32_t node(std::uint32_t stack) const {
    return stack < nodes_.size() ? nodes_[stack] : model::kNoIndex;
  }
  // The number on the page of a frame of the profile; kNoIndex for one that no kept stack has.
  [[nodiscard]] std::uint32_t frame(std::uint32_t frame) const {
    return frame < frames_.size() ? frames_[frame] : model::kNoIndex;
  }
  [[nodiscard]] std::uint32_t node_count() const { return node_count_; }
  // Of stacks whose samples count for a caller.
  [[nodiscard]] std::uint32_t left_out() const { return left_out_; }

  // {"names":[...],"files":{dictionary},"modules":{dictionary},"lines":{numbers},"kinds":"ppn..."}, the kind as
  // one letter in the order of FrameKind.
  [[nodiscard]] std::string frames_json() const;
  // Three columns after one another, a varint for each node: how much smaller the parent's number is (0: it is a
  // root), the frame, and (signed) the line less the first line of the frame's function.
  [[nodiscard]] std::string stacks_bytes() const;

 private:
  const model::Profile& profile_;
  Thinning thinning_;
  std::vector<std::uint32_t> nodes_, frames_;            // of the profile -> of the page
  std::vector<std::uint32_t> kept_nodes_, kept_frames_;  // of the page -> of the profile
  std::uint32_t node_count_ = 0, left_out_ = 0;
};

}  // namespace rh::reporters
