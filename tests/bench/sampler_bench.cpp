// CPU time of one sample for trees of several sizes, from /proc alone and with cgroup files where
// this host lets the caller make them. Target: at most 0.5 ms for 20 processes.
#include <benchmark/benchmark.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <vector>

#include "collectors/sampling/sampler.h"

namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

// One parent with idle children; all end when the pipe is closed.
class IdleTree {
 public:
  explicit IdleTree(int processes) {
    if (::pipe(stay_) != 0 || ::pipe(ready_) != 0) std::abort();
    root_ = ::fork();
    if (root_ == 0) {
      ::close(stay_[1]);
      std::vector<pid_t> children;
      for (int i = 1; i < processes; ++i) {
        const pid_t child = ::fork();
        if (child == 0) wait_for_end();
        children.push_back(child);
      }
      const char byte = 0;
      if (::write(ready_[1], &byte, 1) != 1) ::_exit(1);
      for (const pid_t child : children) ::waitpid(child, nullptr, 0);
      ::_exit(0);
    }
    ::close(stay_[0]);
    char byte = 0;
    if (::read(ready_[0], &byte, 1) != 1) std::abort();
  }
  ~IdleTree() {
    ::close(stay_[1]);
    ::waitpid(root_, nullptr, 0);
    ::close(ready_[0]);
    ::close(ready_[1]);
  }
  IdleTree(const IdleTree&) = delete;
  IdleTree& operator=(const IdleTree&) = delete;
  [[nodiscard]] pid_t root() const { return root_; }

 private:
  [[noreturn]] void wait_for_end() const {
    char byte = 0;
    (void)!::read(stay_[0], &byte, 1);
    ::_exit(0);
  }
  int stay_[2]{}, ready_[2]{};
  pid_t root_ = -1;
};

void sample_in_loop(benchmark::State& state, const rh::collectors::SampledTree& tree) {
  const auto sampler = rh::collectors::make_tree_sampler(tree, 50ms);
  auto now = rh::Nanoseconds(0);
  for (auto _ : state) {
    sampler->sample(now += 50ms);
    if (now.count() % (50'000'000LL * 1024) == 0) (void)sampler->take_series();
  }
  state.counters["us_per_sample"] = benchmark::Counter(static_cast<double>(state.iterations()),
                                                       benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void sample_proc(benchmark::State& state) {
  const IdleTree processes(static_cast<int>(state.range(0)));
  rh::collectors::SampledTree tree;
  tree.root_pid = processes.root();
  sample_in_loop(state, tree);
}
BENCHMARK(sample_proc)->Arg(1)->Arg(5)->Arg(20)->Arg(60)->Arg(200)->Unit(benchmark::kMicrosecond);

// The caller's own cgroups: their size does not matter to the cost, and their process list is short.
void sample_cgroup(benchmark::State& state) {
  rh::collectors::SampledTree tree;
  const IdleTree processes(static_cast<int>(state.range(0)));
  tree.root_pid = processes.root();
  for (const char* folder : {"/sys/fs/cgroup/memory", "/sys/fs/cgroup"})
    if (tree.memory_cgroup.empty() && fs::exists(fs::path(folder) / "memory.stat")) tree.memory_cgroup = folder;
  for (const char* folder : {"/sys/fs/cgroup/cpuacct", "/sys/fs/cgroup"})
    if (tree.cpu_cgroup.empty() &&
        (fs::exists(fs::path(folder) / "cpuacct.usage") || fs::exists(fs::path(folder) / "cpu.stat")))
      tree.cpu_cgroup = folder;
  if (tree.cpu_cgroup.empty()) return state.SkipWithError("no cgroup file system is mounted");
  sample_in_loop(state, tree);
}
BENCHMARK(sample_cgroup)->Arg(1)->Arg(5)->Arg(20)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
