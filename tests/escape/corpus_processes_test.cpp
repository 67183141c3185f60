// Group B of the corpus, processes: too many, never at rest, or meant to outlive the run.
#include <signal.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "tests/escape/corpus.h"

namespace rh::escape {
namespace {

using model::Ending;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::steady_clock;

// Enough to see a limit of 100 at work; the machine has others to serve, too.
constexpr const char* kStorm = "300";

// A timer of the host that would tick every 10 ms, and how late it ever was.
class Metronome {
 public:
  Metronome() : timer_(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)) {
    const timespec every{0, std::chrono::nanoseconds(kEvery).count()};
    const itimerspec setting{every, every};
    timerfd_settime(timer_.get(), 0, &setting, nullptr);
    thread_ = std::thread([this] { listen(); });
  }
  Metronome(const Metronome&) = delete;
  Metronome& operator=(const Metronome&) = delete;
  ~Metronome() { end(); }

  milliseconds latest() {
    end();
    return std::chrono::duration_cast<milliseconds>(latest_);
  }

 private:
  static constexpr milliseconds kEvery{10};
  void listen() {
    auto last = steady_clock::now();
    std::uint64_t ticks = 0;
    while (!ended_ && read(timer_.get(), &ticks, sizeof ticks) == sizeof ticks) {
      const auto now = steady_clock::now();
      latest_ = std::max<nanoseconds>(latest_, now - last - kEvery);
      last = now;
    }
  }
  void end() {
    ended_ = true;
    if (thread_.joinable()) thread_.join();
  }
  UniqueFd timer_;
  std::atomic<bool> ended_ = false;
  nanoseconds latest_{};
  std::thread thread_;
};

bool names(const sandbox::ExitRecord& record, std::string_view command) {
  return std::any_of(record.leftovers.begin(), record.leftovers.end(),
                     [&](const auto& left) { return left.command.find(command) != std::string::npos; });
}

void limit_to_100(sandbox::LaunchSpec& spec) {
  spec.limits.pids = 100;
  spec.limits.wall = milliseconds(1000);
}

TEST_F(Corpus, B01_ForkBombStopsAtTheLimit) {
  EXPECT_EQ(uncaged("storm", {kStorm, "give_up"}).said("storm 300"), "ok");
  const auto begin = steady_clock::now();
  const Ran ran = caged("storm", {kStorm, "give_up"}, limit_to_100);
  EXPECT_LE(steady_clock::now() - begin, kPatience);
  EXPECT_EQ(ran.record.ending, Ending::pids) << ran.everything();
  EXPECT_FALSE(ran.record.ending_detail.empty());
  // The kernel refuses the next process; a watchdog only sees that there are too many.
  if (column() == Column::no_userns) return expect_admitted(ran, "process limit");
  EXPECT_EQ(ran.said("fork"), "EAGAIN");
}

TEST_F(Corpus, B01_ForkBombThatNeverGivesUpLeavesTheHostResponsive) {
  EXPECT_EQ(uncaged("storm", {kStorm}).said("storm 300"), "ok");
  Metronome timer;
  const Ran ran = caged("storm", {kStorm}, limit_to_100);
  EXPECT_LE(timer.latest(), milliseconds(500));
  EXPECT_EQ(ran.record.ending, Ending::pids) << ran.everything();
}

TEST_F(Corpus, B01_ForkBombOfTheShellStopsAtTheLimit) {
  // The classic `:(){ :|:& };:`, with a bottom: 2^8 processes that wait for each other.
  const Words bomb{"/bin/sh", "-c",
                   "b() { [ $1 -gt 0 ] || exec sleep 3; b $(($1-1)) & b $(($1-1)) & wait; }; b 7 & sleep 0.7; echo up"};
  const Ran control = uncaged_command(bomb);
  EXPECT_GT(control.survivors.size(), 200U) << control.everything();
  sandbox::LaunchSpec asked = spec(bomb);
  asked.limits.pids = 100;
  const Ran ran = run(asked);
  // RLIMIT_NPROC does not count what it refuses, so only a group can always tell.
  if (column() != Column::root) return expect_admitted(ran, "process limit");
  EXPECT_EQ(ran.record.ending, Ending::pids) << ran.everything();
}

TEST_F(Corpus, B01_BombOfSharedMemoryStopsAtTheLimit) {
  EXPECT_EQ(uncaged("thread_storm", {kStorm}).said("storm 300"), "ok");
  const Ran ran = caged("thread_storm", {kStorm}, limit_to_100);
  EXPECT_EQ(ran.record.ending, Ending::pids) << ran.everything();
  if (column() == Column::no_userns) return expect_admitted(ran, "process limit");
  EXPECT_EQ(ran.out, "");
}

TEST_F(Corpus, B02_DoubleForkedDaemonSleepsPastTheMainExit) {
  const Ran control = uncaged("daemon", {"60"});
  EXPECT_EQ(control.said("daemon"), "ok");
  EXPECT_EQ(control.survivors.size(), 1U) << "the control's daemon has to outlive it";
  const Ran ran = caged("daemon", {"60"});
  EXPECT_EQ(ran.record.ending, Ending::exited) << ran.everything();
  EXPECT_EQ(ran.said("daemon"), "ok");
  ASSERT_EQ(ran.record.leftovers.size(), 1U);
  EXPECT_GT(ran.record.leftovers[0].pid, 1);
  EXPECT_TRUE(names(ran.record, "escape_probe daemon 60"));
}

TEST_F(Corpus, B03_DaemonHoldsTheOutputOpen) {
  const Ran control = uncaged("chatter", {});
  EXPECT_EQ(control.said("daemon"), "ok");
  EXPECT_EQ(control.survivors.size(), 1U);
  const auto begin = steady_clock::now();
  const Ran ran = caged("chatter", {});
  EXPECT_LE(steady_clock::now() - begin, milliseconds(1000)) << "the end of the main process counts, not of the output";
  EXPECT_EQ(ran.record.ending, Ending::exited) << ran.everything();
  EXPECT_EQ(ran.code(), 0);
  EXPECT_TRUE(names(ran.record, "escape_probe chatter"));
}

TEST_F(Corpus, B04_IgnoresEverySignalThatAsksItToEnd) {
  const Ran control = uncaged("stubborn", {"0"});
  for (const char* name : {"ignore TERM", "ignore INT", "ignore HUP"}) EXPECT_EQ(control.said(name), "ok");
  const Ran ran = caged("stubborn", {"60"}, [](auto& spec) { spec.limits.wall = milliseconds(300); });
  EXPECT_EQ(ran.record.ending, Ending::wall_time) << ran.everything();
  EXPECT_EQ(ran.record.status.signal, SIGKILL);
  EXPECT_EQ(ran.record.signals_sent, (std::vector<int>{SIGTERM, SIGKILL}));
  EXPECT_GE(ran.record.usage.wall, milliseconds(500));
  EXPECT_LE(ran.record.usage.wall, milliseconds(1000));
}

TEST_F(Corpus, B05_SavesItsWorkWithinTheGrace) {
  const std::filesystem::path file = workspace() / "saved";
  EXPECT_EQ(uncaged("saver", {file, "now"}).code(), 0);
  EXPECT_TRUE(std::filesystem::remove(file));
  const Ran ran = caged("saver", {file}, [](auto& spec) { spec.limits.wall = milliseconds(300); });
  EXPECT_EQ(ran.record.ending, Ending::wall_time) << ran.everything();
  EXPECT_EQ(ran.code(), 0) << "the status is kept beside the reason";
  EXPECT_EQ(ran.record.signals_sent, std::vector<int>{SIGTERM});
  EXPECT_EQ(read_file(file).value_or("(missing)"), "saved\n");
}

TEST_F(Corpus, B06_StopsItsWholeTree) {
  EXPECT_EQ(uncaged("stopped", {}).survivors.size(), 3U);
  const Ran ran = caged("stopped", {"self"}, [](auto& spec) { spec.limits.wall = milliseconds(300); });
  EXPECT_EQ(ran.said("stop"), "ok");
  EXPECT_EQ(ran.record.ending, Ending::wall_time) << ran.everything();
  EXPECT_EQ(ran.record.status.signal, SIGKILL);
  EXPECT_LE(ran.record.usage.wall, milliseconds(1000));
}

TEST_F(Corpus, B10_ForkChainThatNeverRests) {
  EXPECT_EQ(uncaged("chain", {"300"}).said("chain"), "ok") << "the chain goes on without its first process";
  const Ran left = caged("chain", {"60000"});
  EXPECT_EQ(left.said("chain"), "ok");
  EXPECT_EQ(left.record.ending, Ending::exited) << left.everything();
  EXPECT_LE(left.record.usage.wall, milliseconds(1000));

  const auto begin = steady_clock::now();
  const Ran ended = caged("chain", {"60000", "stay"}, [](auto& spec) {
    spec.limits.wall = milliseconds(300);
    spec.limits.grace = milliseconds(0);
  });
  EXPECT_EQ(ended.record.ending, Ending::wall_time) << ended.everything();
  EXPECT_LE(steady_clock::now() - begin, milliseconds(1300));
}

TEST_F(Corpus, B11_VforkedChildNeverGivesTheMemoryBack) {
  const Ran control = uncaged("vfork", {});
  EXPECT_EQ(control.said("vfork"), "ok");
  EXPECT_EQ(control.survivors.size(), 2U);
  const Ran left = caged("vfork", {});
  EXPECT_EQ(left.record.ending, Ending::exited) << left.everything();
  EXPECT_EQ(left.record.leftovers.size(), 2U);
  const Ran waiting = caged("vfork", {"self"}, [](auto& spec) { spec.limits.wall = milliseconds(300); });
  EXPECT_EQ(waiting.record.ending, Ending::wall_time) << waiting.everything();
}

TEST_F(Corpus, B12_ZombiesCountAgainstTheLimitAndAreReaped) {
  EXPECT_EQ(uncaged("zombies", {"2000"}).said("made"), "2000");
  const Ran ran = caged("zombies", {"2000"}, [](auto& spec) { spec.limits.pids = 100; });
  // RLIMIT_NPROC counts nothing that it refuses, and zombies are gone when the watchdog looks.
  if (column() == Column::root)
    EXPECT_EQ(ran.record.ending, Ending::pids) << ran.everything();
  else
    expect_admitted(ran, "process limit");
  if (column() == Column::no_userns) return;
  EXPECT_EQ(ran.said("zombies"), "EAGAIN");
  EXPECT_LE(std::stoi(ran.said("made")), 100);
}

TEST_F(Corpus, B13_TakesOrphansFromInit) {
  const Ran control = uncaged("subreaper", {});
  EXPECT_EQ(control.said("adopt"), "ok");
  EXPECT_EQ(control.survivors.size(), 2U);
  const Ran ran = caged("subreaper", {});
  EXPECT_EQ(ran.said("adopt"), "ok");
  EXPECT_EQ(ran.record.ending, Ending::exited) << ran.everything();
  EXPECT_EQ(ran.record.leftovers.size(), 2U);
}

}  // namespace
}  // namespace rh::escape
