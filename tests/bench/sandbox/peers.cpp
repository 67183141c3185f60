#include "tests/bench/sandbox/peers.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "runner/base/text.h"
#include "sandbox/seccomp.h"

namespace rh::bench {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using Words = std::vector<std::string>;

bool on_path(const std::string& program) {
  const char* path = std::getenv("PATH");
  for (const std::string_view folder : split(path == nullptr ? "/usr/bin:/bin" : path, ':'))
    if (access((fs::path(folder) / program).c_str(), X_OK) == 0) return true;
  return false;
}

Words join_words(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

Words bwrap(const fs::path& workspace, const Words& options) {
  return join_words({"bwrap", "--unshare-all", "--die-with-parent", "--ro-bind", "/", "/", "--proc", "/proc", "--dev",
                     "/dev", "--tmpfs", "/tmp", "--bind", workspace, workspace, "--chdir", workspace},
                    options);
}

// The very program that runharness installs, for bwrap to read.
UniqueFd strict_filter() {
  const auto program = sandbox::make_filter({.strict = true});
  if (!program) return {};
  UniqueFd fd(memfd_create("filter", MFD_CLOEXEC));
  const std::size_t size = program->size() * sizeof(sock_filter);
  if (write(fd.get(), program->data(), size) != static_cast<ssize_t>(size)) return {};
  return fd;
}

json mount_of(const std::string& target, const std::string& type, const std::string& source, const Words& options) {
  return {{"destination", target}, {"type", type}, {"source", source}, {"options", options}};
}

// An OCI bundle whose root file system is the host's, bound folder by folder: runc cannot take "/" itself.
void write_bundle(const fs::path& bundle, const Words& command, const fs::path& workspace) {
  json config = {{"ociVersion", "1.0.2"}, {"hostname", "bench"}, {"root", {{"path", "rootfs"}, {"readonly", true}}}};
  config["process"] = {{"cwd", workspace.string()},      {"args", command},
                       {"env", {"PATH=/usr/bin:/bin"}},  {"noNewPrivileges", true},
                       {"capabilities", json::object()}, {"user", {{"uid", 0}, {"gid", 0}}}};
  json mounts = json::array();
  for (const char* folder : {"usr", "etc", "opt", "bin", "sbin", "lib", "lib64"}) {
    const fs::path source = fs::path("/") / folder, target = bundle / "rootfs" / folder;
    if (fs::is_symlink(source)) {
      fs::create_symlink(fs::read_symlink(source), target);
    } else if (fs::is_directory(source)) {
      fs::create_directories(target);
      mounts.push_back(mount_of(source, "bind", source, {"rbind", "ro"}));
    }
  }
  for (const char* folder : {"proc", "dev", "tmp", "sys"}) fs::create_directories(bundle / "rootfs" / folder);
  mounts.push_back(mount_of("/proc", "proc", "proc", {"nosuid", "noexec", "nodev"}));
  mounts.push_back(mount_of("/dev", "tmpfs", "tmpfs", {"nosuid", "mode=755", "size=64k"}));
  mounts.push_back(mount_of("/tmp", "tmpfs", "tmpfs", {"nosuid", "nodev", "mode=1777"}));
  mounts.push_back(mount_of(workspace, "bind", workspace, {"bind", "rw"}));
  config["mounts"] = mounts;
  json refused = {{"names", {"ptrace", "keyctl", "mount", "umount2", "bpf", "io_uring_setup", "unshare", "setns"}},
                  {"action", "SCMP_ACT_ERRNO"}};
  config["linux"] = {{"resources", {{"memory", {{"limit", 1 << 30}}}, {"pids", {{"limit", 512}}}}},
                     {"maskedPaths", {"/proc/kcore", "/proc/keys"}},
                     {"readonlyPaths", {"/proc/sys", "/proc/irq", "/proc/bus", "/proc/fs"}},
                     {"seccomp", {{"defaultAction", "SCMP_ACT_ALLOW"}, {"syscalls", json::array({refused})}}}};
  for (const char* name : {"pid", "network", "ipc", "uts", "mount", "cgroup"})
    config["linux"]["namespaces"].push_back({{"type", name}});
  std::ofstream(bundle / "config.json") << config.dump(1);
}

Peer runc_peer(const Words& command, const fs::path& workspace, const fs::path& folder) {
  const fs::path bundle = folder / "bundle";
  if (on_path("runc")) {
    fs::create_directories(bundle / "rootfs");
    write_bundle(bundle, command, workspace);
  }
  Peer peer{"runc", "same plus memory and pids limits; no user namespace; short filter", {}, {}, {}};
  peer.command.argv = {"runc", "run", "--bundle", bundle, "runharness-bench-" + std::to_string(getpid())};
  return peer;
}

// The tools' own words for the policy; `command` comes last.
std::vector<Peer> all_peers(const Words& command, const fs::path& workspace, const fs::path& folder) {
  std::vector<Peer> peers;
  const auto add = [&](const char* name, const char* policy, const Words& words) {
    peers.push_back({name, policy, {}, {join_words(words, command), {}, -1}, {}});
  };
  add("bwrap", "no filter, no limits", bwrap(workspace, {}));
  add("bwrap+seccomp", "the filter of runharness; no limits",
      bwrap(workspace, {"--seccomp", std::to_string(kPassedFd)}));
  peers.back().filter = strict_filter();
  peers.back().command.passed_fd = peers.back().filter.get();
  add("firejail", "own filter; no limits, no user namespace",
      {"firejail", "--quiet", "--noprofile", "--net=none", "--ipc-namespace", "--private-dev", "--private-tmp",
       "--read-only=/", "--read-write=" + workspace.string(), "--caps.drop=all", "--nonewprivs", "--seccomp", "--"});
  peers.push_back(runc_peer(command, workspace, folder));
  add("runexec", "memory limit; no filter",
      {"runexec", "--quiet", "--read-only-dir", "/", "--hidden-dir", "/tmp", "--full-access-dir", workspace, "--dir",
       workspace, "--memlimit", "1000000000", "--no-tmpfs", "--output", "/dev/null", "--"});
  add("nsjail", "time and file limits; no filter",
      {"nsjail", "--mode", "o", "--quiet", "--chroot", "/", "--tmpfsmount", "/tmp", "--bindmount", workspace, "--cwd",
       workspace, "--"});
  add("isolate", "box made beforehand; no filter",
      {"isolate", "--box-id=99", "--silent", "--processes=64", "--mem=1048576", "--run", "--"});
  return peers;
}

}  // namespace

std::vector<Peer> find_peers(const Words& command, const fs::path& workspace, const fs::path& folder) {
  std::vector<Peer> peers = all_peers(command, workspace, folder);
  for (Peer& peer : peers) {
    const std::string& program = peer.command.argv.front();
    peer.command.folder = workspace;
    if (!on_path(program)) {
      peer.missing = "not installed";
      continue;
    }
    if (program == "isolate") (void)run_timed({{"isolate", "--box-id=99", "--init"}, {}, -1});
    peer.missing = complaint_of(peer.command);
  }
  return peers;
}

}  // namespace rh::bench
