// Control files, and finding out that a folder is no control group at all.
#include "sandbox/cgroup_files.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include "runner/base/file.h"
#include "sandbox/cgroup.h"

namespace rh::sandbox {
namespace {

namespace fs = std::filesystem;

class ControlFiles : public ::testing::Test {
 protected:
  ControlFiles() : folder_(*TempDir::make("rh-groups")) {}
  [[nodiscard]] fs::path put(const char* name, std::string_view text) const {
    EXPECT_TRUE(write_file(folder_.path() / name, text));
    return folder_.path() / name;
  }
  TempDir folder_;
};

TEST_F(ControlFiles, NumbersKeysAndPids) {
  EXPECT_EQ(read_number(put("memory.peak", "540672\n")), 540672U);
  EXPECT_FALSE(read_number(put("memory.max", "max\n")));
  const fs::path events = put("memory.events", "low 0\noom 3\noom_kill 2\noom_group_kill 0\n");
  EXPECT_EQ(read_keyed(events, "oom_kill"), 2U);
  EXPECT_EQ(read_keyed(events, "oom"), 3U);
  EXPECT_FALSE(read_keyed(events, "oo"));
  EXPECT_EQ(read_pids(put("cgroup.procs", "12\n7\n0\n")), (std::vector<int>{12, 7}));
  EXPECT_TRUE(read_pids(folder_.path() / "missing").empty());
}

TEST_F(ControlFiles, OnlyFoldersAreGroups) {
  ASSERT_TRUE(fs::exists(put("cgroup.procs", "")));
  EXPECT_TRUE(subgroups(folder_.path()).empty());
  fs::create_directory(folder_.path() / "inner");
  EXPECT_EQ(subgroups(folder_.path()), std::vector<fs::path>{folder_.path() / "inner"});
  EXPECT_TRUE(subgroups(folder_.path() / "missing").empty());
}

TEST_F(ControlFiles, FolderWithoutControlsIsRefusedWithAReasonAndLeftClean) {
  CgroupLayout layout;
  layout.memory = folder_.path();
  const CgroupHost host = probe_cgroups(layout);
  EXPECT_TRUE(host.memory_v1.empty());
  EXPECT_NE(host.missing.memory.find("memory.limit_in_bytes"), std::string::npos) << host.missing.memory;
  EXPECT_NE(host.missing.pids.find("no pids control group"), std::string::npos) << host.missing.pids;
  EXPECT_TRUE(fs::is_empty(folder_.path()));
}

TEST_F(ControlFiles, GroupsOfDeadRunnersAreRemoved) {
  const std::string dead = "runharness-2147483000-1." + pid_namespace();
  fs::create_directories(folder_.path() / dead / "inner");
  fs::create_directories(folder_.path() / "runharness-2147483000-1.1");
  fs::create_directories(folder_.path() / "somebody-else");
  CgroupHost host;
  host.pids_v1 = folder_.path();
  sweep_groups(host);
  EXPECT_FALSE(fs::exists(folder_.path() / dead));
  EXPECT_TRUE(fs::exists(folder_.path() / "runharness-2147483000-1.1")) << "a pid of another namespace says nothing";
  EXPECT_TRUE(fs::exists(folder_.path() / "somebody-else"));
}

TEST(GroupNames, RunnerAndStartTimeDecide) {
  const ProcessTree processes;
  const std::string own = own_group_name("7");
  EXPECT_FALSE(is_stale_group(own, processes));
  const std::string end = "-7." + pid_namespace();
  const std::string pid = "runharness-" + std::to_string(getpid());
  EXPECT_TRUE(is_stale_group(pid + "-1" + end, processes)) << "the pid has been given to another process";
  EXPECT_FALSE(is_stale_group(pid + end, processes)) << "no start time is said";
  EXPECT_TRUE(is_stale_group("runharness-2147483-99" + end, processes) || kill(2147483, 0) == 0);
  EXPECT_FALSE(is_stale_group("runharness-99999999-99-7.1", processes));
  EXPECT_FALSE(is_stale_group("other-99999999" + end, processes));
}

TEST_F(ControlFiles, RunWithoutGroupsHasNoFiguresButAReason) {
  CgroupHost host;
  host.reason = "nothing here";
  model::Limits limits;
  limits.memory_bytes = 1 << 20;
  const RunCgroup group(host, "runharness-1-1", limits);
  EXPECT_FALSE(group.limits_memory());
  EXPECT_FALSE(group.cpu_used());
  EXPECT_FALSE(group.memory_peak());
  EXPECT_FALSE(group.oom_kills());
  for (const std::string& problem :
       {group.problem(), group.memory_problem(), group.pids_problem(), group.cpu_problem()})
    EXPECT_EQ(problem, "nothing here");
}

}  // namespace
}  // namespace rh::sandbox
