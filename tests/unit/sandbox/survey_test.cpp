// From facts of a host to findings: what blocks is named, and everything that is not in force comes
// with a command for whoever runs the harness.
#include "sandbox/survey.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "runner/base/text.h"

namespace rh::sandbox {
namespace {

using model::SurveyRow;
using model::SurveyState;

struct Place {
  Host host;
  SurveyFacts facts;
};

void set_all(Host& host, const Ability& ability) {
  host.namespaces = host.network_namespace = host.fresh_proc = host.overlay = host.id_mapped_mounts = ability;
}

// A root runner with cgroup v2 and everything allowed.
Place good_place() {
  Place place;
  set_all(place.host, {true, {}});
  place.host.identity = {0, 65534, 0, 65534, true};
  place.host.start_in_cgroup = place.host.landlock = place.host.seccomp = {true, {}};
  place.host.landlock_abi = 7;
  SurveyFacts& facts = place.facts;
  facts.administrator = true;
  facts.user = "root";
  facts.kernel = "6.12.1";
  facts.lsm = "landlock,yama,apparmor";
  facts.peek = {true, {}};
  GroupFacts& groups = facts.groups;
  groups.layout.unified = groups.layout.unified_mount = "/sys/fs/cgroup";
  groups.memory_by = "cgroup v2 memory.max";
  groups.pids_by = "cgroup pids.max";
  groups.cpu_by = "cgroup v2 cpu.stat";
  groups.bandwidth_by = "cgroup v2 cpu.max";
  groups.swap = groups.kill = groups.pressure = true;
  return place;
}

void become_user(Place& place) {
  place.facts.uid = 1000;
  place.facts.user = "dev";
  place.facts.administrator = false;
  place.host.identity = {1000, 1000, 1000, 1000, false};
}

void lose_namespaces(Place& place) { set_all(place.host, {false, "write uid_map: Operation not permitted"}); }

void lose_groups(Place& place) {
  GroupFacts& groups = place.facts.groups;
  groups.memory_by = groups.pids_by = groups.cpu_by = groups.bandwidth_by = {};
  groups.memory_problem = groups.pids_problem = groups.cpu_problem = groups.bandwidth_problem = groups.kill_problem =
      groups.pressure_problem = "mkdir: Permission denied";
  groups.swap = groups.kill = groups.pressure = false;
  place.host.start_in_cgroup = {false, "no writable cgroup2 group"};
}

void use_version_one(Place& place) {
  CgroupLayout& layout = place.facts.groups.layout;
  layout = {};
  layout.memory = "/sys/fs/cgroup/memory";
  layout.pids = "/sys/fs/cgroup/pids";
  layout.cpu = "/sys/fs/cgroup/cpuacct";
  layout.bandwidth = "/sys/fs/cgroup/cpu";
}

std::optional<SurveyRow> row_of(const Place& place, const std::string& mechanism) {
  for (const SurveyRow& row : survey_host(place.host, place.facts).rows)
    if (row.mechanism == mechanism) return row;
  return std::nullopt;
}

TEST(Survey, AHostThatAllowsEverythingNeedsNothing) {
  const Place place = good_place();
  for (const SurveyRow& row : survey_host(place.host, place.facts).rows) {
    EXPECT_EQ(row.state, SurveyState::works) << row.mechanism;
    EXPECT_TRUE(row.remedy.empty() && row.reason.empty()) << row.mechanism;
    EXPECT_FALSE(row.by.empty()) << row.mechanism;
  }
}

struct Case {
  const char* name;
  std::function<void(Place&)> change;
  const char* mechanism;
  SurveyState state;
  const char* reason;  // found in the reason
  const char* remedy;  // found in the commands
  bool ci = true;      // the preset ci needs it
};

void PrintTo(const Case& one, std::ostream* out) { *out << one.name; }

class SurveyCase : public ::testing::TestWithParam<Case> {};

TEST_P(SurveyCase, NamesStateReasonAndRemedy) {
  Place place = good_place();
  GetParam().change(place);
  const auto row = row_of(place, GetParam().mechanism);
  ASSERT_TRUE(row);
  EXPECT_EQ(row->state, GetParam().state);
  EXPECT_NE(row->reason.find(GetParam().reason), std::string::npos) << row->reason;
  const std::string commands = join(row->remedy, "\n");
  EXPECT_NE(commands.find(GetParam().remedy), std::string::npos) << commands;
  EXPECT_EQ(std::count(row->needed_by.begin(), row->needed_by.end(), "ci"), GetParam().ci ? 1 : 0);
}

void in_docker(Place& place) { place.facts.container = "docker"; }

const Case kCases[] = {
    {"NoUserNamespacesAtAll",
     [](Place& place) {
       lose_namespaces(place);
       place.facts.max_user_namespaces = "0\n";
     },
     "user namespace", SurveyState::missing, "user.max_user_namespaces is 0", "sysctl -w user.max_user_namespaces="},
    {"DebianSwitch",
     [](Place& place) {
       become_user(place);
       lose_namespaces(place);
       place.facts.userns_clone = "0";
     },
     "user namespace", SurveyState::missing, "kernel.unprivileged_userns_clone is 0",
     "sudo sysctl -w kernel.unprivileged_userns_clone=1"},
    {"DebianSwitchIsNotRootsTrouble",
     [](Place& place) {
       lose_namespaces(place);
       in_docker(place);
       place.facts.userns_clone = "0";
     },
     "user namespace", SurveyState::missing, "docker", "docker run --security-opt seccomp=unconfined"},
    {"UbuntuSwitch",
     [](Place& place) {
       become_user(place);
       lose_namespaces(place);
       place.facts.apparmor_userns = "1";
     },
     "user namespace", SurveyState::missing, "kernel.apparmor_restrict_unprivileged_userns is 1",
     "/etc/sysctl.d/60-runharness.conf"},
    {"LandlockInsteadOfATree", lose_namespaces, "mount namespace", SurveyState::partly, "no user namespace",
     "/proc/self/status"},
    {"MaskedProcInPodman",
     [](Place& place) {
       place.host.fresh_proc = {false, "mount proc: Operation not permitted"};
       place.facts.container = "podman";
       place.facts.proc_covers = {"/proc/kcore", "/proc/keys"};
     },
     "pid namespace, /proc", SurveyState::partly, "2 mounts cover parts of /proc (/proc/kcore, ...)", "unmask=ALL"},
    {"MaskedProcInKubernetes",
     [](Place& place) {
       place.host.fresh_proc = {false, "mount proc: Operation not permitted"};
       place.facts.container = "kubernetes";
     },
     "pid namespace, /proc", SurveyState::partly, "mount proc", "procMount: Unmasked"},
    {"NoNetworkNamespace",
     [](Place& place) {
       place.host.network_namespace = {false, "unshare: No space left on device"};
     },
     "network namespace", SurveyState::partly, "No space left", "sysctl -w user.max_net_namespaces="},
    {"NoOverlay",
     [](Place& place) {
       place.host.overlay = {false, "mount overlay: No such device"};
     },
     "overlay workspace", SurveyState::partly, "No such device", "modprobe overlay", false},
    {"NoIdMapping",
     [](Place& place) {
       place.host.id_mapped_mounts = {false, "id-map mount: Invalid argument"};
     },
     "id-mapped mounts", SurveyState::partly, "Invalid argument", "tmpfs"},
    {"BuiltWithoutLibseccomp",
     [](Place& place) {
       place.host.seccomp = {false, "built without libseccomp"};
     },
     "system call filter", SurveyState::missing, "without libseccomp", "libseccomp-dev"},
    {"NoLandlock",
     [](Place& place) {
       place.host.landlock = {false, "the kernel has no Landlock"};
       place.host.landlock_abi = 0;
       place.facts.lsm = "yama,apparmor";
     },
     "Landlock", SurveyState::missing, "yama,apparmor", "lsm=landlock,yama,apparmor", false},
    {"OldLandlock", [](Place& place) { place.host.landlock_abi = 3; }, "Landlock", SurveyState::partly,
     "abstract unix sockets", "Linux 6.12", false},
    {"GroupsOfAUserWithAServiceManager",
     [](Place& place) {
       become_user(place);
       lose_groups(place);
       place.facts.systemd = place.facts.user_manager = true;
     },
     "memory limit", SurveyState::partly, "Permission denied", "systemd-run --user --scope -p Delegate=yes"},
    {"GroupsOfAUserWhoIsNotLoggedIn",
     [](Place& place) {
       become_user(place);
       lose_groups(place);
       place.facts.systemd = true;
     },
     "process limit", SurveyState::partly, "Permission denied", "sudo loginctl enable-linger dev"},
    {"GroupsOfAUserWithoutSystemd",
     [](Place& place) {
       become_user(place);
       lose_groups(place);
     },
     "memory limit", SurveyState::partly, "Permission denied", "chown -R 1000 /sys/fs/cgroup/runharness"},
    {"VersionOneGroupsOfAUser",
     [](Place& place) {
       become_user(place);
       lose_groups(place);
       use_version_one(place);
     },
     "memory limit", SurveyState::partly, "Permission denied",
     "echo $$ | sudo tee /sys/fs/cgroup/memory/runharness/cgroup.procs"},
    {"ReadOnlyGroupsOfRoot", lose_groups, "memory limit", SurveyState::partly, "Permission denied",
     "mount -o remount,rw /sys/fs/cgroup"},
    {"GroupsOfAContainersRoot",
     [](Place& place) {
       lose_groups(place);
       in_docker(place);
       place.facts.administrator = false;
     },
     "memory limit", SurveyState::partly, "Permission denied", "docker run --privileged --cgroupns=private"},
    {"NothingIsMounted",
     [](Place& place) {
       lose_groups(place);
       place.facts.groups.layout = {};
     },
     "process limit", SurveyState::partly, "Permission denied", "mount -t cgroup2"},
    {"NoSwapAccounting", [](Place& place) { place.facts.groups.swap = false; }, "swap limit", SurveyState::missing,
     "swap accounting", "swapaccount=1"},
    {"CpuControllerIsNotDelegated",
     [](Place& place) {
       become_user(place);
       place.facts.systemd = place.facts.user_manager = true;
       place.facts.groups.bandwidth_by = {};
       place.facts.groups.bandwidth_problem = "no cpu controller to give";
     },
     "cpu bandwidth", SurveyState::missing, "no cpu controller", "Delegate=cpu memory pids", false},
    {"KillWithoutNamespacesAndGroups",
     [](Place& place) {
       lose_namespaces(place);
       lose_groups(place);
     },
     "kill of the whole tree", SurveyState::partly, "Permission denied", "mount"},
    {"HiddenClone3",
     [](Place& place) {
       place.facts.clone3 = false;
       in_docker(place);
     },
     "start inside the group", SurveyState::partly, "clone3", "seccomp=unconfined", false},
    {"NoPressure",
     [](Place& place) {
       place.facts.groups.pressure = false;
       place.facts.groups.pressure_problem = "the kernel does not keep pressure";
     },
     "pressure files", SurveyState::missing, "does not keep pressure", "psi=1", false},
    {"Yama",
     [](Place& place) {
       place.facts.peek = {false, "process_vm_readv: Operation not permitted"};
       place.facts.ptrace_scope = "3";
     },
     "memory of the command", SurveyState::missing, "ptrace_scope is 3", "sysctl -w kernel.yama.ptrace_scope=1", false},
};

INSTANTIATE_TEST_SUITE_P(Hosts, SurveyCase, ::testing::ValuesIn(kCases),
                         [](const auto& one) { return std::string(one.param.name); });

// Every loss alone and together, for every runner in every place.
TEST(Survey, WhatIsNotInForceHasAReasonAndARemedy) {
  const std::vector<std::function<void(Place&)>> losses = {
      lose_namespaces,
      lose_groups,
      use_version_one,
      [](Place& place) {
        place.host.seccomp = {false, "built without"};
      },
      [](Place& place) {
        place.host.landlock = {false, "none"}, place.host.landlock_abi = 0;
      },
      [](Place& place) {
        place.facts.peek = {false, "EPERM"};
      },
      [](Place& place) { place.facts.groups.layout = {}; },
      [](Place& place) { place.facts.no_new_privs = place.facts.filters = place.facts.clone3 = false; },
  };
  std::vector<std::string> names;
  for (const char* container : {"", "docker", "podman", "kubernetes", "lxc", "containerd"}) {
    for (unsigned who = 0; who < 4; ++who) {
      for (unsigned lost = 0; lost < (1U << losses.size()); ++lost) {
        Place place = good_place();
        if (who > 0) become_user(place);
        place.facts.systemd = who > 1;
        place.facts.user_manager = who > 2;
        place.facts.container = container;
        for (std::size_t i = 0; i < losses.size(); ++i)
          if ((lost >> i & 1) != 0) losses[i](place);
        std::vector<std::string> found;
        for (const SurveyRow& row : survey_host(place.host, place.facts).rows) {
          found.push_back(row.mechanism);
          const bool works = row.state == SurveyState::works;
          ASSERT_EQ(row.remedy.empty(), works) << row.mechanism << " of " << lost << " in " << container;
          ASSERT_TRUE(works || !row.reason.empty()) << row.mechanism << " of " << lost << " in " << container;
          ASSERT_EQ(row.by.empty(), row.state == SurveyState::missing) << row.mechanism << " of " << lost;
        }
        if (names.empty()) names = found;
        ASSERT_EQ(found, names);
      }
    }
  }
}

TEST(Survey, ContainersAreKnownByWhatTheyLeave) {
  EXPECT_EQ(container_of(false, false, "0::/init.scope\n"), "");
  EXPECT_EQ(container_of(true, false, "0::/\n"), "docker");
  EXPECT_EQ(container_of(false, true, "0::/\n"), "podman");
  EXPECT_EQ(container_of(true, false, "4:memory:/kubepods/pod1/abc\n"), "kubernetes");
  EXPECT_EQ(container_of(false, false, "4:memory:/docker/abc\n"), "docker");
  EXPECT_EQ(container_of(false, false, "0::/lxc.payload.web\n"), "lxc");
}

TEST(Survey, MountsBelowProcAreCovers) {
  const auto covers = covers_of_proc(
      "22 27 0:21 / /proc rw - proc proc rw\n"
      "60 22 0:5 /null /proc/kcore rw - tmpfs tmpfs rw\n"
      "61 22 0:21 /sys /proc/sys ro - proc proc rw\n"
      "62 22 0:40 / /proc/sys/fs/binfmt_misc rw - binfmt_misc binfmt_misc rw\n"
      "63 22 0:5 / /processes rw - tmpfs tmpfs rw\n");
  EXPECT_EQ(covers, (std::vector<std::string>{"/proc/kcore", "/proc/sys"}));
}

}  // namespace
}  // namespace rh::sandbox
