// What this host allows, found by starting a real child and watching where the kernel refuses.
#pragma once

#include <linux/sched.h>

#include <string>
#include <vector>

#include "sandbox/cgroup.h"
#include "sandbox/user_namespace.h"

namespace rh::sandbox {

struct Ability {
  bool ok = false;
  std::string reason;  // why not
  explicit operator bool() const { return ok; }
};

// Turned off by tests, to see what a poorer host would do.
struct HostSwitches {
  bool namespaces = true;
  bool cgroups = true;
  bool landlock = true;
  bool seccomp = true;
};

struct Host {
  bool assumed = false;  // not tried yet: see assume_host
  Identity identity;
  Ability namespaces;  // user, mount, pid, ipc, uts and cgroup namespaces, and a private file tree
  Ability network_namespace;
  Ability fresh_proc;
  Ability id_mapped_mounts;  // of a temporary folder; each granted folder is tried again
  Ability overlay;           // in a user namespace, over a folder of the host
  Ability start_in_cgroup;
  Ability landlock;
  int landlock_abi = 0;
  Ability seccomp;
  CgroupHost cgroups;
};

constexpr std::uint64_t kNamespaceFlags =
    CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;

// The best host: nothing is tried but the control groups, which every run needs to find anyway.
[[nodiscard]] Host assume_host(const HostSwitches& switches);
[[nodiscard]] Host probe_host(const HostSwitches& switches, IdMapper& mapper);

}  // namespace rh::sandbox
