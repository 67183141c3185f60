// CPU time of a tree that no control group counts. A lower bound: a process that nobody waited for
// takes its time along.
#pragma once

#include "sandbox/process_tree.h"

namespace rh::sandbox {

class ProcessClocks {
 public:
  // The descendants of `root`, which itself reaps orphans.
  ProcessClocks(const ProcessTree& tree, int root) : tree_(tree), root_(root) {}

  // Adds up what runs now and what was waited for. Sums may shrink when processes go; the largest one
  // that was ever seen stays. Called before a tree is killed, because afterwards nobody can ask.
  CpuTime look();
  [[nodiscard]] const CpuTime& largest() const { return largest_; }

 private:
  ProcessTree tree_;
  int root_;
  CpuTime largest_;
};

}  // namespace rh::sandbox
