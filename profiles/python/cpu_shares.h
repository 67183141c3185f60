// Lays the CPU time that the kernel charged to one thread over the samples taken of it.
//
// A running thread is charged late, so its samples are held back until a charge shows what they are worth. A sample
// at which the thread waited gets nothing: what ran before it was not seen, and belongs to the samples that saw the
// thread run, of which there are as many as its CPU time deserves.
#pragma once

#include <cstdint>
#include <vector>

#include "profiles/profile_builder.h"

namespace rh::profiles::python {

class CpuShares {
 public:
  // A sample of the thread. `running`: it ran or could run when its stack was read. `moved`: its stack is another
  // than that of the sample before, so it surely ran. `charged_ns`: CPU time that became known with this sample.
  void add(const Sample& sample, bool running, bool moved, std::int64_t charged_ns, ProfileBuilder& builder);
  // The thread ended: gives out what is left.
  void finish(ProfileBuilder& builder);

 private:
  struct Held {
    Sample sample;
    bool running = false, moved = false;
  };
  template <class Wants>
  void give(std::int64_t times, Wants wants);
  void settle(ProfileBuilder& builder);
  void release(ProfileBuilder& builder);
  std::vector<Held> held_;
  Sample last_;  // that saw the thread run
  std::int64_t owed_ns_ = 0;
};

}  // namespace rh::profiles::python
