// One function per row. The order is the order in which the child sets things up: a later mechanism
// relies on the earlier ones.
#include "sandbox/mechanisms.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "runner/base/file.h"
#include "runner/base/text.h"
#include "sandbox/cgroup_files.h"

namespace rh::sandbox {
namespace {

using model::IsolationLevel;
using model::IsolationRow;
using model::MechanismState;
using Context = MechanismContext;

constexpr const char* kNoLevel = "isolation level is none";

void enforced(IsolationRow& row, std::string detail) {
  row.state = MechanismState::enforced;
  row.detail = std::move(detail);
}
void degraded(IsolationRow& row, std::string detail, std::string reason) {
  row.state = MechanismState::degraded;
  row.detail = std::move(detail);
  row.reason = std::move(reason);
}
void refused(IsolationRow& row, std::string reason) {
  row.state = MechanismState::refused;
  row.reason = std::move(reason);
}

// Level none asks for no isolation; everything else asks for all of it.
bool requested(const Context& context, IsolationRow& row) {
  row.requested = context.plan.contained ? "yes" : "no";
  if (!context.plan.contained) row.reason = kNoLevel;
  return context.plan.contained;
}

bool in_namespaces(const Context& context) { return context.plan.child.own_pids; }

void describe_user_namespace(const Context& context, IsolationRow& row) {
  if (!requested(context, row)) return;
  if (!in_namespaces(context)) return refused(row, context.host.namespaces.reason);
  const Identity& identity = context.plan.spawn.identity;
  const std::string map = fmt::format("uid {} inside is {} outside", identity.inside_uid, identity.outside_uid);
  if (!context.plan.id_map_problem.empty() && !identity.mapped_root)
    return degraded(row, map + ", without capabilities",
                    fmt::format("a writable folder cannot be id-mapped ({}); put the workspace on ext4, xfs, btrfs or "
                                "tmpfs, or run as an ordinary user",
                                context.plan.id_map_problem));
  if (!context.plan.id_map_problem.empty())
    return degraded(row, map,
                    fmt::format("some read-only folders keep root's permissions: {}", context.plan.id_map_problem));
  enforced(row, identity.mapped_root ? map + "; granted folders id-mapped" : map);
}

// Landlock only ever adds rights, so nothing in a writable folder can be kept apart from it.
std::string landlock_gaps(const Context& context) {
  std::string gaps =
      fmt::format("no mount namespace ({}): /dev/shm and unix sockets with a name are shared with the host",
                  context.host.namespaces.reason);
  const FilesystemPolicy& files = context.spec.files;
  std::vector<std::string> open;
  for (const auto* list : {&files.protected_, &files.guarded, &files.hidden})
    for (const auto& path : *list)
      for (const auto& folder : files.writable)
        if (is_below(path, folder)) open.push_back(path.string());
  if (!open.empty()) gaps += fmt::format("; not kept apart from the writable folder around them: {}", join(open, ", "));
  return gaps;
}

// Required steps end the run when they fail, so only optional ones can be missing here.
void describe_file_tree(const Context& context, IsolationRow& row) {
  if (!requested(context, row)) return;
  if (context.plan.child.own_mounts) {
    std::string problem = join(context.plan.mount_notes, "; ");
    for (const InitMessage& message : context.degraded) {
      const auto index = static_cast<std::size_t>(message.index);
      if (message.stage == Stage::mount_step && context.plan.child.mounts.at(index).action == MountAction::overlay)
        continue;  // a row of its own
      const std::string& subject = message.stage == Stage::grab ? context.plan.child.grabs.at(index).source
                                                                : context.plan.child.mounts.at(index).target;
      problem += fmt::format("{}{}: {}", problem.empty() ? "" : "; ", subject, errno_text(message.error));
    }
    constexpr const char* kDetail = "mount namespace: read-only root, private /tmp, /dev, /run and HOME";
    return problem.empty() ? enforced(row, kDetail) : degraded(row, kDetail, problem);
  }
  if (context.plan.file_rules)
    return degraded(row,
                    fmt::format("Landlock version {}: writes only where granted, HOME and hidden folders unreadable",
                                context.host.landlock_abi),
                    landlock_gaps(context));
  refused(row, fmt::format("no mount namespace ({}), no Landlock ({})", context.host.namespaces.reason,
                           context.plan.landlock_problem));
}

void describe_workspace(const Context& context, IsolationRow& row) {
  if (context.spec.files.overlays.empty()) {
    row.detail = "written in place";
    return;
  }
  row.requested = "overlay";
  if (!context.plan.contained) return refused(row, kNoLevel);
  if (!context.plan.overlaid)
    return degraded(row, "read-only",
                    context.host.namespaces ? context.host.overlay.reason : context.host.namespaces.reason);
  for (const InitMessage& message : context.degraded)
    if (message.stage == Stage::mount_step &&
        context.plan.child.mounts.at(static_cast<std::size_t>(message.index)).action == MountAction::overlay)
      return degraded(row, "overlay on a private tmpfs",
                      "this kernel's tmpfs has no user attributes (Linux 6.6 has): a folder that was deleted cannot "
                      "be made again");
  enforced(row, "overlay on a private tmpfs");
}

void describe_processes(const Context& context, IsolationRow& row) {
  if (!requested(context, row)) return;
  if (!in_namespaces(context))
    return context.plan.file_rules && context.host.landlock_abi >= 6
               ? degraded(row, "Landlock: signals stay inside; init is subreaper", context.host.namespaces.reason)
               : refused(row, context.host.namespaces.reason);
  if (!context.host.fresh_proc)
    return degraded(row, "pid namespace with the host's /proc", context.host.fresh_proc.reason);
  enforced(row, "pid namespace with its own init and /proc");
}

void describe_ipc(const Context& context, IsolationRow& row) {
  if (!requested(context, row)) return;
  if (!in_namespaces(context)) return refused(row, context.host.namespaces.reason);
  enforced(row, "ipc, uts and cgroup namespaces");
}

void describe_network(const Context& context, IsolationRow& row) {
  const bool none = context.spec.limits.network == model::NetworkPolicy::none;
  row.requested = none ? "none" : "host";
  if (!none) {
    row.state = MechanismState::not_requested;
    row.detail = "the host's network";
    if (context.plan.contained && !context.plan.socket_scope)
      row.reason = "abstract unix sockets of the host can be reached";
    return;
  }
  if (!context.plan.contained) return refused(row, kNoLevel);
  if (context.plan.private_network) return enforced(row, "network namespace with loopback only");
  const std::string reason =
      context.host.namespaces ? context.host.network_namespace.reason : context.host.namespaces.reason;
  if (context.plan.refuse_internet) return degraded(row, "seccomp refuses internet sockets, loopback included", reason);
  refused(row, reason);
}

void describe_privileges(const Context& context, IsolationRow& row) {
  if (!requested(context, row)) return;
  const bool keeps_bounding_set = !in_namespaces(context) && geteuid() != 0;
  enforced(row, keeps_bounding_set ? "no_new_privs; no capabilities (the bounding set stays, without effect)"
                                   : "no_new_privs; all capability sets empty");
}

void describe_filter(const Context& context, IsolationRow& row) {
  if (!requested(context, row)) return;
  if (context.plan.child.seccomp.empty()) return refused(row, context.plan.seccomp_problem);
  enforced(row, fmt::format("seccomp, {} instructions{}", context.plan.child.seccomp.size(),
                            context.spec.level == IsolationLevel::strict ? ", no tracing" : ""));
}

void describe_memory(const Context& context, IsolationRow& row) {
  const auto limit = context.spec.limits.memory_bytes;
  row.requested = limit ? format_size(*limit) : "unlimited";
  if (!limit) return;
  const RunCgroup& group = *context.plan.cgroup;
  if (!group.limits_memory()) return degraded(row, "watchdog every 1 to 20 ms", group.memory_problem());
  const std::string detail = group.memory_v2() ? "cgroup v2 memory.max" : "cgroup v1 memory.limit_in_bytes";
  if (!group.limits_swap())
    return degraded(row, detail, "swap is not limited: the kernel has no swap accounting for groups");
  enforced(row, detail);
}

void describe_pids(const Context& context, IsolationRow& row) {
  const auto limit = context.spec.limits.pids;
  row.requested = limit ? std::to_string(*limit) : "unlimited";
  if (!limit) return;
  const RunCgroup& group = *context.plan.cgroup;
  if (group.limits_pids()) return enforced(row, "cgroup pids.max");
  degraded(row,
           context.plan.pids_limit == PidsLimit::own_count ? "RLIMIT_NPROC of the user namespace, and watchdog"
                                                           : "watchdog every 1 to 20 ms",
           group.pids_problem());
}

void describe_cpu(const Context& context, IsolationRow& row) {
  const auto limit = context.spec.limits.cpu;
  row.requested = limit ? format_duration(*limit) : "unlimited";
  if (!limit) return;
  const RunCgroup& group = *context.plan.cgroup;
  if (group.cpu().empty()) return degraded(row, "process clocks of the tree", group.cpu_problem());
  enforced(row, group.cpu_source());
}

void describe_bandwidth(const Context& context, IsolationRow& row) {
  const auto limit = context.spec.limits.cpus;
  row.requested = limit ? fmt::format("{:g} cores", *limit) : "unlimited";
  if (!limit) return;
  const RunCgroup& group = *context.plan.cgroup;
  const bool pinned = context.plan.child.on_some_cpus;
  const std::string pin =
      fmt::format("{} processors, which the command may change", CPU_COUNT(&context.plan.child.cpus));
  if (!group.limits_bandwidth())
    return pinned ? degraded(row, pin, group.bandwidth_problem()) : refused(row, group.bandwidth_problem());
  const std::string quota = group.bandwidth_v2() ? "cgroup v2 cpu.max" : "cgroup v1 cpu.cfs_quota_us";
  enforced(row, pinned ? fmt::format("{}; starts on {}", quota, pin) : quota);
}

void describe_wall(const Context& context, IsolationRow& row) {
  const auto limit = context.spec.limits.wall;
  row.requested = limit ? format_duration(*limit) : "unlimited";
  if (limit) enforced(row, "monotonic clock of the runner");
}

void describe_process_limits(const Context& context, IsolationRow& row) {
  const model::Limits& limits = context.spec.limits;
  row.requested =
      fmt::format("open files {}, file size {}", limits.open_files ? std::to_string(*limits.open_files) : "unlimited",
                  limits.file_bytes ? format_size(*limits.file_bytes) : "unlimited");
  if (limits.open_files || limits.file_bytes) enforced(row, "rlimits");
}

void describe_temporary(const Context& context, IsolationRow& row) {
  const auto limit = context.spec.limits.tmp_bytes;
  row.requested = limit ? format_size(*limit) : "unlimited";
  if (!limit) return;
  if (!context.plan.child.own_mounts)
    return refused(row, context.plan.contained ? context.host.namespaces.reason : kNoLevel);
  enforced(row, "tmpfs size, for each of /tmp, /var/tmp, /dev/shm and HOME");
}

void describe_output(const Context& context, IsolationRow& row) {
  const auto limit = context.spec.limits.output_bytes;
  row.requested = limit ? format_size(*limit) : "unlimited";
  if (limit) enforced(row, "counted by the runner");
}

void describe_kill(const Context& context, IsolationRow& row) {
  row.requested = "yes";
  const bool group = context.plan.cgroup->can_kill();
  if (in_namespaces(context))
    return enforced(row, group ? "cgroup.kill and the pid namespace's init" : "the pid namespace's init");
  if (group) return enforced(row, "cgroup.kill");
  degraded(row, "subreaper that kills every descendant",
           context.plan.contained ? context.host.namespaces.reason : kNoLevel);
}

constexpr Mechanism kMechanisms[] = {
    {"user namespace", true, describe_user_namespace},
    {"file system", true, describe_file_tree},
    {"workspace", false, describe_workspace},
    {"processes", true, describe_processes},
    {"ipc and host name", false, describe_ipc},
    {"network", true, describe_network},
    {"privileges", true, describe_privileges},
    {"system call filter", true, describe_filter},
    {"memory limit", false, describe_memory},  // from here on: limits
    {"process limit", false, describe_pids},
    {"cpu time limit", false, describe_cpu},
    {"cpu bandwidth", false, describe_bandwidth},
    {"wall time limit", false, describe_wall},
    {"per-process limits", false, describe_process_limits},
    {"temporary space", false, describe_temporary},
    {"output limit", false, describe_output},
    {"kill of the whole tree", false, describe_kill},
};

}  // namespace

std::span<const Mechanism> mechanisms() { return kMechanisms; }

model::IsolationReport describe_isolation(const MechanismContext& context) {
  model::IsolationReport report;
  report.requested = context.spec.level;
  bool complete = true;
  for (const Mechanism& mechanism : mechanisms()) {
    IsolationRow row;
    row.mechanism = mechanism.name;
    mechanism.describe(context, row);
    complete = complete &&
               (!mechanism.core || row.state == MechanismState::enforced || row.state == MechanismState::not_requested);
    report.rows.push_back(std::move(row));
  }
  report.reached = complete ? context.spec.level : IsolationLevel::none;
  return report;
}

}  // namespace rh::sandbox
