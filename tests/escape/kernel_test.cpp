// System calls that no test suite needs, sockets that leave the sandbox, and privileges.
#include <unistd.h>

#include "tests/escape/sandboxed.h"

namespace rh::escape {
namespace {

class Kernel : public Sandboxed {
 protected:
  void SetUp() override {
    if (!namespaces_available()) GTEST_SKIP() << "no user namespaces on this host";
  }
};

const std::string kCall =
    "import ctypes, os\n"
    "libc = ctypes.CDLL(None, use_errno=True)\n"
    "def call(*a):\n"
    "  r = libc.syscall(*[ctypes.c_long(x) for x in a])\n"
    "  return 'ok' if r >= 0 else os.strerror(ctypes.get_errno())\n";

TEST_F(Kernel, DangerousCallsAreRefusedWithTheirErrno) {
  const Result result = run(python(kCall + "print('keyctl', call(250, 0, -3, 1))\n"
                                           "print('io_uring', call(425, 8, 0))\n"
                                           "print('clone3', call(435, 0, 88))\n"
                                           "print('unshare', call(272, 0x10000000))\n"
                                           "print('bpf', call(321, 0, 0, 0))\n"
                                           "print('perf', call(298, 0, 0, -1, -1, 0))\n"
                                           "print('userfaultfd', call(323, 0))\n"
                                           "print('mount', call(165, 0, 0, 0, 0, 0))\n"));
  EXPECT_EQ(result.out,
            "keyctl Operation not permitted\nio_uring Function not implemented\nclone3 Function not implemented\n"
            "unshare Operation not permitted\nbpf Operation not permitted\nperf Operation not permitted\n"
            "userfaultfd Operation not permitted\nmount Operation not permitted\n")
      << result.err;
  RH_EXPECT_ENFORCED(result, "system call filter");
}

TEST_F(Kernel, ThirtyTwoBitNumbersDoNotBypassTheFilter) {
  const Result result = run(python(kCall + "print(call(0x40000000 + 250, 0, -3, 1))\n"));
  EXPECT_EQ(result.out, "Function not implemented\n") << result.err;
}

TEST_F(Kernel, TypingIntoATerminalIsRefusedAlsoWithHighBitsSet) {
  const Result result = run(python(kCall + "b = ctypes.create_string_buffer(b'x')\n"
                                           "print(call(16, 0, 0x5412, ctypes.addressof(b)))\n"
                                           "print(call(16, 0, 0x100005412, ctypes.addressof(b)))\n"
                                           "try: os.open('/dev/tty', os.O_RDWR); print('tty')\n"
                                           "except OSError as e: print(e.strerror)\n"));
  EXPECT_EQ(result.out, "Operation not permitted\nOperation not permitted\nNo such device or address\n") << result.err;
}

TEST_F(Kernel, ForeignSocketFamiliesAreRefusedAndOwnOnesWork) {
  const Result result = run(python(
      "import socket\n"
      "for f in (40, 17, 38, 16):\n"
      "  try: socket.socket(f, socket.SOCK_RAW, 9 if f == 16 else 0); print(f, 'open')\n"
      "  except OSError as e: print(f, e.strerror)\n"
      "socket.socket(16, socket.SOCK_RAW, 0).close()\n"
      "s = socket.create_server(('127.0.0.1', 0)); c = socket.create_connection(s.getsockname()); print('loopback')\n"
      "socket.socketpair(); print('pair')\n"));
  EXPECT_EQ(
      result.out,
      "40 Address family not supported by protocol\n17 Address family not supported by protocol\n"
      "38 Address family not supported by protocol\n16 Address family not supported by protocol\nloopback\npair\n")
      << result.err;
}

TEST_F(Kernel, NoCapabilityIsLeft) {
  const Result result =
      run(shell("grep -E '^(Cap(Inh|Prm|Eff|Bnd|Amb)|NoNewPrivs):' /proc/self/status | tr -s '\\t\\n' '  '"));
  EXPECT_EQ(result.out,
            "CapInh: 0000000000000000 CapPrm: 0000000000000000 CapEff: 0000000000000000 CapBnd: 0000000000000000 "
            "CapAmb: 0000000000000000 NoNewPrivs: 1 ");
  RH_EXPECT_ENFORCED(result, "privileges");
}

TEST_F(Kernel, TracingWorksInsideContainedAndIsRefusedInStrict) {
  const std::string script =
      kCall +
      "pid = os.fork()\nif pid == 0:\n  import time; time.sleep(5)\nprint(call(101, 16, pid, 0, 0)); os.kill(pid, 9)";
  EXPECT_EQ(run(python(script)).out, "ok\n");
  EXPECT_EQ(run(python(script, model::IsolationLevel::strict)).out, "Operation not permitted\n");
  const Result runner = run(python(kCall + "print(call(101, 16, " + std::to_string(getpid()) + ", 0, 0))"));
  EXPECT_EQ(runner.out, "No such process\n");
}

TEST_F(Kernel, GroupsCannotBeLeft) {
  const Result result =
      run(shell("for f in $(find /sys/fs/cgroup -maxdepth 2 -name cgroup.procs 2>/dev/null); do (echo $$ > $f) "
                "2>/dev/null && echo \"joined $f\"; done; echo end"));
  EXPECT_EQ(result.out, "end\n");
}

}  // namespace
}  // namespace rh::escape
