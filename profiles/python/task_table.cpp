#include "profiles/python/task_table.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <filesystem>

#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::profiles::python {
namespace {

// Where there are many threads, those that have slept for long are looked at less often.
constexpr std::size_t kManyTasks = 8;
constexpr std::uint64_t kLongQuiet = 256, kQuietStride = 8;
#if defined(__x86_64__)
constexpr long kFutexNumber = 202;
#else
constexpr long kFutexNumber = 98;
#endif
using Text = std::array<char, 256>;

std::string_view read_start(const UniqueFd& fd, Text& text) {
  const ssize_t got = fd ? pread(fd.get(), text.data(), text.size(), 0) : -1;
  return got <= 0 ? std::string_view{} : std::string_view(text.data(), static_cast<std::size_t>(got));
}

UniqueFd open_file(const std::string& path) { return UniqueFd(open(path.c_str(), O_RDONLY | O_CLOEXEC)); }

// The number in the innermost namespace: the last of "NSpid: 4711 12".
int inner_number(const std::string& status_path, int tid) {
  const auto status = read_file(status_path, 1U << 16U);
  if (!status) return tid;
  for (const std::string_view line : split_lines(*status))
    if (line.starts_with("NSpid:"))
      return static_cast<int>(parse_i64(trim(line.substr(line.find_last_of(" \t") + 1))).value_or(tid));
  return tid;
}

}  // namespace

bool parse_schedstat(std::string_view line, std::int64_t& charged_ns, std::uint64_t& switches) {
  const char* const end = line.data() + line.size();
  std::uint64_t waited = 0;
  auto at = std::from_chars(line.data(), end, charged_ns);
  if (at.ec != std::errc{} || at.ptr == end) return false;
  at = std::from_chars(at.ptr + 1, end, waited);
  if (at.ec != std::errc{} || at.ptr == end) return false;
  return std::from_chars(at.ptr + 1, end, switches).ec == std::errc{};
}

std::uint64_t parse_futex(std::string_view line) {
  // "202 0xaddress ..." or "running"; proc_pid_syscall(5)
  long number = 0;
  const char* const end = line.data() + line.size();
  const auto at = std::from_chars(line.data(), end, number);
  if (at.ec != std::errc{} || number != kFutexNumber || end - at.ptr < 4) return 0;
  std::uint64_t address = 0;
  return std::from_chars(at.ptr + 3, end, address, 16).ec == std::errc{} ? address : 0;
}

TaskTable::TaskTable(int pid, const std::string& proc) : folder_(fmt::format("{}/{}/task", proc, pid)) {
  same_numbers_ = inner_number(fmt::format("{}/{}/status", proc, pid), pid) == pid;
}

bool TaskTable::list() {
  std::error_code error;
  std::filesystem::directory_iterator entry(folder_, error);
  if (error) return false;
  // Its number may belong to another thread by now.
  version_ += std::erase_if(tasks_, [](const std::unique_ptr<Task>& task) { return task->ended; });
  for (const auto& task : tasks_) task->gone = true;
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename();
    const auto tid = static_cast<int>(parse_i64(name).value_or(0));
    if (tid == 0) continue;
    if (Task* const known = find(tid)) {
      known->gone = false;
      continue;
    }
    if (tasks_.size() >= kMaxTasks) break;
    auto task = std::make_unique<Task>();
    task->tid = tid;
    const std::string folder = folder_ + "/" + name;
    task->inner_tid = same_numbers_ ? tid : inner_number(folder + "/status", tid);
    task->schedstat = open_file(folder + "/schedstat");
    task->syscall = open_file(folder + "/syscall");
    task->stat = open_file(folder + "/stat");
    Text text{};
    // What it used before we came was not sampled.
    if (!listed_) (void)parse_schedstat(read_start(task->schedstat, text), task->charged_ns, task->switches);
    tasks_.push_back(std::move(task));
    ++version_;
  }
  version_ += std::erase_if(tasks_, [](const std::unique_ptr<Task>& task) { return task->gone; });
  stale_ = false;
  listed_ = true;
  return !tasks_.empty();
}

Task* TaskTable::find(int tid) {
  for (const auto& task : tasks_)
    if (task->tid == tid) return task.get();
  return nullptr;
}

Task* TaskTable::find_inner(int inner_tid) {
  for (const auto& task : tasks_)
    if (task->inner_tid == inner_tid) return task.get();
  return nullptr;
}

bool TaskTable::look() {
  bool any = false;
  ++looks_;
  for (const auto& task : tasks_) {
    task->new_ns = 0;
    const bool skip = tasks_.size() > kManyTasks && task->quiet_looks > kLongQuiet && looks_ % kQuietStride != 0;
    if (!skip) look_at(*task);
    any = any || !task->quiet;
  }
  return any;
}

void TaskTable::look_at(Task& task) {
  Text text{};
  std::int64_t charged = task.charged_ns;
  std::uint64_t switches = task.switches;
  if (!parse_schedstat(read_start(task.schedstat, text), charged, switches)) {
    stale_ = true;
    task.ended = true;
    task.quiet = true;
    return;
  }
  const bool changed = charged != task.charged_ns || switches != task.switches || !task.looked;
  task.new_ns = std::max<std::int64_t>(charged - task.charged_ns, 0);
  task.charged_ns = charged;
  task.switches = switches;
  task.looked = true;
  task.quiet = task.blocked && !changed;
  task.quiet_looks = task.quiet ? task.quiet_looks + 1 : 0;
  // A thread that stops is charged, so one that ran and was not charged since has not stopped.
  if (!task.quiet && (changed || task.blocked)) read_state(task);
}

void TaskTable::read_state(Task& task) {
  Text text{};
  std::string_view line = read_start(task.syscall, text);
  if (!line.empty()) {
    task.blocked = !line.starts_with("running");
    task.futex = parse_futex(line);
    return;
  }
  // "pid (name) R ..."; the name may hold anything
  line = read_start(task.stat, text);
  const std::size_t name_end = line.rfind(')');
  task.blocked = name_end != std::string_view::npos && name_end + 2 < line.size() && line[name_end + 2] != 'R';
  task.futex = 0;
}

}  // namespace rh::profiles::python
