// Chooses for each promise the best means that the host has, and prepares it.
#include "sandbox/launch_plan.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <tuple>

#include "runner/base/file.h"
#include "sandbox/host_sockets.h"
#include "sandbox/landlock.h"
#include "sandbox/mount_plan.h"
#include "sandbox/own_root.h"
#include "sandbox/rlimits.h"
#include "sandbox/seccomp.h"

namespace rh::sandbox {
namespace {

using model::IsolationLevel;
using model::NetworkPolicy;

class Builder {
 public:
  Builder(const LaunchSpec& spec, const Host& host, IdMapper& mapper, std::size_t room, LaunchPlan& plan)
      : spec_(spec), host_(host), mapper_(mapper), room_(room), plan_(plan) {}

  Result<void> build(const std::string& group_name) {
    group_name_ = group_name;
    plan_.contained = spec_.level != IsolationLevel::none;
    RH_CHECK(open_streams());
    choose_processors();
    prepare_groups(group_name);
    if (plan_.contained) {
      if (host_.namespaces) prepare_namespaces();
      if (!plan_.overlays.empty()) RH_CHECK(open_layer_channel());
      plan_.child.drop_privileges = true;
      prepare_landlock();
      prepare_filter();
    }
    if (!plan_.cgroup->limits_pids())
      plan_.pids_limit = plan_.child.own_pids ? PidsLimit::own_count : PidsLimit::watchdog;
    return prepare_command();
  }

 private:
  Result<void> open_streams() {
    struct stat input {};
    const bool confined = spec_.streams.input.valid() && spec_.level != IsolationLevel::none &&
                          fstat(spec_.streams.input.fd, &input) == 0;
    if (confined && S_ISDIR(input.st_mode))
      return fail(ErrorKind::usage, "use a folder as standard input", fmt::format("{}", spec_.streams.input.fd));
    if (confined && S_ISREG(input.st_mode)) {
      RH_TRY(UniqueFd fed, plan_.input.start(spec_.streams.input));
      plan_.child.stdin_fd = keep(std::move(fed));
    } else if (spec_.streams.input.valid()) {
      plan_.child.stdin_fd = spec_.streams.input.fd;
    } else {
      UniqueFd null(open("/dev/null", O_RDONLY | O_CLOEXEC));
      if (!null) return fail_errno("open", "/dev/null");
      plan_.child.stdin_fd = keep(std::move(null));
    }
    for (auto [given, into, read_end] : {std::tuple{spec_.streams.output, &plan_.child.stdout_fd, &plan_.stdout_read},
                                         std::tuple{spec_.streams.error, &plan_.child.stderr_fd, &plan_.stderr_read}}) {
      if (given.valid()) {
        *into = given.fd;
        continue;
      }
      int ends[2];
      if (pipe2(ends, O_CLOEXEC) != 0) return fail_errno("make a pipe for output", "pipe2");
      *read_end = UniqueFd(ends[0]);
      *into = keep(UniqueFd(ends[1]));
      fcntl(ends[0], F_SETFL, O_NONBLOCK);
    }
    return {};
  }

  Result<void> open_layer_channel() {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
      return fail_errno("make a socket pair for the overlay", "socketpair");
    plan_.layer_receive = UniqueFd(ends[0]);
    plan_.child.layer_fd = keep(UniqueFd(ends[1]));
    return {};
  }

  int keep(UniqueFd fd) {
    plan_.descriptors.push_back(std::move(fd));
    return plan_.descriptors.back().get();
  }

  Result<void> prepare_command() {
    const model::Command command = adapted(spec_.command, plan_);
    const std::vector<ResourceLimit> limits = resource_limits(spec_.limits, plan_.pids_limit);
    const std::size_t needed = SharedCommand::bytes_for(command, limits.size());
    RH_TRY(plan_.command, SharedCommand::make(std::max(needed, room_)));
    RH_ASSERT(plan_.command.write(command, limits));
    plan_.child.command = plan_.command.block();
    return {};
  }

  void prepare_groups(const std::string& group_name) {
    plan_.cgroup = std::make_unique<RunCgroup>(host_.cgroups, group_name, spec_.limits);
    for (UniqueFd& fd : plan_.cgroup->open_v1_tasks())
      if (fd) plan_.child.cgroup_tasks.push_back(keep(std::move(fd)));
    UniqueFd unified = plan_.cgroup->open_unified();
    if (!unified) return;
    if (host_.start_in_cgroup) {
      plan_.spawn.cgroup = BorrowedFd(keep(std::move(unified)));
    } else if (UniqueFd procs(openat(unified.get(), "cgroup.procs", O_WRONLY | O_CLOEXEC)); procs) {
      plan_.child.cgroup_tasks.push_back(keep(std::move(procs)));
    }
  }

  void prepare_namespaces() {
    ChildPlan& child = plan_.child;
    plan_.spawn.clone_flags = kNamespaceFlags;
    plan_.spawn.identity = host_.identity;
    child.own_pids = child.own_mounts = true;
    child.host_name = host_name();
    if (spec_.limits.network == NetworkPolicy::none && host_.network_namespace) {
      child.own_network = plan_.private_network = true;
    }
    plan_.placeholders = place(spec_.files.guarded, spec_.files.writable);
    plan_tree();
    if (!host_.identity.mapped_root || map_grants()) return;
    // A workspace that nobody could write to is of no use: root stays root outside, without
    // capabilities, and what only root's uid protects is covered.
    plan_.spawn.identity = Identity::unmapped_root();
    plan_tree();
  }

