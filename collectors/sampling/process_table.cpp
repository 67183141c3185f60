#include "collectors/sampling/process_table.h"

#include <dirent.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include <fmt/core.h>

#include "runner/base/text.h"

namespace rh::collectors {
namespace {

// Numeric names in a folder of /proc.
std::vector<int> list_pids(const std::string& folder) {
  std::vector<int> pids;
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder.c_str()), &::closedir);
  if (!dir) return pids;
  while (const dirent* entry = ::readdir(dir.get())) {
    std::string_view name = entry->d_name;
    if (const auto pid = take_pid(name)) pids.push_back(*pid);
  }
  return pids;
}

bool is_dead(const ProcessStat& stat) {
  // A main thread may be a zombie while other threads of its process run on.
  return (stat.state == 'Z' || stat.state == 'X') && stat.threads <= 1;
}

std::uint64_t rise(std::uint64_t before, std::uint64_t now) { return now > before ? now - before : 0; }

}  // namespace

std::size_t affordable_kept_processes() {
  constexpr rlim_t kLeast = 16, kMost = 1024, kShare = 16;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return kLeast;
  return static_cast<std::size_t>(std::clamp(limit.rlim_cur / kShare, kLeast, kMost));
}

ProcessTable::ProcessTable(TableOptions options)
    : options_(std::move(options)), kept_processes_(affordable_kept_processes()) {
  real_proc_ = options_.proc_root == "/proc";
  if (const long page = ::sysconf(_SC_PAGESIZE); page > 0) page_bytes_ = static_cast<std::uint64_t>(page);
  if (const long hertz = ::sysconf(_SC_CLK_TCK); hertz > 0)
    tick_ns_ = 1'000'000'000ULL / static_cast<std::uint64_t>(hertz);
  // Opened for each read: a kept cgroup.procs of v1 shows the list of its first read until nobody has
  // read it for a second, so a sampler would never see a new process.
  if (!options_.procs_cgroup.empty()) procs_ = KernelFile((options_.procs_cgroup / "cgroup.procs").string(), false);
}

std::string ProcessTable::path_of(int pid, const char* name) const {
  return fmt::format("{}/{}/{}", options_.proc_root.native(), pid, name);
}

void ProcessTable::add(int pid) {
  if (pid <= 0 || processes_.size() >= kMaxProcesses || processes_.contains(pid)) return;
  const bool keep = processes_.size() < kept_processes_;
  Process& process = processes_[pid];
  process.stat = KernelFile(path_of(pid, "stat"), keep);
  process.statm = KernelFile(path_of(pid, "statm"), keep);
  process.io = KernelFile(path_of(pid, "io"), keep);
  order_.push_back(pid);
}

void ProcessTable::discover(ReadBuffer& buffer) {
  if (!procs_.path().empty()) {
    list_.clear();
    if (procs_.read_all(buffer, list_)) {
      std::string_view rest = list_;
      while (const auto pid = take_pid(rest)) add(*pid);
      return;
    }
  }
  discover_children(buffer);
}

// Known processes stay in the table after their parent's end, so the descendants of an orphan are
// found too; one that was orphaned between two samples is found when a process of the tree (the
// init of its pid namespace) inherits it.
void ProcessTable::discover_children(ReadBuffer& buffer) {
  if (processes_.empty() && options_.root_pid > 0) add(options_.root_pid);
  for (std::size_t i = 0; i < order_.size(); ++i) {  // grows while children are added
    const int pid = order_[i];
    read_children(pid, processes_.at(pid), buffer);
  }
}

// A child belongs to the thread that made it, so every thread's file counts. Threads are listed
// again when their number changed, and now and then because an equal number may hide a change.
void ProcessTable::read_children(int pid, Process& process, ReadBuffer& buffer) {
  constexpr unsigned kScansBetweenLists = 16;
  const std::uint32_t threads = std::max(process.last.threads, 1U);
  if (process.scans++ % kScansBetweenLists == 0 || threads != process.listed_threads) list_threads(pid, process);
  for (auto it = process.children.begin(); it != process.children.end();) {
    list_.clear();
    if (!it->second.read_all(buffer, list_)) {
      it = process.children.erase(it);  // the thread has ended
      continue;
    }
    std::string_view rest = list_;
    while (const auto child = take_pid(rest)) add(*child);
    ++it;
  }
}

void ProcessTable::list_threads(int pid, Process& process) {
  const std::vector<int> threads = list_pids(path_of(pid, "task"));
  process.listed_threads = static_cast<std::uint32_t>(threads.size());
  const bool keep = processes_.size() <= kept_processes_ && threads.size() <= kept_processes_;
  for (const int thread : threads)
    if (!process.children.contains(thread))
      process.children.emplace(thread, KernelFile(path_of(pid, fmt::format("task/{}/children", thread).c_str()), keep));
}

