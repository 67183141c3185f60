// How a command begins and ends when nobody means harm: the base that the hostile tests stand on.
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/escape/sandboxed.h"

namespace rh::escape {
namespace {

using model::Ending;
using model::IsolationLevel;

class Start : public Sandboxed {};

TEST_F(Start, OutputAndExitCodeArriveFromEveryLevel) {
  for (const auto level : {IsolationLevel::none, IsolationLevel::contained, IsolationLevel::strict}) {
    const Result result = run(shell("echo out; echo err >&2; exit 3", level));
    EXPECT_EQ(result.out, "out\n");
    EXPECT_EQ(result.err, "err\n");
    EXPECT_EQ(result.record.ending, Ending::exited) << result.record.ending_detail;
    EXPECT_EQ(result.record.status.exit_code, 3);
  }
}

TEST_F(Start, WorkspaceBelowTmpIsWritableAndKeepsItsOwner) {
  const Result result = run(shell("pwd; mkdir made && echo hello > made/file && cat made/file"));
  EXPECT_EQ(result.out, workspace().string() + "\nhello\n") << result.err << result.record.ending_detail;
  struct stat info {};
  ASSERT_EQ(stat((workspace() / "made/file").c_str(), &info), 0);
  EXPECT_EQ(info.st_uid, geteuid());
}

TEST_F(Start, MissingProgramIsStartFailedWithItsErrno) {
  const Result result = run(spec({"/nowhere/at/all"}));
  EXPECT_EQ(result.record.ending, Ending::start_failed);
  EXPECT_EQ(result.record.ending_detail, "execve /nowhere/at/all: No such file or directory");
  EXPECT_FALSE(result.record.status.exit_code);
}

TEST_F(Start, ExitCode127IsNotAFailedStart) {
  const Result result = run(shell("exit 127"));
  EXPECT_EQ(result.record.ending, Ending::exited);
  EXPECT_EQ(result.record.status.exit_code, 127);
}

}  // namespace
}  // namespace rh::escape
