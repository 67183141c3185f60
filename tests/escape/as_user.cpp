// Runs the escape corpus as one of three users, who differ in what the kernel lets them do:
//
//   escape_as root|user|no_userns TESTS PROBE IDS [argument of TESTS]…
//
// root: as it is. user: an ordinary uid. no_userns: an ordinary uid for whom user namespaces are really
// unavailable, because it lives in one whose own limit of them is 0 (clone gives ENOSPC).
// Programs are copied to a folder that everybody can read, since a build folder may lie below /root.
// RUNHARNESS names the program itself, for the few rows that ask it.
// Whatever the tests leave behind, processes included, is an error and is removed.
// Exit code: that of TESTS; 77 when this machine cannot give the user asked for, with the reason.
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

constexpr uid_t kOrdinaryId = 12345;
constexpr int kCannotRun = 77;
// Of all tests. What they started is removed then, too: a storm must not outlive its test.
constexpr unsigned kSecondsInAll = 110;
constexpr int kInterrupting[] = {SIGINT, SIGTERM, SIGHUP, SIGALRM};
constexpr int kSecondsToRemove = 20;

volatile sig_atomic_t interrupted_by = 0;

[[noreturn]] void cannot_run(const std::string& why) {
  std::fprintf(stderr, "the escape corpus cannot run as this user here: %s\n", why.c_str());
  _exit(kCannotRun);
}

[[noreturn]] void cannot_run_errno(const char* what) { cannot_run(std::string(what) + ": " + std::strerror(errno)); }

bool write_text(const char* path, const std::string& text) {
  const int fd = open(path, O_WRONLY | O_CLOEXEC);
  const bool done = fd >= 0 && write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int error = errno;
  if (fd >= 0) close(fd);
  errno = error;
  return done;
}

