// Which modules and packages past executions used.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "runner/base/result.h"

namespace rh::agent {

class Service;

struct PackageUse {
  std::string name, language;
  std::size_t executions = 0, failed = 0;
  std::size_t requested = 0;  // executions that had it installed first
  std::string last_used;      // timestamp
};

// Of the newest `limit` executions (0: all); the most used first.
[[nodiscard]] Result<std::vector<PackageUse>> package_use(Service& service, std::size_t limit);

}  // namespace rh::agent
