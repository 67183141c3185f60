// Finds where this runner may make groups, from permissions and from what a group hands out.
#include "sandbox/cgroup_probe.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "runner/base/file.h"
#include "runner/base/text.h"
#include "sandbox/cgroup_files.h"
#include "sandbox/cgroup_leaf.h"

namespace rh::sandbox {
namespace {

namespace fs = std::filesystem;

bool writable(const fs::path& path) { return faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == 0; }

// One version 1 hierarchy; the answer is why not.
std::string probe_v1(const fs::path& parent, const char* control, fs::path& into) {
  if (parent.empty()) return {};
  if (!is_file(parent / control)) return fmt::format("{} has no {}", parent.string(), control);
  if (writable(parent)) {
    into = parent;
    return {};
  }
  const int error = errno;
  if (error == EROFS)
    return fmt::format("{} is mounted read-only; as root: mount -o remount,rw {}", parent.string(), parent.string());
  return fmt::format("no group can be made in {}: {}; as root: chown {} {}", parent.string(), errno_text(error),
                     geteuid(), parent.string());
}

// What the version 2 tree has to give, because no version 1 hierarchy does.
struct Wanted {
  bool memory = false, pids = false, bandwidth = false;
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> names;
    if (memory) names.emplace_back("memory");
    if (pids) names.emplace_back("pids");
    if (bandwidth) names.emplace_back("cpu");
    return names;
  }
  // The CPU controller is asked for rarely, and many user sessions are not given it.
  [[nodiscard]] bool met_by(const CgroupHost& host) const {
    return !host.unified.empty() && (!memory || host.unified_memory) && (!pids || host.unified_pids);
  }
};

class UnifiedProbe {
 public:
  UnifiedProbe(const CgroupLayout& layout, const Wanted& wanted, CgroupHost& host)
      : layout_(layout), wanted_(wanted), host_(host) {}

  // The own group first, then its ancestors: a group with processes in it cannot hand out controllers,
  // but the slice above it often does (a user's app.slice is delegated).
  void run() {
    const auto leaf = RunnerLeaf::current();
    const fs::path own = leaf ? leaf->group() : layout_.unified;
    host_.leaf = leaf;
    for (fs::path at = own;; at = at.parent_path()) {
      // Here groups in the way matter: a folder with processes in it hands out no controllers.
      if (wanted_.memory || wanted_.pids) {
        sweep_stale_groups(at);
        if (at == own) sweep_beside(at);
      }
      if (consider(at, at == own)) break;
      if (at == layout_.unified_mount || at == at.root_path()) break;
    }
    explain(own);
  }

 private:
  // True: nothing better can be found further up.
  bool consider(const fs::path& at, bool own) {
    CgroupHost found = look(at);
    if (found.unified.empty()) return false;
    // Only the root may hand out controllers beside processes of its own.
    if (!wanted_.met_by(found) && (own || at == layout_.unified_mount)) {
      enable(at);
      found = look(at);
      if (!wanted_.met_by(found) && own && step_aside(at)) found = look(at);
    }
    if (host_.unified.empty() || wanted_.met_by(found)) {
      host_.unified = found.unified;
      host_.unified_memory = found.unified_memory;
      host_.unified_pids = found.unified_pids;
      host_.unified_bandwidth = found.unified_bandwidth;
    }
    return wanted_.met_by(found);
  }

  // Moving a process needs write access to the common ancestor as well, which this group is.
  [[nodiscard]] CgroupHost look(const fs::path& at) const {
    CgroupHost found;
    if (!writable(at) || !writable(at / "cgroup.procs")) return found;
    const fs::path handed_out = at / "cgroup.subtree_control";
    found.unified = at;
    found.unified_memory = wanted_.memory && lists_word(handed_out, "memory");
    found.unified_pids = wanted_.pids && lists_word(handed_out, "pids");
    found.unified_bandwidth = wanted_.bandwidth && lists_word(handed_out, "cpu");
    return found;
  }

  void enable(const fs::path& at) const {
    for (const std::string& controller : wanted_.names())
      if (!write_control(at / "cgroup.subtree_control", "+" + controller) && errno == EBUSY) return;
  }

