// Real bash: shells that stand at a place of which the whole stack is known, and scripts that must not notice us.
#include "profiles/bash/bash_profiler.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "profiles/bash/bash_memory.h"
#include "runner/base/unique_fd.h"
#include "tests/unit/profiles/recorded_program.h"

namespace rh::profiles {
namespace {

constexpr auto kPatienceLimit = std::chrono::seconds(60);  // only a hang takes so long

// A shell that reads from a pipe that nobody writes to, and is ended with the test.
class WaitingShell {
 public:
  explicit WaitingShell(std::vector<std::string> argv) {
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    const UniqueFd input(ends[0]);
    hold_ = UniqueFd(ends[1]);
    std::vector<char*> words;
    for (std::string& word : argv) words.push_back(word.data());
    words.push_back(nullptr);
    pid_ = fork();
    if (pid_ == 0) {
      dup2(input.get(), 0);
      execv(words[0], words.data());
      _exit(127);
    }
  }
  ~WaitingShell() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  [[nodiscard]] int pid() const { return pid_; }

 private:
  UniqueFd hold_;
  int pid_ = -1;
};

// Ticks until the shell stands where it should; else the last stack that was seen.
std::string until(const WaitingShell& shell, const std::string& bash, const std::string& wanted) {
  ProfileBuilder builder(0);
  const auto profiler = make_bash_profiler({}, builder);
  model::ProfileProcess process;
  process.pid = shell.pid();
  ProcessImage image;
  image.pid = shell.pid();
  image.process = builder.add_process(std::move(process));
  image.executable = std::filesystem::canonical(bash);
  const auto in_exec = [&] {
    std::error_code error;
    return std::filesystem::read_symlink("/proc/" + std::to_string(shell.pid()) + "/exe", error) != image.executable;
  };
  const auto end = std::chrono::steady_clock::now() + kPatienceLimit;
  while (in_exec() && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  const auto sampler = profiler->adopt(image);
  if (!sampler) return builder.process(0).unprofiled_reason;
  std::string seen = "no stack";
  for (std::int64_t tick = 1; seen != wanted && std::chrono::steady_clock::now() < end; ++tick) {
    if (sampler->tick({tick * 1'000'000, 1'000'000}) == TickOutcome::gone) return "gone";
    for (const auto& [thread, stack] : sampler->last_stacks()) seen = stack_text(builder.profile(), stack);
    std::this_thread::yield();
  }
  return seen;
}

class BashProgram : public ::testing::Test {
 protected:
  void SetUp() override {
    if (bash_.empty()) GTEST_SKIP() << "no bash in PATH";
  }
  std::string script(const std::string& name, const std::string& text) {
    EXPECT_TRUE(write_file(folder_.path() / name, text));
    return (folder_.path() / name).string();
  }
  TempDir folder_ = TempDir::make("bash profiler ").value();
  std::string bash_ = program_path("bash");
};

TEST_F(BashProgram, ItsCallsAndLinesAreThoseOfTheScript) {
  script("lib.sh", "\ncalled_from_file() {\n  outer\n}\ncalled_from_file\n");
  const std::string file =
      script("main.sh", "inner() {\n  local unused\n  read -r line\n}\nouter() {\n\n  inner\n}\nsource '" +
                            (folder_.path() / "lib.sh").string() + "'\n");
  const WaitingShell shell({bash_, file});
  EXPECT_EQ(until(shell, bash_, "main:9;source:5;called_from_file:3;outer:7;inner:3"),
            "main:9;source:5;called_from_file:3;outer:7;inner:3");
}

TEST_F(BashProgram, ACommandStringHasNoFile) {
  const WaitingShell shell({bash_, "-c", "f() { read -r line; }\nf"});
  EXPECT_EQ(until(shell, bash_, "main:2;f:1"), "main:2;f:1");
}

TEST_F(BashProgram, RecursionIsReadToItsEnd) {
  const std::string file =
      script("deep.sh", "r() {\n  if [ $1 = 0 ]; then read -r line; else r $(( $1 - 1 )); fi\n}\nr 100\n");
  std::string wanted = "main:4";
  for (int i = 0; i <= 100; ++i) wanted += ";r:2";
  const WaitingShell shell({bash_, file});
  EXPECT_EQ(until(shell, bash_, wanted), wanted);
}

TEST_F(BashProgram, BashWithoutSymbolsIsRefusedWithTheReason) {
  const auto symbols = bash::read_symbols("/proc/self/exe");
  ASSERT_FALSE(symbols);
  EXPECT_NE(symbols.error().message().find("exports no variables"), std::string::npos);
  EXPECT_FALSE(bash::read_symbols("/dev/null"));
}

TEST_F(BashProgram, DoesNotNotice) {
  const std::string file =
      script("trace.sh",
             "#!/bin/bash\nset -x\nPS4='own $LINENO '\nf() { for ((i = 0; i < 200000; i++)); do :; done; }\n"
             "{ set +x; } 2>/dev/null\nf\necho \"$-\" \"${BASH_ENV-unset}\"\nset -x\ng() { (exit 3); }\n"
             "export -f g\nbash -c 'g; exit 4'\nexit 5\n");
  const auto plain = plain_program({bash_, file}, folder_.path());
  const auto seen = record_program({bash_, file}, folder_.path());
  EXPECT_EQ(seen.output, plain.output);
  EXPECT_EQ(seen.status.exit_code, 5);
  EXPECT_TRUE(has_function(seen.profile, "f", 4));
  const auto* const shell = process_with(seen.profile, "trace.sh");
  ASSERT_NE(shell, nullptr);
  EXPECT_EQ(shell->profiler, "bash");
  EXPECT_GT(shell->quality.taken, 0U);
  // The CPU time of the samples is what the kernel charged: never more than the shell used.
  std::uint64_t sampled = 0;
  for (std::size_t i = 0; i < seen.profile.samples.time_ns.size(); ++i) {
    const auto& thread = seen.profile.threads[seen.profile.samples.thread[i]];
    if (&seen.profile.processes[thread.process] == shell) sampled += seen.profile.samples.cpu_ns[i];
  }
  EXPECT_GT(sampled, 0U);
  ASSERT_TRUE(shell->cpu.value.has_value()) << shell->cpu.reason;
}

// Each leaf is called by one function only: no stack may pair them otherwise.
TEST_F(BashProgram, PairsNoFunctionWithAnothersCaller) {
  const std::string file = script("pairs.sh",
                                  "leaf_a() { :; }\nleaf_b() { :; }\ncaller_a() { leaf_a; }\ncaller_b() { leaf_b; }\n"
                                  "for ((i = 0; i < 20000; i++)); do caller_a; caller_b; done\n");
  std::size_t leaves = 0;
  // Where both share one CPU, a whole run may be read at a few places only.
  for (int run = 0; run < 20 && leaves == 0; ++run) {
    const auto seen = record_program({bash_, file}, folder_.path());
    for (const std::uint32_t stack : seen.profile.samples.stack) {
      if (stack == model::kNoIndex) continue;
      const std::string text = stack_text(seen.profile, stack);
      const bool a = text.find(";leaf_a:") != std::string::npos, b = text.find(";leaf_b:") != std::string::npos;
      leaves += a || b ? 1 : 0;
      EXPECT_TRUE(!a || text.find(";caller_a:3;") != std::string::npos) << text;
      EXPECT_TRUE(!b || text.find(";caller_b:4;") != std::string::npos) << text;
    }
  }
  EXPECT_GT(leaves, 0U);
}

}  // namespace
}  // namespace rh::profiles
