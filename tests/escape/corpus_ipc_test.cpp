// Group F of the corpus, sockets and memory: accomplices on the host, the runner itself, other runs.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "tests/escape/corpus.h"
#include "tests/escape/host_servers.h"

namespace rh::escape {
namespace {

namespace fs = std::filesystem;

class Ipc : public Corpus {
 protected:
  // What a command finds at the name of a socket that its host has: something else, or a refusal.
  static const char* refused_connect() { return expected("ECONNREFUSED", "EACCES"); }
};

// Landlock knows nothing of sockets that have a name, and the report says so.
void expect_sockets_admitted(const Ran& ran) {
  expect_admitted(ran, "file system");
  EXPECT_NE(row(ran, "file system").reason.find("unix sockets"), std::string::npos);
}

TEST_F(Ipc, F04_ConnectsToASocketOfTheHost) {
  const fs::path path = outside_folder() / "daemon.sock";
  HostServer daemon(path);
  if (column() == Column::no_userns) return expect_sockets_admitted(caged("connect", {path}));
  const Attack attack = this->attack("connect", {path});
  EXPECT_EQ(daemon.visits(), 1) << "the control was heard";
  EXPECT_EQ(attack.caged.said("connect " + path.string()), outside_is_private() ? "ENOENT" : refused_connect());
  EXPECT_EQ(daemon.visits(), 0);
}

TEST_F(Ipc, F04_ConnectsToASocketInTmp) {
  const fs::path path = workspace().parent_path() / "daemon.sock";
  HostServer daemon(path);
  if (column() == Column::no_userns) return expect_sockets_admitted(caged("connect", {path}));
  const Attack attack = this->attack("connect", {path});
  EXPECT_EQ(daemon.visits(), 1);
  EXPECT_EQ(attack.caged.said("connect " + path.string()), expected("ENOENT", "EACCES")) << attack.caged.everything();
  EXPECT_EQ(daemon.visits(), 0);
}

TEST_F(Ipc, F05_ConnectsToAnAbstractSocketOfTheHost) {
  const std::string name = "@rh-escape-" + std::to_string(getpid());
  HostServer daemon{fs::path(name)};
  const Attack attack = this->attack("connect", {name});
  EXPECT_EQ(daemon.visits(), 1);
  // A namespace of its own has no such name; Landlock's scope knows it and refuses.
  EXPECT_EQ(attack.caged.said("connect " + name), expected("ECONNREFUSED", "EPERM"));
  EXPECT_EQ(daemon.visits(), 0);
}

TEST_F(Ipc, F05_AlsoWithTheNetworkOfTheHost) {
  const std::string name = "@rh-escape-" + std::to_string(getpid());
  HostServer daemon{fs::path(name)};
  const Ran ran = caged("connect", {name}, [](auto& spec) { spec.limits.network = model::NetworkPolicy::host; });
  if (!row(ran, "network").reason.empty()) {
    EXPECT_NE(row(ran, "network").reason.find("abstract"), std::string::npos) << row(ran, "network").reason;
    return;
  }
  EXPECT_EQ(ran.said("connect " + name), "EPERM") << ran.everything();
  EXPECT_EQ(daemon.visits(), 0);
}

TEST_F(Ipc, F06_TalksToItselfOverItsOwnSockets) {
  const Ran control = uncaged("own_sockets", {workspace()});
  fs::remove(workspace() / "own.sock");
  const Ran ran = caged("own_sockets", {workspace()});
  for (const char* act : {"socketpair", "path", "abstract"}) {
    EXPECT_EQ(control.said(act), "ok") << act;
    EXPECT_EQ(ran.said(act), "ok") << act << ran.everything();
  }
}

TEST_F(Ipc, F07_HandsADescriptorToAnAccomplice) {
  const fs::path path = outside_folder() / "accomplice.sock";
  const std::string name = "@rh-escape-accomplice-" + std::to_string(getpid());
  for (const std::string& by : {path.string(), name}) {
    HostServer accomplice{fs::path(by)};
    if (column() == Column::no_userns && by != name) {
      expect_sockets_admitted(caged("hand_over", {by}));
      continue;
    }
    const Attack attack = this->attack("hand_over", {by});
    EXPECT_EQ(accomplice.descriptors(), 1) << "the control's descriptor came";
    (void)accomplice.visits();
    const char* refused = by == name             ? expected("ECONNREFUSED", "EPERM")
                          : outside_is_private() ? "ENOENT"
                                                 : refused_connect();
    EXPECT_EQ(attack.caged.said("connect " + by), refused) << attack.caged.everything();
    EXPECT_EQ(accomplice.descriptors() + accomplice.visits(), 0);
  }
}

TEST_F(Ipc, F12_TalksThroughASocketThatTheRunnerHasOpen) {
  int pair[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);  // on purpose without SOCK_CLOEXEC
  const UniqueFd mine(pair[0]), inherited(pair[1]);
  const std::string number = std::to_string(inherited.get());
  const Attack attack = this->attack("write_to", {number});
  EXPECT_EQ(attack.caged.said("write " + number), "EBADF");
  char bytes[16];
  EXPECT_EQ(recv(mine.get(), bytes, sizeof bytes, MSG_DONTWAIT), 5) << "of the control alone";
  EXPECT_EQ(recv(mine.get(), bytes, sizeof bytes, MSG_DONTWAIT), -1);
}

// The programs that started the tests gave them this variable; no spec passes it on.
TEST_F(Ipc, F13_ReadsSecretsOfTheRunnersEnvironment) {
  const std::string runner = std::to_string(getpid());
  const Ran control = uncaged("search_environments", {"RH_ESCAPE_OUTSIDE", runner});
  EXPECT_NE(control.said("found"), "0") << control.everything();
  EXPECT_EQ(control.said("environ " + runner), "ok");
  const Ran ran = caged("search_environments", {"RH_ESCAPE_OUTSIDE", "1", runner});
  EXPECT_EQ(ran.said("found"), "0") << ran.everything();
  EXPECT_EQ(ran.said("environ 1"), "EACCES");
  EXPECT_EQ(ran.said("environ " + runner), expected("ENOENT", "EACCES"));
  const Ran own = caged("variables", {"PATH", "RH_ESCAPE_OUTSIDE", "RH_ESCAPE_AS", "TMPDIR"});
  EXPECT_EQ(own.said("variable PATH"), "ok");
  EXPECT_EQ(own.said("variable RH_ESCAPE_OUTSIDE"), "ENOENT");
  EXPECT_EQ(own.said("variable RH_ESCAPE_AS"), "ENOENT");
}

// The first process of the sandbox was the runner a moment ago: its memory is a copy of the runner's.
TEST_F(Ipc, F14_LooksIntoTheRunner) {
  const std::string runner = std::to_string(getpid());
  const UniqueFd opened(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const std::string fd = std::to_string(opened.get());
  const Ran control = uncaged("open_process", {runner, fd});
  for (const char* act : {"open mem", "open maps", "open environ", "open fd", "ptrace"})
    EXPECT_EQ(control.said(act), "ok") << act << control.everything();
  const auto refused_everywhere = [](const Ran& ran, const char* files, const char* calls) {
    for (const char* act :
         {"open mem", "open maps", "open environ", "open exe", "open fd", "list cwd", "list root", "replace exe"})
      EXPECT_EQ(ran.said(act), files) << act << ran.everything();
    EXPECT_EQ(ran.said("process_vm_readv"), calls) << ran.everything();
    EXPECT_EQ(ran.said("ptrace"), calls);
  };
  // With its own pid namespace the command does not see the runner; init it does.
  refused_everywhere(caged("open_process", {runner, fd}), expected("ENOENT", "EACCES"), expected("ESRCH", "EPERM"));
  refused_everywhere(caged("open_process", {"1", "0"}), "EACCES", "EPERM");
  refused_everywhere(caged("open_process", {"parent", "0"}), "EACCES", "EPERM");
}

TEST_F(Ipc, F15_FindsWhatAnotherRunHolds) {
  const fs::path shared = outside("shared", "both may read this\n");
  const fs::path ready = workspace() / "ready", stop = workspace() / "stop";
  const auto meet = [&](bool sandboxed) {
    for (const fs::path& path : {ready, stop}) fs::remove(path);
    const Shape share = [&](auto& spec) { spec.files.readable.push_back(shared); };
    sandbox::LaunchSpec holder = probe_spec("hold", {ready, stop, shared});
    share(holder);
    std::thread other([&] {
      if (sandboxed)
        (void)run(holder);
      else
        (void)uncaged("hold", {ready, stop, shared});
    });
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!fs::exists(ready) && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    const Ran found = sandboxed ? caged("look", {shared}, share) : uncaged("look", {shared});
    EXPECT_TRUE(write_file(stop, ""));
    other.join();
    return found;
  };
  const Words things{"/dev/shm", "/tmp", "abstract", "shm", "sem", "msg", "queue"};
  const Ran control = meet(false);
  for (const std::string& thing : things) EXPECT_EQ(control.said("find " + thing), "ok") << control.everything();
  const Ran ran = meet(true);
  // Locks on a file that both may read are shared, as the file is.
  EXPECT_EQ(ran.said("lock"), "EAGAIN");
  EXPECT_EQ(ran.said("find abstract"), expected("ECONNREFUSED", "EPERM")) << ran.everything();
  if (column() == Column::no_userns) {
    expect_admitted(ran, "ipc and host name");
    expect_admitted(ran, "file system");
    return;
  }
  for (const char* thing : {"/dev/shm", "/tmp", "shm", "sem", "msg", "queue"})
    EXPECT_EQ(ran.said(std::string("find ") + thing), "ENOENT") << ran.everything();
  expect_enforced(ran, "ipc and host name");
}

TEST_F(Ipc, F16_TellsOnWhichMachineItIs) {
  char host_name[256]{};
  ASSERT_EQ(gethostname(host_name, sizeof host_name - 1), 0);
  EXPECT_EQ(uncaged("variables", {"PATH"}).code(), 0);
  const Ran ran = caged("identity", {});
  EXPECT_EQ(ran.said("sethostname"), "EPERM") << ran.everything();
  if (column() == Column::no_userns) {
    expect_admitted(ran, "ipc and host name");
    EXPECT_EQ(ran.said("hostname"), host_name);
  } else {
    EXPECT_EQ(ran.said("hostname"), "rh-escape");
  }
  char after[256]{};
  ASSERT_EQ(gethostname(after, sizeof after - 1), 0);
  EXPECT_STREQ(after, host_name);
}

// A limit of CPU bandwidth that a program does not see makes it start too many threads.
TEST_F(Ipc, F16_CountsProcessorsByItsLimit) {
  if (sysconf(_SC_NPROCESSORS_ONLN) < 2) GTEST_SKIP() << "this machine has one processor";
  EXPECT_NE(caged("identity", {}).said("processors"), "1");
  EXPECT_EQ(caged("identity", {}, [](auto& spec) { spec.limits.cpus = 1.0; }).said("processors"), "1");
}

}  // namespace
}  // namespace rh::escape
