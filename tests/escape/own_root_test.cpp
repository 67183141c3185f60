// Attempts on a root of the command's own: what was not granted must be absent, what is granted must have its limits,
// and two commands must not meet.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "tests/escape/sandboxed.h"

namespace rh::escape {
namespace {

namespace fs = std::filesystem;
using model::Ending;

constexpr std::uint64_t kMiB = 1U << 20;

class OwnRoot : public Sandboxed {
 protected:
  void SetUp() override {
    if (!namespaces_available()) GTEST_SKIP() << "no user namespaces on this host";
  }
  [[nodiscard]] sandbox::LaunchSpec own(const std::string& script) const {
    auto asked = shell(script, model::IsolationLevel::strict);
    asked.files.own_root = true;
    asked.files.names["/workspace"] = workspace();
    return asked;
  }
  void bound(sandbox::LaunchSpec& asked, std::uint64_t bytes) const {
    asked.limits.wall = std::chrono::seconds(30);
    asked.files.bounded = {workspace()};
    asked.files.bounded_bytes = bytes;
  }
  // Names of the host's root that programs are not made of.
  [[nodiscard]] static std::vector<std::string> data_of_the_host() {
    constexpr std::string_view kKnown[] = {"bin", "sbin", "lib",  "lib32", "lib64", "libx32", "usr", "etc",  "opt",
                                           "nix", "dev",  "proc", "sys",   "tmp",   "run",    "var", "root", "home"};
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator("/"))
      if (std::string name = entry.path().filename();
          std::find(std::begin(kKnown), std::end(kKnown), name) == std::end(kKnown))
        names.push_back(std::move(name));
    return names;
  }
};

TEST_F(OwnRoot, DataOfTheHostIsAbsent) {
  const std::vector<std::string> names = data_of_the_host();
  std::string script = "ls -1A /; echo /var: $(ls -m /var)";
  const Result control = run(shell("ls -1A /", model::IsolationLevel::none));
  const Result result = run(own(script));
  for (const std::string& name : names) {
    EXPECT_NE(("\n" + control.out).find("\n" + name + "\n"), std::string::npos) << name;
    EXPECT_EQ(("\n" + result.out).find("\n" + name + "\n"), std::string::npos) << name;
  }
  EXPECT_NE(result.out.find("workspace\n"), std::string::npos) << result.out << result.err;
  EXPECT_NE(result.out.find("/var: lock, run, tmp"), std::string::npos) << result.out;
}

TEST_F(OwnRoot, HomeAndItsKeysAreAbsentByEveryWay) {
  const std::string key = (home() / ".ssh/id_canary").string();
  const Result control = run(shell("cat " + key, model::IsolationLevel::none));
  ASSERT_NE(control.out.find("HOME-CANARY"), std::string::npos);
  const Result result =
      run(own("for at in '' /proc/self/root /proc/1/root /proc/self/cwd/../.. /proc/thread-self/root; do "
              "cat $at" +
              key + "; done; grep -l HOME-CANARY -r /tmp /root /home /run /dev/shm 2>/dev/null; true"));
  EXPECT_EQ(result.out, "") << result.err;
}

TEST_F(OwnRoot, MountsOfTheHostAreNotToldOrReached) {
  const auto outside = TempDir::make("rh-outside");
  ASSERT_TRUE(outside);
  ASSERT_TRUE(write_file(outside->path() / "victim", "VICTIM\n"));
  const std::string path = outside->path().string();
  const Result result = run(own("cat " + path + "/victim; grep -c " + path +
                                " /proc/self/mountinfo; "
                                "umount /tmp; umount -l /; mount --bind / /tmp; chroot / true && echo chroot; "
                                "unshare -Urm true && echo unshared; cd /; ls ../../../.. | grep -c rh-outside"));
  EXPECT_EQ(result.out, "0\n0\n") << result.err;
}

TEST_F(OwnRoot, TheRootItselfCannotBeWrittenNorFilled) {
  const Result result =
      run(own("for at in / /var /etc /usr /bin /opt /sys /proc; do "
              "(echo x > $at/rh_owned) 2>/dev/null && echo wrote $at; "
              "mkdir $at/rh_owned 2>/dev/null && echo made $at; done; true"));
  EXPECT_EQ(result.out, "") << result.err;
  EXPECT_FALSE(fs::exists("/etc/rh_owned"));
}

TEST_F(OwnRoot, OtherProcessesAreNeitherSeenNorSignalled) {
  const Result result = run(own("ls -d /proc/[0-9]* | wc -l; kill -9 " + std::to_string(getpid()) +
                                " 2>/dev/null && echo hit; cat /proc/1/environ /proc/1/maps 2>/dev/null | wc -c; "
                                "ls /proc/1/fd /proc/1/root 2>/dev/null | wc -l; true"));
  const std::string::size_type first_line = result.out.find('\n');
  ASSERT_NE(first_line, std::string::npos) << result.err;
  EXPECT_LE(std::stoi(result.out.substr(0, first_line)), 5) << result.out;
  EXPECT_EQ(result.out.substr(first_line + 1), "0\n0\n");
}

TEST_F(OwnRoot, TwoCommandsShareNoFilesSocketsOrMessages) {
  (void)run(own("echo left > /tmp/left; echo left > /dev/shm/left; echo left > /run/left 2>/dev/null; ipcmk -M 4096"));
  const Result result =
      run(own("cat /tmp/left /dev/shm/left /run/left /var/tmp/left 2>/dev/null; "
              "tail -n +2 /proc/sysvipc/shm | wc -l; tail -n +2 /proc/net/unix | wc -l; "
              "ls -A /dev/mqueue /tmp /dev/shm | grep -c left"));
  EXPECT_EQ(result.out, "0\n0\n0\n") << result.err;
}

TEST_F(OwnRoot, AWorkFolderThatGrowsBeyondItsLimitEndsTheRun) {
  auto asked = own("i=0; while :; do head -c 4194304 /dev/zero > /workspace/f$i; i=$((i+1)); done");
  bound(asked, 32 * kMiB);
  const Result result = run(asked);
  EXPECT_EQ(result.record.ending, Ending::file_size) << result.record.ending_detail << result.err;
  EXPECT_NE(result.record.ending_detail.find("32.0 MiB"), std::string::npos) << result.record.ending_detail;
}

TEST_F(OwnRoot, FilesThatAreTooManyEndTheRunAndThoseWithinTheLimitDoNot) {
  auto asked =
      own("mkdir d; i=0; while [ $i -lt 20 ]; do head -c 1048576 /dev/zero > d/f$i; i=$((i+1)); done; echo done");
  bound(asked, 64 * kMiB);
  const Result within = run(asked);
  EXPECT_EQ(within.out, "done\n") << within.record.ending_detail << within.err;
  auto flood = own("mkdir e; cd e; i=0; while :; do seq -f f$i.%g 2000 | xargs touch; i=$((i+1)); done");
  bound(flood, 64 * kMiB);
  const Result result = run(flood);
  EXPECT_EQ(result.record.ending, Ending::file_size) << result.record.ending_detail << result.err;
}

TEST_F(OwnRoot, FoldersThatCannotBeCountedDoNotHideWhatIsInThem) {
  auto asked =
      own("mkdir -p hidden; i=0; while :; do head -c 4194304 /dev/zero > hidden/f$i; chmod 0 hidden; "
          "chmod 700 hidden; i=$((i+1)); done");
  bound(asked, 32 * kMiB);
  const Result result = run(asked);
  EXPECT_EQ(result.record.ending, Ending::file_size) << result.record.ending_detail << result.err;
}

TEST_F(OwnRoot, RemovedFilesThatAreHeldOpenCountAsWell) {
  auto asked =
      own("i=10; while [ $i -lt 40 ]; do eval \"exec $i>f; rm f\"; head -c 4194304 /dev/zero >&$i; i=$((i+1)); "
          "done; sleep 20");
  asked.command.argv[0] = "/bin/bash";
  bound(asked, 32 * kMiB);
  const Result result = run(asked);
  EXPECT_EQ(result.record.ending, Ending::file_size) << result.record.ending_detail << result.err;
}

TEST_F(OwnRoot, AccountsAndKeysOfTheSystemStayClosed) {
  const Result result =
      run(own("cat /etc/shadow /etc/gshadow /etc/sudoers /etc/ssh/ssh_host_*_key 2>/dev/null | wc -c; "
              "cat /proc/keys /proc/kallsyms 2>/dev/null | wc -c; (echo 1 > /proc/sysrq-trigger) 2>/dev/null && echo "
              "hit; true"));
  EXPECT_EQ(result.out, "0\n0\n") << result.err;
}

}  // namespace
}  // namespace rh::escape
