// Ends a tree that no pid namespace ends as one.
#pragma once

#include <functional>
#include <vector>

namespace rh::sandbox {

// Kills what `list` names, again and again. Everything is stopped first: a fork bomb fills up what is
// killed one by one, but a stopped process neither forks nor makes room for one that does.
void stop_and_kill(const std::function<std::vector<int>()>& list);

}  // namespace rh::sandbox
