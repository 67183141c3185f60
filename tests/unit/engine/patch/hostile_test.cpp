// A repository whose own configuration names programs, and callers whose variables mean another repository: nothing of
// it is run, nothing is written, nothing changes the answer.
#include <gmock/gmock.h>

#include <fcntl.h>
#include <sys/stat.h>

#include <map>

#include "tests/unit/engine/patch/git_repository.h"

namespace rh::engine::testing {
namespace {

using ::testing::ElementsAre;

// Every file below .git with its bytes and its date.
std::map<std::string, std::string> contents_of(const std::filesystem::path& folder) {
  std::map<std::string, std::string> contents;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    struct stat facts {};
    ::lstat(entry.path().c_str(), &facts);
    std::string text = std::to_string(facts.st_mtim.tv_sec) + "." + std::to_string(facts.st_mtim.tv_nsec) + " ";
    if (entry.is_regular_file()) text += read_file(entry.path()).value_or("");
    contents[entry.path().string()] = text;
  }
  return contents;
}

class Hostile : public ::testing::Test {
 protected:
  void SetUp() override {
    repository.commit(
        {{"a.py", lines("abc")}, {"b.txt", lines("abc")}, {".gitattributes", "*.py diff=evil filter=evil\n"}});
    repository.git({"branch", "base"});
    repository.commit({{"a.py", lines("aXc")}});
    repository.write("b.txt", lines("abcd"));
    for (const auto& [key, value] :
         std::vector<std::pair<std::string, std::string>>{{"diff.external", trap("external")},
                                                          {"diff.evil.command", trap("driver")},
                                                          {"diff.evil.textconv", trap("textconv")},
                                                          {"core.fsmonitor", trap("fsmonitor")},
                                                          {"core.hooksPath", (folder.path() / "hooks").string()},
                                                          {"core.pager", trap("pager")},
                                                          {"filter.evil.clean", trap("clean")},
                                                          {"filter.evil.process", trap("process")},
                                                          {"filter.evil.required", "true"},
                                                          {"core.sshCommand", trap("ssh")},
                                                          {"diff.noprefix", "true"},
                                                          {"diff.mnemonicPrefix", "true"},
                                                          {"diff.renames", "false"},
                                                          {"diff.algorithm", "patience"},
                                                          {"diff.context", "9"},
                                                          {"diff.interHunkContext", "9"},
                                                          {"diff.relative", "true"},
                                                          {"color.ui", "always"},
                                                          {"core.quotePath", "true"},
                                                          {"diff.orderFile", "/dev/null"},
                                                          {"status.relativePaths", "false"},
                                                          {"status.branch", "true"},
                                                          {"status.showStash", "true"}})
      repository.git({"config", key, value});
  }
  // A program that leaves a mark.
  std::string trap(const std::string& name) {
    const std::filesystem::path script = folder.path() / name;
    EXPECT_TRUE(write_file(script, "#!/bin/sh\ntouch " + mark.string() + "\nexec cat\n"));
    ::chmod(script.c_str(), 0755);
    return script.string();
  }

  TempDir folder = std::move(TempDir::make("rh-hostile-")).value();
  std::filesystem::path mark = folder.path() / "ran";
  GitRepository repository;
};

TEST_F(Hostile, NothingOfTheRepositoryRuns) {
  const auto before = contents_of(repository / ".git");
  EXPECT_THAT(shown(ask(repository, "base")), ElementsAre("modified a.py 2"));
  EXPECT_THAT(shown(ask(repository, "base", true)), ElementsAre("modified a.py 2", "modified b.txt 4"));
  EXPECT_FALSE(std::filesystem::exists(mark));
  EXPECT_EQ(contents_of(repository / ".git"), before);
  repository.git({"diff"}, true);
  EXPECT_TRUE(std::filesystem::exists(mark)) << "the traps work: a plain git diff steps into them";
}

// A fresh checkout elsewhere, or a restored cache: git's index does not know the dates.
TEST_F(Hostile, TheIndexIsNotRefreshed) {
  repository.git({"config", "--remove-section", "filter.evil"});
  const timespec times[2] = {{1'700'000'000, 0}, {1'700'000'000, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, (repository / "a.py").c_str(), times, 0), 0);
  const auto before = contents_of(repository / ".git");
  EXPECT_THAT(shown(ask(repository, "HEAD", true)), ElementsAre("modified b.txt 4"));
  EXPECT_THAT(shown(ask(repository, "base")), ElementsAre("modified a.py 2"));
  EXPECT_EQ(contents_of(repository / ".git"), before);
}

TEST_F(Hostile, VariablesOfTheCaller) {
  const GitRepository other;
  other.commit({{"z.py", "z\n"}});
  const model::Environment variables{{"GIT_DIR", (other / ".git").string()},
                                     {"GIT_WORK_TREE", other.root().string()},
                                     {"GIT_INDEX_FILE", "/nonexistent/index"},
                                     {"GIT_EXTERNAL_DIFF", trap("variable")},
                                     {"GIT_DIFF_OPTS", "-u5"},
                                     {"GIT_TRACE", (folder.path() / "trace").string()},
                                     {"GIT_PAGER", trap("pager2")},
                                     {"LC_ALL", "de_DE.UTF-8"}};
  EXPECT_THAT(shown(ask(repository, "base", false, {}, variables)), ElementsAre("modified a.py 2"));
  EXPECT_THAT(shown(ask(repository, "base", true, {}, variables)), ElementsAre("modified a.py 2", "modified b.txt 4"));
  EXPECT_FALSE(std::filesystem::exists(mark));
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "trace"));
}

}  // namespace
}  // namespace rh::engine::testing
