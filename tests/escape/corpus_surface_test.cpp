// Group E of the corpus, surface: files of the kernel, privileges that would come back, what all share.
#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>

#include "tests/escape/corpus.h"

namespace rh::escape {
namespace {

namespace fs = std::filesystem;
using model::Ending;

class Surface : public Corpus {};

// Those that this machine has.
Words present(const Words& paths) {
  Words found;
  for (const std::string& path : paths)
    if (access(path.c_str(), F_OK) == 0 || errno == EACCES) found.push_back(path);
  return found;
}

TEST_F(Surface, E08_WritesSwitchesOfTheKernel) {
  const Words switches =
      present({"/proc/sys/kernel/core_pattern", "/proc/sys/kernel/hostname", "/proc/sys/vm/swappiness",
               "/proc/sys/vm/drop_caches", "/proc/sysrq-trigger", "/proc/irq/default_smp_affinity",
               "/sys/kernel/uevent_helper", "/sys/kernel/mm/transparent_hugepage/enabled",
               "/sys/fs/cgroup/memory/cgroup.procs", "/sys/kernel/mm/ksm/run", "/sys/power/state"});
  EXPECT_GE(switches.size(), 5U);
  const Ran control = uncaged("open_to_write", switches);
  if (column() == Column::root)
    for (const std::string& path : switches) EXPECT_EQ(control.said("open " + path), "ok") << path;
  else
    weaker_control("the kernel keeps an ordinary user from it: " + error_of(control));
  const std::string before = text_of("/proc/sys/kernel/core_pattern") + text_of("/proc/sys/vm/swappiness");
  const Ran ran = caged("open_to_write", switches);
  for (const std::string& path : switches) {
    const std::string said = ran.said("open " + path);
    EXPECT_TRUE(said == "EACCES" || said == "EROFS") << path << ": " << said;
  }
  EXPECT_EQ(text_of("/proc/sys/kernel/core_pattern") + text_of("/proc/sys/vm/swappiness"), before);
}

// Refused, not there, without content, or with zeros in the place of addresses.
void expect_nothing_to_see(const Ran& ran, const Words& files) {
  for (const std::string& path : files) EXPECT_NE(ran.said("peek " + path), "ok") << path;
}

TEST_F(Surface, E09_ReadsAddressesTimersAndMessagesOfTheKernel) {
  const Words files =
      present({"/proc/kcore", "/proc/kallsyms", "/proc/timer_list", "/proc/sched_debug", "/proc/slabinfo",
               "/proc/vmallocinfo", "/proc/kpagecount", "/proc/kpageflags", "/dev/kmsg"});
  EXPECT_GE(files.size(), 3U);
  const Ran control = uncaged("peek", files);
  if (column() == Column::root)
    for (const std::string& path : files) EXPECT_EQ(control.said("peek " + path), "ok") << path;
  else
    weaker_control("the kernel itself shows an ordinary user little: " + control.said("peek /proc/kallsyms"));
  Words also = files;
  also.emplace_back("/proc/kmsg");  // not in the control: whoever reads it takes messages away from others
  const Ran ran = caged("peek", also);
  expect_nothing_to_see(ran, also);
  EXPECT_EQ(ran.said("peek /proc/kallsyms"), expected("empty", "masked")) << ran.everything();
  EXPECT_EQ(ran.said("peek /dev/kmsg"), expected("ENOENT", "EPERM"));
}

TEST_F(Surface, E10_WeakensItsOwnDefences) {
  const Ran control = uncaged("personalities", {}), ran = caged("personalities", {});
  for (const char* one : {"262144", "4194304", "4456448", "8"}) {
    const std::string act = std::string("personality ") + one;
    EXPECT_EQ(control.said(act), "ok");
    EXPECT_EQ(ran.said(act), "EPERM") << act;
  }
  for (const char* act : {"personality 0", "personality query"}) EXPECT_EQ(ran.said(act), "ok");
}

TEST_F(Surface, E11_AsksForCapabilities) {
  const Ran control = uncaged("regain", {});
  if (column() == Column::root) {
    EXPECT_EQ(control.said("ambient"), "ok") << control.everything();
    EXPECT_EQ(control.said("CapAmb"), "0000000000002000");
  } else {
    weaker_control("an ordinary user has none to raise: " + control.said("ambient"));
  }
  const Ran ran = caged("regain", {});
  for (const char* act : {"capset", "ambient", "securebits", "bounding set"})
    EXPECT_EQ(ran.said(act), "EPERM") << act << ran.everything();
  EXPECT_EQ(ran.said("memory map"), "EPERM");
  EXPECT_EQ(ran.said("no_new_privs"), "EINVAL") << "it cannot be taken back";
  for (const char* key : {"CapInh", "CapPrm", "CapEff", "CapAmb"}) EXPECT_EQ(ran.said(key), "0000000000000000") << key;
}

TEST_F(Surface, E13_SandboxesNest) {
  const Ran control = uncaged("nest_rules", {workspace() / "made"});
  EXPECT_EQ(control.said("filter"), "ok");
  EXPECT_EQ(control.said("rules"), "ok") << "this kernel has Landlock";
  const Ran ran = caged("nest_rules", {workspace() / "made"});
  EXPECT_EQ(ran.said("filter"), "ok") << ran.everything();
  EXPECT_EQ(ran.said("rules"), "ok");
  EXPECT_FALSE(fs::exists(workspace() / "made"));
}

TEST_F(Surface, E14_TakesAllOfWhatProcessesOfAUserShare) {
  const Ran control = uncaged("exhaust", {});
  EXPECT_EQ(control.said("session keyring"), "ok");
  EXPECT_EQ(control.said("next inotify"), "EMFILE") << control.everything();
  const Ran ran = caged("exhaust", {});
  EXPECT_EQ(ran.record.ending, Ending::exited) << ran.everything();
  EXPECT_EQ(ran.said("session keyring"), "EPERM");
  EXPECT_EQ(ran.said("next inotify"), "EMFILE");
  EXPECT_FALSE(fs::exists("/run/rh-escape.pid"));
  // Right after it everything is there again, for the runner and for the next run.
  {
    const UniqueFd own(inotify_init1(IN_CLOEXEC));
    EXPECT_TRUE(own);
  }
  const Ran next = caged("threads", {});
  EXPECT_EQ(next.said("thread"), "ok") << next.everything();
}

}  // namespace
}  // namespace rh::escape
