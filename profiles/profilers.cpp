// The profilers, in the order in which they are asked about a process.
#include "profiles/bash/bash_profiler.h"
#include "profiles/go/go_heap.h"
#include "profiles/jvm/jvm_profiler.h"
#include "profiles/memory/allocation_profiler.h"
#include "profiles/native/native_profiler.h"
#include "profiles/node/node_profiler.h"
#include "profiles/profiler.h"
#include "profiles/python/py_sampler.h"

namespace rh::profiles {

const std::vector<ProfilerRow>& profiler_rows() {
  static const std::vector<ProfilerRow> rows{
      {"allocations", "with --memory: a sampling allocator in Python programs", make_allocation_profiler},
      {"py-sample", "CPython 3.8 to 3.14: stacks read from outside, without stopping the program", make_py_sampler},
      {"bash", "bash: its functions and lines, read from outside", make_bash_profiler},
      {"node", "node: V8's own profiler, loaded into every process and worker by NODE_OPTIONS", make_node_profiler},
      {"jvm", "java of JDK 17 and later: names for the machine code that it generates", make_jvm_profiler},
      {"native", "C, C++, Rust, Go and other machine code: the kernel's CPU clock, debug information",
       make_native_profiler},
      // Behind the profiler that tells which programs are Go's.
      {"go-heap", "with --memory: the heap profiles of Go's test programs", make_go_heap_profiler},
  };
  return rows;
}

}  // namespace rh::profiles
