// Attempts to read or change what the command was not given.
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/escape/sandboxed.h"

namespace rh::escape {
namespace {

namespace fs = std::filesystem;
using model::Ending;

class Filesystem : public Sandboxed {
 protected:
  void SetUp() override {
    if (!namespaces_available()) GTEST_SKIP() << "no user namespaces on this host";
  }
};

TEST_F(Filesystem, FileOfTheSameUserOutsideTheWorkspaceCannotBeChanged) {
  const auto outside = TempDir::make("rh-outside");
  ASSERT_TRUE(outside);
  const fs::path victim = outside->path() / "victim";
  ASSERT_TRUE(write_file(victim, "intact\n"));
  const Result result = run(shell("echo changed >> " + victim.string() + " || echo refused"));
  EXPECT_EQ(result.out, "refused\n");
  EXPECT_EQ(*read_file(victim), "intact\n");
}

TEST_F(Filesystem, HomeIsPrivateAndItsSecretsAreGone) {
  const std::string script = "cat " + (home() / ".ssh/id_canary").string() + "; touch $HOME/mine && ls -A $HOME";
  const Result control = run(shell(script, model::IsolationLevel::none));
  ASSERT_NE(control.out.find("HOME-CANARY"), std::string::npos);
  fs::remove(home() / "mine");
  const Result result = run(shell(script));
  EXPECT_EQ(result.out, "mine\n");
  EXPECT_NE(result.err.find("No such file or directory"), std::string::npos) << result.err;
  EXPECT_FALSE(fs::exists(home() / "mine"));
  RH_EXPECT_ENFORCED(result, "file system");
}

TEST_F(Filesystem, SymlinkedHomeIsPrivateUnderBothNames) {
  const fs::path link = home().parent_path() / "link";
  fs::create_symlink(home(), link);
  auto asked = shell("cat " + (home() / ".ssh/id_canary").string() + " " + (link / ".ssh/id_canary").string() +
                     "; touch $HOME/x && echo wrote");
  asked.files.home = link;
  asked.command.env["HOME"] = link.string();
  const Result result = run(asked);
  EXPECT_EQ(result.out, "wrote\n") << result.err << result.record.ending_detail;
  EXPECT_FALSE(fs::exists(home() / "x"));
}

TEST_F(Filesystem, GrantedFolderBelowHomeStaysVisibleReadOnly) {
  fs::create_directories(home() / ".cache/tool");
  ASSERT_TRUE(write_file(home() / ".cache/tool/data", "tool\n"));
  auto asked = shell(
      "cat $HOME/.cache/tool/data; touch $HOME/.cache/tool/x || echo refused; touch $HOME/.cache/y && echo wrote");
  asked.files.readable = {home() / ".cache/tool"};
  const Result result = run(asked);
  EXPECT_EQ(result.out, "tool\nrefused\nwrote\n") << result.err << result.record.ending_detail;
}

TEST_F(Filesystem, HiddenAndProtectedPathsInsideTheWorkspace) {
  fs::create_directories(workspace() / ".git/hooks");
  ASSERT_TRUE(write_file(workspace() / "secret.env", "TOKEN\n"));
  auto asked = shell(
      "cat secret.env; touch .git/hooks/pre-commit || echo refused; mv .git elsewhere || echo kept; touch .git/index "
      "&& echo pinned; touch ok && echo wrote");
  asked.files.protected_ = {workspace() / ".git/hooks", workspace() / "missing"};
  asked.files.hidden = {workspace() / "secret.env"};
  const Result result = run(asked);
  EXPECT_EQ(result.out, "refused\nkept\npinned\nwrote\n") << result.err << result.record.ending_detail;
  EXPECT_FALSE(fs::exists(workspace() / ".git/hooks/pre-commit"));
  EXPECT_FALSE(fs::exists(workspace() / "missing"));
}

TEST_F(Filesystem, KernelSwitchesAreReadOnly) {
  const Result result =
      run(shell("for f in /proc/sys/kernel/core_pattern /proc/sys/vm/swappiness /proc/sysrq-trigger; do "
                "(echo 1 > $f) 2>/dev/null && echo \"wrote $f\"; done; cat /proc/keys | wc -c"));
  EXPECT_EQ(result.out, "0\n");
}

TEST_F(Filesystem, OwnerOnlyWorkspaceBelowAnOwnerOnlyFolderWorks) {
  const fs::path closed = workspace().parent_path() / "closed";
  fs::create_directories(closed / "repo");
  ASSERT_TRUE(write_file(closed / "repo/file", "inside\n"));
  ASSERT_TRUE(write_file(closed / "beside", "BESIDE\n"));
  chmod((closed / "repo/file").c_str(), 0600);
  chmod((closed / "repo").c_str(), 0700);
  chmod(closed.c_str(), 0700);
  auto asked = shell("cat file; echo new > made; cat ../beside");
  asked.files.writable = {closed / "repo"};
  asked.command.cwd = closed / "repo";
  const Result result = run(asked);
  EXPECT_EQ(result.out, "inside\n") << result.err << result.record.ending_detail;
  EXPECT_EQ(*read_file(closed / "repo/made"), "new\n");
}

// An overlay cannot be id-mapped: containers have one as their root.
class MountedOverlay {
 public:
  explicit MountedOverlay(const fs::path& folder) : target_(folder / "merged") {
    for (const char* name : {"lower", "upper", "work", "merged"}) fs::create_directories(folder / name);
    const std::string options = "lowerdir=" + (folder / "lower").string() + ",upperdir=" + (folder / "upper").string() +
                                ",workdir=" + (folder / "work").string();
    mounted_ = mount("overlay", target_.c_str(), "overlay", 0, options.c_str()) == 0;
  }
  MountedOverlay(const MountedOverlay&) = delete;
  MountedOverlay& operator=(const MountedOverlay&) = delete;
  ~MountedOverlay() {
    if (mounted_) umount2(target_.c_str(), MNT_DETACH);
  }
  [[nodiscard]] bool mounted() const { return mounted_; }
  [[nodiscard]] const fs::path& path() const { return target_; }

