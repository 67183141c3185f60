#include "profiles/python/task_table.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>

#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::profiles::python {
namespace {

constexpr std::int64_t kChargeLatenessNs = 20'000'000;  // the kernel has charged a running thread by then
#if defined(__x86_64__)
constexpr long kFutexNumber = 202;
#else
constexpr long kFutexNumber = 98;
#endif

// CPU time of all threads of a process, the running ones included up to now.
std::optional<std::int64_t> process_cpu(int pid) {
  // The clock that clock_getcpuclockid(3) gives, without its check.
  const auto clock = static_cast<clockid_t>((~static_cast<unsigned>(pid) << 3U) | 2U);
  timespec time{};
  if (clock_gettime(clock, &time) != 0) return std::nullopt;
  return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}

std::string_view read_start(int fd, std::array<char, 128>& text) {
  const ssize_t got = fd < 0 ? -1 : pread(fd, text.data(), text.size(), 0);
  return got <= 0 ? std::string_view{} : std::string_view(text.data(), static_cast<std::size_t>(got));
}

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

TaskTable::TaskTable(int pid, std::string proc) : pid_(pid), folder_(fmt::format("{}/{}/task", proc, pid)) {
  same_numbers_ = inner_number(fmt::format("{}/{}/status", proc, pid), pid) == pid;
}

bool TaskTable::list() {
  std::error_code error;
  std::filesystem::directory_iterator entry(folder_, error);
  if (error) return false;
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
    task->schedstat = UniqueFd(open((folder + "/schedstat").c_str(), O_RDONLY | O_CLOEXEC));
    task->syscall = UniqueFd(open((folder + "/syscall").c_str(), O_RDONLY | O_CLOEXEC));
    if (!listed_) {
      // What it used before we came is not ours to hand out.
      std::array<char, 128> text{};
      const std::string_view line = read_start(task->schedstat.get(), text);
      std::from_chars(line.data(), line.data() + line.size(), task->charged_ns);
      task->credited_ns = task->charged_ns;
    }
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

bool TaskTable::look(std::int64_t now_ns, int likely_tid) {
  const auto total = process_cpu(pid_);
  const std::int64_t used = total && process_ns_ ? std::max<std::int64_t>(*total - *process_ns_, 0) : 0;
  const bool first = !process_ns_;
  if (total) process_ns_ = total;
  const bool any_new = std::any_of(tasks_.begin(), tasks_.end(), [](const auto& task) { return task->new_since_look; });
  if (used == 0 && !first && !any_new) {
    for (const auto& task : tasks_) {
      task->cpu_ns = 0;
      task->touched = false;
    }
    return false;
  }
  if (tasks_.size() == 1)
    look_at_one(*tasks_.front(), used);
  else
    look_at_many(now_ns, used, likely_tid);
  return used > 0;
}

void TaskTable::look_at_one(Task& task, std::int64_t used_ns) {
  task.cpu_ns = used_ns + owed_ns_;
  owed_ns_ = 0;
  task.touched = used_ns > 0 || task.new_since_look;
  // Should a second thread start, this one has had all there was so far.
  task.credited_ns += task.cpu_ns;
  task.new_since_look = false;
}

void TaskTable::look_at_many(std::int64_t now_ns, std::int64_t used_ns, int likely_tid) {
  std::array<char, 128> text{};
  owed_ns_ += used_ns;
  for (const auto& task : tasks_) {
    task->cpu_ns = 0;
    const std::string_view line = read_start(task->schedstat.get(), text);
    std::int64_t charged = task->charged_ns;
    std::uint64_t switches = task->switches, waited = 0;
    if (line.empty()) {
      stale_ = true;
    } else {
      // "run time, wait time, times put on a CPU"
      const char* const end = line.data() + line.size();
      auto at = std::from_chars(line.data(), end, charged);
      if (at.ptr != end) at = std::from_chars(at.ptr + 1, end, waited);
      if (at.ptr != end) std::from_chars(at.ptr + 1, end, switches);
    }
    const bool changed = charged != task->charged_ns || switches != task->switches;
    if (changed) task->changed_at_ns = now_ns;
    task->touched = changed || task->new_since_look;
    task->new_since_look = false;
    task->charged_ns = charged;
    task->switches = switches;
    task->cpu_ns = std::clamp<std::int64_t>(charged - task->credited_ns, 0, owed_ns_);
    task->credited_ns += task->cpu_ns;
    owed_ns_ -= task->cpu_ns;
  }
  // What nobody was charged for yet went to threads that run right now.
  const auto give = [&](Task& task, std::int64_t most) {
    const std::int64_t part = std::min(most, owed_ns_);
    task.cpu_ns += part;
    task.credited_ns += part;
    owed_ns_ -= part;
    task.touched = task.touched || part > 0;
  };
  if (Task* const likely = find(likely_tid))
    give(*likely, std::clamp<std::int64_t>(likely->charged_ns + kChargeLatenessNs - likely->credited_ns, 0, used_ns));
  std::int64_t others = 0;
  const auto may_run = [&](const Task& task) {
    return task.tid != likely_tid && now_ns - task.changed_at_ns < kChargeLatenessNs;
  };
  for (const auto& task : tasks_) others += may_run(*task) ? 1 : 0;
  for (const auto& task : tasks_) {
    if (!may_run(*task)) continue;
    task->touched = true;
    if (others > 0) give(*task, owed_ns_ / others);
  }
}

std::optional<std::uint64_t> TaskTable::futex_of(Task& task) {
  // "202 0xaddress ..." or "running"; proc_pid_syscall(5)
  std::array<char, 128> text{};
  const std::string_view line = read_start(task.syscall.get(), text);
  long number = 0;
  const char* const end = line.data() + line.size();
  const auto at = std::from_chars(line.data(), end, number);
  if (line.empty() || at.ec != std::errc{} || number != kFutexNumber || end - at.ptr < 4) return std::nullopt;
  std::uint64_t address = 0;
  if (std::from_chars(at.ptr + 3, end, address, 16).ec != std::errc{}) return std::nullopt;
  return address;
}

}  // namespace rh::profiles::python
