// Group E of the corpus, system calls: those that no test suite needs.
#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "runner/base/text.h"
#include "tests/escape/corpus.h"

namespace rh::escape {
namespace {

namespace fs = std::filesystem;

// The lines "ACT: RESULT" of a probe.
std::vector<std::pair<std::string, std::string>> acts_of(const Ran& ran) {
  std::vector<std::pair<std::string, std::string>> acts;
  for (const std::string_view line : split_lines(ran.out))
    if (const std::size_t colon = line.rfind(": "); colon != std::string_view::npos)
      acts.emplace_back(line.substr(0, colon), line.substr(colon + 2));
  EXPECT_FALSE(acts.empty()) << ran.everything();
  return acts;
}

class Kernel : public Corpus {
 protected:
  // The control of a call went through, or its refusal is another one than the sandbox's: the kernel came
  // as far as to look at the arguments. Where not even that, it says so.
  void expect_reached(const Ran& control, const Ran& caged) {
    std::string unreached;
    for (const auto& [act, result] : acts_of(control))
      if (result != "ok" && result == caged.said(act)) unreached += " " + act + " (" + result + ")";
    if (unreached.empty()) return;
    if (column() == Column::root)
      EXPECT_EQ(unreached, "") << "as root the control has to get further than this";
    else
      weaker_control("this user is refused by the kernel itself:" + unreached);
  }
};

TEST_F(Kernel, E01_RefusedCallsByOtherEntries) {
  const Ran control = uncaged("entries", {});
  if (control.out.empty()) GTEST_SKIP() << "this processor has one entry only";
  if (control.said("int80 keyctl") == "ok")
    EXPECT_EQ(control.said("int80 vsock"), "ok") << control.everything();
  else
    weaker_control("this kernel has no 32-bit entry: " + control.said("int80 keyctl"));
  if (control.said("x32 keyctl") != "ok") weaker_control("this kernel has no x32 calls: " + control.said("x32 keyctl"));
  const Ran ran = caged("entries", {});
  for (const char* act : {"int80 keyctl", "int80 vsock", "x32 keyctl", "x32 vsock"})
    EXPECT_EQ(ran.said(act), "ENOSYS") << act;
  expect_enforced(ran, "system call filter");
}

TEST_F(Kernel, E02_OpensFilesByRings) {
  const Ran control = uncaged("rings", {});
  if (control.said("io_uring_setup") == "ok")
    EXPECT_EQ(control.said("io_uring_register"), "ok") << control.everything();
  else
    weaker_control("this machine lets nobody have rings: " + control.said("io_uring_setup"));
  const Ran ran = caged("rings", {});
  for (const char* act : {"io_uring_setup", "io_uring_enter", "io_uring_register"}) EXPECT_EQ(ran.said(act), "ENOSYS");
}

// Takes the key out of the user's keyring; whether it was there.
bool remove_key(const std::string& name) {
  const long key = syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_USER_KEYRING, "user", name.c_str(), 0);
  return key >= 0 && syscall(SYS_keyctl, KEYCTL_UNLINK, key, KEY_SPEC_USER_KEYRING) == 0;
}

TEST_F(Kernel, E03_LeavesKeysForOthersOfTheSameUser) {
  const std::string name = "rh-escape-" + std::to_string(getpid());
  const Ran control = uncaged("keys", {name});
  for (const char* act : {"add_key", "keyctl", "keyctl session", "request_key"})
    EXPECT_EQ(control.said(act), "ok") << control.everything();
  EXPECT_TRUE(remove_key(name)) << "without a sandbox it outlives the process";
  const Ran ran = caged("keys", {name});
  for (const char* act : {"add_key", "keyctl", "keyctl session", "request_key"})
    EXPECT_EQ(ran.said(act), "EPERM") << act;
  EXPECT_FALSE(remove_key(name));
}

TEST_F(Kernel, E04_CallsThatChangeOrSeeTheMachine) {
  const Ran control = uncaged("machine", {}), ran = caged("machine", {});
  expect_reached(control, ran);
  const auto acts = acts_of(control);
  EXPECT_GE(acts.size(), 26U);
  for (const auto& [act, result] : acts) EXPECT_EQ(ran.said(act), "EPERM") << act << ", without a sandbox: " << result;
}

TEST_F(Kernel, E05_NewNamespacesInEveryWay) {
  const Ran control = uncaged("new_namespaces", column() == Column::root ? Words{} : Words{"user"});
  for (const auto& [act, result] : acts_of(control)) {
    if (act.starts_with("setns")) continue;  // joining one's own is refused to some, for reasons of its own
    EXPECT_EQ(result, column() == Column::no_userns ? "ENOSPC" : "ok") << act;
  }
  if (column() == Column::no_userns) weaker_control("this user can make no namespaces: ENOSPC");
  for (const Words& how : {Words{}, Words{"user"}}) {
    const Ran ran = caged("new_namespaces", how);
    const auto acts = acts_of(ran);
    EXPECT_EQ(acts.size(), 28U) << ran.everything();
    for (const auto& [act, result] : acts) EXPECT_EQ(result, act.starts_with("clone3") ? "ENOSYS" : "EPERM") << act;
  }
}

TEST_F(Kernel, E05_ThreadsAndProcessesAreMadeAllTheSame) {
  for (const Ran& ran : {uncaged("threads", {}), caged("threads", {})}) {
    EXPECT_EQ(ran.said("thread"), "ok") << ran.everything();
    EXPECT_EQ(ran.said("fork"), "ok");
  }
}

TEST_F(Kernel, E06_CallsThatMount) {
  const fs::path folder = workspace() / "mnt";
  fs::create_directory(folder);
  const Ran control = uncaged("mount_calls", column() == Column::root ? Words{folder} : Words{folder, "user"});
  if (column() == Column::no_userns)
    weaker_control("this user may mount nowhere: " + control.said("mount"));
  else
    for (const auto& [act, result] : acts_of(control)) EXPECT_EQ(result, "ok") << act << "\n" << control.everything();
  const Ran ran = caged("mount_calls", {folder});
  const auto acts = acts_of(ran);
  EXPECT_EQ(acts.size(), 10U);
  for (const auto& [act, result] : acts) EXPECT_EQ(result, "EPERM") << act;
}

TEST_F(Kernel, E07_SocketsOfOtherFamilies) {
  const Ran control = uncaged("families", {}), ran = caged("families", {});
  std::string missing;
  for (const auto& [act, result] : acts_of(control)) {
    if (act == "socket netlink route") continue;
    EXPECT_EQ(ran.said(act), "EAFNOSUPPORT") << act;
    if (result == "EAFNOSUPPORT" && act.starts_with("socket")) missing += " " + act.substr(7);
  }
  if (!missing.empty()) weaker_control("this kernel lacks the families" + missing);
  EXPECT_EQ(control.said("socket vsock"), "ok") << control.everything();
  // The one that getifaddrs needs. It shows the interfaces of its own network namespace.
  EXPECT_EQ(ran.said("socket netlink route"), "ok");
}

TEST_F(Kernel, E12_CapabilitiesAreGone) {
  const Words keys{"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"};
  const Ran control = uncaged("status", keys);
  if (column() == Column::root)
    EXPECT_NE(control.said("CapEff"), "0000000000000000");
  else
    weaker_control("an ordinary user has no capabilities to lose");
  const Ran ran = caged("status", {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs"});
  for (const std::string& key : keys) {
    // Without any capability the bounding set cannot be emptied; no_new_privs keeps it from mattering.
    if (column() == Column::no_userns && key == "CapBnd") continue;
    EXPECT_EQ(ran.said(key), "0000000000000000") << key;
  }
  EXPECT_EQ(ran.said("NoNewPrivs"), "1");
}

}  // namespace
}  // namespace rh::escape