 private:
  fs::path target_;
  bool mounted_ = false;
};

TEST_F(Filesystem, WorkspaceThatCannotBeIdMappedStaysWritableAndIsReportedDegraded) {
  const MountedOverlay overlay(workspace().parent_path() / "overlay");
  if (geteuid() != 0 || !overlay.mounted()) GTEST_SKIP() << "needs a root runner that may mount an overlay";
  auto asked =
      shell("touch made && echo wrote; cat /etc/shadow; (echo 1 > /proc/sys/vm/swappiness) 2>/dev/null && echo set");
  asked.files.writable = {overlay.path()};
  asked.command.cwd = overlay.path();
  const Result result = run(asked);
  EXPECT_EQ(result.out, "wrote\n") << result.err << result.record.ending_detail;
  EXPECT_EQ(row(result, "user namespace").state, model::MechanismState::degraded);
  EXPECT_EQ(result.record.isolation.reached, model::IsolationLevel::none);
}

TEST_F(Filesystem, NothingIsLeftOnTheHost) {
  const auto mounts = [] { return read_file("/proc/self/mountinfo").value_or(""); };
  const std::string before = mounts();
  (void)run(shell("touch /tmp/left; (setsid sleep 30 &); exit 0"));
  EXPECT_EQ(mounts(), before);
  const std::string groups = "runharness-" + std::to_string(getpid()) + "-";
  std::error_code error;
  for (fs::directory_iterator at("/sys/fs/cgroup", error), end; !error && at != end; at.increment(error)) {
    if (!at->is_directory()) continue;
    EXPECT_EQ(at->path().filename().string().find(groups), std::string::npos) << at->path();
    for (const auto& inner : fs::directory_iterator(at->path()))
      EXPECT_EQ(inner.path().filename().string().find(groups), std::string::npos) << inner.path();
  }
}

}  // namespace
}  // namespace rh::escape
