#include "runner/agent/session/process_tree.h"

#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <ctime>
#include <filesystem>

#include <fmt/core.h>

#include "runner/base/file.h"
#include "runner/base/text.h"
#include "runner/base/unique_fd.h"

namespace rh::agent {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxProcesses = 4096;
constexpr std::uint64_t kMaxProcFile = 1 << 20;

std::vector<int> children_of(int pid) {
  std::vector<int> children;
  std::error_code code;
  for (const auto& task : fs::directory_iterator(fmt::format("/proc/{}/task", pid), code)) {
    const auto text = read_file(task.path() / "children", kMaxProcFile);
    if (!text) continue;
    for (const std::string_view word : split(*text, ' '))
      if (const auto child = parse_u64(trim(word))) children.push_back(static_cast<int>(*child));
  }
  return children;
}

// Through a descriptor, so that a number that was given to another process meanwhile is not hit.
UniqueFd open_process(int pid) { return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))); }

void send_signal(const UniqueFd& process, int number) {
  if (process) ::syscall(SYS_pidfd_send_signal, process.get(), number, nullptr, 0);
}

// Fields of /proc/PID/stat after the name, which may hold anything: the first is the state.
std::vector<std::string_view> stat_fields(std::string_view stat) {
  const std::size_t end = stat.rfind(')');
  if (end == std::string_view::npos || end + 2 > stat.size()) return {};
  return split(stat.substr(end + 2), ' ');
}

// When it began, as the kernel counts: ticks since boot.
std::optional<std::uint64_t> start_ticks(int pid) {
  const auto stat = read_file(fmt::format("/proc/{}/stat", pid), kMaxProcFile);
  if (!stat) return std::nullopt;
  const auto fields = stat_fields(*stat);
  return fields.size() > 19 ? parse_u64(fields[19]) : std::nullopt;
}

std::optional<std::uint64_t> kilobytes_of(std::string_view status, std::string_view name) {
  for (const std::string_view line : split_lines(status)) {
    if (!line.starts_with(name)) continue;
    std::string_view value = trim(line.substr(name.size()));
    value = value.substr(0, value.find(' '));
    if (const auto number = parse_u64(value)) return *number * 1024;
  }
  return std::nullopt;
}

std::optional<ProcessFigures> process_figures(int pid) {
  const auto stat = read_file(fmt::format("/proc/{}/stat", pid), kMaxProcFile);
  const auto status = read_file(fmt::format("/proc/{}/status", pid), kMaxProcFile);
  if (!stat || !status) return std::nullopt;
  const auto fields = stat_fields(*stat);
  if (fields.size() < 13) return std::nullopt;
  const auto user = parse_u64(fields[11]), system = parse_u64(fields[12]);
  if (!user || !system) return std::nullopt;
  ProcessFigures figures;
  figures.cpu =
      std::chrono::nanoseconds(static_cast<std::int64_t>(*user + *system) * 1'000'000'000 / ::sysconf(_SC_CLK_TCK));
  figures.memory_bytes = kilobytes_of(*status, "VmRSS:");
  figures.peak_memory_bytes = kilobytes_of(*status, "VmHWM:");
  return figures;
}

}  // namespace

std::vector<int> process_tree(int pid) {
  std::vector<int> tree{pid};
  for (std::size_t i = 0; i < tree.size() && tree.size() < kMaxProcesses; ++i)
    for (const int child : children_of(tree[i])) tree.push_back(child);
  return tree;
}

void interrupt_tree(int pid) {
  const std::vector<int> tree = process_tree(pid);
  for (auto one = tree.rbegin(); one != tree.rend(); ++one) send_signal(open_process(*one), SIGINT);
}

void end_processes_since(int pid, int spared, std::chrono::nanoseconds since) {
  constexpr unsigned kRounds = 10;  // one that forks meanwhile is met in the next
  const auto ticks = static_cast<std::uint64_t>(since.count() / (1'000'000'000 / ::sysconf(_SC_CLK_TCK)));
  for (unsigned round = 0; round < kRounds; ++round) {
    bool found = false;
    for (const int one : process_tree(pid)) {
      if (one == pid || one == spared) continue;
      const UniqueFd process = open_process(one);  // before it is looked at, so that the number cannot change hands
      const auto began = start_ticks(one);
      if (!process || !began || *began < ticks) continue;
      send_signal(process, SIGKILL);
      found = true;
    }
    if (!found) return;
  }
}

std::chrono::nanoseconds time_since_boot() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

std::optional<ProcessFigures> tree_figures(int pid) {
  std::optional<ProcessFigures> sum;
  if (pid <= 0) return sum;
  for (const int one : process_tree(pid)) {
    const auto figures = process_figures(one);
    if (!figures) continue;
    if (!sum) sum.emplace();
    sum->cpu += figures->cpu;
    if (figures->memory_bytes) sum->memory_bytes = sum->memory_bytes.value_or(0) + *figures->memory_bytes;
    if (figures->peak_memory_bytes)
      sum->peak_memory_bytes = std::max(sum->peak_memory_bytes.value_or(0), *figures->peak_memory_bytes);
  }
  return sum;
}

}  // namespace rh::agent
