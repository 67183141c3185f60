// Runs inside the virtual machine of run.sh, where version 2 is all there is of control groups. The
// suites are started as three different users, by init.
#include <fcntl.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>

#include "runner/base/clock.h"
#include "runner/base/file.h"
#include "runner/base/text.h"
#include "sandbox/cgroup.h"
#include "sandbox/cgroup_files.h"
#include "sandbox/cgroup_leaf.h"
#include "sandbox/sandbox.h"
#include "tests/vm/acts.h"

namespace rh::vm {
namespace {

namespace fs = std::filesystem;
using model::Ending;
using model::MechanismState;
using std::chrono::milliseconds;

constexpr std::uint64_t kMiB = 1U << 20;
const fs::path kGroups = "/sys/fs/cgroup";

// The group that this process is in.
fs::path own_group() {
  const auto text = read_file("/proc/self/cgroup");
  return text ? kGroups / trim(*text).substr(4) : fs::path();
}

std::vector<std::string> groups_of_ours() {
  std::vector<std::string> found;
  std::error_code error;
  for (fs::recursive_directory_iterator at(kGroups, error), end; !error && at != end; at.increment(error))
    if (at->path().filename().string().starts_with("runharness-")) found.push_back(at->path().string());
  return found;
}

std::string read_line(const fs::path& file) { return std::string(trim(read_file(file).value_or("(unreadable)"))); }

class Guest : public ::testing::Test {
 protected:
  Guest() : folder_(*TempDir::make("vm")), launcher_(sandbox::make_launcher()) {}
  ~Guest() override {
    launcher_.reset();
    EXPECT_EQ(groups_of_ours(), std::vector<std::string>{});
  }

