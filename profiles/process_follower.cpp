#include "profiles/process_follower.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

#include <fmt/core.h>

#include "runner/base/text.h"

namespace rh::profiles {
namespace {

// Looks are some 5 ms apart, and a busy machine may take its time over an exec.
constexpr unsigned kPatience = 10, kPatienceForArguments = 200;
// Looks after which everything is looked at, although nothing that an exec or a new thread changes has changed.
constexpr unsigned kWholeEvery = 8, kWholeEveryWatched = 32;
constexpr nlink_t kLinksOfOneThread = 3;  // of a folder of threads; no other can take the place of the only one
constexpr std::size_t kMaxKept = 64;      // processes whose files stay open: descriptors are few

struct Stat {
  char state = 'X';
  std::string_view name;         // of the program, cut by the kernel; valid as long as the text
  std::uint64_t start_time = 0;  // clock ticks after boot: tells two processes of one number apart
  std::uint64_t start_stack = 0;
};

// proc(5): fields 3 (state), 22 (starttime) and 28 (startstack); the name in brackets may hold anything.
Stat parse_stat(std::string_view text) {
  const std::size_t open = text.find('('), close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close + 2 >= text.size()) return {};
  Stat stat{.state = text[close + 2], .name = text.substr(open, close - open)};
  std::size_t at = close + 2;
  for (int field = 3; at < text.size(); ++field) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    if (field == 22) stat.start_time = parse_u64(text.substr(at, end - at)).value_or(0);
    if (field == 28) {
      stat.start_stack = parse_u64(text.substr(at, end - at)).value_or(0);
      return stat;
    }
    at = end + 1;
  }
  return {};
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
  if (known.told && known.start_stack != 0 && watched_ && (*watched_)(pid) && ++known.looks < kWholeEveryWatched)
    return true;
  const std::string path = fmt::format("/proc/{}/stat", pid);
  if (known.kept && !known.stat.valid()) known.stat = ProcFile(path);
  std::string once;
  if (!known.stat.valid()) once = read_proc_text(path);
  const Stat stat = parse_stat(known.stat.valid() ? known.stat.read() : once);
  if (stat.state == 'Z' || stat.state == 'X') return false;
  if (known.start_time != 0 && known.start_time != stat.start_time) return false;
  known.start_time = stat.start_time;
  // Exec makes another stack at another place, and mostly another name.
  const bool same = stat.start_stack != 0 && stat.start_stack == known.start_stack && known.name == stat.name;
  if (same && ++known.looks < kWholeEvery) return true;
  known.looks = 0;
  known.name = stat.name;
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
    at = known_.emplace(pid, Known{}).first;
    at->second.process = {pid, parent, {}, {}};
    at->second.kept = kept_ < kMaxKept;
    kept_ += at->second.kept ? 1 : 0;
  }
  Known& known = at->second;  // stays where it is, whatever the map learns
  if (known.seen) return;
  known.seen = check_image(known, changes);
  if (known.seen && children_) visit_children(known, changes);
}

void ProcessFollower::list_threads(Known& known) {
  known.threads.clear();
  const std::string folder = fmt::format("/proc/{}/task", known.process.pid);
  DIR* const tasks = ::opendir(folder.c_str());
  if (tasks == nullptr) return;
  while (const dirent* entry = ::readdir(tasks)) {
    if (entry->d_name[0] == '.') continue;
    const std::string path = fmt::format("{}/{}/children", folder, entry->d_name);
    known.threads.push_back({static_cast<int>(parse_u64(entry->d_name).value_or(0)), ProcFile(path)});
  }
  ::closedir(tasks);
}

// The kernel lists children by the thread that made them.
void ProcessFollower::visit_children(Known& known, ProcessChanges& changes) {
  const int pid = known.process.pid;
  if (known.kept && !known.tasks.valid())
    known.tasks = UniqueFd(::open(fmt::format("/proc/{}/task", pid).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // The folder has a link for each thread.
  struct stat folder {};
  const bool counted = known.tasks.valid() && ::fstat(known.tasks.get(), &folder) == 0;
  const bool same = counted && folder.st_nlink == known.thread_links;
  if (!same || (known.looks % kWholeEvery == 0 && folder.st_nlink != kLinksOfOneThread)) list_threads(known);
  known.thread_links = counted ? folder.st_nlink : 0;
  std::vector<std::uint64_t> children;
  for (Thread& thread : known.threads) {
    const auto some = numbers_of(thread.children.read());
    children.insert(children.end(), some.begin(), some.end());
  }
  if (!known.kept) known.threads.clear();
  for (const std::uint64_t child : children) visit(static_cast<int>(child), pid, changes);
}

ProcessChanges ProcessFollower::look(const std::function<bool(int)>& watched) {
  ProcessChanges changes;
  watched_ = &watched;
  for (auto& [pid, known] : known_) known.seen = false;
  visit(root_pid_, 0, changes);
  // A process whose parent ended is the child of somebody else now, and still belongs to the tree.
  std::vector<int> orphans;
  for (const auto& [pid, known] : known_)
    if (!known.seen) orphans.push_back(pid);
  for (const int pid : orphans) visit(pid, known_.at(pid).process.parent, changes);
  for (auto at = known_.begin(); at != known_.end();) {
    if (!at->second.seen && at->second.told) changes.ended.push_back(at->first);
    if (!at->second.seen && at->second.kept) --kept_;
    at = at->second.seen ? std::next(at) : known_.erase(at);
  }
  watched_ = nullptr;
  return changes;
}

}  // namespace rh::profiles
