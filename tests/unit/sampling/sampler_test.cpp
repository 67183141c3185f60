#include "collectors/sampling/sampler.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "tests/unit/sampling/fake_proc.h"

namespace rh::collectors {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kTick = 10'000'000;  // ns

std::unique_ptr<TreeSampler> sampler_of(const FakeProc& proc, int root_pid) {
  SampledTree tree;
  tree.root_pid = root_pid;
  tree.proc_root = proc.root();
  return make_tree_sampler(tree, 50ms);
}

TEST(TreeSampler, FindsGrandchildrenAndSums) {
  const FakeProc proc;
  proc.put({.pid = 10, .own_ticks = 1, .pages = 5, .read = 100, .children = {11, 12}});
  proc.put({.pid = 11, .parent = 10, .own_ticks = 2, .threads = 3, .pages = 6, .written = 7, .children = {13}});
  proc.put({.pid = 12, .parent = 10, .state = 'Z', .own_ticks = 4});
  proc.put({.pid = 13, .parent = 11, .own_ticks = 8, .pages = 7});
  const auto sampler = sampler_of(proc, 10);
  sampler->sample(1s);
  const SampledTotals totals = sampler->totals();
  const model::SampleSeries series = sampler->take_series();
  EXPECT_EQ(series.processes, std::vector<std::uint32_t>{3});  // a zombie is no process, but its CPU counts
  EXPECT_EQ(series.threads, std::vector<std::uint32_t>{5});
  EXPECT_EQ(series.rss_bytes, std::vector<std::uint64_t>{18 * kPage});
  EXPECT_EQ(series.cpu_ns, std::vector<std::uint64_t>{15 * kTick});
  EXPECT_EQ(totals.read_bytes.value, 100U);
  EXPECT_EQ(totals.written_bytes.value, 7U);
  EXPECT_EQ(totals.max_processes.value, 3U);
  EXPECT_EQ(totals.peak_memory.scope, model::Scope::sampled);
}

TEST(TreeSampler, OrphanStaysInTheTree) {
  const FakeProc proc;
  proc.put({.pid = 10, .children = {11}});
  proc.put({.pid = 11, .parent = 10, .children = {12}});
  proc.put({.pid = 12, .parent = 11});
  const auto sampler = sampler_of(proc, 10);
  sampler->sample(1s);
  proc.end(11);
  proc.put({.pid = 10});
  proc.put({.pid = 12, .parent = 1, .children = {14}});
  proc.put({.pid = 14, .parent = 12});
  sampler->sample(1050ms);
  EXPECT_EQ(sampler->take_series().processes, (std::vector<std::uint32_t>{3, 3}));
}

TEST(TreeSampler, WaitedChildIsCountedOnceAndUnwaitedIsNotLost) {
  const FakeProc proc;
  proc.put({.pid = 10, .children = {11, 12}});
  proc.put({.pid = 11, .parent = 10, .own_ticks = 50, .written = 500});
  proc.put({.pid = 12, .parent = 10, .own_ticks = 30, .written = 300});
  const auto sampler = sampler_of(proc, 10);
  sampler->sample(1s);
  proc.end(11);  // waited for: its figures move into the parent's
  proc.put({.pid = 10, .waited_ticks = 52, .written = 520, .children = {12}});
  sampler->sample(1050ms);
  proc.end(12);  // nobody waited
  proc.put({.pid = 10, .waited_ticks = 52, .written = 520});
  sampler->sample(1100ms);
  EXPECT_EQ(sampler->totals().written_bytes.value, 820U);
  EXPECT_EQ(sampler->take_series().cpu_ns, (std::vector<std::uint64_t>{80 * kTick, 82 * kTick, 82 * kTick}));
}

TEST(TreeSampler, CpuNeverFallsWhenTheRootEnds) {
  const FakeProc proc;
  proc.put({.pid = 10, .own_ticks = 9});
  const auto sampler = sampler_of(proc, 10);
  sampler->sample(1s);
  proc.end(10);
  sampler->sample(1050ms);
  const model::SampleSeries series = sampler->take_series();
  EXPECT_EQ(series.cpu_ns, (std::vector<std::uint64_t>{9 * kTick, 9 * kTick}));
  EXPECT_EQ(series.processes, (std::vector<std::uint32_t>{1, 0}));
}

TEST(TreeSampler, ReusedPidIsAnotherProcess) {
  const FakeProc proc;
  proc.put({.pid = 10, .children = {11}});
  proc.put({.pid = 11, .own_ticks = 5, .start_time = 100});
  const auto sampler = sampler_of(proc, 10);
  sampler->sample(1s);
  proc.put({.pid = 11, .own_ticks = 1, .start_time = 200});
  sampler->sample(1050ms);
  sampler->sample(1100ms);
  EXPECT_EQ(sampler->take_series().cpu_ns.back(), 6 * kTick);
}

TEST(TreeSampler, LateSampleLeavesAGap) {
  const FakeProc proc;
  proc.put({.pid = 10});
  const auto sampler = sampler_of(proc, 10);
  for (const auto at : {1000ms, 1050ms, 1170ms, 1300ms}) sampler->sample(at);
  const auto gaps = sampler->take_series().gaps;
  ASSERT_EQ(gaps.size(), 1U);
  EXPECT_EQ(gaps[0].from, 1170ms);
  EXPECT_EQ(gaps[0].to, 1300ms);
}

TEST(TreeSampler, CgroupFilesWhereGiven) {
  const FakeProc proc;
  proc.put({.pid = 10, .own_ticks = 99, .pages = 99});
  proc.put({.pid = 11, .own_ticks = 99, .pages = 99});
  proc.write("cg/cgroup.procs", "10\n11\n");
  proc.write("cg/memory.current", "5000\n");
  proc.write("cg/cpu.stat", "usage_usec 7\n");
  SampledTree tree{10, proc.root() / "cg", proc.root() / "cg", proc.root() / "cg", true, proc.root()};
  const auto sampler = make_tree_sampler(tree, 50ms);
  sampler->sample(1s);
  const model::SampleSeries series = sampler->take_series();
  EXPECT_EQ(series.rss_bytes, std::vector<std::uint64_t>{5000});
  EXPECT_EQ(series.cpu_ns, std::vector<std::uint64_t>{7000});
  EXPECT_EQ(series.processes, std::vector<std::uint32_t>{2});
  EXPECT_EQ(series.cpu_source, "cgroup v2 cpu.stat");
}

// A descriptor of v1's cgroup.procs goes on showing an old list; here a new file takes the old one's place.
TEST(TreeSampler, ProcessListIsOpenedForEachSample) {
  const FakeProc proc;
  proc.put({.pid = 10});
  proc.put({.pid = 11});
  proc.write("cg/cgroup.procs", "10\n");
  SampledTree tree;
  tree.root_pid = 10;
  tree.procs_cgroup = proc.root() / "cg";
  tree.proc_root = proc.root();
  const auto sampler = make_tree_sampler(tree, 50ms);
  sampler->sample(1s);
  proc.write("cg/new", "10\n11\n");
  std::filesystem::rename(proc.root() / "cg/new", proc.root() / "cg/cgroup.procs");
  sampler->sample(1050ms);
  EXPECT_EQ(sampler->take_series().processes, (std::vector<std::uint32_t>{1, 2}));
}

TEST(TreeSampler, MoreProcessesThanKeptDescriptors) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit few{std::min<rlim_t>(before.rlim_cur, 256), before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  const FakeProc proc;
  FakeProcess root{.pid = 1000};
  for (int pid = 1001; pid < 1030; ++pid) {
    proc.put({.pid = pid, .parent = 1000, .pages = 1});
    root.children.push_back(pid);
  }
  proc.put(root);
  const auto sampler = sampler_of(proc, 1000);
  sampler->sample(1s);
  sampler->sample(1050ms);
  EXPECT_EQ(sampler->take_series().processes, (std::vector<std::uint32_t>{30, 30}));
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
}

TEST(TreeSampler, UnknownIsNotZero) {
  const FakeProc proc;
  const auto sampler = sampler_of(proc, 10);
  EXPECT_FALSE(sampler->totals().peak_memory.value);
  proc.put({.pid = 10});
  std::filesystem::remove(proc.root() / "10/io");
  sampler->sample(1s);
  EXPECT_FALSE(sampler->totals().read_bytes.value);
  EXPECT_NE(sampler->totals().read_bytes.reason.find("No such file"), std::string::npos);
}

// A real tree: this process's child, which allocates and then waits until the pipe is closed.
TEST(TreeSampler, RealChildIsMeasured) {
  constexpr std::size_t kAllocated = 32U << 20;
  int ready[2], stay[2];
  ASSERT_EQ(::pipe(ready), 0);
  ASSERT_EQ(::pipe(stay), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::close(stay[1]);
    void* block = ::mmap(nullptr, kAllocated, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    std::memset(block, 1, kAllocated);
    char byte = 0;
    if (::write(ready[1], &byte, 1) != 1) ::_exit(1);
    ::_exit(::read(stay[0], &byte, 1) == 0 ? 0 : 1);
  }
  ::close(stay[0]);
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  SampledTree tree;
  tree.root_pid = child;
  const auto sampler = make_tree_sampler(tree, 50ms);
  sampler->sample(monotonic_now());
  ::close(stay[1]);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  sampler->sample(monotonic_now());
  const model::SampleSeries series = sampler->take_series();
  EXPECT_GE(series.rss_bytes[0], kAllocated);
  EXPECT_GT(series.cpu_ns[0], 0U);
  EXPECT_EQ(series.processes, (std::vector<std::uint32_t>{1, 0}));
  EXPECT_GE(series.cpu_ns[1], series.cpu_ns[0]);
  ::close(ready[0]);
  ::close(ready[1]);
}

}  // namespace
}  // namespace rh::collectors
