// Group A of the corpus, privileges: other roots, mounts, namespaces, devices, set-uid programs.
#include <sys/statvfs.h>
#include <unistd.h>

#include "sandbox/local_launcher.h"
#include "tests/escape/corpus.h"

namespace rh::escape {
namespace {

namespace fs = std::filesystem;

// What an ordinary user may try as root of a user namespace of its own, where it may have one.
Ran strongest_control(const std::function<Ran(const std::string&, const Words&)>& uncaged, const std::string& probe,
                      const Words& arguments) {
  if (column() == Column::root) return uncaged(probe, arguments);
  Words nested{probe};
  nested.insert(nested.end(), arguments.begin(), arguments.end());
  return uncaged("nest", nested);
}

class Privileges : public Corpus {
 protected:
  Ran control(const std::string& probe, const Words& arguments) {
    const Ran ran = strongest_control([this](const auto& name, const auto& words) { return uncaged(name, words); },
                                      probe, arguments);
    if (column() == Column::no_userns)
      weaker_control("this user may do it nowhere: " + error_of(ran));
    else
      EXPECT_EQ(ran.code(), 0) << ran.everything();
    return ran;
  }
  // What the capability sets keep when the system call filter is not there.
  Ran without_filter(const sandbox::LaunchSpec& asked) {
    static const std::unique_ptr<sandbox::Launcher> bare = [] {
      sandbox::HostSwitches switches;
      switches.seccomp = false;
      return sandbox::make_local_launcher(switches);
    }();
    return run_with(*bare, asked);
  }
};

TEST_F(Privileges, A12_LeavesByASecondRoot) {
  fs::create_directory(workspace() / "inner");
  (void)control("change_root", {workspace() / "inner"});
  const Ran ran = caged("change_root", {workspace() / "inner"});
  EXPECT_EQ(ran.said("chroot"), "EPERM") << ran.everything();
  EXPECT_EQ(ran.said("chroot again"), "EPERM");
  const Ran bare = without_filter(probe_spec("change_root", {workspace() / "inner"}));
  EXPECT_EQ(bare.said("chroot"), "EPERM") << bare.everything();
}

TEST_F(Privileges, A13_BindsAndRemountsTheHostsTree) {
  fs::create_directory(workspace() / "mnt");
  // As root of the machine's own mount namespace this would stay: a root control nests too.
  const Ran nested = uncaged("nest", {"mounts", workspace() / "mnt"});
  if (column() == Column::no_userns)
    weaker_control("this user may do it nowhere: " + error_of(nested));
  else
    EXPECT_EQ(nested.said("mount bind"), "ok") << nested.everything();
  const Ran ran = caged("mounts", {workspace() / "mnt"});
  for (const char* act : {"mount bind", "mount remount", "mount tmpfs", "mount_setattr", "open_tree"})
    EXPECT_EQ(ran.said(act), "EPERM") << act;
  const Ran bare = without_filter(probe_spec("mounts", {workspace() / "mnt"}));
  for (const char* act : {"mount bind", "mount remount", "mount tmpfs", "mount_setattr", "open_tree"})
    EXPECT_EQ(bare.said(act), "EPERM") << act;
}

TEST_F(Privileges, A14_TakesCoversAwayToSeeWhatIsBelow) {
  const fs::path below = workspace().parent_path() / "canary";
  ASSERT_TRUE(write_file(below, "BELOW-CANARY\n"));
  if (column() == Column::no_userns) {
    // Nothing is mounted, so there is nothing to take away: the report must not claim a private /tmp.
    expect_admitted(caged("unmount", {"/tmp"}), "file system");
    return;
  }
  EXPECT_EQ(uncaged("read", {below}).said("read " + below.string()), "ok");
  for (const char* cover : {"/tmp", "/proc/sys", "/dev", "/run"}) {
    for (const Ran& ran : {caged("unmount", {cover, below}), without_filter(probe_spec("unmount", {cover, below}))}) {
      EXPECT_EQ(ran.said(std::string("umount ") + cover), "EPERM") << ran.everything();
      EXPECT_EQ(ran.said("read " + below.string()), "ENOENT");
      EXPECT_EQ(ran.out.find("BELOW-CANARY"), std::string::npos);
    }
  }
}

TEST_F(Privileges, A15_NestsUserNamespaces) {
  const Ran control = uncaged("namespaces", {});
  if (column() == Column::no_userns)
    EXPECT_EQ(control.said("unshare"), "ENOSPC");
  else
    for (const char* act : {"clone", "clone3", "unshare"}) EXPECT_EQ(control.said(act), "ok") << act;
  const Ran ran = caged("namespaces", {});
  EXPECT_EQ(ran.said("clone"), "EPERM");
  EXPECT_EQ(ran.said("clone3"), "ENOSYS");
  EXPECT_EQ(ran.said("unshare"), "EPERM");
  EXPECT_EQ(ran.said("setns"), "EPERM");
}

// Where the filter cannot refuse it, the policy has to hold in the inner namespace too.
TEST_F(Privileges, A15_ANestedNamespaceChangesNothing) {
  const fs::path victim = outside("victim", "intact\n"), hidden = home() / "hidden";
  ASSERT_TRUE(write_file(hidden, "HIDDEN-CANARY\n"));
  const Ran writing = without_filter(probe_spec("nest", {"append", victim}));
  const Ran reading = without_filter(probe_spec("nest", {"read", hidden, "/etc/shadow"}));
  fs::create_directory(workspace() / "mnt");
  const Ran mounting = without_filter(probe_spec("nest", {"mounts", workspace() / "mnt"}));
  if (column() == Column::no_userns) {
    for (const Ran& ran : {writing, reading, mounting}) EXPECT_EQ(ran.said("unshare"), "ENOSPC") << ran.everything();
    return;
  }
  EXPECT_EQ(writing.said("append " + victim.string()), refused_write()) << writing.everything();
  EXPECT_EQ(text_of(victim), "intact\n");
  EXPECT_EQ(reading.said("read " + hidden.string()), "ENOENT") << reading.everything();
  EXPECT_EQ(reading.said("read /etc/shadow"), "EACCES");
  EXPECT_EQ(mounting.said("mount remount"), "EPERM") << mounting.everything();
  EXPECT_EQ(mounting.said("mount_setattr"), "EPERM");
}

TEST_F(Privileges, A16_MakesAndOpensDevices) {
  const Words paths{"/dev/mem", "/dev/kmsg", "/dev/kvm", "/dev/fuse", "/dev/vda", "/dev/sda", "/dev/loop-control"};
  Words arguments{workspace()};
  arguments.insert(arguments.end(), paths.begin(), paths.end());
  const Ran control = uncaged("devices", arguments);
  if (column() == Column::root)
    EXPECT_EQ(control.said("mknod c"), "ok") << control.everything();
  else
    weaker_control("the host refuses nodes to an ordinary user");
  for (const char* name : {"block", "mem"}) fs::remove(workspace() / name);
  const Ran ran = caged("devices", arguments);
  EXPECT_EQ(ran.said("mknod b"), "EPERM");
  EXPECT_EQ(ran.said("mknod c"), "EPERM");
  for (const std::string& path : paths) {
    const bool there = fs::exists(path);
    EXPECT_EQ(ran.said("open " + path), there ? expected("ENOENT", "EACCES") : "ENOENT") << path;
  }
  EXPECT_EQ(caged("fill", {"/dev/null", "1"}).said("fill"), "ok");
  EXPECT_EQ(caged("fill", {"/dev/full", "1"}).said("fill"), "ENOSPC");
  const Ran listed = caged("list", {"/dev"});
  if (column() != Column::no_userns)
    EXPECT_EQ(listed.said("names"), "fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero");
  else
    expect_admitted(listed, "file system");
}

TEST_F(Privileges, A17_RunsASetUidProgram) {
  const fs::path planted = program("setuid_ids");
  struct statvfs file_system {};
  const bool mounted_nosuid = statvfs(program("").c_str(), &file_system) == 0 && (file_system.f_flag & ST_NOSUID) != 0;
  if (!fs::exists(planted) || mounted_nosuid || column() == Column::no_userns) {
    weaker_control(column() == Column::no_userns ? "root does not exist in the user namespace of this user"
                                                 : "no set-uid program could be planted");
  } else {
    const Ran control = uncaged("execute", {column() == Column::root ? "65534" : "-", planted});
    EXPECT_EQ(control.said("euid"), "0") << control.everything();
    EXPECT_NE(control.said("CapEff"), "0000000000000000");
  }
  const fs::path ids = fs::exists(planted) ? planted : program("escape_ids");
  const Ran before = caged("execute", {"-", program("escape_ids")});
  const Ran ran = caged("execute", {"-", ids});
  EXPECT_EQ(ran.said("NoNewPrivs"), "1") << ran.everything();
  EXPECT_EQ(ran.said("euid"), before.said("euid"));
  EXPECT_EQ(ran.said("CapPrm"), "0000000000000000");
  EXPECT_EQ(ran.said("CapEff"), "0000000000000000");
}

TEST_F(Privileges, A17_RunsTheSetUidProgramsOfTheHost) {
  // `su` asks who it is first of all: without privileges it can read no password.
  for (const char* path : {"/usr/bin/su", "/usr/bin/sudo", "/usr/bin/newuidmap", "/usr/bin/mount"}) {
    if (!fs::exists(path)) continue;
    const Ran ran =
        run(spec({"/bin/sh", "-c", std::string(path) + " -c id nobody </dev/null; id -u; cat /etc/shadow"}));
    EXPECT_EQ(ran.out.find("uid="), std::string::npos) << path << ran.everything();
    EXPECT_EQ(ran.code(), 1) << "the shadow file stays closed" << ran.everything();
  }
}

// A runner that is root owns on disk what the command makes in an id-mapped workspace: a set-uid file
// there would be root's.
TEST_F(Privileges, A17_PlantsASetUidProgramInTheWorkspace) {
  const Words ways{"chmod", "fchmod", "fchmodat", "fchmodat2", "open", "creat", "openat2", "mknod"};
  const Ran control = uncaged("plant_setuid", {workspace()}), ran = caged("plant_setuid", {workspace()});
  for (const std::string& way : ways) {
    if (control.said("plant " + way) == "ENOSYS") continue;  // older than the kernel's call
    EXPECT_EQ(control.said("plant " + way), "ok") << way;
    EXPECT_EQ(ran.said("plant " + way), way == "openat2" ? "ENOSYS" : "EPERM") << way;
  }
}

TEST_F(Privileges, A18_RunsAProgramWithFileCapabilities) {
  const fs::path planted = program("filecap_ids");
  if (fs::exists(planted)) {
    const Ran control = uncaged("execute", {column() == Column::root ? "65534" : "-", planted});
    EXPECT_EQ(control.said("CapEff"), "0000000000002000") << control.everything();
  } else {
    weaker_control("no program with file capabilities could be planted");
  }
  const Ran ran = caged("execute", {"-", fs::exists(planted) ? planted : program("escape_ids")});
  EXPECT_EQ(ran.said("CapEff"), "0000000000000000") << ran.everything();
  EXPECT_EQ(ran.said("CapPrm"), "0000000000000000");
  EXPECT_EQ(ran.said("NoNewPrivs"), "1");
}

// Running a file without a name is allowed, since build tools do it. It stays inside, and it is memory.
TEST_F(Privileges, A28_RunsAProgramThatHasNoName) {
  EXPECT_EQ(uncaged("execute_unlinked", {program("escape_ids")}).said("execveat"), "ok");
  const Ran ran = caged("execute_unlinked", {program("escape_ids")});
  EXPECT_EQ(ran.said("execveat"), "ok");
  EXPECT_EQ(ran.said("CapEff"), "0000000000000000") << ran.everything();
  EXPECT_EQ(ran.said("NoNewPrivs"), "1");
}

TEST_F(Privileges, A28_MemoryOfFilesWithoutANameIsCounted) {
  const std::string bytes = std::to_string(192U << 20);
  EXPECT_EQ(uncaged("fill_unlinked", {bytes}).said("fill"), "ok");
  const Ran ran = caged("fill_unlinked", {bytes}, [](auto& spec) { spec.limits.memory_bytes = 64U << 20; });
  EXPECT_EQ(ran.said("fill"), "(nothing)") << ran.everything();
  EXPECT_EQ(ran.record.ending, model::Ending::memory);
}

}  // namespace
}  // namespace rh::escape
