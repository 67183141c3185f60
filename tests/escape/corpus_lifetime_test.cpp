// Group B of the corpus, lifetime: runners that are killed, and control groups that would be left.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "runner/base/text.h"
#include "sandbox/cgroup_files.h"
#include "tests/escape/corpus.h"
#include "tests/escape/invariants.h"

namespace rh::escape {
namespace {

namespace fs = std::filesystem;
using model::Ending;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

std::vector<fs::path> control_group_mounts() {
  std::vector<fs::path> found;
  const std::string mounts = read_file("/proc/self/mountinfo").value_or("");
  for (const std::string_view line : split_lines(mounts))
    if (line.find(" - cgroup") != std::string_view::npos) found.emplace_back(split(line, ' ')[4]);
  return found;
}

// Of runs of that runner, in every hierarchy.
std::set<std::string> groups_of(pid_t runner) {
  const std::string mark = "runharness-" + std::to_string(runner) + "-";
  std::set<std::string> found;
  for (const fs::path& root : control_group_mounts()) {
    std::error_code error;
    for (fs::recursive_directory_iterator at(root, fs::directory_options::skip_permission_denied, error), end;
         !error && at != end; at.increment(error))
      if (at->path().filename().native().find(mark) != std::string::npos) found.insert(at->path().string());
  }
  return found;
}

std::set<std::string> temporary_files() {
  std::set<std::string> found;
  for (const auto& entry : fs::directory_iterator(fs::temp_directory_path())) found.insert(entry.path().string());
  return found;
}

class Lifetime : public Corpus {
 protected:
  struct Runner {
    pid_t pid = 0;
    UniqueFd signs;  // readable once its command has started, and when it is gone
  };

  // A process of its own that runs this in a sandbox, and can be killed.
  static Runner start_runner(const sandbox::LaunchSpec& asked) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) std::abort();
    UniqueFd theirs(ends[1]);
    Runner runner{fork(), UniqueFd(ends[0])};
    if (runner.pid != 0) return runner;
    const auto own = sandbox::make_launcher();
    sandbox::SuperviseHooks hooks;
    hooks.on_output = [&](model::Stream, std::string_view) { (void)!write(theirs.get(), "x", 1); };
    (void)own->run(asked, hooks);
    _exit(0);
  }

  // What the observer outside sees one second after the runner's death at the latest.
  static void expect_dead_within_a_second(const std::set<int>& before) {
    const auto deadline = steady_clock::now() + milliseconds(1000);
    std::size_t left = 1;
    while (left > 0 && steady_clock::now() < deadline) {
      left = 0;
      for (const int pid : descendants())
        if (!before.contains(pid)) ++left;
    }
    EXPECT_EQ(left, 0U) << "G1: processes outlive their runner";
  }

  // The next start clears away what killed runners could not.
  void expect_cleared_by_the_next_start(const std::vector<pid_t>& killed, const std::set<std::string>& temporary) {
    const auto next = sandbox::make_launcher();
    const Ran ran = run_with(*next, probe_spec("exit", {"0"}));
    EXPECT_EQ(ran.record.ending, Ending::exited) << ran.everything();
    for (const pid_t pid : killed) EXPECT_EQ(groups_of(pid), std::set<std::string>());
    EXPECT_EQ(temporary_files(), temporary);
  }
};

bool speaks(const UniqueFd& signs, milliseconds patience) {
  pollfd event{signs.get(), POLLIN, 0};
  char byte = 0;
  return poll(&event, 1, static_cast<int>(patience.count())) == 1 && read(signs.get(), &byte, 1) == 1;
}

TEST_F(Lifetime, B14_ForgetsItsDeathSignalBeforeTheRunnerIsKilled) {
  const Ran control = uncaged("unbound", {});
  EXPECT_EQ(control.said("prctl"), "ok");
  EXPECT_EQ(control.survivors.size(), 1U) << "without a sandbox it outlives whoever started it";

  const auto before = descendants();
  const auto temporary = temporary_files();
  sandbox::LaunchSpec asked = probe_spec("unbound", {"stay"});
  asked.limits.wall = std::chrono::seconds(60);
  Runner runner = start_runner(asked);
  EXPECT_TRUE(speaks(runner.signs, kPatience));
  EXPECT_GE(descendants().size(), before.size() + 3) << "the runner, the command and its daemon live";
  kill(runner.pid, SIGKILL);
  waitpid(runner.pid, nullptr, 0);
  expect_dead_within_a_second(before);
  expect_cleared_by_the_next_start({runner.pid}, temporary);
}

