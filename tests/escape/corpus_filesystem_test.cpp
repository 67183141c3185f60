// Group A of the corpus, files: reads and changes of what the command was not given.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/escape/corpus.h"

namespace rh::escape {
namespace {

namespace fs = std::filesystem;

TEST_F(Corpus, A01_MakesFilesOutsideTheWorkspace) {
  const std::string made = (outside_folder() / "made").string(), at_home = (home() / "made").string();
  const Ran control = uncaged("append", {made, at_home});
  EXPECT_EQ(control.said("append " + made), "ok");
  EXPECT_EQ(control.said("append " + at_home), "ok");
  EXPECT_TRUE(fs::remove(made) && fs::remove(at_home));

  const Words system{"/etc/rh_owned", "/usr/rh_owned", "/rh_owned"};
  Words all{made, at_home};
  all.insert(all.end(), system.begin(), system.end());
  const Ran ran = caged("append", all);
  EXPECT_EQ(ran.said("append " + made), refused_write()) << ran.everything();
  // A private HOME takes the file and is gone with the run.
  EXPECT_EQ(ran.said("append " + at_home), expected("ok", "EACCES"));
  for (const std::string& path : system) EXPECT_EQ(ran.said("append " + path), expected("EROFS", "EACCES"));
  for (const std::string& path : all) EXPECT_FALSE(fs::exists(path)) << path;
}

TEST_F(Corpus, A02_AppendsToAFileOfTheSameUserOutsideTheWorkspace) {
  const fs::path victim = outside("victim", "intact\n");
  const Ran control = uncaged("append", {victim});
  EXPECT_EQ(control.said("append " + victim.string()), "ok");
  EXPECT_EQ(text_of(victim), "intact\nx");
  (void)outside("victim", "intact\n");
  const Ran ran = caged("append", {victim});
  EXPECT_EQ(ran.said("append " + victim.string()), refused_write()) << ran.everything();
  EXPECT_EQ(text_of(victim), "intact\n");
}

TEST_F(Corpus, A04_ReadsTheShadowFile) {
  const Ran control = uncaged("read", {"/etc/shadow"});
  // An ordinary user has nothing to lose here: the host itself refuses.
  EXPECT_EQ(control.said("read /etc/shadow"), column() == Column::root ? "ok" : "EACCES");
  const Ran ran = caged("read", {"/etc/shadow"});
  EXPECT_EQ(ran.said("read /etc/shadow"), "EACCES");
  EXPECT_EQ(ran.out.find("root:"), std::string::npos) << ran.out;
  if (column() == Column::root) expect_enforced(ran, "user namespace");
}

TEST_F(Corpus, A06_WritesThroughAHardLink) {
  const fs::path victim = outside("victim", "intact\n"), given = outside_folder() / "given";
  fs::create_directory(given);
  const Ran control = uncaged("hard_link", {victim, given / "link"});
  EXPECT_EQ(control.said("append " + (given / "link").string()), "ok");
  EXPECT_EQ(text_of(victim), "intact\nx");
  fs::remove(given / "link");
  (void)outside("victim", "intact\n");
  const Ran ran =
      caged("hard_link", {victim, given / "link"}, [&](auto& spec) { spec.files.writable.push_back(given); });
  EXPECT_EQ(ran.said("link " + victim.string()), outside_is_private() ? "ENOENT" : "EXDEV") << ran.everything();
  EXPECT_EQ(text_of(victim), "intact\n");
}

TEST_F(Corpus, A10_ReachesTheHostsTreeByTheDetoursOfProc) {
  fs::create_directory(home() / ".ssh");
  const fs::path hidden = home() / ".ssh/id_ed25519", victim = outside("victim", "intact\n");
  ASSERT_TRUE(write_file(hidden, "HIDDEN-CANARY\n"));
  const Words detours{"/proc/self/root", "/proc/thread-self/root", "/proc/self/cwd"};
  const Ran control = uncaged("roots", {hidden});
  for (const std::string& detour : detours) EXPECT_EQ(control.said("read " + detour), "ok") << detour;

  const Ran reading = caged("roots", {hidden});
  EXPECT_NE(reading.code(), 0) << reading.everything();
  for (const std::string& detour : detours)
    EXPECT_EQ(reading.said("read " + detour), expected("ENOENT", "EACCES")) << detour;
  for (const char* detour : {"/proc/1/root", "/proc/1/cwd/.."})
    EXPECT_EQ(reading.said(std::string("read ") + detour), "EACCES") << detour;

  const Ran writing = caged("roots", {victim});
  for (const std::string& detour : detours) EXPECT_EQ(writing.said("write " + detour), refused_write()) << detour;
  EXPECT_EQ(writing.said("write /proc/1/root"), "EACCES");
  EXPECT_EQ(text_of(victim), "intact\n");
}

TEST_F(Corpus, A11_UsesAFolderThatTheRunnerHasOpen) {
  const UniqueFd folder(open("/", O_RDONLY | O_DIRECTORY));  // on purpose without O_CLOEXEC
  const UniqueFd high(fcntl(folder.get(), F_DUPFD, 900));
  for (const int fd : {folder.get(), high.get()}) {
    const Attack attack = this->attack("open_at", {std::to_string(fd), "../.."});
    EXPECT_EQ(attack.caged.said("openat " + std::to_string(fd)), "EBADF");
  }
  EXPECT_NE(uncaged("descriptors", {}).said("descriptors"), "0 1 2");
  EXPECT_EQ(caged("descriptors", {}).said("descriptors"), "0 1 2");
}

TEST_F(Corpus, A27_WritesThroughProcToAFileThatIsOpenForReading) {
  const fs::path victim = outside("victim", "intact\n");
  const Ran control = uncaged("reopen", {victim});
  EXPECT_EQ(control.code(), 0) << control.everything();
  EXPECT_EQ(text_of(victim), "intact\nx");
  (void)outside("victim", "intact\n");
  const Ran reopened = caged("reopen", {victim});
  EXPECT_EQ(error_of(reopened), outside_is_private() ? "ENOENT" : expected("EROFS", "EACCES")) << reopened.everything();
  if (outside_is_private()) return;
  weaker_control("/proc/self/mem never writes to a shared mapping that may not be written, with or without a sandbox");
  const Ran poked = caged("poke", {victim});
  EXPECT_EQ(poked.said("poke"), expected("EIO", "EACCES")) << poked.everything();
  EXPECT_EQ(poked.said("mprotect"), "EACCES");
  EXPECT_EQ(text_of(victim), "intact\n");
}

}  // namespace
}  // namespace rh::escape
