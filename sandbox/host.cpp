// Each refusal takes one ability away and the trial is repeated with the rest.
#include "sandbox/host.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "runner/base/file.h"
#include "sandbox/cgroup_files.h"
#include "sandbox/landlock.h"
#include "sandbox/mount_plan.h"
#include "sandbox/seccomp.h"
#include "sandbox/spawn.h"

namespace rh::sandbox {
namespace {

constexpr int kTrialMilliseconds = 5000;
constexpr const char* kSwitchedOff = "switched off for a test";

struct Trial {
  bool ok = false;
  Stage stage = Stage::none;
  int index = -1;
  std::string reason;
};

Trial try_child(const Host& host, const MountPlan& mounts, BorrowedFd cgroup, BorrowedFd layers = {}) {
  ChildPlan plan;
  plan.layer_fd = layers.fd;
  plan.probe_only = true;
  plan.own_pids = plan.own_mounts = plan.drop_privileges = true;
  plan.own_network = host.network_namespace.ok;
  plan.host_name = "probe";
  plan.grabs = mounts.grabs;
  plan.mounts = mounts.steps;
  SpawnOptions options;
  options.clone_flags = kNamespaceFlags;
  options.identity = host.identity;
  options.cgroup = cgroup;
  auto child = spawn(plan, options);
  if (!child) return {false, Stage::none, -1, child.error().message()};
  child->wait(kTrialMilliseconds);
  while (const auto message = child->next_message()) {
    if (message->kind == InitMessage::ready) return {true, Stage::none, -1, {}};
    if (message->kind == InitMessage::failed)
      return {false, message->stage, message->index,
              fmt::format("{}: {}", stage_text(message->stage), errno_text(message->error))};
  }
  return {false, Stage::none, -1, "the trial process ended without a word"};
}

void try_namespaces(Host& host) {
  host.namespaces = host.network_namespace = host.fresh_proc = {true, {}};
  for (int round = 0; round < 4; ++round) {
    MountOptions options;
    options.fresh_proc = host.fresh_proc.ok;
    options.other_uid = host.identity.mapped_root;
    const MountPlan mounts = plan_mounts({}, options);
    const Trial trial = try_child(host, mounts, BorrowedFd());
    if (trial.ok) return;
    const bool in_step = trial.stage == Stage::mount_step && trial.index >= 0;
    if ((trial.stage == Stage::loopback || trial.stage == Stage::network_namespace) && host.network_namespace) {
      host.network_namespace = {false, trial.reason};
    } else if (in_step && host.fresh_proc &&
               mounts.steps[static_cast<std::size_t>(trial.index)].action == MountAction::mount_proc) {
      host.fresh_proc = {false, trial.reason};
    } else {
      host.namespaces = host.network_namespace = host.fresh_proc = {false, trial.reason};
      return;
    }
  }
}

Ability try_overlay(const Host& host) {
  const auto folder = TempDir::make("runharness-probe");
  if (!folder) return {false, folder.error().message()};
  FilesystemPolicy policy;
  policy.overlays = {folder->path()};
  MountOptions options;
  options.fresh_proc = host.fresh_proc.ok;
  options.other_uid = host.identity.mapped_root;
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return {false, errno_text(errno)};
  const UniqueFd ours(ends[0]), theirs(ends[1]);
  const Trial trial = try_child(host, plan_mounts(policy, options), BorrowedFd(), theirs);
  return {trial.ok, trial.reason};
}

Ability try_id_mapping(const Host& host, IdMapper& mapper) {
  if (!host.identity.mapped_root) return {false, "the command keeps its caller's own ids"};
  const auto folder = TempDir::make("runharness-probe");
  if (!folder) return {false, folder.error().message()};
  const auto mount = mapper.map(folder->path().string(), MOUNT_ATTR_NOSUID, host.identity);
  return mount ? Ability{true, {}} : Ability{false, mount.error().message()};
}

Ability try_start_in_cgroup(const Host& host) {
  if (host.cgroups.unified.empty()) return {false, "no writable cgroup2 group"};
  const RunCgroup group(host.cgroups, own_group_name("start"), {});
  const UniqueFd folder = group.open_unified();
  if (!folder) return {false, group.problem()};
  if (!host.namespaces) return {true, {}};
  MountOptions options;
  options.fresh_proc = host.fresh_proc.ok;
  const Trial trial = try_child(host, plan_mounts({}, options), folder);
  return {trial.ok, trial.reason};
}

CgroupHost find_cgroups() {
  const auto mounts = read_file("/proc/self/mountinfo");
  const auto own = read_file("/proc/self/cgroup");
  if (!mounts || !own) {
    CgroupHost none;
    none.reason = (mounts ? own : mounts).error().message();
    return none;
  }
  return probe_cgroups(read_layout(*mounts, *own));
}

Host known_host(const HostSwitches& switches) {
  Host host;
  host.identity = Identity::of_caller();
  if (switches.cgroups)
    host.cgroups = find_cgroups();
  else
    host.cgroups.reason = kSwitchedOff;
  host.landlock_abi = switches.landlock ? landlock_abi() : 0;
  host.landlock = host.landlock_abi > 0
                      ? Ability{true, {}}
                      : Ability{false, switches.landlock ? "the kernel has no Landlock" : kSwitchedOff};
  return host;
}

}  // namespace

Host assume_host(const HostSwitches& switches) {
  const auto assume = [](bool wanted) { return wanted ? Ability{true, {}} : Ability{false, kSwitchedOff}; };
  Host host = known_host(switches);
  host.assumed = true;
  host.namespaces = host.network_namespace = host.fresh_proc = host.overlay = assume(switches.namespaces);
  host.start_in_cgroup = {!host.cgroups.unified.empty(), host.cgroups.reason};
  host.seccomp = assume(switches.seccomp);
  return host;
}

Host probe_host(const HostSwitches& switches, IdMapper& mapper) {
  Host host = known_host(switches);
  if (switches.namespaces)
    try_namespaces(host);
  else
    host.namespaces = host.network_namespace = host.fresh_proc = {false, kSwitchedOff};
  if (host.namespaces) host.id_mapped_mounts = try_id_mapping(host, mapper);
  host.overlay = host.namespaces ? try_overlay(host) : host.namespaces;
  host.start_in_cgroup = try_start_in_cgroup(host);
  host.seccomp = switches.seccomp ? seccomp_ability() : Ability{false, kSwitchedOff};
  return host;
}

}  // namespace rh::sandbox
