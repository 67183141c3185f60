// Which folders are attached, covered and made, and in which order. The planner reads a real tree,
// so the tests make one.
#include "sandbox/mount_plan.h"

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>

#include "runner/base/file.h"
#include "sandbox/homes.h"

namespace rh::sandbox {
namespace {

namespace fs = std::filesystem;

class MountPlanTest : public ::testing::Test {
 protected:
  MountPlanTest() : folder_(*TempDir::make("rh-plan")), root_(fs::canonical(folder_.path())) {
    for (const char* name : {"home/.cache/tool", "home/project/.git/hooks", "work/sub"})
      fs::create_directories(root_ / name);
    (void)write_file(root_ / "home/.npmrc", "token");
    policy_.home = root_ / "home";
  }

  // Index of the first such step, or -1.
  [[nodiscard]] static int index_of(const MountPlan& plan, MountAction action, const fs::path& target) {
    const auto at = std::find_if(plan.steps.begin(), plan.steps.end(),
                                 [&](const MountStep& step) { return step.action == action && step.target == target; });
    return at == plan.steps.end() ? -1 : static_cast<int>(at - plan.steps.begin());
  }
  [[nodiscard]] static bool read_only(const MountPlan& plan, const fs::path& target) {
    const int index = index_of(plan, MountAction::attach, target);
    if (index < 0) return false;
    const Grab& grab = plan.grabs.at(static_cast<std::size_t>(plan.steps.at(static_cast<std::size_t>(index)).grab));
    return (grab.attributes & MOUNT_ATTR_RDONLY) != 0;
  }

