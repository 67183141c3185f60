// Every read may meet a process that has just gone; it then counts as nothing.
#include "sandbox/process_tree.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "runner/base/text.h"
#include "sandbox/cgroup_files.h"

namespace rh::sandbox {
namespace {

namespace fs = std::filesystem;
using std::chrono::nanoseconds;

constexpr std::size_t kMaxTree = 100'000;
constexpr std::size_t kMaxCommandLine = 400;
// Fields of /proc/PID/stat after the command name, counted from the state as 0.
constexpr std::size_t kUserTicks = 11, kSystemTicks = 12, kChildUserTicks = 13, kChildSystemTicks = 14, kThreads = 17;

nanoseconds of_ticks(std::uint64_t ticks) {
  static const auto per_second = static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK));
  return nanoseconds(ticks * (1'000'000'000 / per_second));
}

std::uint64_t sum_kilobytes(std::string_view text, std::initializer_list<std::string_view> keys) {
  std::uint64_t total = 0;
  for (std::string_view line : split_lines(text)) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || std::find(keys.begin(), keys.end(), line.substr(0, colon)) == keys.end())
      continue;
    std::string_view value = trim(line.substr(colon + 1));
    if (value.ends_with(" kB")) value.remove_suffix(3);
    total += parse_u64(trim(value)).value_or(0) * 1024;
  }
  return total;
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

std::string ProcessTree::command_line(int pid) const {
  std::string text = read(pid, "cmdline").value_or("");
  if (text.empty()) {
    const auto name = read(pid, "comm");
    return name ? fmt::format("[{}]", trim(*name)) : "";
  }
  while (!text.empty() && text.back() == '\0') text.pop_back();
  std::replace(text.begin(), text.end(), '\0', ' ');
  if (text.size() > kMaxCommandLine) text.resize(kMaxCommandLine);
  return to_valid_utf8(text);
}

nanoseconds ProcessTree::cpu_time(int pid) const {
  const auto fields = stat_fields(pid);
  return fields.size() > kThreads ? of_ticks(fields[kUserTicks] + fields[kSystemTicks]) : nanoseconds{};
}

nanoseconds ProcessTree::reaped_cpu_time(int pid) const {
  const auto fields = stat_fields(pid);
  return fields.size() > kThreads ? of_ticks(fields[kChildUserTicks] + fields[kChildSystemTicks]) : nanoseconds{};
}

std::uint64_t ProcessTree::threads(int pid) const {
  const auto fields = stat_fields(pid);
  return fields.size() > kThreads ? fields[kThreads] : 0;
}

// statm of a process whose main thread has ended is all zero; a living thread still shows it.
std::uint64_t ProcessTree::resident_bytes(int pid) const {
  static const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  const auto pages = [](const std::optional<std::string>& text) -> std::uint64_t {
    if (!text) return 0;
    const auto words = split(trim(*text), ' ');
    return words.size() > 1 ? parse_u64(words[1]).value_or(0) : 0;
  };
  if (const std::uint64_t own = pages(read(pid, "statm")); own > 0) return own * page;
  std::error_code error;
  for (fs::directory_iterator at(fmt::format("{}/{}/task", proc_, pid), error), end; !error && at != end;
       at.increment(error))
    if (const std::uint64_t of_thread = pages(read_control(at->path() / "statm")); of_thread > 0)
      return of_thread * page;
  return 0;
}

std::uint64_t ProcessTree::charged_bytes(int pid) const {
  std::uint64_t total = 0;
  if (const auto text = read(pid, "smaps_rollup"))
    total = sum_kilobytes(*text, {"Pss", "SwapPss"});
  else
    total = resident_bytes(pid);
  if (const auto text = read(pid, "status")) total += sum_kilobytes(*text, {"VmPTE"});
  return total;
}

}  // namespace rh::sandbox
