// What control groups do for a run, and how this caller would get them: root where the tree is
// read-only or not mounted, a user with a service manager, a user without one, a container.
#include <fmt/format.h>

#include "sandbox/survey_rows.h"

namespace rh::sandbox {
namespace {

namespace fs = std::filesystem;
using model::SurveyRow;
using model::SurveyState;

std::vector<std::string> container_group_flags(const SurveyFacts& facts) {
  if (facts.container == "docker") return {"docker run --privileged --cgroupns=private ..."};
  if (facts.container == "podman") return {"podman run --cgroupns=private --security-opt unmask=/sys/fs/cgroup ..."};
  if (facts.container == "kubernetes")
    return {"# in the pod's spec:", "#   containers[].securityContext: {privileged: true}"};
  return {"# start the container with a cgroup namespace of its own and /sys/fs/cgroup mounted read-write"};
}

// A version 1 hierarchy: the shell moves into a group that the caller owns.
std::vector<std::string> hand_over_v1(const SurveyFacts& facts, const fs::path& hierarchy) {
  const std::string group = (hierarchy / "runharness").string();
  return {as_root(facts, "mkdir -p " + group), as_root(facts, fmt::format("chown -R {} {}", facts.uid, group)),
          fmt::format("echo $$ | {}", as_root(facts, fmt::format("tee {}/cgroup.procs", group)))};
}

// Version 2 without a service manager: the shell moves into a leaf of a delegated group.
std::vector<std::string> hand_over_v2(const SurveyFacts& facts) {
  const std::string mount = facts.groups.layout.unified_mount.string();
  const std::string group = mount + "/runharness";
  std::vector<std::string> remedy{as_root(facts, fmt::format("mkdir -p {}/shell", group))};
  if (facts.groups.layout.memory.empty())  // else the controllers are version 1's
    remedy.push_back(fmt::format(
        "echo '+memory +pids +cpu' | {}",
        as_root(facts, fmt::format("tee {}/cgroup.subtree_control {}/cgroup.subtree_control", mount, group))));
  remedy.push_back(as_root(facts, fmt::format("chown -R {} {}", facts.uid, group)));
  remedy.push_back(fmt::format("echo $$ | {}", as_root(facts, fmt::format("tee {}/shell/cgroup.procs", group))));
  return remedy;
}

std::vector<std::string> start_scope(const SurveyFacts& facts) {
  constexpr const char* kScope = "systemd-run --user --scope -p Delegate=yes runharness ...";
  if (facts.user_manager) return {kScope};
  return {as_root(facts, "loginctl enable-linger " + facts.user),
          fmt::format("XDG_RUNTIME_DIR=/run/user/{} {}", facts.uid, kScope)};
}

// A user's service manager is given memory and pids by default, the CPU controller only since systemd 252.
std::vector<std::string> delegate_controllers(const SurveyFacts& facts) {
  constexpr const char* kFolder = "/etc/systemd/system/user@.service.d";
  std::vector<std::string> remedy{as_root(facts, fmt::format("mkdir -p {}", kFolder)),
                                  fmt::format("printf '[Service]\\nDelegate=cpu memory pids\\n' | {}",
                                              as_root(facts, fmt::format("tee {}/60-runharness.conf", kFolder))),
                                  as_root(facts, "systemctl daemon-reload"),
                                  as_root(facts, fmt::format("systemctl restart user@{}", facts.uid))};
  for (std::string& line : start_scope(facts)) remedy.push_back(std::move(line));
  return remedy;
}

// `hierarchy`: the version 1 folder of that controller; empty where version 2 has to give it.
std::vector<std::string> obtain(const SurveyFacts& facts, const fs::path& hierarchy, bool cpu = false) {
  const CgroupLayout& layout = facts.groups.layout;
  const bool anything = !hierarchy.empty() || !layout.unified.empty();
  if (!anything && !facts.container.empty()) return container_group_flags(facts);
  if (!anything)
    return {as_root(facts, "mkdir -p /sys/fs/cgroup"), as_root(facts, "mount -t cgroup2 none /sys/fs/cgroup")};
  const bool in_container = !facts.container.empty();
  if (in_container && facts.groups.read_only && !facts.administrator) return container_group_flags(facts);
  if (facts.uid == 0) {
    if (in_container && !facts.administrator) return container_group_flags(facts);
    const fs::path folder = hierarchy.empty() ? layout.unified_mount : hierarchy;
    return {fmt::format("mount -o remount,rw {}", folder.string())};
  }
  if (!hierarchy.empty()) return hand_over_v1(facts, hierarchy);
  if (!facts.systemd) return hand_over_v2(facts);
  return cpu ? delegate_controllers(facts) : start_scope(facts);
}

struct Limit {
  const char* mechanism;
  const std::string& by;
  const std::string& problem;
  const char* otherwise;  // what takes its place; empty: nothing does
  const fs::path& hierarchy;
  std::vector<std::string> needed_by;
};

SurveyRow survey_limit(const SurveyFacts& facts, const Limit& limit, bool cpu = false) {
  SurveyRow row{limit.mechanism, SurveyState::works, limit.by, {}, {}, limit.needed_by};
  if (!limit.by.empty()) return row;
  row.by = limit.otherwise;
  row.state = row.by.empty() ? SurveyState::missing : SurveyState::partly;
  row.reason = limit.problem;
  row.remedy = obtain(facts, limit.hierarchy, cpu);
  return row;
}

SurveyRow survey_swap(const SurveyFacts& facts) {
  SurveyRow row{"swap limit", SurveyState::works, "with the memory limit", {}, {}, every_preset()};
  if (facts.groups.memory_by.empty()) {
    row.state = SurveyState::missing;
    row.by.clear();
    row.reason = "there is no memory group to limit it in";
    row.remedy = obtain(facts, facts.groups.layout.memory);
  } else if (!facts.groups.swap) {
    row.state = SurveyState::missing;
    row.by.clear();
    row.reason = "the kernel has no swap accounting for groups, and there is swap";
    row.remedy = add_boot_parameter(facts, "swapaccount=1");
    row.remedy.push_back("# or without a restart: " + as_root(facts, "swapoff -a"));
  }
  return row;
}

SurveyRow survey_kill(const Host& host, const SurveyFacts& facts) {
  SurveyRow row{"kill of the whole tree", SurveyState::works, {}, {}, {}, every_preset()};
  if (host.namespaces)
    row.by = facts.groups.kill ? "cgroup.kill and the pid namespace's init" : "the pid namespace's init";
  else if (facts.groups.kill)
    row.by = "cgroup.kill";
  if (!row.by.empty()) return row;
  row.state = SurveyState::partly;
  row.by = "subreaper that stops and kills every descendant";
  row.reason = facts.groups.kill_problem;
  row.remedy = facts.groups.layout.unified.empty() && facts.uid == 0
                   ? std::vector<std::string>{"mkdir -p /run/cgroup2 && mount -t cgroup2 none /run/cgroup2"}
                   : obtain(facts, {});
  return row;
}

SurveyRow survey_start(const Host& host, const SurveyFacts& facts) {
  SurveyRow row{"start inside the group", SurveyState::works, "clone3 with CLONE_INTO_CGROUP", {}, {}, {}};
  if (host.start_in_cgroup && facts.clone3) return row;
  row.state = SurveyState::partly;
  row.by = "the child moves itself before it runs anything";
  row.reason = facts.clone3 ? host.start_in_cgroup.reason : "clone3 is refused or unknown here";
  if (facts.clone3)
    row.remedy = obtain(facts, {});
  else if (facts.container.empty())
    row.remedy = {"# Linux 5.7 or later, and no filter around this process that refuses clone3"};
  else
    row.remedy = {"# start the container with a seccomp profile that allows clone3",
                  facts.container + " run --security-opt seccomp=unconfined ..."};
  return row;
}

}  // namespace

SurveyRows survey_groups(const Host& host, const SurveyFacts& facts) {
  const GroupFacts& groups = facts.groups;
  const CgroupLayout& layout = groups.layout;
  const fs::path cpu = layout.unified.empty() ? layout.cpu : fs::path();
  return {
      survey_limit(facts, {"memory limit", groups.memory_by, groups.memory_problem, "watchdog every 1 to 20 ms",
                           layout.memory, every_preset()}),
      survey_swap(facts),
      survey_limit(facts, {"process limit", groups.pids_by, groups.pids_problem,
                           host.namespaces ? "RLIMIT_NPROC of the user namespace, and watchdog" : "watchdog",
                           layout.pids, every_preset()}),
      survey_limit(
          facts, {"cpu time of the tree", groups.cpu_by, groups.cpu_problem, "process clocks: a lower bound", cpu, {}}),
      survey_limit(facts, {"cpu bandwidth", groups.bandwidth_by, groups.bandwidth_problem, "", layout.bandwidth, {}},
                   true),
      survey_kill(host, facts),
      survey_start(host, facts)};
}

// What the figures of a run come from, beside the groups' counters.
SurveyRows survey_observation(const Host&, const SurveyFacts& facts) {
  SurveyRow pressure{"pressure files", SurveyState::works, "cpu, memory and io pressure of each group", {}, {}, {}};
  if (!facts.groups.pressure) {
    pressure.state = SurveyState::missing;
    pressure.by.clear();
    pressure.reason = facts.groups.pressure_problem;
    pressure.remedy = facts.groups.layout.unified.empty() || facts.groups.kill_problem.empty()
                          ? add_boot_parameter(facts, "psi=1")
                          : obtain(facts, {});
  }
  SurveyRow peek{
      "memory of the command", SurveyState::works, "process_vm_readv from outside, for profilers", {}, {}, {}};
  if (!facts.peek) {
    peek.state = SurveyState::missing;
    peek.by.clear();
    peek.reason = facts.peek.reason;
    const bool yama = facts.ptrace_scope && *facts.ptrace_scope > "1";
    if (yama) peek.reason += fmt::format("; kernel.yama.ptrace_scope is {}", facts.ptrace_scope->substr(0, 1));
    if (yama)
      peek.remedy = set_switch(facts, "kernel.yama.ptrace_scope", "1");
    else if (facts.container.empty())
      peek.remedy = {"# look for an LSM policy or a filter that forbids ptrace:", "cat /proc/self/attr/current"};
    else
      peek.remedy = {facts.container + " run --cap-add SYS_PTRACE ..."};
  }
  return {pressure, peek};
}

}  // namespace rh::sandbox
