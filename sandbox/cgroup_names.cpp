// A pid alone would keep a group alive for ever once it is given to another process, so the name has
// the start time of the runner, too.
#include "sandbox/cgroup_names.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>

#include "runner/base/file.h"
#include "runner/base/text.h"
#include "sandbox/cgroup_files.h"

namespace rh::sandbox {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "runharness-";

}  // namespace

std::string pid_namespace() {
  struct stat info {};
  if (stat("/proc/self/ns/pid", &info) != 0) return "unknown";
  return fmt::format("{}", info.st_ino);
}

std::string own_group_name(std::string_view what) {
  const int pid = getpid();
  return fmt::format("{}{}-{}-{}.{}", kPrefix, pid, ProcessTree().start_ticks(pid).value_or(0), what, pid_namespace());
}

bool is_stale_group(std::string_view name, const ProcessTree& processes) {
  if (!name.starts_with(kPrefix) || !name.ends_with("." + pid_namespace())) return false;
  const auto parts = split(name.substr(kPrefix.size()), '-');
  const auto pid = parse_u64(parts.front());
  if (!pid || *pid == 0 || *pid > INT_MAX) return false;
  const int runner = static_cast<int>(*pid);
  if (::kill(runner, 0) != 0 && errno == ESRCH) return true;
  const auto now = processes.start_ticks(runner);
  if (!now) return false;  // there, but hidden from us
  const auto then = parts.size() > 2 ? parse_u64(parts[1]) : std::nullopt;
  return (then && *then != *now) || !processes.alive(runner);
}

void sweep_stale_groups(const fs::path& parent) {
  const ProcessTree processes;
  std::vector<fs::path> stale;
  bool leaf = false;
  for (const fs::path& group : subgroups(parent)) {
    const std::string name = group.filename().string();
    if (!is_stale_group(name, processes)) continue;
    stale.push_back(group);
    leaf = leaf || name.find(fmt::format("-{}.", kLeafName)) != std::string::npos;
  }
  for (const fs::path& group : stale) kill_group(group);
  for (const fs::path& group : stale) remove_group(group);
  if (!leaf) return;
  // The kernel refuses where other groups still need what is handed out.
  const std::string handed_out = read_control(parent / "cgroup.subtree_control").value_or("");
  for (std::string_view controller : split(trim(handed_out), ' '))
    (void)write_control(parent / "cgroup.subtree_control", fmt::format("-{}", controller));
}

void sweep_beside(const fs::path& parent) {
  const fs::path above = parent.parent_path();
  if (!is_file(above / "cgroup.procs")) return;
  for (const fs::path& group : subgroups(above))
    if (group != parent) sweep_stale_groups(group);
}

}  // namespace rh::sandbox
