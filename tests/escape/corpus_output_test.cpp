// Group D of the corpus, output: floods, and terminals that are not the command's.
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "runner/base/text.h"
#include "tests/escape/corpus.h"
#include "tests/escape/uncaged.h"

namespace rh::escape {
namespace {

namespace fs = std::filesystem;
using model::Ending;

// The runner may hold so much, whatever comes.
constexpr std::uint64_t kRunnerBytes = 64U << 20;
const std::string kFlood = std::to_string(256U << 20);  // the benchmarks flood with 10 GiB

// The high-water mark of this process, which is the runner, from here on.
class HighWater {
 public:
  HighWater() { EXPECT_TRUE(write_file_in_place("/proc/self/clear_refs", "5")); }
  [[nodiscard]] static std::uint64_t bytes() {
    const std::string status = text_of("/proc/self/status");
    return parse_u64(trim(status.substr(status.find("VmHWM:") + 6,
                                        status.find("kB", status.find("VmHWM:")) - status.find("VmHWM:") - 6)))
               .value_or(0) *
           1024;
  }

 private:
  static bool write_file_in_place(const char* path, std::string_view text) {
    const UniqueFd file(open(path, O_WRONLY | O_CLOEXEC));
    return file && write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
  }
};

void expect_cut_at_the_limit(const Ran& ran) {
  EXPECT_EQ(ran.record.ending, Ending::output_limit) << ran.everything().substr(0, 200);
  EXPECT_EQ(ran.record.ending_detail, "more than 1.0 MiB of output");
  EXPECT_TRUE(ran.record.output_truncated);
  EXPECT_EQ(ran.out.size() + ran.err.size(), 1U << 20) << "up to the limit nothing is lost";
}

TEST_F(Corpus, D01_FloodsTheOutput) {
  EXPECT_EQ(uncaged("flood", {"1", kFlood, "lines"}).out.size(), std::stoul(kFlood));
  const HighWater mark;
  expect_cut_at_the_limit(caged("flood", {"1", kFlood, "lines"}));
  EXPECT_LE(HighWater::bytes(), kRunnerBytes);
}

TEST_F(Corpus, D01_FloodsAnOutputWithoutLimit) {
  // The control is that of the row before.
  sandbox::LaunchSpec asked = probe_spec("flood", {"1", kFlood, "lines"});
  asked.limits.output_bytes.reset();
  sandbox::SuperviseHooks hooks;
  std::uint64_t seen = 0;
  hooks.on_output = [&](model::Stream, std::string_view bytes) { seen += bytes.size(); };
  const HighWater mark;
  const auto record = launcher().run(asked, hooks);
  EXPECT_LE(HighWater::bytes(), kRunnerBytes);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->ending, Ending::exited);
  EXPECT_EQ(seen, std::stoul(kFlood));
  EXPECT_EQ(record->output_bytes, seen);
  EXPECT_FALSE(record->output_truncated);
}

TEST_F(Corpus, D02_FloodsStandardErrorWhileTheOutputIsIdle) {
  const std::string flood = std::to_string(32U << 20);
  EXPECT_EQ(uncaged("flood", {"2", flood}).err.size(), std::stoul(flood));
  const Ran ran = caged("flood", {"2", flood});
  expect_cut_at_the_limit(ran);
  EXPECT_EQ(ran.out, "");
}

// Every other number from `first` on, one a line.
void expect_in_order(const std::string& text, std::uint64_t first, std::uint64_t count) {
  std::uint64_t next = first;
  for (const std::string_view line : split_lines(text)) {
    ASSERT_EQ(parse_u64(trim(line)), next);
    next += 2;
  }
  EXPECT_EQ(next, first + 2 * count);
}

TEST_F(Corpus, D02_FloodsBothInTurn) {
  const auto expect_all = [](const Ran& ran) {
    expect_in_order(ran.out, 1, 10'000);
    expect_in_order(ran.err, 2, 10'000);
  };
  expect_all(uncaged("take_turns", {"20000"}));
  const Ran ran = caged("take_turns", {"20000"}, [](auto& spec) { spec.limits.output_bytes = 64U << 20; });
  EXPECT_EQ(ran.record.ending, Ending::exited);
  expect_all(ran);
}

TEST_F(Corpus, D03_WritesOneLineWithoutEnd) {
  EXPECT_EQ(uncaged("flood", {"1", kFlood}).out.size(), std::stoul(kFlood));
  const HighWater mark;
  expect_cut_at_the_limit(caged("flood", {"1", kFlood}));
  EXPECT_LE(HighWater::bytes(), kRunnerBytes);
}

// Through everything that looks at lines: the log, the live view, the readers of results.
TEST_F(Corpus, D03_WritesOneLineWithoutEndAsASuite) {
  const fs::path runharness = program("runharness");
  if (!fs::exists(runharness)) GTEST_SKIP() << "RUNHARNESS names no program";
  ASSERT_TRUE(write_file(workspace() / "runharness.toml", "[[suite]]\nid = \"own\"\nroot = \".\"\ncommand = [\"" +
                                                              program("escape_probe").string() +
                                                              "\", \"flood\", \"1\", \"" + kFlood + "\"]\n"));
  const fs::path report = workspace().parent_path() / "run";
  const Ran ran = uncaged("measure", {runharness, "test", workspace(), "--no-coverage", "--out", report, "--ro",
                                      program(""), "--output-limit", "100M", "--preset", "local"});
  EXPECT_LE(std::stoul(ran.said("peak")) * 1024, kRunnerBytes) << ran.everything();
  EXPECT_NE(text_of(report / "report.json").find("\"ending\":\"output_limit\""), std::string::npos) << ran.everything();
}

TEST_F(Corpus, D08_WritesToTheTerminalOfTheCaller) {
  const Attack attack = this->attack("terminal", {});
  EXPECT_EQ(attack.free.said("write /dev/tty"), "ok");
  EXPECT_EQ(attack.caged.said("open /dev/tty"), "ENXIO") << attack.caged.everything();
}

int waiting_input() {
  int count = -1;
  ioctl(STDIN_FILENO, FIONREAD, &count);
  return count;
}

// Makes the letters readable that wait for the end of their line, and counts them.
class RawInput {
 public:
  RawInput() {
    tcgetattr(STDIN_FILENO, &before_);
    termios raw = before_;
    cfmakeraw(&raw);
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    tcflush(STDIN_FILENO, TCIFLUSH);
  }
  RawInput(const RawInput&) = delete;
  RawInput& operator=(const RawInput&) = delete;
  ~RawInput() {
    tcflush(STDIN_FILENO, TCIFLUSH);
    tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }

 private:
  termios before_{};
};

TEST_F(Corpus, D09_TypesIntoTheTerminalOfTheCaller) {
  const RawInput input;
  const Ran control = uncaged("type_into", {"0"});
  if (control.said("TIOCSTI 0") == "ok") {
    EXPECT_EQ(waiting_input(), 2) << "both letters wait to be read by the caller's shell";
  } else {
    weaker_control("this kernel lets nobody type: " + control.said("TIOCSTI 0"));
  }
  tcflush(STDIN_FILENO, TCIFLUSH);
  sandbox::LaunchSpec asked = probe_spec("type_into", {"0", "1", "2"});
  asked.streams.input = BorrowedFd(STDIN_FILENO);
  const Ran ran = run(asked);
  for (const char* act : {"TIOCSTI", "TIOCSTI high", "TIOCLINUX", "TIOCLINUX high"})
    for (const char* fd : {" 0", " 1", " 2"}) EXPECT_EQ(ran.said(std::string(act) + fd), "EPERM") << ran.everything();
  EXPECT_EQ(waiting_input(), 0);
}

TEST_F(Corpus, D10_ClosesItsOutputAndGoesOn) {
  const fs::path file = workspace() / "work";
  EXPECT_EQ(uncaged("close_output", {file}).code(), 7);
  EXPECT_EQ(text_of(file), "done\n");
  fs::remove(file);
  const Ran ran = caged("close_output", {file});
  EXPECT_EQ(ran.record.ending, Ending::exited) << ran.everything();
  EXPECT_EQ(ran.code(), 7);
  EXPECT_EQ(text_of(file), "done\n") << "the end of the output is not the end of the command";
}

TEST_F(Corpus, D11_ChangesFlagsOfDescriptionsThatTheCallerShares) {
  const fs::path runharness = program("runharness");
  if (!fs::exists(runharness)) GTEST_SKIP() << "RUNHARNESS names no program";
  const sandbox::LaunchSpec asked = probe_spec("flags", {"0"});
  const int before = fcntl(STDIN_FILENO, F_GETFL);
  EXPECT_EQ(run_uncaged(asked.command, kPatience).said("flags 0"), "ok");
  EXPECT_NE(fcntl(STDIN_FILENO, F_GETFL), before) << "without a sandbox they change for everybody";
  fcntl(STDIN_FILENO, F_SETFL, before);

  Words argv{runharness, "run", "--ro", program(""), "--"};
  argv.insert(argv.end(), asked.command.argv.begin(), asked.command.argv.end());
  // Descriptor 0, the terminal, is the one of the tests. G3 compares its flags.
  const Ran ran = uncaged_command(argv);
  EXPECT_EQ(ran.said("flags 0"), "ok") << "while it runs it has them: " << ran.everything();
  EXPECT_EQ(fcntl(STDIN_FILENO, F_GETFL), before);
}

}  // namespace
}  // namespace rh::escape