  void plan_tree() {
    MountOptions options;
    options.tmp_bytes = spec_.limits.tmp_bytes;
    options.host_network = spec_.limits.network == NetworkPolicy::host;
    options.other_uid = plan_.spawn.identity.mapped_root;
    options.hide_accounts = plan_.spawn.identity.outside_uid == 0;
    options.fresh_proc = host_.fresh_proc.ok;
    options.overlay = plan_.overlaid = host_.overlay && !spec_.files.overlays.empty();
    options.sockets = host_sockets();
    MountPlan mounts = spec_.files.own_root ? plan_own_root(spec_.files, options) : plan_mounts(spec_.files, options);
    if (spec_.files.own_root) plan_.names = spec_.files.names;
    plan_.overlays = std::move(mounts.overlays);
    plan_.child.grabs = std::move(mounts.grabs);
    plan_.child.mounts = std::move(mounts.steps);
    plan_.mount_notes = std::move(mounts.notes);
  }

  // False: a writable folder lies on a file system that cannot be id-mapped.
  bool map_grants() {
    for (Grab& grab : plan_.child.grabs) {
      if ((grab.attributes & MOUNT_ATTR_NODEV) == 0) continue;  // devices are the same for every uid
      auto mount = mapper_.map(grab.source, grab.attributes, plan_.spawn.identity);
      if (mount) {
        grab.fd = keep(*std::move(mount));
        continue;
      }
      plan_.id_map_problem = mount.error().message();
      if ((grab.attributes & MOUNT_ATTR_RDONLY) == 0) return false;
    }
    return true;
  }

  // As many of the runner's own processors as the bandwidth would fill, each run beginning elsewhere.
  void choose_processors() {
    cpu_set_t own;
    if (!spec_.limits.cpus || sched_getaffinity(0, sizeof own, &own) != 0) return;
    std::vector<int> processors;
    for (int i = 0; i < CPU_SETSIZE; ++i)
      if (CPU_ISSET(i, &own)) processors.push_back(i);
    const auto wanted = static_cast<std::size_t>(std::max(1.0, std::ceil(*spec_.limits.cpus)));
    if (wanted >= processors.size()) return;
    static std::atomic<std::size_t> next{static_cast<std::size_t>(getpid())};
    const std::size_t first = next.fetch_add(wanted);
    CPU_ZERO(&plan_.child.cpus);
    for (std::size_t i = 0; i < wanted; ++i) CPU_SET(processors[(first + i) % processors.size()], &plan_.child.cpus);
    plan_.child.on_some_cpus = true;
  }

  [[nodiscard]] std::string host_name() const {
    std::string name = "rh-";
    for (char c : spec_.name)
      if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-') name += c;
    if (name.size() > 60) name.resize(60);
    return name == "rh-" ? "rh-run" : name;
  }

  void prepare_landlock() {
    if (!host_.landlock) {
      plan_.landlock_problem = host_.landlock.reason;
      return;
    }
    const bool no_files = !host_.namespaces.ok;
    const bool no_network = spec_.limits.network == NetworkPolicy::none && !plan_.private_network;
    if (!no_files && plan_.private_network) return;  // namespaces do all of it
    std::filesystem::path tmp;
    if (no_files) {
      auto made = PrivateTmp::make(group_name_);
      if (!made) {
        plan_.landlock_problem = made.error().message();
        return;
      }
      plan_.private_tmp.emplace(*std::move(made));
      tmp = plan_.private_tmp->path();
    }
    auto ruleset =
        no_files ? file_ruleset(host_.landlock_abi, spec_.files, tmp, no_network) : scope_ruleset(host_.landlock_abi);
    if (!ruleset) {
      plan_.landlock_problem = ruleset.error().message();
      return;
    }
    plan_.child.landlock_fd = keep(*std::move(ruleset));
    plan_.file_rules = no_files;
    plan_.socket_scope = host_.landlock_abi >= 6;
  }

  void prepare_filter() {
    if (!host_.seccomp) {
      plan_.seccomp_problem = host_.seccomp.reason;
      return;
    }
    FilterOptions options;
    options.strict = spec_.level == IsolationLevel::strict;
    options.trace_allowed = plan_.child.own_pids;
    options.refuse_internet = spec_.limits.network == NetworkPolicy::none && !plan_.private_network;
    auto filter = make_filter(options);
    if (!filter) {
      plan_.seccomp_problem = filter.error().message();
      return;
    }
    plan_.child.seccomp = *std::move(filter);
    plan_.refuse_internet = options.refuse_internet;
  }

  const LaunchSpec& spec_;
  const Host& host_;
  IdMapper& mapper_;
  std::string group_name_;
  std::size_t room_;  // bytes for a command that is not known yet
  LaunchPlan& plan_;
};

}  // namespace

Result<std::unique_ptr<LaunchPlan>> plan_launch(const LaunchSpec& spec, const Host& host, IdMapper& mapper,
                                                const std::string& group_name, std::size_t room) {
  auto plan = std::make_unique<LaunchPlan>();
  RH_CHECK(Builder(spec, host, mapper, room, *plan).build(group_name));
  return plan;
}

model::Command adapted(model::Command command, const LaunchPlan& plan) {
  if (plan.private_tmp)
    for (const char* name : {"TMPDIR", "TMP", "TEMP"}) command.env[name] = plan.private_tmp->path().string();
  for (const auto& [name, folder] : plan.names)
    if (is_below(command.cwd, folder)) {
      const std::filesystem::path rest = command.cwd.lexically_relative(folder);
      command.cwd = rest == "." ? name : name / rest;
      break;
    }
  return command;
}

void close_child_ends(LaunchPlan& plan) { plan.descriptors.clear(); }

}  // namespace rh::sandbox
