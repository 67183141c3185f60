// Group A: roots, mounts, devices, and programs that would give privileges.
#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <vector>

#include "tests/escape/probes/probe.h"

namespace rh::probe {
namespace {

// change_root FOLDER: the classic: a root below an open folder, which leads out of it.
int change_root(Arguments folders) {
  Acts acts;
  const int above = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
  acts.note("chroot", "", chroot(folders[0]));
  if (above < 0 || fchdir(above) != 0) broken("fchdir");
  acts.note("chroot", "again", chroot(".."));
  return acts.exit_code();
}

// mounts: what would make the host's tree writable again.
int mounts(Arguments arguments) {
  Acts acts;
  const char* folder = arguments[0];
  acts.note("mount", "bind", mount("/", folder, nullptr, MS_BIND | MS_REC, nullptr));
  acts.note("mount", "remount", mount(nullptr, "/", nullptr, MS_REMOUNT | MS_BIND, nullptr));
  acts.note("mount", "tmpfs", mount("tmpfs", folder, "tmpfs", 0, nullptr));
  mount_attr attributes{};
  attributes.attr_clr = MOUNT_ATTR_RDONLY;
  acts.note("mount_setattr", "",
            syscall(SYS_mount_setattr, AT_FDCWD, "/", AT_RECURSIVE, &attributes, sizeof attributes));
  const long tree = syscall(SYS_open_tree, AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  acts.note("open_tree", "", tree);
  if (tree >= 0)
    acts.note("move_mount", "", syscall(SYS_move_mount, tree, "", AT_FDCWD, folder, MOVE_MOUNT_F_EMPTY_PATH));
  return acts.exit_code();
}

// unmount FOLDER PATH…: takes mounts away from FOLDER until there are none, then reads what was below.
int unmount(Arguments arguments) {
  Acts acts;
  acts.note("umount", arguments[0], umount2(arguments[0], MNT_DETACH));
  Acts reading;
  for (const char* path : arguments.subspan(1)) {
    const std::string text = text_of(path);
    if (reading.note_error("read", path, errno)) say("content", text);
  }
  return acts.exit_code();
}

bool write_text(const char* path, const std::string& text) {
  const int fd = open(path, O_WRONLY | O_CLOEXEC);
  const bool done = fd >= 0 && write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (fd >= 0) close(fd);
  return done;
}

void become_root_of_new_namespace(const std::string& uid, const std::string& gid) {
  write_text("/proc/self/setgroups", "deny");
  if (!write_text("/proc/self/uid_map", "0 " + uid + " 1") || !write_text("/proc/self/gid_map", "0 " + gid + " 1"))
    say("maps", error_name(errno));
}

// nest PROBE ARGUMENT…: the probe as root of a user and mount namespace of its own, by unshare.
int nest(Arguments arguments) {
  const std::string uid = std::to_string(geteuid()), gid = std::to_string(getegid());
  Acts acts;
  if (!acts.note("unshare", "", unshare(CLONE_NEWUSER | CLONE_NEWNS))) return acts.exit_code();
  become_root_of_new_namespace(uid, gid);
  return run_probe(arguments[0], arguments.subspan(1));
}

// namespaces: a user namespace in each way that there is.
int namespaces(Arguments) {
  Acts acts;
  const auto by_child = [&](const char* act, long pid) {
    if (pid == 0) _exit(0);
    acts.note(act, "", pid);
    if (pid > 0) waitpid(static_cast<pid_t>(pid), nullptr, __WALL);
  };
  by_child("clone", syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, nullptr, nullptr, nullptr, nullptr));
  clone_args given{};
  given.flags = CLONE_NEWUSER;
  given.exit_signal = SIGCHLD;
  by_child("clone3", syscall(SYS_clone3, &given, sizeof given));
  const int own = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
  acts.note("unshare", "", unshare(CLONE_NEWUSER));
  Acts joining;
  joining.note("setns", "", setns(own, CLONE_NEWUSER));
  return acts.exit_code();
}

// devices FOLDER PATH…: makes nodes in FOLDER, and opens those that exist.
int devices(Arguments arguments) {
  Acts acts;
  const std::string folder = arguments[0];
  acts.note("mknod", "b", mknod((folder + "/block").c_str(), S_IFBLK | 0666, makedev(8, 0)));
  acts.note("mknod", "c", mknod((folder + "/mem").c_str(), S_IFCHR | 0666, makedev(1, 1)));
  for (const char* path : arguments.subspan(1)) {
    const int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    acts.note("open", path, fd);
    if (fd >= 0) close(fd);
  }
  return acts.exit_code();
}

// execute UID PROGRAM [ARGUMENT]…: as another user first, unless UID is "-".
int execute(Arguments arguments) {
  if (std::strcmp(arguments[0], "-") != 0) {
    const auto uid = static_cast<uid_t>(number(arguments[0]));
    if (setresgid(uid, uid, uid) != 0 || setresuid(uid, uid, uid) != 0) broken("setresuid");
  }
  std::vector<char*> argv(arguments.begin() + 1, arguments.end());
  argv.push_back(nullptr);
  execv(argv[0], argv.data());
  return errno;
}

// execute_unlinked PROGRAM [ARGUMENT]…: a copy of it that has no name, by execveat.
int execute_unlinked(Arguments arguments) {
  Acts acts;
  const int from = open(arguments[0], O_RDONLY | O_CLOEXEC);
  const int memory = memfd_create("unlinked", 0);
  if (from < 0 || memory < 0) broken("open");
  char buffer[65536];
  for (ssize_t count = 0; (count = read(from, buffer, sizeof buffer)) > 0;)
    if (write(memory, buffer, static_cast<std::size_t>(count)) != count) broken("write");
  std::vector<char*> argv(arguments.begin(), arguments.end());
  argv.push_back(nullptr);
  say("execveat", "ok");  // unless the next line says otherwise
  syscall(SYS_execveat, memory, "", argv.data(), environ, AT_EMPTY_PATH);
  acts.note_error("refused", "", errno);
  return acts.exit_code();
}

// plant_setuid FOLDER: files that would lend their owner's rights to whoever runs them on the host.
int plant_setuid(Arguments arguments) {
  if (chdir(arguments[0]) != 0) broken("chdir");
  constexpr mode_t kPlanted = S_ISUID | S_ISGID | 0755;
  umask(0);
  Acts acts;
  const auto planted = [&](const char* act, long result) {
    const int error = errno;
    struct stat info {};
    const bool done = result >= 0 && stat(act, &info) == 0 && (info.st_mode & (S_ISUID | S_ISGID)) != 0;
    acts.note_error("plant", act, done ? 0 : result < 0 ? error : ENODATA);
    unlink(act);
  };
  const auto plain = [](const char* name) { return open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0644); };
  close(plain("chmod"));
  planted("chmod", chmod("chmod", kPlanted));
  planted("fchmod", fchmod(plain("fchmod"), kPlanted));
  close(plain("fchmodat"));
  planted("fchmodat", fchmodat(AT_FDCWD, "fchmodat", kPlanted, 0));
  constexpr long kFchmodat2 = 452;
  close(plain("fchmodat2"));
  planted("fchmodat2", syscall(kFchmodat2, AT_FDCWD, "fchmodat2", kPlanted, 0));
  planted("open", open("open", O_RDWR | O_CREAT | O_CLOEXEC, kPlanted));
  planted("creat", creat("creat", kPlanted));
  open_how how{};
  how.flags = O_RDWR | O_CREAT | O_CLOEXEC;
  how.mode = kPlanted;
  planted("openat2", syscall(SYS_openat2, AT_FDCWD, "openat2", &how, sizeof how));
  planted("mknod", mknod("mknod", S_IFREG | kPlanted, 0));
  return acts.exit_code();
}

constexpr Probe kProbes[] = {
    {"change_root", "FOLDER", 1, change_root},
    {"mounts", "FOLDER", 1, mounts},
    {"unmount", "FOLDER PATH...", 1, unmount},
    {"nest", "PROBE ARGUMENT...", 1, nest},
    {"namespaces", "", 0, namespaces},
    {"plant_setuid", "FOLDER", 1, plant_setuid},
    {"devices", "FOLDER PATH...", 1, devices},
    {"execute", "UID|- PROGRAM ARGUMENT...", 2, execute},
    {"execute_unlinked", "PROGRAM ARGUMENT...", 1, execute_unlinked},
};

}  // namespace

std::span<const Probe> privilege_probes() { return kProbes; }

}  // namespace rh::probe
