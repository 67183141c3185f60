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

TEST_F(Corpus, A02_AppendsToAFileOfTheSameUserInTmp) {
  const fs::path victim = workspace().parent_path() / "victim";
  ASSERT_TRUE(write_file(victim, "intact\n"));
  EXPECT_EQ(uncaged("append", {victim}).said("append " + victim.string()), "ok");
  EXPECT_EQ(text_of(victim), "intact\nx");
  const Ran ran = caged("append", {victim});
  // A private /tmp has no such file, and takes a new one that is gone with the run.
  EXPECT_EQ(ran.said("append " + victim.string()), expected("ok", "EACCES")) << ran.everything();
  EXPECT_EQ(text_of(victim), "intact\nx") << "the control alone has written";
}

// Landlock has no exceptions: what lies in a writable folder is not kept apart from it, and the report
// names it.
void expect_named_as_open(const Ran& ran, const fs::path& path) {
  expect_admitted(ran, "file system");
  EXPECT_NE(row(ran, "file system").reason.find(path.string()), std::string::npos) << row(ran, "file system").reason;
}

TEST_F(Corpus, A03_ReadsHiddenFolders) {
  const fs::path hidden = workspace() / "secrets", beside = outside_folder() / "secrets";
  for (const fs::path& folder : {home() / ".ssh", home() / ".aws", hidden, beside}) fs::create_directories(folder);
  const Words canaries{home() / ".ssh/id_ed25519", home() / ".aws/credentials", hidden / "token", beside / "token"};
  for (const std::string& path : canaries) ASSERT_TRUE(write_file(path, "HIDDEN-CANARY\n"));
  fs::permissions(beside, fs::perms::all);
  fs::permissions(beside / "token", fs::perms::all);
  const auto hide = [&](auto& spec) { spec.files.hidden = {hidden, beside}; };
  if (column() == Column::no_userns) {
    const Ran ran = caged("read", canaries, hide);
    expect_named_as_open(ran, hidden);
    for (const std::string& path : {canaries[0], canaries[1], canaries[3]})
      EXPECT_EQ(ran.said("read " + path), "EACCES") << path;
    return;
  }
  const Attack attack = this->attack("read", canaries, hide);
  EXPECT_NE(attack.free.out.find("HIDDEN-CANARY"), std::string::npos);
  EXPECT_EQ(attack.caged.out.find("HIDDEN-CANARY"), std::string::npos) << attack.caged.out;
  for (const std::string& path : canaries)
    EXPECT_EQ(attack.caged.said("read " + path), expected("ENOENT", "EACCES")) << path;
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
  EXPECT_EQ(ran.said("link " + victim.string()), outside_is_private() ? expected("ENOENT", "EXDEV") : "EXDEV")
      << ran.everything();
  EXPECT_EQ(text_of(victim), "intact\n");
}

TEST_F(Corpus, A07_PutsAnotherFolderInThePlaceOfAProtectedPathsParent) {
  const fs::path folder = workspace() / "ci", file = folder / "pipeline.yml";
  const auto prepare = [&] {
    for (const char* name : {"ci", "ci.other", "ci.aside"}) fs::remove_all(workspace() / name);
    fs::create_directory(folder);
    ASSERT_TRUE(write_file(file, "intact\n"));
  };
  prepare();
  const Ran control = uncaged("swap_folder", {folder, "pipeline.yml"});
  EXPECT_EQ(control.said("rename away"), "ok");
  EXPECT_EQ(control.said("rename exchange"), "ok");
  EXPECT_NE(text_of(file), "intact\n");
  prepare();
  const Ran ran = caged("swap_folder", {folder, "pipeline.yml"}, [&](auto& spec) { spec.files.protected_ = {file}; });
  if (column() == Column::no_userns) return expect_named_as_open(ran, file);
  EXPECT_EQ(ran.said("rename away"), expected("EBUSY", "EACCES")) << ran.everything();
  EXPECT_EQ(ran.said("rename exchange"), expected("EBUSY", "EACCES"));
  EXPECT_EQ(ran.said("rename over"), expected("EBUSY", "EACCES"));
  EXPECT_EQ(text_of(file), "intact\n");
}

