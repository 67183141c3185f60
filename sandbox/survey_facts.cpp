#include "sandbox/survey_facts.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/seccomp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "runner/base/file.h"
#include "runner/base/text.h"
#include "sandbox/cgroup.h"
#include "sandbox/cgroup_files.h"

namespace rh::sandbox {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kSysAdmin = 21;
constexpr std::chrono::seconds kPatience{5};

std::optional<std::string> read_switch(const char* name) {
  auto text = read_control(name);
  if (text) text = std::string(trim(*text));
  return text;
}

bool exists(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

// From the files: a directory service that does not answer must not hold up a diagnosis.
std::string account_name(unsigned uid) {
  const std::string number = std::to_string(uid);
  for (const std::string_view line : split_lines(read_control("/etc/passwd").value_or(""))) {
    const auto fields = split(line, ':');
    if (fields.size() > 2 && fields[2] == number) return std::string(fields[0]);
  }
  return number;
}

// A capability counts only in the user namespace that owns the machine's resources; in a container's
// own one, remounting what the engine made read-only is refused all the same.
bool is_administrator() {
  for (const std::string_view line : split_lines(read_control("/proc/self/status").value_or(""))) {
    if (!line.starts_with("CapEff:")) continue;
    const std::uint64_t sets = std::strtoull(std::string(trim(line.substr(7))).c_str(), nullptr, 16);
    return ((sets >> kSysAdmin) & 1) != 0 &&
           mapped_range(read_control("/proc/self/uid_map").value_or("")) > 0xffff'0000ULL;
  }
  return false;
}

// The refusal alone: the remedy that groups add to it has a place of its own here.
std::string without_remedy(std::string problem) {
  for (const char* begin : {"; as root:", "; start it with:"})
    if (const std::size_t at = problem.find(begin); at != std::string::npos) problem.resize(at);
  return problem;
}

bool is_mounted_read_only(const fs::path& folder) {
  struct statvfs info {};
  return !folder.empty() && statvfs(folder.c_str(), &info) == 0 && (info.f_flag & ST_RDONLY) != 0;
}

GroupFacts try_groups(const Host& host) {
  GroupFacts facts;
  facts.layout =
      read_layout(read_control("/proc/self/mountinfo").value_or(""), read_control("/proc/self/cgroup").value_or(""));
  model::Limits limits;
  limits.memory_bytes = 1ULL << 30;
  limits.pids = 1024;
  limits.cpus = 1;
  const RunCgroup group(host.cgroups, own_group_name("doctor"), limits);
  if (group.limits_memory()) facts.memory_by = group.memory_v2() ? "cgroup v2 memory.max" : "cgroup v1 memory";
  if (group.limits_pids()) facts.pids_by = "cgroup pids.max";
  if (group.cpu_used()) facts.cpu_by = group.cpu_source();
  if (group.limits_bandwidth())
    facts.bandwidth_by = group.bandwidth_v2() ? "cgroup v2 cpu.max" : "cgroup v1 cpu.cfs_quota_us";
  facts.memory_problem = without_remedy(group.memory_problem());
  facts.pids_problem = without_remedy(group.pids_problem());
  facts.cpu_problem = group.cpu_problem().empty() ? "the group has no counter" : without_remedy(group.cpu_problem());
  facts.bandwidth_problem = without_remedy(group.bandwidth_problem());
  facts.swap = group.limits_swap();
  facts.kill = group.can_kill();
  facts.kill_problem = without_remedy(group.problem());
  facts.read_only = is_mounted_read_only(facts.layout.unified) || is_mounted_read_only(facts.layout.memory);
  const UniqueFd unified = group.open_unified();
  const UniqueFd pressure(unified ? openat(unified.get(), "memory.pressure", O_RDONLY | O_CLOEXEC) : -1);
  char byte = 0;
  facts.pressure = pressure && read(pressure.get(), &byte, 1) == 1;
  if (!unified)
    facts.pressure_problem = "there is no cgroup2 group: " + facts.kill_problem;
  else if (!facts.pressure)
    facts.pressure_problem = "the kernel does not keep pressure (memory.pressure cannot be read)";
  return facts;
}

bool takes_filters() {
  const std::uint32_t action = SECCOMP_RET_ERRNO;
  return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

// A call without arguments is refused for them (EINVAL) where the call is there.
bool has_clone3() {
  errno = 0;
  return syscall(SYS_clone3, nullptr, 0) < 0 && errno == EINVAL;
}

// The kernel judges the caller before it looks at the address, so a bad one tells enough.
Ability try_peek(LaunchEngine& engine) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return {false, errno_text(errno)};
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  LaunchSpec spec;
  spec.name = "doctor";
  spec.command.argv = {"/bin/sh", "-c", "read line"};
  spec.command.cwd = "/";
  spec.streams.input = reader;
  spec.limits.wall = kPatience;
  Ability ability{false, "no command could be started to try it on"};
  SuperviseHooks hooks;
  hooks.on_start = [&](const TreeLocation& tree) {
    char byte = 0;
    iovec here{&byte, 1};
    iovec there{reinterpret_cast<void*>(1), 1};
    const bool read = process_vm_readv(tree.root_pid, &here, 1, &there, 1, 0) >= 0;
    ability = {read || errno == EFAULT, read ? std::string() : "process_vm_readv: " + errno_text(errno)};
    writer = UniqueFd();  // the command ends with its input
  };
  if (const auto record = engine.run(spec, hooks); !record) return {false, record.error().message()};
  if (ability) ability.reason.clear();
  return ability;
}

}  // namespace

SurveyFacts gather_facts(const Host& host, LaunchEngine& engine) {
  SurveyFacts facts;
  facts.uid = geteuid();
  facts.user = account_name(facts.uid);
  facts.administrator = is_administrator();
  facts.container =
      container_of(exists("/.dockerenv"), exists("/run/.containerenv"), read_control("/proc/1/cgroup").value_or(""));
  utsname names{};
  if (uname(&names) == 0) facts.kernel = names.release;
  facts.systemd = exists("/run/systemd/system");
  facts.user_manager = exists(fmt::format("/run/user/{}/systemd/private", facts.uid));
  facts.userns_clone = read_switch("/proc/sys/kernel/unprivileged_userns_clone");
  facts.max_user_namespaces = read_switch("/proc/sys/user/max_user_namespaces");
  facts.apparmor_userns = read_switch("/proc/sys/kernel/apparmor_restrict_unprivileged_userns");
  facts.ptrace_scope = read_switch("/proc/sys/kernel/yama/ptrace_scope");
  facts.lsm = read_switch("/sys/kernel/security/lsm");
  facts.proc_covers = covers_of_proc(read_control("/proc/self/mountinfo").value_or(""));
  facts.no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) >= 0;
  facts.filters = takes_filters();
  facts.clone3 = has_clone3();
  facts.groups = try_groups(host);
  facts.peek = try_peek(engine);
  return facts;
}

}  // namespace rh::sandbox
