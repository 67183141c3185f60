// Real trees in temporary folders, one for each thing that a file may turn out to be.
#include "sandbox/collect_files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "runner/base/file.h"

namespace rh::sandbox {
namespace {

using model::CollectedFile;
using model::CollectState;
namespace fs = std::filesystem;

constexpr std::uint64_t kMebibyte = 1ULL << 20;

class CollectFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(make_directories(root()));
    file(folder_.path() / "outside/secret.txt", "outside");
  }
  fs::path root() const { return folder_.path() / "root"; }
  fs::path copies() const { return folder_.path() / "copies"; }

  static void file(const fs::path& path, std::string_view text) {
    ASSERT_TRUE(make_directories(path.parent_path()));
    ASSERT_TRUE(write_file(path, text));
  }
  void inside(const std::string& path, std::string_view text = "inside") { file(root() / path, text); }

  std::vector<CollectedFile> collect(const std::vector<std::string>& patterns, const CollectBounds& bounds = {}) {
    auto files = collect_files(root(), patterns, bounds, copies());
    EXPECT_TRUE(files) << files.error().message();
    return files.value_or({});
  }
  CollectedFile only(const std::string& path, const CollectBounds& bounds = {}) {
    const auto files = collect({path}, bounds);
    EXPECT_EQ(files.size(), 1U);
    return files.empty() ? CollectedFile{} : files.front();
  }
  static std::vector<std::string> paths(const std::vector<CollectedFile>& files) {
    std::vector<std::string> names;
    for (const CollectedFile& each : files) names.push_back(each.path);
    return names;
  }
  std::string copy_of(const std::string& path) { return read_file(copies() / path).value_or("no copy"); }

  TempDir folder_ = TempDir::make("rh-collect-").value();
};

TEST_F(CollectFiles, TakesWhatIsNamed) {
  inside("dist/app.whl", "wheel");
  const CollectedFile taken = only("dist/app.whl");
  EXPECT_EQ(taken.state, CollectState::collected) << taken.detail;
  EXPECT_EQ(taken.size_bytes, 5U);
  EXPECT_EQ(copy_of("dist/app.whl"), "wheel");
}

TEST_F(CollectFiles, JudgesWithoutADestination) {
  inside("a");
  const auto files = collect_files(root(), {"a"}, {}, std::nullopt);
  ASSERT_TRUE(files);
  EXPECT_EQ(files->at(0).state, CollectState::collected);
  EXPECT_FALSE(fs::exists(copies()));
}

TEST_F(CollectFiles, PatternsAndFoldersInAFixedOrder) {
  for (const char* path : {"b/z.xml", "b/a.xml", "b/deep/er/c.xml", "a.xml", "b/note.txt", "top/x"}) inside(path);
  EXPECT_EQ(paths(collect({"b/*.xml", "a.xml"})), (std::vector<std::string>{"a.xml", "b/a.xml", "b/z.xml"}));
  EXPECT_EQ(paths(collect({"**/*.xml"})), (std::vector<std::string>{"a.xml", "b/a.xml", "b/deep/er/c.xml", "b/z.xml"}));
  EXPECT_EQ(paths(collect({"./b//deep/", "b/deep"})), (std::vector<std::string>{"b/deep/er/c.xml"})) << "named twice";
  EXPECT_EQ(collect({"."}).size(), 6U);
}

TEST_F(CollectFiles, AWildcardInANameIsTheName) {
  inside("what?.txt", "literal");
  inside("whats.txt", "matches");
  EXPECT_EQ(paths(collect({"what?.txt"})), (std::vector<std::string>{"what?.txt"}));
}

TEST_F(CollectFiles, MissingIsSaid) {
  ASSERT_TRUE(make_directories(root() / "empty"));
  inside("file");
  for (const char* path : {"none", "none/deeper", "*.none", "nowhere/*.xml", "empty", "file/below"})
    EXPECT_EQ(only(path).state, CollectState::missing) << path;
}

TEST_F(CollectFiles, NeverLeavesItsFolder) {
  const std::string outside = (folder_.path() / "outside/secret.txt").string();
  for (const std::string& path : {std::string("../outside/secret.txt"), std::string("../outside/*.txt"),
                                  std::string("x/../../outside/*"), outside}) {
    const CollectedFile refused = only(path);
    EXPECT_EQ(refused.state, CollectState::unreadable) << path;
    EXPECT_NE(refused.detail.find("outside of"), std::string::npos) << refused.detail;
  }
}