TEST_F(Lifetime, B15_RunnerIsKilledWhileItSetsUp) {
  const auto before = descendants();
  const auto temporary = temporary_files();
  std::vector<pid_t> killed;
  int early = 0, late = 0;
  sandbox::LaunchSpec asked = probe_spec("stubborn", {"60"});
  asked.limits.wall = std::chrono::seconds(60);
  // As if by chance: at moments from before the first system call until the command runs.
  for (microseconds delay{0}; late < 2 && killed.size() < 50; delay += delay / 8 + microseconds(200)) {
    Runner runner = start_runner(asked);
    for (const auto end = steady_clock::now() + delay; steady_clock::now() < end;) {
    }
    kill(runner.pid, SIGKILL);
    waitpid(runner.pid, nullptr, 0);
    killed.push_back(runner.pid);
    ++(speaks(runner.signs, milliseconds(0)) ? late : early);
  }
  EXPECT_GE(early, 5);
  EXPECT_EQ(late, 2) << "the last ones had set everything up";
  expect_dead_within_a_second(before);
  const std::string mounts = read_file("/proc/self/mountinfo").value_or("");
  EXPECT_EQ(mounts.find(workspace().native()), std::string::npos) << "G2: a mount is left";
  expect_cleared_by_the_next_start(killed, temporary);
}

// The roots of the hierarchies, and the groups that this process is in.
Words control_groups() {
  Words found;
  const std::string own = read_file("/proc/self/cgroup").value_or("");
  for (const fs::path& mount : control_group_mounts()) {
    found.push_back(mount);
    for (const std::string_view line : split_lines(own)) {
      const std::string below(line.substr(line.rfind(':') + 1));
      if (below != "/" && fs::exists(mount.string() + below)) found.push_back(mount.string() + below);
    }
  }
  return found;
}

TEST_F(Lifetime, B16_MovesItselfToAnotherControlGroup) {
  const Words groups = control_groups();
  if (groups.empty()) GTEST_SKIP() << "no control groups are mounted on this machine";
  Words going{"go"}, staying{"stay"};
  for (Words* words : {&going, &staying}) words->insert(words->end(), groups.begin(), groups.end());
  const Ran control = uncaged("join", going);
  if (column() == Column::root)
    EXPECT_EQ(control.code(), 0) << control.everything();
  else
    weaker_control("the machine itself keeps an ordinary user out of its groups: " + error_of(control));

  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const UniqueFd input(ends[0]);
  UniqueFd hold(ends[1]);  // the probe stays until this is closed
  sandbox::LaunchSpec asked = probe_spec("join", staying);
  asked.streams.input = BorrowedFd(input.get());
  int pid = 0;
  std::string at_start, at_end;
  std::size_t lines = 0;
  sandbox::SuperviseHooks hooks;
  hooks.on_start = [&](const sandbox::TreeLocation& tree) {
    pid = tree.root_pid;
    at_start = text_of("/proc/" + std::to_string(pid) + "/cgroup");
  };
  hooks.on_output = [&](model::Stream, std::string_view bytes) {
    lines += static_cast<std::size_t>(std::count(bytes.begin(), bytes.end(), '\n'));
    if (lines < groups.size() || !hold) return;
    at_end = text_of("/proc/" + std::to_string(pid) + "/cgroup");
    hold.reset();
  };
  const Ran ran = run(asked, hooks);
  for (const std::string& group : groups) EXPECT_EQ(ran.said("join " + group), "EACCES");
  EXPECT_NE(at_start, "(missing)");
  EXPECT_EQ(at_end, at_start);
}

