// Every isolation mechanism of a host with its state and, where it is not in force, the command that
// puts it in force: a pure function of facts, which survey_facts.h gathers.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runner/model/host_survey.h"
#include "sandbox/cgroup_layout.h"
#include "sandbox/host.h"

namespace rh::sandbox {

// What the groups of a run without any command could do.
struct GroupFacts {
  CgroupLayout layout;
  std::string memory_by, pids_by, cpu_by, bandwidth_by;  // empty: not in force
  std::string memory_problem, pids_problem, cpu_problem, bandwidth_problem;
  bool swap = false, kill = false, pressure = false;
  bool read_only = false;  // the tree of groups is mounted so
  std::string kill_problem, pressure_problem;
};

struct SurveyFacts {
  // who runs
  unsigned uid = 0;
  bool administrator = false;  // CAP_SYS_ADMIN over the host's own resources
  std::string user;            // account name, or the number
  std::string container;       // empty: none
  std::string kernel;
  bool systemd = false, user_manager = false;
  // switches of the kernel; nothing: it has no such switch
  std::optional<std::string> userns_clone, max_user_namespaces, apparmor_userns, ptrace_scope;
  std::optional<std::string> lsm;        // /sys/kernel/security/lsm
  std::vector<std::string> proc_covers;  // mounts below /proc, as container engines make them
  bool no_new_privs = true, filters = true, clone3 = true;
  Ability peek;  // reading the memory of a sandboxed process from outside
  GroupFacts groups;
};

[[nodiscard]] model::HostSurvey survey_host(const Host& host, const SurveyFacts& facts);

// The engine that made the container, from what it leaves in the file system and pid 1's groups.
[[nodiscard]] std::string container_of(bool dockerenv, bool containerenv, std::string_view groups_of_init);
// Mount points below /proc.
[[nodiscard]] std::vector<std::string> covers_of_proc(std::string_view mountinfo);

}  // namespace rh::sandbox
