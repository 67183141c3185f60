// Group B of the corpus, signals: those that would leave the run, and ends that are not what they seem.
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <future>
#include <thread>

#include "tests/escape/corpus.h"

namespace rh::escape {
namespace {

namespace fs = std::filesystem;
using model::Ending;

constexpr char kIntact[] = "INTACT";

// A process of the same user that belongs to no run. It waits, and shares a word with the tests.
class Victim {
 public:
  Victim() {
    void* page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) std::abort();
    word_ = static_cast<char*>(page);
    restore();
    const pid_t parent = getpid();
    pid_ = fork();
    if (pid_ != 0) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
    while (getppid() == parent) pause();
    _exit(0);
  }
  Victim(const Victim&) = delete;
  Victim& operator=(const Victim&) = delete;
  ~Victim() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    munmap(word_, 4096);
  }

  [[nodiscard]] std::string pid() const { return std::to_string(pid_); }
  [[nodiscard]] std::string address() const { return std::to_string(reinterpret_cast<std::uintptr_t>(word_)); }
  [[nodiscard]] std::string word() const { return word_; }
  void restore() { std::memcpy(word_, kIntact, sizeof kIntact); }
  // By its status, which stays until the end of this object.
  [[nodiscard]] bool alive() const {
    siginfo_t info{};
    return waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0;
  }
  // Waits for the end that a signal brings.
  [[nodiscard]] bool dies() const {
    siginfo_t info{};
    return waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT) == 0 && info.si_pid == pid_;
  }

 private:
  char* word_ = nullptr;
  pid_t pid_ = 0;
};

// No namespace hides the process; Landlock's scope, or the system call filter, refuses.
const char* out_of_reach() { return expected("ESRCH", "EPERM"); }

TEST_F(Corpus, B07_KillsTheRunnerAndEverythingElse) {
  const std::string runner = std::to_string(getpid());
  weaker_control("signal 0, which only asks for the permission: 9 would end the machine's other work");
  const Ran control = uncaged("kill", {"0", "-1", runner});
  EXPECT_EQ(control.said("kill -1"), "ok");
  EXPECT_EQ(control.said("kill " + runner), "ok");

  const Ran at_runner = caged("kill", {"9", runner});
  EXPECT_EQ(at_runner.said("kill " + runner), out_of_reach()) << at_runner.everything();
  // The kernel keeps the first process of a pid namespace from signals of its own tree and calls that a success.
  const Ran at_init = caged("kill", {"9", "1", "parent"});
  EXPECT_EQ(at_init.said("kill 1"), expected("ok", "EPERM"));
  EXPECT_EQ(at_init.said("kill parent"), expected("ok", "EPERM"));
  const Ran at_all = caged("kill", {"9", "-1"});
  for (const Ran* ran : {&at_runner, &at_init, &at_all}) {
    EXPECT_EQ(ran->record.ending, Ending::exited) << ran->everything();
    EXPECT_TRUE(ran->record.status.exit_code) << "init has lived to report it";
  }
}

TEST_F(Corpus, B07_KillsEverythingWithAnAccompliceInTheTree) {
  const Victim victim;
  const Ran ran = caged("kill_all", {});
  EXPECT_EQ(ran.said("accomplice killed"), "ok") << ran.everything();
  EXPECT_EQ(ran.record.ending, Ending::exited) << ran.everything();
  EXPECT_TRUE(victim.alive());
}

TEST_F(Corpus, B08_KillsAProcessOfTheSameUser) {
  const Victim sacrificed, spared;
  EXPECT_EQ(uncaged("kill", {"9", sacrificed.pid()}).code(), 0);
  EXPECT_TRUE(sacrificed.dies());
  const Ran ran = caged("kill", {"9", spared.pid()});
  EXPECT_EQ(ran.said("kill " + spared.pid()), out_of_reach()) << ran.everything();
  EXPECT_TRUE(spared.alive());
}