// Where there is no group of the run's own there is nothing to reach, and the report says so.
bool has_own_groups(const Ran& ran, const sandbox::TreeLocation& location) {
  if (column() == Column::root) {
    EXPECT_FALSE(location.procs_cgroup.empty()) << "root has control groups on this machine";
    return !location.procs_cgroup.empty();
  }
  EXPECT_TRUE(location.procs_cgroup.empty()) << location.procs_cgroup;
  expect_admitted(ran, "memory limit");
  expect_admitted(ran, "process limit");
  return false;
}

TEST_F(Lifetime, B17_MakesControlGroupsThatNobodyMayEnter) {
  const Words groups = control_groups();
  if (groups.empty()) GTEST_SKIP() << "no control groups are mounted on this machine";
  const Ran control = uncaged("subgroups", groups);
  if (column() == Column::root)
    EXPECT_EQ(control.code(), 0) << control.everything();
  else
    weaker_control("the machine itself keeps an ordinary user out of its groups: " + error_of(control));
  for (const std::string& group : groups) rmdir((group + "/hostile").c_str());

  sandbox::TreeLocation location;
  std::vector<fs::path> made;
  sandbox::SuperviseHooks hooks;
  hooks.on_start = [&](const sandbox::TreeLocation& tree) {
    location = tree;
    // Inside they cannot be made; so the test makes them where the command would have.
    for (const fs::path& own : {tree.procs_cgroup, tree.memory_cgroup, tree.cpu_cgroup}) {
      if (own.empty()) continue;
      made.push_back(own);
      fs::create_directories(own / "hostile/deeper");
      chmod((own / "hostile").c_str(), 0);
    }
  };
  sandbox::LaunchSpec asked = probe_spec("subgroups", groups);
  const Ran ran = run(asked, hooks);
  for (const std::string& group : groups) EXPECT_EQ(ran.said("mkdir " + group), expected("EROFS", "EACCES"));
  if (!has_own_groups(ran, location)) return;
  EXPECT_FALSE(made.empty());
  for (const fs::path& own : made) EXPECT_FALSE(fs::exists(own)) << own;
}

// A group of the tests' own that freezing it stops nobody.
fs::path make_group() {
  for (const fs::path& mount : control_group_mounts()) {
    const fs::path group = mount / ("rh-escape-" + std::to_string(getpid()));
    std::error_code ignored;
    if (fs::create_directory(group, ignored) && fs::exists(group / "cgroup.freeze")) return group;
    fs::remove(group, ignored);
  }
  return {};
}

TEST_F(Lifetime, B18_FreezesItself) {
  const fs::path group = make_group();
  if (column() == Column::root) {
    ASSERT_FALSE(group.empty()) << "root can make a group that can be frozen on this machine";
    EXPECT_EQ(uncaged("freeze", {group}).code(), 0);
    const Ran inside = caged("freeze", {group});
    EXPECT_EQ(inside.said("freeze " + group.string()), "EACCES") << inside.everything();
    rmdir(group.c_str());
  } else {
    EXPECT_TRUE(group.empty());
    weaker_control("an ordinary user can make no control group on this machine");
  }

  sandbox::TreeLocation location;
  bool frozen = false;
  sandbox::SuperviseHooks hooks;
  hooks.on_start = [&](const sandbox::TreeLocation& tree) {
    location = tree;
    // Inside it cannot be done; so the test does what the command would have.
    if (!tree.procs_cgroup.empty()) frozen = sandbox::write_control(tree.procs_cgroup / "cgroup.freeze", "1");
  };
  sandbox::LaunchSpec asked = probe_spec("stubborn", {"60"});
  asked.limits.wall = milliseconds(300);
  const auto begin = steady_clock::now();
  const Ran ran = run(asked, hooks);
  EXPECT_EQ(ran.record.ending, Ending::wall_time) << ran.everything();
  EXPECT_LE(steady_clock::now() - begin, kPatience);
  if (has_own_groups(ran, location)) {
    EXPECT_TRUE(frozen) << location.procs_cgroup;
  }
}

}  // namespace
}  // namespace rh::escape
