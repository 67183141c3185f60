#include "profiles/process_follower.h"

#include <dirent.h>
#include <sys/stat.h>

#include <fmt/core.h>

#include "runner/base/text.h"

namespace rh::profiles {
namespace {

// Looks are some 5 ms apart, and a busy machine may take its time over an exec.
constexpr unsigned kPatience = 10, kPatienceForArguments = 200;

struct Stat {
  char state = 'X';
  std::uint64_t start_time = 0;  // clock ticks after boot: tells two processes of one number apart
  std::uint64_t start_stack = 0;
};

// proc(5): fields 3 (state), 22 (starttime) and 28 (startstack); the name in brackets may hold anything.
Stat read_stat(int pid) {
  const std::string text = read_proc_text(fmt::format("/proc/{}/stat", pid));
  const std::size_t close = text.rfind(')');
  if (close == std::string::npos || close + 2 >= text.size()) return {};
  const std::vector<std::string_view> fields = split(std::string_view(text).substr(close + 2), ' ');
  if (fields.size() < 26) return {};
  return {fields[0][0], parse_u64(fields[19]).value_or(0), parse_u64(fields[25]).value_or(0)};
}

std::string file_of(int pid) {
  struct stat file {};
  if (::stat(fmt::format("/proc/{}/exe", pid).c_str(), &file) != 0) return {};
  return fmt::format("{}:{}", file.st_dev, file.st_ino);
}

}  // namespace

ProcessFollower::ProcessFollower(int root_pid, bool children, std::string own_executable)
    : root_pid_(root_pid), children_(children), own_executable_(std::move(own_executable)) {}

bool ProcessFollower::check_image(Known& known, ProcessChanges& changes) {
  const int pid = known.process.pid;
  const Stat stat = read_stat(pid);
  if (stat.state == 'Z' || stat.state == 'X') return false;
  if (known.start_time != 0 && known.start_time != stat.start_time) return false;
  known.start_time = stat.start_time;
  std::string file = file_of(pid);
  if (file.empty()) return true;
  const bool other_stack = stat.start_stack != 0 && known.start_stack != 0 && stat.start_stack != known.start_stack;
  if (file == known.process.file && !other_stack) {
    if (stat.start_stack != 0) known.start_stack = stat.start_stack;
    return true;
  }
  // In the middle of exec the new program is named already, and has neither arguments nor a stack. A program may do
  // without arguments, and the place of its stack may be hidden from us.
  const unsigned patience = read_arguments(pid).empty() ? kPatienceForArguments : stat.start_stack == 0 ? kPatience : 0;
  if (++known.looks_at_unfinished < patience) return true;
  known.looks_at_unfinished = 0;
  if (known.told) changes.ended.push_back(pid);
  known.process.file = std::move(file);
  known.start_stack = stat.start_stack;
  known.process.executable = read_proc_link(fmt::format("/proc/{}/exe", pid));
  known.told = known.process.executable != own_executable_;
  if (known.told) changes.appeared.push_back(known.process);
  return true;
}

void ProcessFollower::visit(int pid, int parent, ProcessChanges& changes) {
  auto at = known_.find(pid);
  if (at == known_.end()) {
    if (known_.size() >= kMaxFollowed) {
      ++not_followed_;
      return;
    }
    at = known_.emplace(pid, Known{.process = {pid, parent, {}, {}}}).first;
  }
  if (at->second.seen) return;
  at->second.seen = check_image(at->second, changes);
  if (at->second.seen && children_) visit_children(pid, changes);
}

// The kernel lists children by the thread that made them.
void ProcessFollower::visit_children(int pid, ProcessChanges& changes) {
  const std::string folder = fmt::format("/proc/{}/task", pid);
  DIR* const tasks = ::opendir(folder.c_str());
  if (tasks == nullptr) return;
  std::vector<std::uint64_t> children;
  while (const dirent* entry = ::readdir(tasks)) {
    if (entry->d_name[0] == '.') continue;
    const auto some = numbers_of(read_proc_text(fmt::format("{}/{}/children", folder, entry->d_name)));
    children.insert(children.end(), some.begin(), some.end());
  }
  ::closedir(tasks);
  for (const std::uint64_t child : children) visit(static_cast<int>(child), pid, changes);
}

ProcessChanges ProcessFollower::look() {
  ProcessChanges changes;
  for (auto& [pid, known] : known_) known.seen = false;
  visit(root_pid_, 0, changes);
  // A process whose parent ended is the child of somebody else now, and still belongs to the tree.
  std::vector<int> orphans;
  for (const auto& [pid, known] : known_)
    if (!known.seen) orphans.push_back(pid);
  for (const int pid : orphans) visit(pid, known_.at(pid).process.parent, changes);
  for (auto at = known_.begin(); at != known_.end();) {
    if (!at->second.seen && at->second.told) changes.ended.push_back(at->first);
    at = at->second.seen ? std::next(at) : known_.erase(at);
  }
  return changes;
}

}  // namespace rh::profiles
