// What the command sees: namespaces, the file tree, processes, network. Who may make namespaces is
// decided by up to four switches, a container's filter and the LSM; the one that blocks is named.
#include <fmt/format.h>

#include "runner/base/text.h"
#include "sandbox/survey_rows.h"

namespace rh::sandbox {
namespace {

using model::SurveyRow;
using model::SurveyState;

// The flags of each engine that let a container make namespaces of its own.
std::vector<std::string> container_flags(const SurveyFacts& facts) {
  if (facts.container == "docker")
    return {
        "docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined "
        "--security-opt systempaths=unconfined ..."};
  if (facts.container == "podman")
    return {"podman run --security-opt seccomp=unconfined --security-opt unmask=ALL ..."};
  if (facts.container == "kubernetes")
    return {"# in the pod's spec:", "#   hostUsers: false",
            "#   containers[].securityContext: {procMount: Unmasked, seccompProfile: {type: Unconfined}}"};
  if (facts.container == "lxc")
    return on_host(facts, {"sudo lxc config set CONTAINER security.nesting true", "sudo lxc restart CONTAINER"});
  return {"# start the container without a seccomp profile and without masks over /proc"};
}

bool is_zero(const std::optional<std::string>& value) { return value && trim(*value) == "0"; }

void explain_user_namespaces(const Host& host, const SurveyFacts& facts, SurveyRow& row) {
  row.reason = host.namespaces.reason;
  const auto blocked_by = [&](const char* name, const std::string& value, const char* wanted) {
    row.reason += fmt::format("; {} is {}", name, value);
    row.remedy = set_switch(facts, name, wanted);
  };
  if (is_zero(facts.max_user_namespaces)) return blocked_by("user.max_user_namespaces", "0", "63000");
  if (is_zero(facts.userns_clone) && !facts.administrator)
    return blocked_by("kernel.unprivileged_userns_clone", "0", "1");
  if (facts.apparmor_userns && !is_zero(facts.apparmor_userns) && !facts.administrator)
    return blocked_by("kernel.apparmor_restrict_unprivileged_userns", std::string(trim(*facts.apparmor_userns)), "0");
  if (!facts.container.empty()) {
    row.reason += fmt::format("; the filter of {} refuses it", facts.container);
    row.remedy = container_flags(facts);
    return;
  }
  row.remedy = {"# no switch forbids it: look for a seccomp filter or an LSM policy around this process",
                "grep -E 'Seccomp|NoNewPrivs' /proc/self/status; cat /proc/self/attr/current",
                as_root(facts, "dmesg | grep -iE 'apparmor|selinux|audit' | tail")};
}

SurveyRow survey_user_namespace(const Host& host, const SurveyFacts& facts) {
  SurveyRow row{"user namespace", SurveyState::works, {}, {}, {}, every_preset()};
  const Identity& identity = host.identity;
  if (!host.namespaces) {
    row.state = SurveyState::missing;
    explain_user_namespaces(host, facts, row);
    return row;
  }
  row.by = fmt::format("uid {} inside is {} outside", identity.inside_uid, identity.outside_uid);
  if (facts.uid == 0 && !identity.mapped_root)
    row.reason = "this container maps no id that could be given away: root stays its own root, without capabilities";
  return row;
}

SurveyRow survey_tree(const Host& host, const SurveyRow& user) {
  SurveyRow row{"mount namespace", SurveyState::works, {}, {}, {}, every_preset()};
  if (host.namespaces) {
    row.by = "read-only root, private /tmp, /dev, /run and HOME";
    return row;
  }
  row.remedy = user.remedy;
  row.reason = "there is no user namespace to make it in";
  row.state = host.landlock ? SurveyState::partly : SurveyState::missing;
  if (host.landlock) row.by = fmt::format("Landlock {}: writes only where granted, /dev/shm shared", host.landlock_abi);
  return row;
}

SurveyRow survey_overlay(const Host& host, const SurveyFacts& facts, const SurveyRow& user) {
  SurveyRow row{"overlay workspace", SurveyState::works, "overlay on a private tmpfs", {}, {}, {"strict", "agent"}};
  if (host.overlay) return row;
  row.state = SurveyState::partly;
  row.by = "the workspace is read-only instead";
  row.reason = host.overlay.reason;
  row.remedy = user.state == SurveyState::missing
                   ? user.remedy
                   : on_host(facts, {as_root(facts, "modprobe overlay"),
                                     write_as_root(facts, "overlay", "/etc/modules-load.d/60-runharness.conf"),
                                     "# and Linux 5.11 or later, which allows it in a user namespace"});
  return row;
}

SurveyRow survey_id_mapping(const Host& host, const SurveyRow& user) {
  SurveyRow row{"id-mapped mounts", SurveyState::works, {}, {}, {}, {}};
  if (!host.identity.mapped_root) {
    row.by = "not needed: the command keeps its caller's ids";
    return row;
  }
  row.needed_by = every_preset();
  row.by = "granted folders look as if the command owned them";
  if (host.id_mapped_mounts) return row;
  row.state = host.namespaces ? SurveyState::partly : SurveyState::missing;
  row.by = host.namespaces ? "root stays root outside, without capabilities" : "";
  row.reason = host.namespaces ? host.id_mapped_mounts.reason : "there is no user namespace to map to";
  row.remedy = host.namespaces ? std::vector<std::string>{"# put TMPDIR and the workspace on ext4, xfs, btrfs or tmpfs "
                                                          "(Linux 6.3 for tmpfs):",
                                                          "mount -t tmpfs tmpfs /mnt && TMPDIR=/mnt runharness doctor"}
                               : user.remedy;
  return row;
}

SurveyRow survey_processes(const Host& host, const SurveyFacts& facts, const SurveyRow& user) {
  SurveyRow row{"pid namespace, /proc", SurveyState::works, "own init and a fresh /proc", {}, {}, every_preset()};
  if (host.namespaces && host.fresh_proc) return row;
  row.state = SurveyState::partly;
  if (host.namespaces) {
    row.by = "own init; /proc is the host's";
    row.reason = host.fresh_proc.reason;
    if (!facts.proc_covers.empty())
      row.reason += fmt::format("; {} mounts cover parts of /proc ({}{})", facts.proc_covers.size(),
                                facts.proc_covers.front(), facts.proc_covers.size() > 1 ? ", ..." : "");
    row.remedy = facts.container.empty()
                     ? std::vector<std::string>{as_root(facts, "umount -l " + join(facts.proc_covers, " "))}
                     : container_flags(facts);
    if (facts.container.empty() && facts.proc_covers.empty())
      row.remedy = {"# /proc of this process is restricted: it must be mounted without hidepid and in full",
                    as_root(facts, "mount -o remount,hidepid=0 /proc")};
    return row;
  }
  row.reason = "there is no user namespace to make it in";
  row.remedy = user.remedy;
  if (host.landlock && host.landlock_abi >= 6) {
    row.by = "Landlock: signals stay inside; init is subreaper";
  } else {
    row.by.clear();
    row.state = SurveyState::missing;
  }
  return row;
}

SurveyRow survey_network(const Host& host, const SurveyFacts& facts, const SurveyRow& user) {
  SurveyRow row{"network namespace", SurveyState::works, "loopback only", {}, {}, {"ci", "strict", "agent"}};
  if (host.network_namespace) return row;
  row.state = host.seccomp ? SurveyState::partly : SurveyState::missing;
  row.by = host.seccomp ? "seccomp refuses internet sockets, loopback included" : "";
  row.reason = host.namespaces ? host.network_namespace.reason : "there is no user namespace to make it in";
  if (!host.namespaces)
    row.remedy = user.remedy;
  else if (facts.container.empty())
    row.remedy = set_switch(facts, "user.max_net_namespaces", "63000");
  else
    row.remedy = container_flags(facts);
  return row;
}

SurveyRow survey_ipc(const Host& host, const SurveyRow& user) {
  SurveyRow row{"ipc, uts, cgroup ns", SurveyState::works, "own System V ipc, host name and group root", {}, {},
                every_preset()};
  if (host.namespaces) return row;
  row.state = SurveyState::missing;
  row.by.clear();
  row.reason = "there is no user namespace to make them in";
  row.remedy = user.remedy;
  return row;
}

}  // namespace

SurveyRows survey_namespaces(const Host& host, const SurveyFacts& facts) {
  SurveyRow user = survey_user_namespace(host, facts);
  SurveyRows rows{user,
                  survey_tree(host, user),
                  survey_overlay(host, facts, user),
                  survey_id_mapping(host, user),
                  survey_processes(host, facts, user),
                  survey_network(host, facts, user),
                  survey_ipc(host, user)};
  return rows;
}

}  // namespace rh::sandbox
