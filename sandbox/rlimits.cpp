// Limits are only ever lowered: raising a hard limit needs a capability that containers withhold.
#include "sandbox/rlimits.h"

#include <sys/sysinfo.h>

#include <algorithm>

namespace rh::sandbox {
namespace {

constexpr std::uint64_t kManyProcesses = 4096;
constexpr std::uint64_t kSpareProcesses = 64;

void lower(std::vector<ResourceLimit>& out, __rlimit_resource resource, std::uint64_t wanted) {
  rlimit64 current{};
  if (getrlimit64(resource, &current) != 0) return;
  const rlim64_t value = std::min<rlim64_t>(wanted, current.rlim_max);
  out.push_back({static_cast<int>(resource), {value, value}});
}

// A fork bomb doubles faster than anybody can look: it must hit something before it fills the host,
// and the user's other processes must not.
std::uint64_t last_line(std::uint64_t pids) {
  struct sysinfo host {};
  return (sysinfo(&host) == 0 ? host.procs : kManyProcesses) + pids + kSpareProcesses;
}

}  // namespace

std::vector<ResourceLimit> resource_limits(const model::Limits& limits, PidsLimit pids) {
  std::vector<ResourceLimit> out;
  lower(out, RLIMIT_CORE, 0);
  if (limits.open_files) lower(out, RLIMIT_NOFILE, *limits.open_files);
  if (limits.file_bytes) lower(out, RLIMIT_FSIZE, *limits.file_bytes);
  if (limits.pids && pids == PidsLimit::own_count) lower(out, RLIMIT_NPROC, *limits.pids + 1);  // init is one
  if (limits.pids && pids == PidsLimit::watchdog) lower(out, RLIMIT_NPROC, last_line(*limits.pids));
  return out;
}

}  // namespace rh::sandbox