  TempDir folder_;
  fs::path root_;
  FilesystemPolicy policy_;
  MountOptions options_;
};

TEST_F(MountPlanTest, HomeIsCoveredBeforeWhatLiesInItIsAttachedAgain) {
  policy_.writable = {root_ / "home/project"};
  policy_.readable = {root_ / "home/.cache/tool", root_ / "home/.npmrc"};
  const MountPlan plan = plan_mounts(policy_, options_);
  const int cover = index_of(plan, MountAction::mount_tmpfs, root_ / "home");
  ASSERT_GE(cover, 0);
  EXPECT_LT(cover, index_of(plan, MountAction::make_folder, root_ / "home/project"));
  EXPECT_LT(index_of(plan, MountAction::make_folder, root_ / "home/project"),
            index_of(plan, MountAction::attach, root_ / "home/project"));
  EXPECT_FALSE(read_only(plan, root_ / "home/project"));
  EXPECT_TRUE(read_only(plan, root_ / "home/.cache/tool"));
  EXPECT_GE(index_of(plan, MountAction::make_file, root_ / "home/.npmrc"), 0);
}

TEST_F(MountPlanTest, EveryHomeIsPrivate) {
  policy_.other_homes = {root_ / "work"};
  policy_.readable = {root_ / "work/sub"};
  const MountPlan plan = plan_mounts(policy_, options_);
  EXPECT_GE(index_of(plan, MountAction::mount_tmpfs, root_ / "home"), 0);
  EXPECT_GE(index_of(plan, MountAction::mount_tmpfs, root_ / "work"), 0);
  EXPECT_TRUE(read_only(plan, root_ / "work/sub"));
}

TEST_F(MountPlanTest, RootAsHomeHidesItsDotEntriesOnly) {
  policy_.home = "/";
  const MountPlan plan = plan_mounts(policy_, options_);
  EXPECT_LT(index_of(plan, MountAction::mount_tmpfs, "/"), 0);
  EXPECT_TRUE(plan.notes.empty());
  for (const fs::path& path : private_paths(policy_)) EXPECT_EQ(path.filename().native().front(), '.') << path;
}

TEST_F(MountPlanTest, MissingPathsAreSkipped) {
  policy_.writable = {root_ / "nowhere"};
  policy_.protected_ = {root_ / "home/project/none"};
  policy_.hidden = {root_ / "gone"};
  for (const MountStep& step : plan_mounts(policy_, options_).steps)
    EXPECT_TRUE(step.target.find("nowhere") == std::string::npos && step.target.find("gone") == std::string::npos)
        << step.target;
}

TEST_F(MountPlanTest, FoldersAboveAProtectedPathArePinned) {
  policy_.writable = {root_ / "home/project"};
  policy_.protected_ = {root_ / "home/project/.git/hooks"};
  const MountPlan plan = plan_mounts(policy_, options_);
  const int pin = index_of(plan, MountAction::attach, root_ / "home/project/.git");
  ASSERT_GE(pin, 0);
  EXPECT_FALSE(read_only(plan, root_ / "home/project/.git"));
  EXPECT_LT(pin, index_of(plan, MountAction::attach, root_ / "home/project/.git/hooks"));
  EXPECT_TRUE(read_only(plan, root_ / "home/project/.git/hooks"));
}

TEST_F(MountPlanTest, ReadableFolderInsideAWritableOneStaysWritable) {
  policy_.writable = {root_ / "work"};
  policy_.readable = {root_ / "work/sub"};
  EXPECT_EQ(index_of(plan_mounts(policy_, options_), MountAction::attach, root_ / "work/sub"), -1);
}

TEST_F(MountPlanTest, HiddenFileAndFolderAreCovered) {
  policy_.writable = {root_ / "home/project"};
  ASSERT_TRUE(write_file(root_ / "home/project/.env", "secret"));
  policy_.hidden = {root_ / "home/project/.env", root_ / "home/project/.git"};
  const MountPlan plan = plan_mounts(policy_, options_);
  EXPECT_GE(index_of(plan, MountAction::cover_file, root_ / "home/project/.env"), 0);
  EXPECT_GE(index_of(plan, MountAction::cover_folder, root_ / "home/project/.git"), 0);
}

TEST_F(MountPlanTest, LinkToAGrantIsMadeAgainInThePrivateFolder) {
  fs::create_directory_symlink(root_ / "work", root_ / "home/link");
  policy_.writable = {root_ / "home/link"};
  const MountPlan plan = plan_mounts(policy_, options_);
  EXPECT_GE(index_of(plan, MountAction::attach, root_ / "work"), 0);
  EXPECT_GE(index_of(plan, MountAction::make_link, root_ / "home/link"), 0);
}

TEST_F(MountPlanTest, ClosedFolderAboveAGrantIsOpenedForAnotherUid) {
  fs::create_directories(root_ / "closed/repo");
  chmod((root_ / "closed").c_str(), 0700);
  chmod(root_.c_str(), 0755);
  policy_.writable = {root_ / "closed/repo"};
  options_.other_uid = true;
  EXPECT_GE(index_of(plan_mounts(policy_, options_), MountAction::mount_tmpfs, root_ / "closed"), 0);
  options_.other_uid = false;
  EXPECT_EQ(index_of(plan_mounts(policy_, options_), MountAction::mount_tmpfs, root_ / "closed"), -1);
}

TEST_F(MountPlanTest, WritableHomeIsSaid) {
  policy_.writable = {root_ / "home"};
  const MountPlan plan = plan_mounts(policy_, options_);
  EXPECT_EQ(index_of(plan, MountAction::mount_tmpfs, root_ / "home"), -1);
  EXPECT_EQ(plan.notes.size(), 1U);
}

TEST_F(MountPlanTest, TmpfsSizesFollowTheLimit) {
  options_.tmp_bytes = 8U << 20;
  const MountPlan plan = plan_mounts(policy_, options_);
  const int tmp = index_of(plan, MountAction::mount_tmpfs, "/tmp");
  ASSERT_GE(tmp, 0);
  EXPECT_EQ(plan.steps.at(static_cast<std::size_t>(tmp)).data, "mode=1777,size=8388608,nr_inodes=4096");
}

}  // namespace
}  // namespace rh::sandbox
