// Finds by doing where this runner may make groups with working limits.
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "runner/base/file.h"
#include "runner/base/text.h"
#include "sandbox/cgroup.h"
#include "sandbox/cgroup_files.h"

namespace rh::sandbox {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "runharness-";

// Groups of runners that no longer live. A pid says so only in the pid namespace that gave it: the
// groups of a runner in another container, or of the one around this one, are not ours to judge.
void remove_stale(const fs::path& parent) {
  std::error_code error;
  std::vector<fs::path> stale;
  for (fs::directory_iterator at(parent, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (!name.starts_with(kPrefix) || !name.ends_with("." + pid_namespace())) continue;
    const auto parts = split(std::string_view(name).substr(kPrefix.size()), '-');
    const auto pid = parts.empty() ? std::nullopt : parse_u64(parts.front());
    if (pid && ::kill(static_cast<int>(*pid), 0) != 0 && errno == ESRCH) stale.push_back(at->path());
  }
  for (const fs::path& group : stale) {
    for (int pid : read_pids(group / "cgroup.procs")) ::kill(pid, SIGKILL);
    remove_subgroups(group);
    rmdir(group.c_str());
  }
}

// A group made for the test of one folder.
class Trial {
 public:
  explicit Trial(const fs::path& parent) : path_(parent / own_group_name("probe")) {
    made_ = mkdir(path_.c_str(), 0755) == 0 || errno == EEXIST;
    error_ = errno;
  }
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;
  ~Trial() {
    if (made_) rmdir(path_.c_str());
  }
  [[nodiscard]] bool made() const { return made_; }
  [[nodiscard]] int error() const { return error_; }
  [[nodiscard]] bool has(const char* file) const { return is_file(path_ / file); }
  [[nodiscard]] bool writable(const char* file) const { return access((path_ / file).c_str(), W_OK) == 0; }

 private:
  fs::path path_;
  bool made_ = false;
  int error_ = 0;
};

void note(CgroupHost& host, std::string reason) {
  if (!host.reason.empty()) host.reason += "; ";
  host.reason += std::move(reason);
}

void probe_v1(const fs::path& parent, const char* control, const char* what, fs::path& into, CgroupHost& host) {
  if (parent.empty()) return;
  remove_stale(parent);
  const Trial trial(parent);
  if (!trial.made())
    note(host, fmt::format("no {} group: mkdir in {}: {}", what, parent.string(), errno_text(trial.error())));
  else if (!trial.writable(control) || !trial.writable("cgroup.procs"))
    note(host, fmt::format("no {} group: {} in {} is not writable", what, control, parent.string()));
  else
    into = parent;
}

bool take_unified(const fs::path& parent, CgroupHost& host) {
  const Trial trial(parent);
  if (!trial.made() || !trial.writable("cgroup.procs")) return false;
  // Moving into the group needs write access to the common ancestor as well.
  if (access((parent / "cgroup.procs").c_str(), W_OK) != 0) return false;
  host.unified = parent;
  host.unified_memory = trial.writable("memory.max");
  host.unified_pids = trial.writable("pids.max");
  host.unified_kill = trial.writable("cgroup.kill");
  return host.unified_memory && host.unified_pids;
}

// The own group first, then its ancestors: a group with processes in it cannot hand out controllers,
// but the slice above it often does (a user's app.slice is delegated).
void probe_unified(const CgroupLayout& layout, CgroupHost& host) {
  if (layout.unified.empty()) return;
  std::vector<fs::path> candidates;
  for (fs::path at = layout.unified;; at = at.parent_path()) {
    candidates.push_back(at);
    if (at == layout.unified_mount || at == at.root_path()) break;
  }
  const bool controllers_elsewhere = !layout.memory.empty() || !layout.pids.empty();
  CgroupHost partial;
  for (const fs::path& at : candidates) {
    remove_stale(at);
    CgroupHost attempt;
    bool complete = take_unified(at, attempt);
    const bool may_enable = at == candidates.front() || at == layout.unified_mount;
    if (!complete && !controllers_elsewhere && may_enable && !attempt.unified.empty() &&
        write_control(at / "cgroup.subtree_control", "+memory +pids"))
      complete = take_unified(at, attempt);
    if (partial.unified.empty()) partial = attempt;
    if (!complete && !controllers_elsewhere) continue;
    partial = attempt;
    if (complete || !attempt.unified.empty()) break;
  }
  host.unified = partial.unified;
  host.unified_memory = partial.unified_memory;
  host.unified_pids = partial.unified_pids;
  host.unified_kill = partial.unified_kill;
  if (host.unified.empty()) note(host, fmt::format("no cgroup2 group may be made below {}", layout.unified.string()));
}

}  // namespace

std::string pid_namespace() {
  struct stat info {};
  if (stat("/proc/self/ns/pid", &info) != 0) return "unknown";
  return fmt::format("{}", info.st_ino);
}

std::string own_group_name(std::string_view what) {
  return fmt::format("{}{}-{}.{}", kPrefix, getpid(), what, pid_namespace());
}

CgroupHost probe_cgroups(const CgroupLayout& layout) {
  CgroupHost host;
  probe_v1(layout.memory, "memory.limit_in_bytes", "memory", host.memory_v1, host);
  probe_v1(layout.pids, "pids.max", "pids", host.pids_v1, host);
  probe_v1(layout.cpu, "cpuacct.usage", "cpuacct", host.cpu_v1, host);
  probe_unified(layout, host);
  if (!host.limits_memory() && host.reason.empty()) host.reason = "this host has no usable memory control group";
  return host;
}

}  // namespace rh::sandbox