TEST_F(CollectFiles, LinksAreNamedAndNotFollowed) {
  inside("real/file", "inside");
  fs::create_symlink("/etc/passwd", root() / "passwd");
  fs::create_directory_symlink(folder_.path() / "outside", root() / "folder");
  fs::create_directory_symlink("real", root() / "within");
  const CollectedFile link = only("passwd");
  EXPECT_EQ(link.state, CollectState::symlink);
  EXPECT_EQ(link.detail, "a symbolic link to /etc/passwd");
  for (const char* path : {"folder", "folder/secret.txt", "within/file", "folder/*.txt"})
    EXPECT_EQ(only(path).state, CollectState::symlink) << path;
  const auto all = collect({"**"});
  EXPECT_EQ(paths(all), (std::vector<std::string>{"folder", "passwd", "real/file", "within"}));
  EXPECT_EQ(all[0].state, CollectState::symlink);
  EXPECT_FALSE(fs::exists(copies() / "passwd"));
  EXPECT_FALSE(fs::exists(copies() / "folder"));
}

TEST_F(CollectFiles, WhatIsNotRegularDoesNotBlock) {
  ASSERT_EQ(::mkfifo((root() / "pipe").c_str(), 0600), 0);
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = (root() / "socket").string();
  ASSERT_LT(name.size(), sizeof address.sun_path);
  name.copy(address.sun_path, name.size());
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(only("pipe").state, CollectState::not_regular);
  EXPECT_EQ(only("pipe").detail, "a named pipe");
  EXPECT_EQ(only("socket").detail, "a socket");
  const auto device = collect_files("/dev", {"null"}, {}, copies());
  ASSERT_TRUE(device);
  EXPECT_EQ(device->at(0).state, CollectState::not_regular);
  EXPECT_EQ(device->at(0).detail, "a device");
}