  [[nodiscard]] sandbox::LaunchSpec act(std::vector<std::string> words) const {
    sandbox::LaunchSpec spec;
    spec.name = "vm";
    spec.command.argv = {fs::read_symlink("/proc/self/exe").string(), "act"};
    spec.command.argv.insert(spec.command.argv.end(), words.begin(), words.end());
    spec.command.cwd = folder_.path();
    spec.command.env = {{"PATH", "/bin"}};
    spec.files.writable = {folder_.path()};
    spec.limits.wall = milliseconds(20'000);
    spec.limits.grace = milliseconds(100);
    spec.limits.memory_bytes = 64 * kMiB;
    spec.limits.pids = 300;
    return spec;
  }

  const sandbox::ExitRecord& run(const sandbox::LaunchSpec& spec) {
    sandbox::SuperviseHooks hooks;
    hooks.on_output = [this](model::Stream, std::string_view bytes) { out_ += bytes; };
    hooks.on_start = [this](const sandbox::TreeLocation& tree) {
      for (const char* name : {"memory.max", "memory.swap.max", "memory.oom.group", "pids.max", "cpu.max"})
        controls_[name] = tree.procs_cgroup.empty() ? "" : read_line(tree.procs_cgroup / name);
    };
    auto ended = launcher_->run(spec, hooks);
    if (!ended)
      ADD_FAILURE() << ended.error().message();
    else
      record_ = *std::move(ended);
    return record_;
  }

  [[nodiscard]] model::IsolationRow row(std::string_view mechanism) const {
    for (const model::IsolationRow& one : record_.isolation.rows)
      if (one.mechanism == mechanism) return one;
    ADD_FAILURE() << "no row " << mechanism;
    return {};
  }
  void expect_enforced(std::string_view mechanism, std::string_view detail) const {
    EXPECT_EQ(row(mechanism).state, MechanismState::enforced) << mechanism << ": " << row(mechanism).reason;
    EXPECT_EQ(row(mechanism).detail, detail);
  }
  [[nodiscard]] milliseconds cpu() const {
    const model::ProcessUsage& usage = record_.usage;
    return std::chrono::duration_cast<milliseconds>(usage.user_cpu.value.value_or(Nanoseconds{}) +
                                                    usage.system_cpu.value.value_or(Nanoseconds{}));
  }

  // What holds for everybody who has a group.
  void limits_are_the_kernels();
  void oom_ends_the_tree();

  TempDir folder_;
  std::unique_ptr<sandbox::Launcher> launcher_;
  sandbox::ExitRecord record_;
  std::string out_;
  std::map<std::string, std::string> controls_;
};

void Guest::limits_are_the_kernels() {
  auto spec = act({"burn", "300"});
  spec.limits.cpu = milliseconds(60'000);
  spec.limits.cpus = 0.5;
  EXPECT_EQ(run(spec).ending, Ending::exited) << record_.ending_detail;
  expect_enforced("memory limit", "cgroup v2 memory.max");
  expect_enforced("process limit", "cgroup pids.max");
  expect_enforced("cpu time limit", "cgroup v2 cpu.stat");
  expect_enforced("cpu bandwidth", "cgroup v2 cpu.max");
  expect_enforced("kill of the whole tree", "cgroup.kill and the pid namespace's init");
  EXPECT_EQ(controls_["memory.max"], std::to_string(64 * kMiB));
  EXPECT_EQ(controls_["memory.swap.max"], "0");
  EXPECT_EQ(controls_["memory.oom.group"], "1");
  EXPECT_EQ(controls_["pids.max"], "301") << "init is one of them";
  EXPECT_EQ(controls_["cpu.max"], "50000 100000");
  EXPECT_GE(record_.usage.wall, milliseconds(450)) << "half a core cannot burn 300 ms sooner";
}

void Guest::oom_ends_the_tree() {
  auto spec = act({"touch", std::to_string(40 * kMiB)});
  spec.limits.memory_bytes = 20 * kMiB;
  EXPECT_EQ(run(spec).ending, Ending::memory) << record_.ending_detail;
  EXPECT_GE(record_.oom_kills.value_or(0), 1U);
  EXPECT_EQ(record_.ending_detail,
            "cgroup v2 memory.events: oom_kill " + std::to_string(record_.oom_kills.value_or(0)));
  EXPECT_EQ(record_.usage.peak_memory.value, 20 * kMiB);
  EXPECT_EQ(record_.usage.peak_memory.scope, model::Scope::exact_process);
  EXPECT_EQ(out_, "");
}

class Root : public Guest {};

TEST_F(Root, LimitsAreTheKernels) { limits_are_the_kernels(); }
TEST_F(Root, OomEndsTheTree) { oom_ends_the_tree(); }

TEST_F(Root, OomOfAGrandchildEndsTheTree) {
  auto spec = act({"touch-in-child", std::to_string(40 * kMiB)});
  spec.limits.memory_bytes = 20 * kMiB;
  EXPECT_EQ(run(spec).ending, Ending::memory) << record_.ending_detail;
  EXPECT_EQ(out_.find("survived"), std::string::npos);
  EXPECT_FALSE(record_.status.exit_code) << "it had ten more seconds to live";
}

TEST_F(Root, UnmappedFilesInMemoryCount) {
  auto spec = act({"memfd", std::to_string(40 * kMiB)});
  spec.limits.memory_bytes = 20 * kMiB;
  EXPECT_EQ(run(spec).ending, Ending::memory) << record_.ending_detail;
}

TEST_F(Root, ForkBombThatItsMainProcessWaitsForIsPids) {
  auto spec = act({"bomb"});
  spec.limits.pids = 40;
  spec.limits.wall = milliseconds(1500);
  EXPECT_EQ(run(spec).ending, Ending::pids) << record_.ending_detail;
  EXPECT_EQ(record_.usage.max_processes.value, 40U);
}

TEST_F(Root, ForkBombThatOutlivesItsMainProcessIsPids) {
  auto spec = act({"drop-bomb"});
  spec.limits.pids = 40;
  EXPECT_EQ(run(spec).ending, Ending::pids) << record_.ending_detail;
  EXPECT_EQ(record_.status.exit_code, 0);
  EXPECT_FALSE(record_.leftovers.empty());
}

TEST_F(Root, OrphansAreCounted) {
  run(act({"burn-orphans", "4", "100"}));
  EXPECT_EQ(record_.ending, Ending::exited) << record_.ending_detail;
  EXPECT_GE(cpu(), milliseconds(392));
  EXPECT_EQ(record_.usage.user_cpu.scope, model::Scope::exact_process);
}

TEST_F(Root, CpuOfATreeKilledAtTheWallLimitIsCounted) {
  auto spec = act({"burn", "60000"});
  spec.limits.wall = milliseconds(600);
  EXPECT_EQ(run(spec).ending, Ending::wall_time);
  EXPECT_GE(cpu(), milliseconds(100));
}

TEST_F(Root, TwoHundredLeftoversAreKilled) {
  run(act({"scatter", "200"}));
  EXPECT_EQ(record_.ending, Ending::exited) << record_.ending_detail;
  EXPECT_EQ(out_, "scattered\n");
  EXPECT_EQ(record_.leftovers.size(), 100U) << "as many as a record names";
  EXPECT_EQ(record_.sources.leftovers, "cgroup.procs");
}

TEST_F(Root, OneWriteKillsTwoHundred) {
  const auto host = sandbox::probe_cgroups({{}, {}, {}, {}, kGroups, kGroups});
  std::vector<pid_t> pids;
  {
    const sandbox::RunCgroup group(host, sandbox::own_group_name("200"), {});
    for (int i = 0; i < 200; ++i) {
      const pid_t pid = fork();
      if (pid == 0) {
        const bool in = sandbox::write_control(group.procs() / "cgroup.procs", "0");
        while (in) pause();
        _exit(1);
      }
      pids.push_back(pid);
    }
    while (group.pids().size() < pids.size()) usleep(1000);
    EXPECT_TRUE(group.kill());
    for (pid_t pid : pids) {
      int status = 0;
      waitpid(pid, &status, 0);
      EXPECT_TRUE(WIFSIGNALED(status));
    }
  }
}

TEST_F(Root, GroupsThatTheTreeMadeAreRemoved) {
  auto spec = act({"nest", "PLACE"});
  spec.level = model::IsolationLevel::none;
  spec.command.argv = {"/bin/sh", "-c", "exec /vm_guest act nest /sys/fs/cgroup$(cut -d: -f3 /proc/self/cgroup)"};
  run(spec);
  EXPECT_EQ(record_.status.exit_code, 0) << record_.ending_detail << out_;
}

TEST_F(Root, GroupsOfAKilledRunnerAreSweptByTheNextStart) {
  // A runner that dies without a word, leaving a group with a process in it.
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t runner = fork();
  if (runner == 0) {
    const fs::path group = kGroups / sandbox::own_group_name("1");
    fs::create_directories(group / "inner");
    const pid_t left = fork();
    if (left == 0) {
      if (!sandbox::write_control(group / "inner/cgroup.procs", "0")) _exit(1);
      (void)!write(ends[1], "y", 1);
      for (;;) pause();
    }
    for (;;) pause();
  }
  char byte = 0;
  ASSERT_EQ(read(ends[0], &byte, 1), 1);
  close(ends[1]);
  kill(runner, SIGKILL);
  waitpid(runner, nullptr, 0);
  EXPECT_EQ(groups_of_ours().size(), 1U);
  launcher_ = sandbox::make_launcher();
  run(act({"burn", "1"}));
  EXPECT_EQ(groups_of_ours().size(), 0U);
  EXPECT_EQ(read(ends[0], &byte, 1), 0) << "the process in it is gone";
}

// An ordinary user, alone in a group that was given to them.
class Delegated : public Guest {
 protected:
  Delegated() : before_(own_group()) {}
  fs::path before_;
};

TEST_F(Delegated, LimitsAreTheKernels) {
  limits_are_the_kernels();
  EXPECT_EQ(own_group().parent_path(), before_) << "the runner stepped aside";
  launcher_.reset();
  EXPECT_EQ(own_group(), before_) << "and went back";
  EXPECT_EQ(read_line(before_ / "cgroup.subtree_control"), "");
}

TEST_F(Delegated, OomEndsTheTree) { oom_ends_the_tree(); }

TEST_F(Delegated, ForkBombIsPids) {
  auto spec = act({"drop-bomb"});
  spec.limits.pids = 40;
  EXPECT_EQ(run(spec).ending, Ending::pids) << record_.ending_detail;
}

TEST_F(Delegated, TwoLaunchersShareOneLeaf) {
  const auto other = sandbox::make_launcher();
  run(act({"burn", "1"}));
  const auto report = other->probe(model::IsolationLevel::contained);
  for (const model::IsolationRow& one : report.rows) {
    if (one.mechanism != "memory limit") continue;
    EXPECT_EQ(one.state, MechanismState::enforced) << one.reason;
  }
  EXPECT_EQ(own_group().parent_path(), before_);
}

// Leaves its leaf behind; init starts the next suite beside it.
TEST_F(Delegated, DISABLED_DiesInItsLeaf) {
  run(act({"burn", "1"}));
  EXPECT_NE(own_group(), before_);
  kill(getpid(), SIGKILL);
}

class AfterADeath : public Guest {};

TEST_F(AfterADeath, TheNextStartBesideItClearsUp) {
  EXPECT_EQ(groups_of_ours().size(), 1U);
  run(act({"burn", "1"}));
  expect_enforced("memory limit", "cgroup v2 memory.max");
  const fs::path dead = own_group().parent_path().parent_path() / "first";
  EXPECT_EQ(read_line(dead / "cgroup.subtree_control"), "") << "processes can be put there again";
}

// An ordinary user without any group.
class Alone : public Guest {};

TEST_F(Alone, EveryLimitSaysWhatItLacks) {
  auto spec = act({"burn", "1"});
  spec.limits.cpu = milliseconds(10'000);
  spec.limits.cpus = 0.5;
  run(spec);
  for (const char* mechanism : {"memory limit", "process limit", "cpu time limit"}) {
    EXPECT_EQ(row(mechanism).state, MechanismState::degraded) << mechanism;
    EXPECT_NE(row(mechanism).reason.find("as root: "), std::string::npos) << row(mechanism).reason;
  }
  EXPECT_EQ(row("cpu bandwidth").state, MechanismState::refused);
  EXPECT_FALSE(record_.oom_kills);
  EXPECT_EQ(record_.usage.user_cpu.scope, model::Scope::lower_bound);
}

TEST_F(Alone, WatchdogEndsAMemoryHog) {
  EXPECT_EQ(run(act({"touch", std::to_string(100 * kMiB)})).ending, Ending::memory) << record_.ending_detail;
  EXPECT_TRUE(record_.ending_detail.starts_with("watchdog")) << record_.ending_detail;
}

TEST_F(Alone, WatchdogSeesUnmappedFilesInMemory) {
  EXPECT_EQ(run(act({"memfd", std::to_string(100 * kMiB)})).ending, Ending::memory) << record_.ending_detail;
}

TEST_F(Alone, ForkBombIsPids) {
  auto spec = act({"drop-bomb"});
  spec.limits.pids = 40;
  EXPECT_EQ(run(spec).ending, Ending::pids) << record_.ending_detail;
}

}  // namespace
}  // namespace rh::vm

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "act") return rh::vm::run_act(argc, argv);
  // "as 1000 COMMAND...": an exec follows, because what has changed its ids without one may not even
  // read its own /proc.
  if (argc > 3 && std::string_view(argv[1]) == "as") {
    const auto id = static_cast<uid_t>(std::stoul(argv[2]));
    if (setgroups(0, nullptr) == 0 && setresgid(id, id, id) == 0 && setresuid(id, id, id) == 0)
      execv(argv[3], argv + 3);
    return 70;
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
