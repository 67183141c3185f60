// Limits are only ever lowered: raising a hard limit needs a capability that containers withhold.
#include "sandbox/rlimits.h"

#include <algorithm>

namespace rh::sandbox {
namespace {

void lower(std::vector<ResourceLimit>& out, __rlimit_resource resource, std::uint64_t wanted) {
  rlimit64 current{};
  if (getrlimit64(resource, &current) != 0) return;
  const rlim64_t value = std::min<rlim64_t>(wanted, current.rlim_max);
  out.push_back({static_cast<int>(resource), {value, value}});
}

}  // namespace

std::vector<ResourceLimit> resource_limits(const model::Limits& limits, bool count_pids) {
  std::vector<ResourceLimit> out;
  lower(out, RLIMIT_CORE, 0);
  if (limits.open_files) lower(out, RLIMIT_NOFILE, *limits.open_files);
  if (limits.file_bytes) lower(out, RLIMIT_FSIZE, *limits.file_bytes);
  if (limits.pids && count_pids) lower(out, RLIMIT_NPROC, *limits.pids + 1);  // init is one of them
  return out;
}

}  // namespace rh::sandbox