void expect_untraceable(const Ran& ran) {
  for (const char* act : {"process_vm_writev", "process_vm_readv", "ptrace"})
    EXPECT_EQ(ran.said(act), out_of_reach()) << ran.everything();
  EXPECT_EQ(ran.said("mem"), expected("ENOENT", "EACCES"));
}

TEST_F(Corpus, B09_TracesTheRunnerAndAProcessOfTheSameUser) {
  Victim victim;
  const Ran control = uncaged("trace", {victim.pid(), victim.address()});
  for (const char* act : {"process_vm_writev", "process_vm_readv", "mem", "ptrace"})
    EXPECT_EQ(control.said(act), "ok") << control.everything();
  EXPECT_EQ(victim.word(), "OWNED");
  victim.restore();
  expect_untraceable(caged("trace", {victim.pid(), victim.address()}));
  expect_untraceable(caged("trace", {std::to_string(getpid()), victim.address()}));
  EXPECT_EQ(victim.word(), kIntact);
}

TEST_F(Corpus, B09_TracesASiblingRun) {
  const Victim victim;  // lends its address: what matters is the process
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const UniqueFd cancel(ends[0]), trigger(ends[1]);
  std::promise<int> started;
  sandbox::SuperviseHooks hooks;
  hooks.cancel = BorrowedFd(cancel.get());
  hooks.on_start = [&](const sandbox::TreeLocation& tree) { started.set_value(tree.root_pid); };
  Ran sibling;
  std::thread other([&] { sibling = run(probe_spec("stubborn", {"60"}), hooks); });
  const std::string pid = std::to_string(started.get_future().get());
  expect_untraceable(caged("trace", {pid, victim.address()}));
  const Ran killing = caged("kill", {"9", pid});
  EXPECT_EQ(killing.said("kill " + pid), out_of_reach());
  EXPECT_EQ(write(trigger.get(), "x", 1), 1);
  other.join();
  EXPECT_EQ(sibling.record.ending, Ending::cancelled) << sibling.everything();
  EXPECT_EQ(sibling.said("ignore TERM"), "ok");
}

TEST_F(Corpus, B19_EndsThatLookLikeLimits) {
  const auto with_limits = [](sandbox::LaunchSpec& spec) { spec.limits.cpu = std::chrono::seconds(2); };
  for (const std::string code : {"137", "124", "143", "152", "255"}) {
    EXPECT_EQ(uncaged("exit", {code}).record.status.exit_code, std::stoi(code));
    const Ran ran = caged("exit", {code}, with_limits);
    EXPECT_EQ(ran.record.ending, Ending::exited) << ran.everything();
    EXPECT_EQ(ran.record.status.exit_code, std::stoi(code));
    EXPECT_EQ(ran.record.oom_kills.value_or(0), 0U);
  }
  for (const int number : {SIGKILL, SIGXCPU, SIGTERM, SIGABRT}) {
    EXPECT_EQ(uncaged("raise", {std::to_string(number)}).record.status.signal, number);
    const Ran ran = caged("raise", {std::to_string(number)}, with_limits);
    EXPECT_EQ(ran.record.ending, Ending::signaled) << ran.everything();
    EXPECT_EQ(ran.record.status.signal, number);
    EXPECT_TRUE(ran.record.signals_sent.empty() || ran.record.signals_sent == std::vector<int>{SIGKILL});
  }
}

TEST_F(Corpus, B20_GrandchildIsKilledAndTheMainProcessSaysNothing) {
  EXPECT_EQ(uncaged("killed_child", {}).code(), 0);
  const Ran ran = caged("killed_child", {});
  EXPECT_EQ(ran.said("grandchild killed"), "ok");
  EXPECT_EQ(ran.record.ending, Ending::exited) << ran.everything();
  EXPECT_EQ(ran.code(), 0);
  EXPECT_EQ(ran.record.oom_kills.value_or(0), 0U) << "whoever sent it, it was not the kernel";
  EXPECT_TRUE(ran.record.leftovers.empty());
}

