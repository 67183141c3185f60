// What was not sent when the command ended, sent by a process of its own. It holds nothing of the caller's: no pipe,
// no terminal, no folder, no process group; and it ends by itself.
#pragma once

#include <functional>
#include <vector>

#include "runner/base/clock.h"

namespace rh::agent {

// `work` runs in that process, which keeps no descriptors but these, and is killed when `longest` is over. Costs the
// caller a fork. False: there is no such process.
[[nodiscard]] bool go_on_afterwards(std::vector<int> descriptors, Nanoseconds longest,
                                    const std::function<void()>& work);

}  // namespace rh::agent