// A new folder that everybody may enter, removed with its owner.
class Folder {
 public:
  explicit Folder(const fs::path& parent) {
    std::string pattern = (parent / "rh-corpus-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr)
      throw fs::filesystem_error("make a folder for the tests", pattern,
                                 std::error_code(errno, std::system_category()));
    path_ = pattern;
    chmod(path_.c_str(), 0755);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

bool is_open_to_everybody(const fs::path& folder) {
  if (access(folder.c_str(), W_OK) != 0) return false;
  for (fs::path at = folder; at != at.root_path(); at = at.parent_path()) {
    struct stat info {};
    if (stat(at.c_str(), &info) != 0 || (info.st_mode & S_IXOTH) == 0) return false;
  }
  return true;
}

// A folder with the programs and the one that the tests have as TMPDIR; and one for files of the host
// that no sandbox was given. Sandboxes have a /tmp of their own, so that one lies beside the programs'
// originals, unless an ordinary user may not go there.
class Stage {
 public:
  explicit Stage(const fs::path& originals)
      : folder_(fs::temp_directory_path()),
        outside_(is_open_to_everybody(originals) ? originals : fs::temp_directory_path()) {
    for (const fs::path& folder : {programs(), temporary()}) fs::create_directory(folder);
    chmod(programs().c_str(), 0755);
  }

  [[nodiscard]] fs::path copy(const fs::path& program, const char* name) const {
    const fs::path to = programs() / name;
    fs::copy_file(program, to);
    chmod(to.c_str(), 0755);
    return to;
  }
  // Only a root launcher can plant these; the tests ask whether they are there.
  void plant_privileged(const fs::path& program) const {
    if (geteuid() != 0) return;
    chmod(copy(program, "setuid_ids").c_str(), 04755);
    vfs_ns_cap_data capabilities{};
    capabilities.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE;
    capabilities.data[0].permitted = 1U << CAP_NET_RAW;
    setxattr(copy(program, "filecap_ids").c_str(), "security.capability", &capabilities, XATTR_CAPS_SZ_2, 0);
  }
  [[nodiscard]] fs::path temporary() const { return folder_.path() / "tmp"; }
  [[nodiscard]] fs::path programs() const { return folder_.path() / "bin"; }
  [[nodiscard]] const fs::path& outside() const { return outside_.path(); }
  void give_to(uid_t id) const {
    for (const fs::path& folder : {temporary(), outside()}) {
      if (geteuid() == 0 && chown(folder.c_str(), id, id) != 0) cannot_run_errno("chown");
      chmod(folder.c_str(), 0755);
    }
  }

 private:
  Folder folder_, outside_;
};

void become_ordinary() {
  if (geteuid() != 0) return;
  if (setgroups(0, nullptr) != 0 || setresgid(kOrdinaryId, kOrdinaryId, kOrdinaryId) != 0 ||
      setresuid(kOrdinaryId, kOrdinaryId, kOrdinaryId) != 0)
    cannot_run_errno("become an ordinary user");
  prctl(PR_SET_DUMPABLE, 1);  // else the files of its own /proc belong to root
}

// What clone(CLONE_NEWUSER) gives here: 0, or its errno.
int user_namespace_error() {
  const pid_t child = fork();
  if (child == 0) _exit(unshare(CLONE_NEWUSER) == 0 ? 0 : errno);
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) return EAGAIN;
  return WIFEXITED(status) ? WEXITSTATUS(status) : EAGAIN;
}

void drop_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[2]{};
  if (syscall(SYS_capset, &header, none) != 0) cannot_run_errno("drop the capabilities");
}

// Where the machine refuses user namespaces by itself there is nothing to do.
void lose_user_namespaces() {
  if (user_namespace_error() != 0) return;
  const std::string uid = std::to_string(geteuid()), gid = std::to_string(getegid());
  if (unshare(CLONE_NEWUSER) != 0) cannot_run_errno("make the user namespace that forbids further ones");
  if (!write_text("/proc/self/setgroups", "deny") || !write_text("/proc/self/uid_map", uid + " " + uid + " 1\n") ||
      !write_text("/proc/self/gid_map", gid + " " + gid + " 1\n"))
    cannot_run_errno("map the ordinary user");
  if (!write_text("/proc/sys/user/max_user_namespaces", "0")) cannot_run_errno("write max_user_namespaces");
  drop_capabilities();
  if (const int error = user_namespace_error(); error != ENOSPC)
    cannot_run(std::string("user namespaces are still there: ") + std::strerror(error));
}

void take_part_of(const std::string& who) {
  if (who == "root") return;
  become_ordinary();
  if (who == "no_userns") return lose_user_namespaces();
  if (const int error = user_namespace_error(); error != 0)
    cannot_run(std::string("an ordinary user may make no user namespace: ") + std::strerror(error));
}

// The tests get a terminal of their own as standard input: what a hostile program does to the terminal
// of its caller can be seen there. Its other end goes to them as well.
void take_terminal() {
  const int mine = posix_openpt(O_RDWR | O_NOCTTY);
  if (mine < 0 || grantpt(mine) != 0 || unlockpt(mine) != 0) return;
  const int terminal = open(ptsname(mine), O_RDWR);
  if (terminal < 0 || setsid() < 0) return;
  ioctl(terminal, TIOCSCTTY, 0);
  dup2(terminal, STDIN_FILENO);
  close(terminal);
  setenv("RH_ESCAPE_TERMINAL", std::to_string(mine).c_str(), 1);
}

[[noreturn]] void run_tests(const std::string& who, const Stage& stage, const std::vector<std::string>& command) {
  const pid_t parent = getppid();
  take_terminal();
  // As login does: a terminal belongs to its user, who can open it by its name.
  if (who != "root" && geteuid() == 0 && fchown(STDIN_FILENO, kOrdinaryId, kOrdinaryId) != 0)
    cannot_run_errno("give the terminal away");
  take_part_of(who);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  umask(022);
  setenv("RH_ESCAPE_AS", who.c_str(), 1);
  setenv("RH_ESCAPE_PROGRAMS", stage.programs().c_str(), 1);
  setenv("RH_ESCAPE_OUTSIDE", stage.outside().c_str(), 1);
  setenv("TMPDIR", stage.temporary().c_str(), 1);
  if (chdir(stage.temporary().c_str()) != 0) cannot_run_errno("enter the temporary folder");
  std::vector<char*> argv;
  for (const std::string& argument : command) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  execv(argv[0], argv.data());
  cannot_run_errno("start the tests");
}

// Orphans of the tests are ours: the tests watch for them below this process.
int reap_until_end_of(pid_t tests) {
  for (;;) {
    int status = 0;
    const pid_t ended = waitpid(-1, &status, 0);
    if (interrupted_by != 0) {
      kill(tests, SIGKILL);
      return 128 + interrupted_by;
    }
    if (ended == tests) return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (ended < 0 && errno != EINTR) return 1;
  }
}

std::vector<pid_t> children() {
  std::vector<pid_t> found;
  std::FILE* file = std::fopen(("/proc/self/task/" + std::to_string(getpid()) + "/children").c_str(), "re");
  int pid = 0;
  while (file != nullptr && std::fscanf(file, "%d", &pid) == 1) found.push_back(pid);
  if (file != nullptr) std::fclose(file);
  return found;
}

// Grandchildren come to light when their parents are gone, so it is done until there are none.
int remove_leftovers() {
  while (waitpid(-1, nullptr, WNOHANG) > 0)
    ;
  int removed = 0;
  const time_t end = time(nullptr) + kSecondsToRemove;
  for (std::vector<pid_t> left = children(); !left.empty() && time(nullptr) <= end; left = children()) {
    removed += static_cast<int>(left.size());
    for (const pid_t pid : left) kill(pid, SIGKILL);
    while (waitpid(-1, nullptr, WNOHANG) > 0)
      ;
  }
  return removed;
}

void interrupt(int number) { interrupted_by = number; }

int run(const std::string& who, char** argv, int count) {
  if (who == "root" && geteuid() != 0) cannot_run("uid " + std::to_string(geteuid()) + " is not root");
  Stage stage(fs::absolute(argv[0]).parent_path());
  std::vector<std::string> command{stage.copy(argv[0], "escape_corpus").string()};
  (void)stage.copy(argv[1], "escape_probe");
  (void)stage.copy(argv[2], "escape_ids");
  if (const char* runharness = std::getenv("RUNHARNESS"); runharness != nullptr && fs::exists(runharness))
    (void)stage.copy(runharness, "runharness");
  stage.plant_privileged(argv[2]);
  stage.give_to(who == "root" ? 0 : kOrdinaryId);
  for (int i = 3; i < count; ++i) command.emplace_back(argv[i]);

  prctl(PR_SET_CHILD_SUBREAPER, 1);
  struct sigaction action {};
  action.sa_handler = interrupt;
  for (const int number : kInterrupting) sigaction(number, &action, nullptr);
  const pid_t tests = fork();
  if (tests < 0) cannot_run_errno("fork");
  if (tests == 0) {
    for (const int number : kInterrupting) signal(number, SIG_DFL);
    run_tests(who, stage, command);
  }
  alarm(kSecondsInAll);
  const int code = reap_until_end_of(tests);
  const int left = remove_leftovers();
  if (left > 0 && interrupted_by == 0) std::fprintf(stderr, "%d processes outlived the tests\n", left);
  return code != 0 || interrupted_by != 0 ? code : left > 0 ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string who = argc > 1 ? argv[1] : "";
  if (argc < 5 || (who != "root" && who != "user" && who != "no_userns")) {
    std::fprintf(stderr, "usage: escape_as root|user|no_userns TESTS PROBE IDS [argument of TESTS]...\n");
    return 2;
  }
  try {
    return run(who, argv + 2, argc - 2);
  } catch (const fs::filesystem_error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
