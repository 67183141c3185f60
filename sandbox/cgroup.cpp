// One folder per hierarchy and run. On a hybrid host the limits come from version 1 and the kill
// from version 2; both see the same processes.
#include "sandbox/cgroup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>

#include "runner/base/file.h"
#include "runner/base/text.h"
#include "sandbox/cgroup_files.h"

namespace rh::sandbox {

namespace fs = std::filesystem;

namespace {

constexpr double kBandwidthPeriodMicroseconds = 100'000;
constexpr double kBandwidthLeastMicroseconds = 1000;  // the kernel refuses less

std::string either(const std::string& specific, const std::string& general) {
  return specific.empty() ? general : specific;
}

// Swap cannot grow past a limit where there is none.
bool host_has_swap() {
  const auto text = read_control("/proc/swaps");
  return !text || split_lines(trim(*text)).size() > 1;
}

}  // namespace

RunCgroup::RunCgroup(const CgroupHost& host, const std::string& name, const model::Limits& limits) {
  make_unified(host, name);
  make_v1(host, name, limits.cpus.has_value());
  for (const Part* part : {&pids_, &memory_, &cpu_})
    if (procs_.empty()) procs_ = part->folder;
  set_limits(limits);
}

// Init is a process of the tree, too, but not one of the command's.
void RunCgroup::set_limits(const model::Limits& limits) {
  if (limits.memory_bytes && !memory_.folder.empty()) limit_memory(*limits.memory_bytes);
  if (limits.pids && !pids_.folder.empty()) pids_.limited = set(pids_, "pids.max", std::to_string(*limits.pids + 1));
  if (limits.cpus && !bandwidth_.folder.empty()) limit_bandwidth(*limits.cpus);
}

RunCgroup::~RunCgroup() {
  kill();
  for (const fs::path& group : made_) remove_group(group);
}

bool RunCgroup::set(Part& part, const char* file, std::string_view value) {
  const fs::path path = part.folder / file;
  if (write_control(path, value)) return true;
  part.problem = fmt::format("write {} to {}: {}", value, path.string(), errno_text(errno));
  return false;
}

void RunCgroup::make_unified(const CgroupHost& host, const std::string& name) {
  unified_problem_ = either(host.missing.unified, host.reason);
  if (host.unified.empty()) return;
  const fs::path group = host.unified / name;
  if (mkdir(group.c_str(), 0755) != 0) {
    unified_problem_ = fmt::format("mkdir {}: {}", group.string(), errno_text(errno));
    return;
  }
  made_.push_back(group);
  unified_ = procs_ = cpu_.folder = group;
  can_kill_ = is_file(group / "cgroup.kill");
  if (!can_kill_) unified_problem_ = "the kernel has no cgroup.kill (Linux 5.14 has)";
  if (host.unified_memory) memory_.folder = group;
  if (host.unified_pids) pids_.folder = group;
  if (host.unified_bandwidth) bandwidth_.folder = group;
}

void RunCgroup::make_v1(const CgroupHost& host, const std::string& name, bool bandwidth) {
  const auto make = [&](const fs::path& parent, const std::string& missing, Part& part) {
    if (!part.folder.empty()) return;  // of version 2
    part.problem = either(missing, either(host.reason, unified_problem_));
    if (parent.empty()) return;
    const fs::path group = parent / name;
    // Controllers mounted together share one folder.
    if (std::find(made_.begin(), made_.end(), group) == made_.end()) {
      if (mkdir(group.c_str(), 0755) != 0) {
        part.problem = fmt::format("mkdir {}: {}", group.string(), errno_text(errno));
        return;
      }
      made_.push_back(group);
    }
    part.folder = group;
    part.problem.clear();
  };
  make(host.memory_v1, host.missing.memory, memory_);
  make(host.pids_v1, host.missing.pids, pids_);
  if (unified_.empty()) make(host.cpu_v1, host.missing.cpu, cpu_);
  if (bandwidth)
    make(host.bandwidth_v1, host.missing.bandwidth, bandwidth_);
  else if (bandwidth_.folder.empty())
    bandwidth_.problem = "the groups of this run were made without one for CPU bandwidth";
}

void RunCgroup::limit_memory(std::uint64_t bytes) {
  const std::string value = std::to_string(bytes);
  if (memory_v2()) {
    memory_.limited = set(memory_, "memory.max", value);
    // A test runner that goes on after losing a process at random tells nothing: all or none.
    (void)write_control(unified_ / "memory.oom.group", "1");
    swap_limited_ = write_control(unified_ / "memory.swap.max", "0");
  } else {
    // The limit with swap must never be below the plain one: upwards it goes first.
    const fs::path with_swap = memory_.folder / "memory.memsw.limit_in_bytes";
    swap_limited_ = write_control(with_swap, value);
    memory_.limited = set(memory_, "memory.limit_in_bytes", value);
    swap_limited_ = swap_limited_ || write_control(with_swap, value);
  }
  swap_limited_ = swap_limited_ || !host_has_swap();
}

void RunCgroup::limit_bandwidth(double cores) {
  const auto quota = static_cast<std::uint64_t>(
      std::max(kBandwidthLeastMicroseconds, std::round(cores * kBandwidthPeriodMicroseconds)));
  const std::string period = fmt::format("{:.0f}", kBandwidthPeriodMicroseconds);
  if (bandwidth_v2())
    bandwidth_.limited = set(bandwidth_, "cpu.max", fmt::format("{} {}", quota, period));
  else
    bandwidth_.limited =
        set(bandwidth_, "cpu.cfs_period_us", period) && set(bandwidth_, "cpu.cfs_quota_us", std::to_string(quota));
}

// A single-threaded process that moves itself through `tasks` needs no lock over all processes of the
// host, which `cgroup.procs` takes: 6 to 12 ms of waiting for every run.
std::vector<UniqueFd> RunCgroup::open_v1_tasks() const {
  std::vector<UniqueFd> fds;
  for (const fs::path& group : made_)
    if (group != unified_) fds.emplace_back(open((group / "tasks").c_str(), O_WRONLY | O_CLOEXEC));
  return fds;
}

UniqueFd RunCgroup::open_unified() const {
  return unified_.empty() ? UniqueFd() : UniqueFd(open(unified_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

UniqueFd RunCgroup::open_oom_event() const {
  if (!memory_.limited || memory_v2()) return {};
  const UniqueFd control(open((memory_.folder / "memory.oom_control").c_str(), O_RDONLY | O_CLOEXEC));
  UniqueFd event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  const bool registered =
      control && event &&
      write_control(memory_.folder / "cgroup.event_control", fmt::format("{} {}", event.get(), control.get()));
  return registered ? std::move(event) : UniqueFd();
}

bool RunCgroup::kill() const { return can_kill_ && write_control(unified_ / "cgroup.kill", "1"); }

std::vector<int> RunCgroup::pids() const {
  return procs_.empty() ? std::vector<int>() : read_pids(procs_ / "cgroup.procs");
}

// Version 1 counts the total exactly, but splits it by clock ticks; version 2 scales its split to
// the exact total. The cgroup2 folder counts also where no controller is attached to it.
std::optional<RunCgroup::Cpu> RunCgroup::cpu_used() const {
  using std::chrono::nanoseconds;
  if (cpu_.folder.empty()) return std::nullopt;
  if (cpu_v2()) {
    const auto user = read_keyed(unified_ / "cpu.stat", "user_usec");
    const auto system = read_keyed(unified_ / "cpu.stat", "system_usec");
    if (!user || !system) return std::nullopt;
    return Cpu{nanoseconds(*user * 1000), nanoseconds(*system * 1000)};
  }
  const auto total = read_number(cpu_.folder / "cpuacct.usage");
  const auto user = read_number(cpu_.folder / "cpuacct.usage_user");
  const auto system = read_number(cpu_.folder / "cpuacct.usage_sys");
  if (!total || !user || !system) return std::nullopt;
  const double share = *user + *system == 0 ? 1.0 : static_cast<double>(*user) / static_cast<double>(*user + *system);
  const auto scaled = static_cast<std::uint64_t>(static_cast<double>(*total) * share);
  return Cpu{nanoseconds(scaled), nanoseconds(*total - scaled)};
}

std::optional<std::uint64_t> RunCgroup::memory_peak() const {
  if (memory_.folder.empty()) return std::nullopt;
  return read_number(memory_.folder / (memory_v2() ? "memory.peak" : "memory.max_usage_in_bytes"));
}

std::optional<std::uint64_t> RunCgroup::oom_kills() const {
  if (memory_.folder.empty()) return std::nullopt;
  return read_keyed(memory_.folder / (memory_v2() ? "memory.events" : "memory.oom_control"), "oom_kill");
}

std::optional<std::uint64_t> RunCgroup::pids_refused() const {
  return pids_.folder.empty() ? std::nullopt : read_keyed(pids_.folder / "pids.events", "max");
}

std::optional<std::uint64_t> RunCgroup::pids_peak() const {
  return pids_.folder.empty() ? std::nullopt : read_number(pids_.folder / "pids.peak");
}

bool RunCgroup::pids_exhausted() const {
  if (!pids_.limited || pids_refused().value_or(0) == 0) return false;
  const auto current = read_number(pids_.folder / "pids.current");
  const auto most = read_number(pids_.folder / "pids.max");
  return current && most && *current * 2 >= *most;
}

}  // namespace rh::sandbox
