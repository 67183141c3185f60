// Every read may meet a process that has just gone; it then counts as nothing.
#include "sandbox/process_tree.h"

#include <fmt/format.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>

#include "runner/base/text.h"
#include "sandbox/cgroup_files.h"

namespace rh::sandbox {
namespace {

namespace fs = std::filesystem;
using std::chrono::nanoseconds;

constexpr std::string_view kRealProc = "/proc";
constexpr std::size_t kMaxTree = 100'000;
constexpr std::size_t kMaxCommandLine = 400;
// Fields of /proc/PID/stat after the command name, counted from the state as 0.
constexpr std::size_t kUserTicks = 11, kSystemTicks = 12, kChildUserTicks = 13, kChildSystemTicks = 14, kThreads = 17,
                      kStartTicks = 19;

nanoseconds of_ticks(std::uint64_t ticks) {
  static const auto per_second = static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK));
  return nanoseconds(ticks * (1'000'000'000 / per_second));
}

// "Key:   123 kB" lines; 0 where the key is not there.
std::uint64_t kilobytes(std::string_view text, std::string_view key) {
  for (std::string_view line : split_lines(text)) {
    if (!line.starts_with(key) || line.size() <= key.size() || line[key.size()] != ':') continue;
    std::string_view value = trim(line.substr(key.size() + 1));
    if (value.ends_with(" kB")) value.remove_suffix(3);
    return parse_u64(trim(value)).value_or(0) * 1024;
  }
  return 0;
}

// "7f12-7f34 rw-s 00000000 00:1a 4711   /dev/shm/x" -> device and inode; nothing for the other lines
// of smaps, whose first word ends in a colon.
std::optional<std::pair<std::uint64_t, std::uint64_t>> mapped_file(std::string_view line) {
  std::array<std::string_view, 5> fields{};
  for (std::string_view& field : fields) {
    if (line.empty()) return std::nullopt;
    const std::size_t end = std::min(line.find(' '), line.size());
    field = line.substr(0, end);
    line = trim(line.substr(end));
  }
  if (fields[0].find('-') == std::string_view::npos) return std::nullopt;
  const std::size_t colon = fields[3].find(':');
  const auto inode = parse_u64(fields[4]);
  unsigned major_number = 0, minor_number = 0;
  const auto hex = [](std::string_view digits, unsigned& into) {
    return std::from_chars(digits.data(), digits.data() + digits.size(), into, 16).ec == std::errc();
  };
  if (colon == std::string_view::npos || !inode || !hex(fields[3].substr(0, colon), major_number) ||
      !hex(fields[3].substr(colon + 1), minor_number))
    return std::nullopt;
  return std::pair{static_cast<std::uint64_t>(makedev(major_number, minor_number)), *inode};
}

}  // namespace

std::optional<std::string> ProcessTree::read(int pid, std::string_view file) const {
  return read_control(fmt::format("{}/{}/{}", proc_, pid, file));
}

std::vector<std::uint64_t> ProcessTree::stat_fields(int pid) const {
  std::vector<std::uint64_t> fields;
  const auto text = read(pid, "stat");
  const std::size_t name_end = text ? text->rfind(')') : std::string::npos;
  if (name_end == std::string::npos || name_end + 2 >= text->size()) return fields;
  for (std::string_view word : split(trim(std::string_view(*text).substr(name_end + 2)), ' '))
    fields.push_back(parse_u64(word).value_or(0));
  return fields;
}

std::vector<int> ProcessTree::children(int pid) const {
  std::vector<int> found;
  std::error_code error;
  for (fs::directory_iterator at(fmt::format("{}/{}/task", proc_, pid), error), end; !error && at != end;
       at.increment(error)) {
    const auto text = read_control(at->path() / "children");
    if (!text) continue;
    for (std::string_view word : split(trim(*text), ' '))
      if (const auto child = parse_u64(word)) found.push_back(static_cast<int>(*child));
  }
  return found;
}

std::vector<int> ProcessTree::descendants(int root) const {
  std::vector<int> found = children(root);
  for (std::size_t i = 0; i < found.size() && found.size() < kMaxTree; ++i) {
    const std::vector<int> more = children(found[i]);
    found.insert(found.end(), more.begin(), more.end());
  }
  return found;
}

bool ProcessTree::alive(int pid) const {
  const auto text = read(pid, "stat");
  const std::size_t name_end = text ? text->rfind(')') : std::string::npos;
  if (name_end == std::string::npos || name_end + 2 >= text->size()) return false;
  const char state = (*text)[name_end + 2];
  // The main thread of a process may have ended while others run on.
  return (state != 'Z' && state != 'X') || threads(pid) > 1;
}

std::string ProcessTree::kernel_name(int pid) const {
  const auto name = read(pid, "comm");
  return name ? fmt::format("[{}]", to_valid_utf8(trim(*name))) : "";
}

std::string ProcessTree::command_line(int pid) const {
  std::string text = read(pid, "cmdline").value_or("");
  if (text.empty()) return kernel_name(pid);
  while (!text.empty() && text.back() == '\0') text.pop_back();
  std::replace(text.begin(), text.end(), '\0', ' ');
  if (text.size() > kMaxCommandLine) text.resize(kMaxCommandLine);
  return to_valid_utf8(text);
}

// The kernel's own clock of a process is exact, and another reader's right to it is never checked;
// stat, which counts in ticks, only says how it divides.
CpuTime ProcessTree::cpu_time(int pid) const {
  const auto fields = stat_fields(pid);
  if (fields.size() <= kThreads) return {};
  CpuTime time{of_ticks(fields[kUserTicks]), of_ticks(fields[kSystemTicks])};
  clockid_t clock = 0;
  timespec used{};
  if (proc_ != kRealProc || clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0) return time;
  const nanoseconds exact = std::chrono::seconds(used.tv_sec) + nanoseconds(used.tv_nsec);
  if (exact < time.total()) return time;
  const double share = time.total() == nanoseconds{}
                           ? 1.0
                           : static_cast<double>(time.user.count()) / static_cast<double>(time.total().count());
  time.user = nanoseconds(static_cast<std::int64_t>(static_cast<double>(exact.count()) * share));
  time.system = exact - time.user;
  return time;
}

CpuTime ProcessTree::reaped_cpu_time(int pid) const {
  const auto fields = stat_fields(pid);
  if (fields.size() <= kThreads) return {};
  return {of_ticks(fields[kChildUserTicks]), of_ticks(fields[kChildSystemTicks])};
}

std::uint64_t ProcessTree::threads(int pid) const {
  const auto fields = stat_fields(pid);
  return fields.size() > kThreads ? fields[kThreads] : 0;
}

std::optional<std::uint64_t> ProcessTree::start_ticks(int pid) const {
  const auto fields = stat_fields(pid);
  return fields.size() > kStartTicks ? std::optional(fields[kStartTicks]) : std::nullopt;
}

// A process whose main thread has ended shows no memory of its own; its living threads still do.
std::optional<std::string> ProcessTree::read_living(int pid, std::string_view file, std::string_view key) const {
  auto text = read(pid, file);
  if (text && text->find(key) != std::string::npos) return text;
  std::error_code error;
  for (fs::directory_iterator at(fmt::format("{}/{}/task", proc_, pid), error), end; !error && at != end;
       at.increment(error)) {
    text = read_control(at->path() / file);
    if (text && text->find(key) != std::string::npos) return text;
  }
  return std::nullopt;
}

std::uint64_t ProcessTree::resident_bytes(int pid) const {
  const auto text = read_living(pid, "status", "VmRSS:");
  return text ? kilobytes(*text, "VmRSS") : 0;
}

MemoryUse ProcessTree::memory(int pid) const {
  const auto text = read_living(pid, "status", "RssAnon:");
  if (!text) return {};
  return {kilobytes(*text, "RssAnon"), kilobytes(*text, "RssShmem"), kilobytes(*text, "VmSwap"),
          kilobytes(*text, "VmPTE")};
}

MemoryUse ProcessTree::memory_share(int pid) const {
  const MemoryUse whole = memory(pid);
  const auto text = read_living(pid, "smaps_rollup", "Pss_Anon:");
  if (!text) return whole;
  return {kilobytes(*text, "Pss_Anon"), kilobytes(*text, "Pss_Shmem"), kilobytes(*text, "SwapPss"), whole.page_tables};
}

std::optional<std::uint64_t> ProcessTree::mapped_share(int pid, const FileSet& files) const {
  const auto text = read_living(pid, "smaps", "Pss:");
  if (!text) return std::nullopt;
  std::uint64_t total = 0;
  bool ours = false;
  for (std::string_view line : split_lines(*text)) {
    if (const auto file = mapped_file(line))
      ours = files.holds(file->first, file->second);
    else if (ours && line.starts_with("Pss:"))
      total += kilobytes(line, "Pss");
  }
  return total;
}

}  // namespace rh::sandbox
