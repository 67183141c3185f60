// One folder per hierarchy and run. On a hybrid host the limits come from version 1 and the kill
// from version 2; both see the same processes.
#include "sandbox/cgroup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "runner/base/file.h"
#include "runner/base/text.h"
#include "sandbox/cgroup_files.h"

namespace rh::sandbox {

namespace fs = std::filesystem;

namespace {

// Folders vanish some milliseconds after their last process.
void remove_group(const fs::path& group) {
  for (int attempt = 0; attempt < 100; ++attempt) {
    if (rmdir(group.c_str()) == 0 || errno == ENOENT) return;
    if (errno != EBUSY && errno != ENOTEMPTY) return;
    remove_subgroups(group);
    for (int pid : read_pids(group / "cgroup.procs")) ::kill(pid, SIGKILL);
    usleep(1000);
  }
}

}  // namespace

RunCgroup::RunCgroup(const CgroupHost& host, const std::string& name, const model::Limits& limits) {
  problem_ = host.reason;
  make_unified(host, name);
  make_v1(host, name);
  if (procs_.empty()) procs_ = !pids_.empty() ? pids_ : !memory_.empty() ? memory_ : cpu_;
  set_limits(limits);
}

// Init is a process of the tree, too, but not one of the command's.
void RunCgroup::set_limits(const model::Limits& limits) {
  if (limits.memory_bytes && !memory_.empty())
    memory_v2() ? limit_memory_v2(*limits.memory_bytes) : limit_memory_v1(*limits.memory_bytes);
  if (limits.pids && !pids_.empty()) pids_limited_ = set(pids_ / "pids.max", std::to_string(*limits.pids + 1));
}

RunCgroup::~RunCgroup() {
  kill();
  for (const fs::path& group : made_) remove_group(group);
}

bool RunCgroup::set(const fs::path& file, std::string_view value) {
  if (write_control(file, value)) return true;
  problem_ = fmt::format("write {}: {}", file.string(), errno_text(errno));
  return false;
}

void RunCgroup::make_unified(const CgroupHost& host, const std::string& name) {
  if (host.unified.empty()) return;
  const fs::path group = host.unified / name;
  if (mkdir(group.c_str(), 0755) != 0) {
    problem_ = fmt::format("mkdir {}: {}", group.string(), errno_text(errno));
    return;
  }
  made_.push_back(group);
  unified_ = procs_ = group;
  can_kill_ = host.unified_kill;
  cpu_ = group;
  if (host.unified_memory) memory_ = group;
  if (host.unified_pids) pids_ = group;
}

void RunCgroup::limit_memory_v2(std::uint64_t bytes) {
  memory_limited_ = set(unified_ / "memory.max", std::to_string(bytes));
  set(unified_ / "memory.oom.group", "0");
  swap_limited_ = !is_file(unified_ / "memory.swap.max") || set(unified_ / "memory.swap.max", "0");
}

void RunCgroup::make_v1(const CgroupHost& host, const std::string& name) {
  const auto make = [&](const fs::path& parent, fs::path& into) {
    if (parent.empty()) return;
    const fs::path group = parent / name;
    // Controllers mounted together share one folder.
    if (std::find(made_.begin(), made_.end(), group) == made_.end()) {
      if (mkdir(group.c_str(), 0755) != 0) {
        problem_ = fmt::format("mkdir {}: {}", group.string(), errno_text(errno));
        return;
      }
      made_.push_back(group);
    }
    into = group;
  };
  make(host.memory_v1, memory_);
  make(host.pids_v1, pids_);
  make(host.cpu_v1, cpu_);
}

void RunCgroup::limit_memory_v1(std::uint64_t bytes) {
  memory_limited_ = set(memory_ / "memory.limit_in_bytes", std::to_string(bytes));
  // Memory plus swap; must not be below the plain limit, so it comes second.
  const fs::path with_swap = memory_ / "memory.memsw.limit_in_bytes";
  swap_limited_ = is_file(with_swap) && set(with_swap, std::to_string(bytes));
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

bool RunCgroup::kill() const { return can_kill_ && write_control(unified_ / "cgroup.kill", "1"); }

std::vector<int> RunCgroup::pids() const {
  return procs_.empty() ? std::vector<int>() : read_pids(procs_ / "cgroup.procs");
}

// Version 1 counts the total exactly, but splits it by clock ticks; version 2 scales its split to
// the exact total. The cgroup2 folder counts also where no controller is attached to it.
std::optional<RunCgroup::Cpu> RunCgroup::cpu_used() const {
  using std::chrono::nanoseconds;
  if (!unified_.empty()) {
    const auto user = read_keyed(unified_ / "cpu.stat", "user_usec");
    const auto system = read_keyed(unified_ / "cpu.stat", "system_usec");
    if (user && system) return Cpu{nanoseconds(*user * 1000), nanoseconds(*system * 1000)};
  }
  if (cpu_.empty() || cpu_v2()) return std::nullopt;
  const auto total = read_number(cpu_ / "cpuacct.usage");
  const auto user = read_number(cpu_ / "cpuacct.usage_user");
  const auto system = read_number(cpu_ / "cpuacct.usage_sys");
  if (!total || !user || !system) return std::nullopt;
  const double share = *user + *system == 0 ? 1.0 : static_cast<double>(*user) / static_cast<double>(*user + *system);
  const auto scaled = static_cast<std::uint64_t>(static_cast<double>(*total) * share);
  return Cpu{nanoseconds(scaled), nanoseconds(*total - scaled)};
}

std::optional<std::uint64_t> RunCgroup::memory_peak() const {
  if (memory_.empty()) return std::nullopt;
  return read_number(memory_ / (memory_v2() ? "memory.peak" : "memory.max_usage_in_bytes"));
}

std::optional<std::uint64_t> RunCgroup::oom_kills() const {
  if (memory_.empty()) return std::nullopt;
  return read_keyed(memory_ / (memory_v2() ? "memory.events" : "memory.oom_control"), "oom_kill");
}

std::optional<std::uint64_t> RunCgroup::pids_refused() const {
  return pids_.empty() ? std::nullopt : read_keyed(pids_ / "pids.events", "max");
}

std::optional<std::uint64_t> RunCgroup::pids_peak() const {
  return pids_.empty() ? std::nullopt : read_number(pids_ / "pids.peak");
}

}  // namespace rh::sandbox
