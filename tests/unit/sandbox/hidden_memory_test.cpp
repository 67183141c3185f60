// Memory that no process shows, of a real child.
#include "sandbox/hidden_memory.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runner/base/file.h"
#include "runner/base/unique_fd.h"

namespace rh::sandbox {
namespace {

constexpr std::uint64_t kBytes = 8U << 20;

// Holds a memfd that is written and mapped nowhere; says so on a pipe, then waits to be killed.
class Holder {
 public:
  Holder() {
    int ends[2];
    if (pipe(ends) != 0) return;
    pid_ = fork();
    if (pid_ == 0) {
      const int file = memfd_create("held", 0);
      const bool held = posix_fallocate(file, 0, static_cast<off_t>(kBytes)) == 0;
      (void)!write(ends[1], held ? "y" : "n", 1);
      for (;;) pause();
    }
    close(ends[1]);
    ready_ = read(ends[0], &said_, 1) == 1 && said_ == 'y';
    close(ends[0]);
  }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;
  ~Holder() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  [[nodiscard]] bool ready() const { return ready_; }
  [[nodiscard]] int pid() const { return pid_; }

 private:
  int pid_ = -1;
  char said_ = 0;
  bool ready_ = false;
};

TEST(HiddenMemory, UnmappedMemfdIsFoundOnce) {
  const Holder first;
  ASSERT_TRUE(first.ready());
  HiddenMemory hidden(ProcessTree(), {});
  const auto found = hidden.look({first.pid(), first.pid()});
  EXPECT_GE(found.bytes, kBytes);
  EXPECT_LT(found.bytes, 2 * kBytes);
  EXPECT_EQ(ProcessTree().memory(first.pid()).shared, 0U) << "else it would not be hidden";
}

TEST(HiddenMemory, GrowthIsMeasuredFromTheLeast) {
  const auto folder = TempDir::make("rh-meminfo");
  ASSERT_TRUE(folder);
  const auto shared = [&](int kilobytes) {
    ASSERT_TRUE(write_file(folder->path() / "meminfo", "Shmem:     " + std::to_string(kilobytes) + " kB\n"));
  };
  shared(5000);
  HiddenMemory hidden(ProcessTree(folder->path().string()), {});
  EXPECT_EQ(hidden.growth(), 0U);
  shared(2000);
  EXPECT_EQ(hidden.growth(), 0U);
  shared(5000);
  EXPECT_EQ(hidden.growth(), 3000U << 10);
}

}  // namespace
}  // namespace rh::sandbox
