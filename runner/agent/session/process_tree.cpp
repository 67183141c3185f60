#include "runner/agent/session/process_tree.h"

#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
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
void send_interrupt(int pid) {
  const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (process) ::syscall(SYS_pidfd_send_signal, process.get(), SIGINT, nullptr, 0);
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
  if (!stat || !status || stat->rfind(')') == std::string::npos) return std::nullopt;
  const auto fields = split(std::string_view(*stat).substr(stat->rfind(')') + 2), ' ');
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
  for (auto one = tree.rbegin(); one != tree.rend(); ++one) send_interrupt(*one);
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