  bool step_aside(const fs::path& at) {
    auto leaf = RunnerLeaf::make(at, wanted_.names());
    if (!leaf) {
      leaf_problem_ = leaf.error().what;
      return false;
    }
    host_.leaf = *std::move(leaf);
    return true;
  }

  void explain(const fs::path& own) const {
    const auto missing = [&](const char* controller) {
      std::string why = host_.unified.empty()
                            ? fmt::format("no group can be made in {} or above", own.string())
                            : fmt::format("{} has no {} controller to give", host_.unified.string(), controller);
      if (!leaf_problem_.empty()) why += fmt::format(" ({})", leaf_problem_);
      return why + "; " + remedy();
    };
    if (host_.unified.empty()) host_.missing.unified = missing("any");
    if (wanted_.memory && !host_.unified_memory) host_.missing.memory = missing("memory");
    if (wanted_.pids && !host_.unified_pids) host_.missing.pids = missing("pids");
    if (wanted_.bandwidth && !host_.unified_bandwidth) host_.missing.bandwidth = missing("cpu");
  }

  // A user's service manager may make scopes without root; else root delegates a group once.
  [[nodiscard]] std::string remedy() const {
    std::error_code error;
    if (geteuid() != 0 && fs::exists(fmt::format("/run/user/{}/systemd/private", geteuid()), error))
      return "start it with: systemd-run --user --scope --property=Delegate=yes runharness ...";
    const std::string mount = layout_.unified_mount.string();
    const std::string group = mount + "/runharness";
    return fmt::format(
        "as root: mkdir -p {0}/shell; echo '+memory +pids +cpu' | tee {1}/cgroup.subtree_control "
        "{0}/cgroup.subtree_control; chown -R {2} {0}; echo {3} > {0}/shell/cgroup.procs",
        group, mount, geteuid(), getppid());
  }

  const CgroupLayout& layout_;
  const Wanted& wanted_;
  CgroupHost& host_;
  std::string leaf_problem_;
};

}  // namespace

void sweep_groups(const CgroupHost& host) {
  for (const fs::path* parent : {&host.memory_v1, &host.pids_v1, &host.cpu_v1, &host.bandwidth_v1, &host.unified}) {
    if (parent->empty()) continue;
    sweep_stale_groups(*parent);
    sweep_beside(*parent);
  }
}

CgroupHost probe_cgroups(const CgroupLayout& layout) {
  CgroupHost host;
  host.missing.memory = probe_v1(layout.memory, "memory.limit_in_bytes", host.memory_v1);
  host.missing.pids = probe_v1(layout.pids, "cgroup.procs", host.pids_v1);
  host.missing.cpu = probe_v1(layout.cpu, "cpuacct.usage", host.cpu_v1);
  host.missing.bandwidth = probe_v1(layout.bandwidth, "cpu.cfs_quota_us", host.bandwidth_v1);
  if (layout.unified.empty()) {
    host.missing.unified = "no cgroup2 file system is mounted";
  } else {
    const Wanted wanted{layout.memory.empty(), layout.pids.empty(), layout.bandwidth.empty()};
    UnifiedProbe(layout, wanted, host).run();
  }
  const auto fill = [&](const fs::path& folder, std::string& why, bool unified, const char* name) {
    if (why.empty() && folder.empty() && !unified) why = fmt::format("this host has no {} control group", name);
  };
  fill(host.memory_v1, host.missing.memory, host.unified_memory, "memory");
  fill(host.pids_v1, host.missing.pids, host.unified_pids, "pids");
  fill(host.bandwidth_v1, host.missing.bandwidth, host.unified_bandwidth, "CPU bandwidth");
  // CPU time is counted by every cgroup2 group, whatever its controllers are.
  if (!host.unified.empty())
    host.missing.cpu.clear();
  else if (host.missing.cpu.empty() && host.cpu_v1.empty())
    host.missing.cpu = host.missing.unified;
  return host;
}

}  // namespace rh::sandbox