TEST_F(CollectFiles, ASparseFileCostsItsDataOnly) {
  constexpr off_t kTebibyte = 1LL << 40;
  const UniqueFd fd(::open((root() / "sparse").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  ASSERT_EQ(::pwrite(fd.get(), "begin", 5, 0), 5);
  ASSERT_EQ(::pwrite(fd.get(), "end", 3, kTebibyte - 3), 3);
  const CollectedFile taken = only("sparse");
  EXPECT_EQ(taken.state, CollectState::collected) << taken.detail;
  EXPECT_EQ(taken.size_bytes, static_cast<std::uint64_t>(kTebibyte));
  EXPECT_GT(taken.disk_bytes, 0U);
  EXPECT_LT(taken.disk_bytes, kMebibyte);
  struct stat copy {};
  ASSERT_EQ(::stat((copies() / "sparse").c_str(), &copy), 0);
  EXPECT_EQ(copy.st_size, kTebibyte);
  EXPECT_LT(static_cast<std::uint64_t>(copy.st_blocks) * 512, kMebibyte);
  const UniqueFd copied(::open((copies() / "sparse").c_str(), O_RDONLY | O_CLOEXEC));
  char end[3] = {};
  ASSERT_EQ(::pread(copied.get(), end, 3, kTebibyte - 3), 3);
  EXPECT_EQ(std::string_view(end, 3), "end");
}

TEST_F(CollectFiles, BoundsNameThemselves) {
  inside("a", std::string(600'000, 'a'));
  inside("b", std::string(600'000, 'b'));
  inside("c", std::string(100, 'c'));
  const CollectedFile large = only("a", {10, 1000, kMebibyte});
  EXPECT_EQ(large.state, CollectState::too_large);
  EXPECT_NE(large.detail.find("1000 B"), std::string::npos) << large.detail;
  EXPECT_EQ(large.size_bytes, 600'000U) << "its size is told all the same";
  const auto all = collect({"*"}, {10, kMebibyte, kMebibyte});
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].state, CollectState::collected);
  EXPECT_EQ(all[1].state, CollectState::too_large);
  EXPECT_NE(all[1].detail.find("1.0 MiB"), std::string::npos) << all[1].detail;
  EXPECT_EQ(all[2].state, CollectState::collected) << "what still fits is taken";
  EXPECT_FALSE(fs::exists(copies() / "b"));
}

TEST_F(CollectFiles, TheFirstOfTooManyAreTaken) {
  for (const char* name : {"d", "b", "a", "c"}) inside(name);
  const auto files = collect({"*"}, {2, kMebibyte, kMebibyte});
  EXPECT_EQ(paths(files), (std::vector<std::string>{"a", "b", "b"}));
  EXPECT_TRUE(std::any_of(files.begin(), files.end(), [](const CollectedFile& each) {
    return each.state == CollectState::too_large && each.detail.find("at most 2") != std::string::npos;
  }));
}

TEST_F(CollectFiles, AnyNameIsTaken) {
  const std::vector<std::string> names{"new\nline", "\x1b[31mred", "\xff\xfe\x80", std::string(255, 'n'),
                                       "-rf",       " ",           "'\"$(x)"};
  for (const std::string& name : names) {
    const UniqueFd fd(::open((root() / name).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    ASSERT_TRUE(write_all(fd, "x", name));
  }
  const auto files = collect({"*"});
  ASSERT_EQ(files.size(), names.size());
  for (const CollectedFile& each : files) EXPECT_EQ(each.state, CollectState::collected) << each.detail;
  for (const std::string& name : names) {
    EXPECT_EQ(copy_of(name), "x");
    EXPECT_EQ(only(name).path, name);
  }
}

TEST_F(CollectFiles, SetUidBitsStayBehind) {
  inside("tool");
  ASSERT_EQ(::chmod((root() / "tool").c_str(), 06755), 0);
  EXPECT_EQ(only("tool").state, CollectState::collected);
  struct stat info {};
  ASSERT_EQ(::stat((copies() / "tool").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0755U);
}

TEST_F(CollectFiles, ReplacesAnEarlierCopyAndNoLinkInItsPlace) {
  inside("out/a", "new");
  file(copies() / "out/a", "a longer old one");
  EXPECT_EQ(only("out/a").state, CollectState::collected);
  EXPECT_EQ(copy_of("out/a"), "new");
  fs::remove_all(copies());
  ASSERT_TRUE(make_directories(copies()));
  fs::create_directory_symlink(folder_.path() / "outside", copies() / "out");
  EXPECT_EQ(only("out/a").state, CollectState::unreadable);
  EXPECT_FALSE(fs::exists(folder_.path() / "outside/a"));
}

TEST_F(CollectFiles, FoldersBeyondTheDepthAreNamed) {
  std::string deep;
  for (int i = 0; i < 200; ++i) deep += "d/";
  inside(deep + "file");
  inside("shallow");
  const auto files = collect({"**"});
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].state, CollectState::unreadable);
  EXPECT_NE(files[0].detail.find("128 levels"), std::string::npos) << files[0].detail;
  EXPECT_EQ(files[1].path, "shallow");
  EXPECT_EQ(only(deep + "file").state, CollectState::collected) << "a name of its own has no such bound";
}

// Permissions bind an ordinary user only.
TEST_F(CollectFiles, WhatMayNotBeReadIsUnreadable) {
  constexpr unsigned kOrdinaryUser = 65532;
  inside("closed/file");
  inside("locked");
  ASSERT_EQ(::chmod((root() / "locked").c_str(), 0000), 0);
  ASSERT_EQ(::chmod((root() / "closed").c_str(), 0000), 0);
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0755), 0);
  const auto check = [this] {
    const auto files = collect_files(root(), {"*", "closed/*"}, {}, std::nullopt);
    ASSERT_TRUE(files);
    EXPECT_EQ(paths(*files), (std::vector<std::string>{"closed", "locked"}));
    for (const CollectedFile& each : *files) EXPECT_EQ(each.state, CollectState::unreadable) << each.path;
    EXPECT_EQ(files->at(1).size_bytes, 6U) << "its size needs no permission";
  };
  const pid_t child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0 && (::setresgid(kOrdinaryUser, kOrdinaryUser, kOrdinaryUser) != 0 ||
                             ::setresuid(kOrdinaryUser, kOrdinaryUser, kOrdinaryUser) != 0))
      ::_exit(2);
    check();
    ::_exit(HasFailure() ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "status " << status;
  ASSERT_EQ(::chmod((root() / "closed").c_str(), 0700), 0);
}

TEST_F(CollectFiles, AFolderThatIsNotThereIsAnError) {
  EXPECT_FALSE(collect_files(root() / "none", {"*"}, {}, std::nullopt));
  inside("plain");
  EXPECT_FALSE(collect_files(root(), {"*"}, {}, root() / "plain/below"));
}

// One thread swaps a folder for a link to the outside for as long as files are taken.
TEST_F(CollectFiles, ASwappedFolderNeverGivesTheOutside) {
  for (int i = 0; i < 20; ++i) inside("swapped/" + std::to_string(i) + "-secret.txt", "inside");
  for (int i = 0; i < 20; ++i) file(folder_.path() / "outside" / (std::to_string(i) + "-secret.txt"), "outside");
  fs::create_directory_symlink(folder_.path() / "outside", root() / "link");
  const std::string real = (root() / "swapped").string(), link = (root() / "link").string();
  std::atomic<bool> stop{false};
  std::jthread swapper([&] {
    while (!stop)
      [[maybe_unused]] const int swapped = ::renameat2(AT_FDCWD, real.c_str(), AT_FDCWD, link.c_str(), RENAME_EXCHANGE);
  });
  int taken = 0, refused = 0;
  constexpr int kMostRounds = 2'000, kEnough = 100;
  for (int round = 0; round < kMostRounds && (taken < kEnough || refused < kEnough); ++round) {
    for (const CollectedFile& each : collect({"swapped/*.txt", "swapped/0-secret.txt"})) {
      if (each.state != CollectState::collected) {
        ++refused;
        continue;
      }
      ++taken;
      ASSERT_EQ(copy_of(each.path), "inside");
    }
    fs::remove_all(copies());
  }
  stop = true;
  EXPECT_GE(taken, kEnough);
  EXPECT_GE(refused, kEnough) << "the link was never in place: nothing was tried";
}

}  // namespace
}  // namespace rh::sandbox
