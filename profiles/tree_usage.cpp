#include "profiles/tree_usage.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

#include <fmt/core.h>

#include "runner/base/clock.h"
#include "runner/base/text.h"

namespace rh::profiles {
namespace {

// Reading PSS walks the page tables under the target's memory lock, so it may take a twentieth of the time.
constexpr std::int64_t kPssShare = 20;
constexpr std::int64_t kHighWaterEveryNs = 50'000'000;
// A peak is noted again when it is higher by so much: asking for stacks at each page would cost more than they say.
constexpr std::uint64_t kPeakStep = 256U << 10;

std::uint64_t page_bytes() {
  static const auto bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return bytes;
}

// The folder has a link for each thread besides its own two: cheaper to ask for than what /proc/PID/stat gathers.
std::uint32_t threads_in(const UniqueFd& tasks) {
  struct stat folder {};
  if (!tasks.valid() || ::fstat(tasks.get(), &folder) != 0 || folder.st_nlink < 2) return 0;
  return static_cast<std::uint32_t>(folder.st_nlink - 2);
}

}  // namespace

void TreeUsage::add(int pid) {
  Process process;
  process.statm = ProcFile(fmt::format("/proc/{}/statm", pid));
  process.tasks = UniqueFd(::open(fmt::format("/proc/{}/task", pid).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (::clock_getcpuclockid(pid, &process.clock) != 0) process.clock = 0;
  if (const auto before = ended_.find(pid); before != ended_.end()) {  // another program in the same process
    process.high_water = before->second.high_water;
    ended_cpu_ns_ -= before->second.cpu_ns;
    ended_.erase(before);
  }
  read(process);
  processes_[pid] = std::move(process);
}

void TreeUsage::remove(int pid) {
  const auto at = processes_.find(pid);
  if (at == processes_.end()) return;
  ended_[pid] = {at->second.high_water, at->second.cpu_ns};
  ended_cpu_ns_ += at->second.cpu_ns;
  processes_.erase(at);
}

void TreeUsage::read(Process& process) {
  const std::string_view statm = process.statm.read();
  const std::size_t blank = statm.find(' ');
  process.rss = 0;
  if (blank != std::string_view::npos) {
    std::uint64_t pages = 0;
    for (std::size_t at = blank + 1; at < statm.size() && statm[at] != ' '; ++at)
      pages = pages * 10 + static_cast<std::uint64_t>(statm[at] - '0');
    process.rss = pages * page_bytes();
  }
  process.high_water = std::max(process.high_water, process.rss);
  process.threads = process.rss > 0 ? threads_in(process.tasks) : 0;
  timespec used{};
  if (process.clock != 0 && ::clock_gettime(process.clock, &used) == 0)
    process.cpu_ns =
        std::max<std::uint64_t>(process.cpu_ns, static_cast<std::uint64_t>(used.tv_sec) * 1'000'000'000ULL +
                                                    static_cast<std::uint64_t>(used.tv_nsec));
}

std::uint64_t TreeUsage::shared_once() const {
  std::uint64_t sum = 0;
  for (const auto& [pid, process] : processes_) {
    if (process.rss == 0) continue;
    const std::uint64_t pss = kib_field(read_proc_text(fmt::format("/proc/{}/smaps_rollup", pid)), "Pss");
    sum += pss > 0 ? pss : process.rss;
  }
  return sum;
}

void TreeUsage::note_peak(std::int64_t time_ns, std::uint64_t rss, std::uint64_t pss,
                          const std::function<Stacks()>& stacks_now) {
  const std::uint64_t bytes = pss > 0 ? pss : rss;
  if (bytes <= peak_bytes_) return;
  if (bytes > peak_bytes_ + kPeakStep || profile_.memory.stacks.empty()) {
    profile_.memory.stacks = stacks_now();
    profile_.memory.time_ns = time_ns;
  }
  peak_bytes_ = bytes;
  peak_is_pss_ = pss > 0;
}

void TreeUsage::sample(std::int64_t time_ns, const std::function<Stacks()>& stacks_now) {
  const bool high_water = time_ns >= high_water_not_before_ns_;
  if (high_water) high_water_not_before_ns_ = time_ns + kHighWaterEveryNs;
  std::uint64_t cpu = ended_cpu_ns_, rss = 0, pss = 0;
  std::uint32_t threads = 0;
  std::size_t alive = 0;
  for (auto& [pid, process] : processes_) {
    read(process);
    if (high_water)
      process.high_water =
          std::max(process.high_water, kib_field(read_proc_text(fmt::format("/proc/{}/status", pid)), "VmHWM"));
    cpu += process.cpu_ns;
    rss += process.rss;
    threads += process.threads;
    if (process.rss > 0) ++alive;
  }
  most_processes_ = std::max(most_processes_, alive);
  // RSS counts what processes share once for each of them; only a new height is worth finding out.
  if (alive > 1 && rss > peak_bytes_ && rss > peak_rss_sum_ && time_ns >= pss_not_before_ns_) {
    const auto begin = monotonic_now();
    pss = shared_once();
    const std::int64_t took = (monotonic_now() - begin).count();
    pss_not_before_ns_ = time_ns + took * kPssShare;
    if (pss <= peak_bytes_) peak_rss_sum_ = rss;
  }
  if (alive == 1 || pss > 0) note_peak(time_ns, rss, pss, stacks_now);
  model::ProfileTimeline& to = profile_.timeline;
  if (!to.cpu_ns.empty()) cpu = std::max(cpu, to.cpu_ns.back());
  to.time_ns.push_back(time_ns);
  to.cpu_ns.push_back(cpu);
  to.rss_bytes.push_back(rss);
  to.pss_bytes.push_back(alive == 1 ? rss : pss);
  to.processes.push_back(static_cast<std::uint32_t>(alive));
  to.threads.push_back(threads);
}

std::uint64_t TreeUsage::peak_rss(int pid) const {
  if (const auto at = processes_.find(pid); at != processes_.end()) return at->second.high_water;
  const auto at = ended_.find(pid);
  return at == ended_.end() ? 0 : at->second.high_water;
}

std::uint64_t TreeUsage::cpu_ns(int pid) const {
  if (const auto at = processes_.find(pid); at != processes_.end()) return at->second.cpu_ns;
  const auto at = ended_.find(pid);
  return at == ended_.end() ? 0 : at->second.cpu_ns;
}

void TreeUsage::finish(std::uint64_t max_rss_bytes) {
  std::uint64_t largest = max_rss_bytes;
  for (const auto& [pid, process] : processes_) largest = std::max(largest, process.high_water);
  for (const auto& [pid, ended] : ended_) largest = std::max(largest, ended.high_water);
  model::BytesFigure& bytes = profile_.memory.bytes;
  const bool one_process = largest >= peak_bytes_;
  if (largest == 0 && peak_bytes_ == 0) {
    bytes = model::BytesFigure::unknown("the program ended before its memory could be read");
    return;
  }
  bytes.value = std::max(largest, peak_bytes_);
  if (one_process) {
    bytes.scope = most_processes_ <= 1 ? model::Scope::exact_process : model::Scope::sampled;
    bytes.source = max_rss_bytes == largest ? "the kernel's maximum of one process (ru_maxrss)"
                                            : "the kernel's maximum of one process (VmHWM)";
  } else {
    bytes.scope = model::Scope::sampled;
    bytes.source =
        peak_is_pss_ ? "largest sum of PSS that was read: shared pages count once" : "largest RSS that was read";
  }
}

}  // namespace rh::profiles