TEST_F(Corpus, A08_WritesHooksConfigurationAndCiFilesOfTheWorkspace) {
  const fs::path git = workspace() / ".git", config = git / "config", hook = git / "hooks/pre-commit",
                 workflow = workspace() / ".github/workflows/ci.yml";
  fs::create_directories(git / "hooks");
  fs::create_directories(workflow.parent_path());
  for (const fs::path& path : {config, workflow}) ASSERT_TRUE(write_file(path, "intact\n"));
  const Words all{config, hook, workflow, workspace() / "ordinary"};
  const Ran control = uncaged("append", all);
  for (const std::string& path : all) EXPECT_EQ(control.said("append " + path), "ok");
  fs::remove(hook);
  fs::remove(workspace() / "ordinary");
  for (const fs::path& path : {config, workflow}) ASSERT_TRUE(write_file(path, "intact\n"));
  const auto before = snapshot(workspace());
  const Ran ran = caged("append", all, [&](auto& spec) {
    spec.files.guarded = {config, git / "hooks", workspace() / ".github"};
  });
  if (column() == Column::no_userns) return expect_named_as_open(ran, config);
  for (const fs::path& path : {config, hook, workflow})
    EXPECT_EQ(ran.said("append " + path.string()), "EROFS") << ran.everything();
  EXPECT_EQ(ran.said("append " + (workspace() / "ordinary").string()), "ok");
  fs::remove(workspace() / "ordinary");
  EXPECT_EQ(snapshot(workspace()), before);
}

TEST_F(Corpus, A09_MakesProtectedPathsThatDoNotExistYet) {
  fs::create_directory(workspace() / ".git");
  const auto before = snapshot(workspace());
  const Words all{workspace() / ".git/hooks/", workspace() / ".git/hooks/pre-commit", workspace() / ".gitlab-ci.yml",
                  workspace() / ".circleci/"};
  const Ran control = uncaged("make", all);
  for (const std::string& path : all) EXPECT_EQ(control.said("make " + path), "ok");
  for (const char* name : {".git/hooks", ".gitlab-ci.yml", ".circleci"}) fs::remove_all(workspace() / name);
  ASSERT_EQ(snapshot(workspace()), before);
  const Ran ran = caged("make", all, [&](auto& spec) {
    spec.files.guarded = {workspace() / ".git/hooks", workspace() / ".gitlab-ci.yml", workspace() / ".circleci"};
  });
  if (column() == Column::no_userns) {
    for (const char* name : {".git/hooks", ".gitlab-ci.yml", ".circleci"}) fs::remove_all(workspace() / name);
    return expect_named_as_open(ran, workspace() / ".git/hooks");
  }
  // The command finds something in the place of each, into which nothing can be put.
  EXPECT_EQ(ran.said("make " + all[0]), expected("EEXIST", "EACCES")) << ran.everything();
  EXPECT_EQ(ran.said("make " + all[1]), expected("EROFS", "EACCES"));
  EXPECT_EQ(ran.said("make " + all[2]), expected("EEXIST", "EACCES"));
  EXPECT_EQ(ran.said("make " + all[3]), expected("EEXIST", "EACCES"));
  EXPECT_EQ(snapshot(workspace()), before) << "the host's tree is as it was";
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
  EXPECT_EQ(error_of(reopened), expected(outside_is_private() ? "ENOENT" : "EROFS", "EACCES")) << reopened.everything();
  if (outside_is_private()) return;
  weaker_control("/proc/self/mem never writes to a shared mapping that may not be written, with or without a sandbox");
  const Ran poked = caged("poke", {victim});
  EXPECT_EQ(poked.said("poke"), expected("EIO", "EACCES")) << poked.everything();
  EXPECT_EQ(poked.said("mprotect"), "EACCES");
  EXPECT_EQ(text_of(victim), "intact\n");
}

// A descriptor leads to the mount that it was opened on, not to the read-only one of the sandbox.
TEST_F(Corpus, A27_OpensItsStandardInputAgainForWriting) {
  const fs::path victim = outside("victim", "intact\n");
  const UniqueFd input(open(victim.c_str(), O_RDONLY | O_CLOEXEC));
  auto asked = probe_spec("reopen_stream", {"0"});
  asked.streams.input = input;
  asked.level = model::IsolationLevel::none;
  EXPECT_EQ(run(asked).said("append /proc/self/fd/0"), "ok") << "control";
  (void)outside("victim", "intact\n");
  const UniqueFd again(open(victim.c_str(), O_RDONLY | O_CLOEXEC));
  asked.streams.input = again;
  asked.level = model::IsolationLevel::contained;
  const Ran ran = run(asked);
  EXPECT_EQ(ran.record.ending, model::Ending::exited) << ran.everything();
  EXPECT_EQ(text_of(victim), "intact\n") << "what it opens is a pipe";
}

TEST_F(Corpus, A27_LeavesThroughAFolderThatIsItsStandardInput) {
  const UniqueFd input(open(outside_folder().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  auto asked = probe_spec("reopen_stream", {"0"});
  asked.streams.input = input;
  asked.level = model::IsolationLevel::none;
  EXPECT_EQ(run(asked).said("openat made"), "ok") << "control";
  fs::remove(outside_folder() / "made");
  asked.level = model::IsolationLevel::contained;
  const auto refused = launcher().run(asked, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::usage) << refused.error().message();
  EXPECT_FALSE(fs::exists(outside_folder() / "made"));
}

}  // namespace
}  // namespace rh::escape
