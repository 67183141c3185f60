// Everything the child does between clone3 and exec, as data. The runner has many threads, so after
// clone3 the child may neither allocate nor lock: all of this is computed before, and the child only
// reads it (and writes its own copy of the descriptor numbers).
#pragma once

#include <linux/filter.h>
#include <sched.h>
#include <sys/resource.h>

#include <cstdint>
#include <string>
#include <vector>

#include "sandbox/command_block.h"

namespace rh::sandbox {

// Where the set-up was when the kernel refused.
enum class Stage : int {
  none,
  close_descriptors,
  join_cgroup,
  await_maps,
  identity,
  death_signal,
  host_name,
  network_namespace,
  loopback,
  private_mounts,
  grab,  // index: ChildPlan::grabs
  read_only_root,
  mount_step,  // index: ChildPlan::mounts
  capabilities,
  no_new_privileges,
  fork,
  session,
  streams,
  limits,
  landlock,
  working_folder,
  seccomp,
  execute,
};

// A part of the host's tree, taken as a detached mount before private folders cover it.
struct Grab {
  std::string source;
  std::uint64_t attributes = 0;  // MOUNT_ATTR_*
  bool optional = true;          // false: a failure ends the run before it begins
  int fd = -1;                   // made by the runner (id-mapped), or by the child
  bool late = false;             // taken by its step, with what was mounted below it until then
};

enum class MountAction {
  make_folder,  // with all missing parents
  make_file,    // an empty mount point
  make_link,    // symlink target -> data
  mount_tmpfs,  // data: options
  mount_proc,
  mount_devpts,
  mount_mqueue,
  attach,        // move grab `grab` to target
  overlay,       // over the layers prepared in target: see mount_tree.cpp
  bind_self,     // target becomes a mount point that shows itself
  seal,          // read-only from here on
  cover_folder,  // an empty read-only folder in its place
  cover_file,    // /dev/null in its place
  take,          // grab `grab`, which is late
  enter,         // the following targets are relative to target
  change_root,   // to the folder that was entered, which is a mount
};

struct MountStep {
  MountAction action;
  std::string target;
  std::string data;
  int grab = -1;
  bool optional = false;
};

struct ChildPlan {
  // Channels to the runner.
  int status_fd = -1;   // InitMessage records
  int command_fd = -1;  // one byte per InitCommand; end of file: the runner is gone
  int stdin_fd = -1, stdout_fd = -1, stderr_fd = -1;
  std::vector<int> kept_fds;      // sorted: all the above and below; everything else is closed at once
  std::vector<int> cgroup_tasks;  // groups to join: "0" is written to each

  // What the clone flags made ours.
  bool await_maps = false;   // the runner writes the user namespace's maps, or looks at the child, then sends go
  bool mapped_root = false;  // take uid and gid 0 of the user namespace
  bool own_pids = false;
  bool own_network = false;
  std::string host_name;  // empty: no namespace for it

  bool own_mounts = false;
  std::vector<Grab> grabs;
  std::vector<MountStep> mounts;
  int layer_fd = -1;  // a socket: the upper folder of each overlay is sent to the runner

  bool drop_privileges = false;  // capabilities and no_new_privs
  int landlock_fd = -1;
  bool on_some_cpus = false;  // run on `cpus` only
  cpu_set_t cpus{};
  std::vector<sock_filter> seccomp;

  const CommandBlock* command = nullptr;
  bool parked = false;      // report readiness, then wait for the order to start the command
  bool probe_only = false;  // report readiness instead of starting a command
};

// What the child tells the runner; smaller than PIPE_BUF, so that records never mix.
struct InitMessage {
  enum Kind : int {
    degraded,     // an optional step failed: stage, index, error
    failed,       // the set-up failed: stage, index, error
    ready,        // probe_only or parked: everything was set up
    started,      // exec succeeded; pid in the child's own numbering
    main_exited,  // wait status of the command
    finished,     // no process but init is left; usage of all of them
  };
  Kind kind = failed;
  Stage stage = Stage::none;
  int index = -1;
  int error = 0;
  int pid = 0;
  int wait_status = 0;
  rusage usage{};
};

enum class InitCommand : char {
  go = 'g',         // the user namespace's maps are written
  start = 's',      // the command block of a parked child is written
  halt = 'h',       // SIGSTOP to every process of the tree
  terminate = 't',  // SIGTERM to every process of the tree
  finish = 'f',     // SIGKILL to every process of the tree, reap them, report and exit
};

[[nodiscard]] const char* stage_text(Stage stage);

}  // namespace rh::sandbox
