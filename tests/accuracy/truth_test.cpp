// How near the sandbox's figures come to the truth, with the control groups that the host has and
// without any. What a control group counts must be right; the rest is printed beside it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "runner/base/file.h"
#include "sandbox/local_launcher.h"
#include "tests/accuracy/burner.h"

namespace rh::accuracy {
namespace {

namespace fs = std::filesystem;
using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr int kProcesses = 20;
constexpr int kAttempts = 3;

struct Measured {
  sandbox::ExitRecord record;
  nanoseconds truth{}, cpu{};
  [[nodiscard]] bool counted() const { return record.usage.user_cpu.scope == model::Scope::exact_process; }
};

class Truth : public ::testing::Test {
 protected:
  Truth() : folder_(*TempDir::make("rh-truth")) {}

  Measured run(const std::string& act, int count, std::chrono::microseconds each, std::optional<milliseconds> wall,
               bool cgroups) const {
    sandbox::HostSwitches switches;
    switches.cgroups = cgroups;
    const fs::path ledger = folder_.path() / "ledger";
    fs::remove(ledger);
    sandbox::LaunchSpec spec;
    spec.name = "truth";
    const fs::path self = fs::read_symlink("/proc/self/exe");
    spec.command.argv = {
        self.string(), "act", act, ledger.string(), std::to_string(count), std::to_string(each.count())};
    spec.command.cwd = folder_.path();
    spec.files.writable = {folder_.path()};
    spec.files.readable = {self.parent_path()};
    spec.limits.wall = wall.value_or(milliseconds(60'000));
    spec.limits.grace = milliseconds(0);
    spec.limits.memory_bytes = 1ULL << 30;
    Measured measured;
    auto record = sandbox::make_local_launcher(switches)->run(spec, {});
    if (!record) {
      ADD_FAILURE() << record.error().message();
      return measured;
    }
    measured.record = *std::move(record);
    measured.truth = read_ledger(ledger);
    const model::ProcessUsage& usage = measured.record.usage;
    measured.cpu = usage.user_cpu.value.value_or(nanoseconds{}) + usage.system_cpu.value.value_or(nanoseconds{});
    return measured;
  }

  // What a process costs besides its burn (fork, exit, the sandbox's own set-up) is measured first and
  // taken off. On a busy machine that varies by some milliseconds: a figure that is wrong is so each time.
  void compare(const std::string& act, int count, milliseconds each, std::optional<milliseconds> wall) const {
    for (const bool cgroups : {true, false}) {
      bool right = false;
      for (int attempt = 0; attempt < kAttempts && !right; ++attempt) {
        const Measured idle = run(act, count, {}, {}, cgroups);
        const Measured busy = run(act, count, each, wall, cgroups);
        EXPECT_EQ(busy.record.ending, wall ? model::Ending::wall_time : model::Ending::exited)
            << busy.record.ending_detail;
        right = judge(act, cgroups, busy, busy.truth - idle.truth, busy.cpu - idle.cpu);
      }
      EXPECT_TRUE(right);
    }
  }

  static bool judge(const std::string& act, bool cgroups, const Measured& measured, nanoseconds truth,
                    nanoseconds figure) {
    const auto in_ms = [](nanoseconds span) { return static_cast<double>(span.count()) / 1e6; };
    std::printf("%-8s %-15s truth %6.1f ms, measured %6.1f ms (%s)\n", act.c_str(),
                cgroups ? "control group" : "no group", in_ms(truth), in_ms(figure),
                measured.record.usage.user_cpu.source.c_str());
    EXPECT_GT(truth, milliseconds(20)) << "the act did nothing";
    const nanoseconds tolerance = std::max<nanoseconds>(truth / 50, milliseconds(10));
    if (measured.counted()) return figure < truth + tolerance && figure > truth - tolerance;
    // Where nobody waits, more than a bound is not promised; it must be said, and not be above the truth.
    return measured.record.usage.user_cpu.scope == model::Scope::lower_bound && figure < truth + tolerance;
  }

  TempDir folder_;
};

TEST_F(Truth, CpuOfChildrenThatAreWaitedFor) { compare("waited", kProcesses, milliseconds(20), {}); }
TEST_F(Truth, CpuOfChildrenThatNobodyWaitsFor) { compare("ignored", kProcesses, milliseconds(20), {}); }
TEST_F(Truth, CpuOfOrphans) { compare("orphans", kProcesses, milliseconds(20), {}); }
TEST_F(Truth, CpuOfATreeThatIsKilledAtItsWallLimit) { compare("killed", 4, milliseconds(60'000), milliseconds(600)); }

TEST_F(Truth, MemoryThatIsHeldForFiveMilliseconds) {
  constexpr std::uint64_t kBytes = 256ULL << 20;
  for (const bool cgroups : {true, false}) {
    const Measured measured = run("spike", 256, milliseconds(5), {}, cgroups);
    const model::BytesFigure& peak = measured.record.usage.peak_memory;
    ASSERT_TRUE(peak.value) << peak.reason;
    std::printf("spike    %-15s truth %6.1f MiB, measured %6.1f MiB (%s)\n", cgroups ? "control group" : "no group",
                256.0, static_cast<double>(*peak.value) / (1 << 20), peak.source.c_str());
    EXPECT_GE(*peak.value, kBytes);
    // With the program itself, which a small part of the peak is.
    EXPECT_LE(*peak.value, kBytes + kBytes / 50);
  }
}

}  // namespace
}  // namespace rh::accuracy

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "act") return rh::accuracy::run_act(argc, argv);
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
