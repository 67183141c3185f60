// The profilers, in the order in which they are asked about a process.
#include "profiles/node/node_profiler.h"
#include "profiles/profiler.h"

namespace rh::profiles {

const std::vector<ProfilerRow>& profiler_rows() {
  static const std::vector<ProfilerRow> rows{
      {"node", "node: V8's own profiler, loaded into every process and worker by NODE_OPTIONS", make_node_profiler},
  };
  return rows;
}

}  // namespace rh::profiles