TEST_F(Corpus, B21_FilesThatAreNoProgram) {
  const fs::path text = workspace() / "text", foreign = workspace() / "foreign";
  ASSERT_TRUE(write_file(text, "echo hello\n"));
  // An ELF header for a machine that this is not (e_machine 0xfffe), and nothing else.
  std::string header(
      "\x7f"
      "ELF\x02\x01\x01",
      7);
  header.resize(64);
  header[16] = 2;
  header[18] = static_cast<char>(0xfe);
  header[19] = static_cast<char>(0xff);
  ASSERT_TRUE(write_file(foreign, header));
  for (const fs::path& path : {text, foreign}) fs::permissions(path, fs::perms::all);
  const std::pair<fs::path, const char*> cases[] = {{"/nowhere/at/all", "No such file or directory"},
                                                    {workspace(), "Permission denied"},
                                                    {text, "Exec format error"},
                                                    {foreign, "Exec format error"}};
  for (const auto& [path, error] : cases) {
    EXPECT_EQ(uncaged_command({path}).code(), 127) << "nobody can start " << path;
    const Ran ran = run(spec({path}));
    EXPECT_EQ(ran.record.ending, Ending::start_failed) << path << ran.everything();
    EXPECT_EQ(ran.record.ending_detail, "execve " + path.string() + ": " + error);
  }
  const Ran exited = caged("exit", {"127"});
  EXPECT_EQ(exited.record.ending, Ending::exited);
  EXPECT_EQ(exited.code(), 127);
}

TEST_F(Corpus, B22_InheritsBlockedAndIgnoredSignals) {
  sigset_t some, before;
  sigemptyset(&some);
  for (const int number : {SIGUSR1, SIGTERM, SIGINT}) sigaddset(&some, number);
  pthread_sigmask(SIG_BLOCK, &some, &before);
  const auto pipe_before = signal(SIGPIPE, SIG_IGN), interrupt_before = signal(SIGINT, SIG_IGN);
  const Ran control = uncaged("status", {"SigBlk", "SigIgn"});
  const Ran ran = caged("status", {"SigBlk", "SigIgn"});
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  signal(SIGPIPE, pipe_before);
  signal(SIGINT, interrupt_before);
  EXPECT_EQ(control.said("SigBlk"), "0000000000004202");
  EXPECT_EQ(control.said("SigIgn"), "0000000000001002");
  EXPECT_EQ(ran.said("SigBlk"), "0000000000000000");
  EXPECT_EQ(ran.said("SigIgn"), "0000000000000000");
}

TEST_F(Corpus, B23_RaisesItsOwnPriority) {
  const Words acts{"nice", "fifo", "ioprio", "mlock"};
  const Ran control = uncaged("priorities", {});
  if (column() == Column::root)
    for (const std::string& act : acts) EXPECT_EQ(control.said(act), "ok") << control.everything();
  else
    weaker_control("the kernel keeps an ordinary user from it: " + control.said("nice"));
  const Ran ran = caged("priorities", {});
  EXPECT_EQ(ran.said("nice"), "EACCES") << ran.everything();
  EXPECT_EQ(ran.said("fifo"), "EPERM");
  EXPECT_EQ(ran.said("ioprio"), "EPERM");
  EXPECT_EQ(ran.said("nice is"), std::to_string(getpriority(PRIO_PROCESS, 0)));
  EXPECT_EQ(ran.said("policy is"), std::to_string(sched_getscheduler(0)));
  EXPECT_NE(ran.said("ioprio class is"), "1");
  rlimit locked{};
  getrlimit(RLIMIT_MEMLOCK, &locked);
  // Where the caller may lock everything, the memory limit is what bounds it: C11.
  if (locked.rlim_cur == RLIM_INFINITY) return;
  EXPECT_EQ(ran.said("mlock"), locked.rlim_cur == 0 ? "EPERM" : "ENOMEM");
  EXPECT_EQ(ran.said("locked is"), "0");
}

}  // namespace
}  // namespace rh::escape