// CPU clocks of other processes have nanoseconds; stat has ticks of 10 ms.
std::uint64_t ProcessTable::own_cpu_ns(int pid, const ProcessStat& stat) const {
  clockid_t clock{};
  timespec time{};
  if (real_proc_ && ::clock_getcpuclockid(pid, &clock) == 0 && ::clock_gettime(clock, &time) == 0)
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000ULL + static_cast<std::uint64_t>(time.tv_nsec);
  return stat.own_ticks * tick_ns_;
}

bool ProcessTable::refresh(int pid, Process& process, ReadBuffer& buffer) {
  const auto text = process.stat.read(buffer);
  const auto stat = text ? parse_stat(*text) : std::nullopt;
  if (!stat || (process.last.start_time != 0 && process.last.start_time != stat->start_time)) return false;
  process.last = *stat;
  if (options_.read_cpu) {
    const std::uint64_t waited_ns = stat->waited_ticks * tick_ns_;
    gained_.cpu_ns += rise(process.waited_ns, waited_ns);
    process.waited_ns = waited_ns;
    process.used.cpu_ns = std::max(process.used.cpu_ns, own_cpu_ns(pid, *stat) + waited_ns);
  }
  read_io(process, buffer);
  return true;
}

void ProcessTable::read_io(Process& process, ReadBuffer& buffer) {
  if (process.io_refused) return;
  const auto text = process.io.read(buffer);
  if (!text) {
    process.io_refused = true;
    if (process.io.sys_errno() != ESRCH) io_errno_ = process.io.sys_errno();
    return;
  }
  saw_io_ = true;
  const std::uint64_t read = parse_key(*text, "read_bytes").value_or(0);
  const std::uint64_t written = parse_key(*text, "write_bytes").value_or(0);
  gained_.read_bytes += rise(process.used.read_bytes, read);
  gained_.written_bytes += rise(process.used.written_bytes, written);
  process.used.read_bytes = std::max(process.used.read_bytes, read);
  process.used.written_bytes = std::max(process.used.written_bytes, written);
}

std::uint64_t ProcessTable::resident_bytes(int pid, Process& process, ReadBuffer& buffer) {
  if (!options_.read_memory) return 0;
  std::optional<std::string_view> text;
  if (process.last.state == 'Z') {  // the main thread has ended: its statm is empty, that of a live thread is not
    for (const int thread : list_pids(path_of(pid, "task"))) {
      if (thread == pid) continue;
      KernelFile statm(path_of(pid, fmt::format("task/{}/statm", thread).c_str()), false);
      if ((text = statm.read(buffer))) break;
    }
  } else {
    text = process.statm.read(buffer);
  }
  return text ? parse_statm(*text).value_or(0) * page_bytes_ : 0;
}

// A process that was waited for lives on in its parent's counters (cutime, io); one that nobody
// waited for does not. What ended and was not gained by a living process is kept as lost. CPU debt
// may be paid later, because the parent's counter rises in whole ticks; the counters of I/O also rise
// by the parent's own work, so they settle at once. Both err towards too little.
void ProcessTable::settle() {
  lost_.cpu_ns += ended_.cpu_ns;
  lost_.cpu_ns -= std::min(lost_.cpu_ns, gained_.cpu_ns);
  lost_.read_bytes += rise(gained_.read_bytes, ended_.read_bytes);
  lost_.written_bytes += rise(gained_.written_bytes, ended_.written_bytes);
  ended_ = gained_ = {};
}

TreeUsage ProcessTable::read(ReadBuffer& buffer) {
  discover(buffer);
  // Children first: a child found gone is then already in the counters of the parent read after it.
  for (auto it = order_.rbegin(); it != order_.rend(); ++it) {
    const auto found = processes_.find(*it);
    if (refresh(*it, found->second, buffer)) continue;
    ended_.cpu_ns += found->second.used.cpu_ns;
    ended_.read_bytes += found->second.used.read_bytes;
    ended_.written_bytes += found->second.used.written_bytes;
    processes_.erase(found);
  }
  std::erase_if(order_, [&](int pid) { return !processes_.contains(pid); });
  settle();
  TreeUsage usage{0, 0, 0, lost_.cpu_ns, lost_.read_bytes, lost_.written_bytes};
  for (auto& [pid, process] : processes_) {
    usage.cpu_ns += process.used.cpu_ns;
    usage.read_bytes += process.used.read_bytes;
    usage.written_bytes += process.used.written_bytes;
    if (is_dead(process.last)) continue;
    ++usage.processes;
    usage.threads += process.last.threads;
    usage.rss_bytes += resident_bytes(pid, process, buffer);
  }
  cpu_floor_ns_ = usage.cpu_ns = std::max(usage.cpu_ns, cpu_floor_ns_);
  return usage;
}

}  // namespace rh::collectors
