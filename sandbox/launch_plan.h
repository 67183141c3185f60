// One run, prepared: everything the child needs, the control groups it will live in, and which
// means stand in where the host lacks the best one.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sandbox/cgroup.h"
#include "sandbox/guard.h"
#include "sandbox/host.h"
#include "sandbox/input_feed.h"
#include "sandbox/private_tmp.h"
#include "sandbox/rlimits.h"
#include "sandbox/sandbox.h"
#include "sandbox/spawn.h"

namespace rh::sandbox {

struct LaunchPlan {
  ChildPlan child;
  SpawnOptions spawn;
  std::unique_ptr<RunCgroup> cgroup;
  UniqueFd stdout_read, stderr_read;
  InputFeed input;
  std::optional<PrivateTmp> private_tmp;  // where there is no mount namespace

  bool contained = false;  // a level above `none`
  bool private_network = false;
  bool file_rules = false;       // Landlock stands in for the mount namespace
  bool socket_scope = false;     // Landlock keeps abstract sockets in
  bool refuse_internet = false;  // the filter stands in for the network namespace
  PidsLimit pids_limit = PidsLimit::group;
  bool overlaid = false;  // the overlays asked for are there, not merely read-only
  std::vector<std::string> mount_notes;
  // Where there is a root of its own: name inside -> the host's folder.
  std::map<std::filesystem::path, std::filesystem::path> names;
  std::vector<std::filesystem::path> overlays;  // in the order in which their upper folders arrive
  std::vector<Placeholder> placeholders;
  UniqueFd layer_receive;
  std::optional<RunCgroup::Cpu> cpu_before;  // of a sandbox that was made ahead
  std::string id_map_problem;                // why root stayed root outside
  std::string landlock_problem, seccomp_problem;

  // What `child` points into.
  SharedCommand command;
  std::vector<UniqueFd> descriptors;
};

// `room`: bytes to keep for a command that will be written later.
[[nodiscard]] Result<std::unique_ptr<LaunchPlan>> plan_launch(const LaunchSpec& spec, const Host& host,
                                                              IdMapper& mapper, const std::string& group_name,
                                                              std::size_t room = 0);
// The command with what this plan makes of its environment.
[[nodiscard]] model::Command adapted(model::Command command, const LaunchPlan& plan);
// After spawn: the runner's copies of the child's ends are closed, so that end of file can be seen.
void close_child_ends(LaunchPlan& plan);

}  // namespace rh::sandbox
