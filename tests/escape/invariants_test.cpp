// The invariants have to notice what they are there for: each is broken here on purpose.
#include "tests/escape/invariants.h"

#include <fcntl.h>
#include <gtest/gtest-spi.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>

#include "runner/base/text.h"
#include "tests/escape/corpus.h"

namespace rh::escape {
namespace {

namespace fs = std::filesystem;

TEST_F(Corpus, G1_NoticesAProcessThatIsLeft) {
  const Invariants before(workspace());
  const pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  EXPECT_NONFATAL_FAILURE(before.expect_kept(), "G1: processes are left");
  EXPECT_EQ(kill(child, 0), -1) << "it is gone for the next test";
  before.expect_kept();
}

TEST_F(Corpus, G2_NoticesFilesAndSocketsThatAreLeft) {
  const Invariants before(workspace());
  const fs::path file = fs::temp_directory_path() / "left";
  ASSERT_TRUE(write_file(file, ""));
  EXPECT_NONFATAL_FAILURE(before.expect_kept(), "G2: temporary files");
  fs::remove(file);

  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = "rh-escape-left-" + std::to_string(getpid());
  std::memcpy(address.sun_path + 1, name.data(), name.size());
  ASSERT_EQ(bind(fd.get(), reinterpret_cast<sockaddr*>(&address),
                 static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size())),
            0);
  EXPECT_NONFATAL_FAILURE(before.expect_kept(), "G2: abstract sockets");
  fd.reset();
  before.expect_kept();
}

TEST_F(Corpus, G2_NoticesAControlGroupThatIsLeft) {
  const Invariants before(workspace());
  const std::string mounts = read_file("/proc/self/mountinfo").value_or("");
  for (const std::string_view line : split_lines(mounts)) {
    if (line.find(" - cgroup") == std::string_view::npos) continue;
    const fs::path group = fs::path(split(line, ' ')[4]) / ("runharness-" + std::to_string(getpid()) + "-left");
    std::error_code error;
    if (!fs::create_directory(group, error)) continue;
    EXPECT_NONFATAL_FAILURE(before.expect_kept(), "G2: control groups");
    fs::remove(group);
    before.expect_kept();
    return;
  }
  GTEST_SKIP() << "this user may make no control group here";
}

TEST_F(Corpus, G3_NoticesChangesOfTheCaller) {
  const Invariants before(workspace());
  const fs::path folder = fs::current_path();
  fs::current_path("/");
  EXPECT_NONFATAL_FAILURE(before.expect_kept(), "G3");
  fs::current_path(folder);

  const mode_t mask = umask(0777);
  EXPECT_NONFATAL_FAILURE(before.expect_kept(), "G3");
  umask(mask);

  const int flags = fcntl(STDOUT_FILENO, F_GETFL);
  fcntl(STDOUT_FILENO, F_SETFL, flags ^ O_NONBLOCK);
  EXPECT_NONFATAL_FAILURE(before.expect_kept(), "G3: flags of the standard streams");
  fcntl(STDOUT_FILENO, F_SETFL, flags);

  sigset_t blocked, old;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR2);
  sigprocmask(SIG_BLOCK, &blocked, &old);
  EXPECT_NONFATAL_FAILURE(before.expect_kept(), "G3");
  sigprocmask(SIG_SETMASK, &old, nullptr);

  termios settings{};
  if (tcgetattr(STDIN_FILENO, &settings) == 0) {
    termios raw = settings;
    cfmakeraw(&raw);
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    EXPECT_NONFATAL_FAILURE(before.expect_kept(), "G3: the terminal's settings");
    tcsetattr(STDIN_FILENO, TCSANOW, &settings);
  }
  before.expect_kept();
}

TEST_F(Corpus, G4_NoticesARecordThatContradictsItself) {
  sandbox::ExitRecord record;
  record.ending = model::Ending::exited;
  EXPECT_NONFATAL_FAILURE(expect_valid_record(record), "G4");
  record.status.exit_code = 0;
  expect_valid_record(record);
  record.ending = model::Ending::start_failed;
  EXPECT_NONFATAL_FAILURE(expect_valid_record(record), "G4");
}

// An attack that fails without a sandbox proves nothing, and one that succeeds inside is the failure.
TEST_F(Corpus, G0_AnAttackNeedsItsControl) {
  EXPECT_NONFATAL_FAILURE((void)attack("read", {"/no/such/file"}), "control: the act has to succeed");
  EXPECT_NONFATAL_FAILURE((void)attack("read", {"/proc/self/status"}), "the act went through in the sandbox");
}

}  // namespace
}  // namespace rh::escape
