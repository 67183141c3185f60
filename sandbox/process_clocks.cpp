#include "sandbox/process_clocks.h"

namespace rh::sandbox {

CpuTime ProcessClocks::look() {
  CpuTime sum = tree_.reaped_cpu_time(root_);
  for (int pid : tree_.descendants(root_)) {
    sum += tree_.cpu_time(pid);
    sum += tree_.reaped_cpu_time(pid);
  }
  if (sum.total() > largest_.total()) largest_ = sum;
  return largest_;
}

}  // namespace rh::sandbox
