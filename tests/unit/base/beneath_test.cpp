#include "runner/base/beneath.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "runner/base/file.h"

namespace rh {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kLimit = 1000;

// Every promise holds for both ways of resolving a path.
class BeneathTest : public ::testing::TestWithParam<Resolution> {
 protected:
  void SetUp() override {
    ASSERT_TRUE(make_directories(root() / "a/b"));
    ASSERT_TRUE(write_file(root() / "a/b/file", "inside"));
    ASSERT_TRUE(write_file(folder_.path() / "outside", "outside"));
  }
  fs::path root() const { return folder_.path() / "root"; }
  Beneath open(bool one_file_system = false) const {
    return Beneath::open(root(), {one_file_system, GetParam()}).value();
  }
  int error_of(const std::string& path) const {
    const auto got = open().read(path, kLimit);
    return got ? 0 : got.error().sys_errno;
  }

  TempDir folder_ = TempDir::make("rh-beneath-").value();
};

TEST_P(BeneathTest, ReadsWhatLiesBelow) {
  EXPECT_EQ(open().read("a/b/file", kLimit).value(), "inside");
  EXPECT_EQ(open().read("./a//b/./file", kLimit).value(), "inside");
  EXPECT_TRUE(open().open_folder("a"));
  EXPECT_TRUE(open().open_folder(""));
}

TEST_P(BeneathTest, NeverLeavesItsFolder) {
  EXPECT_EQ(error_of("../outside"), EXDEV);
  EXPECT_EQ(error_of("a/../../outside"), EXDEV);
  EXPECT_EQ(error_of((folder_.path() / "outside").string()), EXDEV);
}

TEST_P(BeneathTest, FollowsNoLinkInAnyPlace) {
  fs::create_symlink(folder_.path() / "outside", root() / "last");
  fs::create_directory_symlink(folder_.path(), root() / "first");
  fs::create_directory_symlink("b", root() / "a/inner");
  EXPECT_EQ(error_of("last"), ELOOP);
  EXPECT_EQ(error_of("first/outside"), ELOOP);
  EXPECT_EQ(error_of("a/inner/file"), ELOOP);
  EXPECT_EQ(open().open_folder("first").error().sys_errno, ELOOP);
  EXPECT_EQ(open().open_folder("a/inner").error().sys_errno, ELOOP);
  const auto refused = open().read("a/inner/file", kLimit);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().what.find("'a/inner'"), std::string::npos) << refused.error().message();
  struct stat info {};
  ASSERT_EQ(::fstat(open().look_at("last").value().get(), &info), 0);
  EXPECT_TRUE(S_ISLNK(info.st_mode)) << "a link can be looked at";
}

TEST_P(BeneathTest, TheFolderItselfMayBeALink) {
  fs::create_directory_symlink(root(), folder_.path() / "link");
  const auto linked = Beneath::open(folder_.path() / "link", {false, GetParam()});
  ASSERT_TRUE(linked);
  EXPECT_EQ(linked->read("a/b/file", kLimit).value(), "inside");
}

TEST_P(BeneathTest, WhatIsNotRegularIsRefusedAtOnce) {
  ASSERT_EQ(::mkfifo((root() / "pipe").c_str(), 0600), 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = (root() / "socket").string();
  ASSERT_LT(name.size(), sizeof address.sun_path);
  name.copy(address.sun_path, name.size());
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  for (const char* path : {"pipe", "socket", "a"}) {
    const auto got = open().read(path, kLimit);
    ASSERT_FALSE(got) << path;
    EXPECT_NE(got.error().what.find("not a regular file"), std::string::npos) << got.error().message();
  }
  const auto device = Beneath::open("/dev", {false, GetParam()}).value().read("null", kLimit);
  ASSERT_FALSE(device);
  EXPECT_NE(device.error().what.find("not a regular file"), std::string::npos);
}

TEST_P(BeneathTest, MissingIsNotFound) {
  EXPECT_EQ(open().read("a/none", kLimit).error().kind, ErrorKind::not_found);
  EXPECT_EQ(error_of("a/b/file/x"), ENOTDIR);
}

TEST_P(BeneathTest, BoundsBySizeAndNamesTheLimit) {
  ASSERT_TRUE(write_file(root() / "exact", std::string(kLimit, 'x')));
  ASSERT_TRUE(write_file(root() / "more", std::string(kLimit + 1, 'x')));
  EXPECT_EQ(open().read("exact", kLimit).value().size(), kLimit);
  const auto more = open().read("more", kLimit);
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().kind, ErrorKind::limit);
  EXPECT_NE(more.error().what.find("1000 bytes"), std::string::npos);
}

TEST_P(BeneathTest, TellsSizeAndWhatIsAllocated) {
  const UniqueFd fd(::open((root() / "sparse").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  constexpr off_t kTebibyte = 1LL << 40;
  ASSERT_EQ(::ftruncate(fd.get(), kTebibyte), 0);
  const auto file = open().open_regular("sparse");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->size_bytes, static_cast<std::uint64_t>(kTebibyte));
  EXPECT_LT(file->disk_bytes, 1U << 20);
  EXPECT_EQ(open().read("sparse", kLimit).error().kind, ErrorKind::limit);
}

TEST_P(BeneathTest, StaysOnOneFileSystemWhereAsked) {
  struct stat top {
  }, proc{};
  ASSERT_EQ(::stat("/", &top), 0);
  ASSERT_EQ(::stat("/proc", &proc), 0);
  ASSERT_NE(top.st_dev, proc.st_dev);
  const auto look = [](bool one) { return Beneath::open("/", {one, GetParam()}).value().look_at("proc/version"); };
  EXPECT_TRUE(look(false));
  ASSERT_FALSE(look(true));
  EXPECT_EQ(look(true).error().sys_errno, EXDEV);
}

TEST_P(BeneathTest, WritesThroughNoLink) {
  ASSERT_TRUE(open().write("new/er/file", "one"));
  ASSERT_TRUE(open().write("new/er/file", "two"));
  EXPECT_EQ(open().read("new/er/file", kLimit).value(), "two");
  fs::create_directory_symlink(folder_.path(), root() / "link");
  fs::create_symlink(folder_.path() / "outside", root() / "name");
  EXPECT_EQ(open().write("link/x", "x").error().sys_errno, ELOOP);
  EXPECT_EQ(open().make_folders("link/x").error().sys_errno, ELOOP);
  EXPECT_EQ(open().make_folders("../x").error().sys_errno, EXDEV);
  ASSERT_TRUE(open().write("name", "x")) << "a link in the file's own place is replaced";
  EXPECT_EQ(read_file(folder_.path() / "outside").value(), "outside");
  EXPECT_FALSE(fs::exists(folder_.path() / "x"));
}

// One thread swaps a folder for a link to the outside as fast as it can; no read may see the outside.
TEST_P(BeneathTest, ASwappedFolderNeverLeadsOutside) {
  ASSERT_TRUE(make_directories(folder_.path() / "other/b"));
  ASSERT_TRUE(write_file(folder_.path() / "other/b/file", "outside"));
  fs::create_directory_symlink(folder_.path() / "other", root() / "link");
  const int at = AT_FDCWD;
  const std::string real = (root() / "a").string(), link = (root() / "link").string();
  std::atomic<bool> stop{false};
  std::jthread swapper([&] {
    while (!stop) [[maybe_unused]] const int swapped = ::renameat2(at, real.c_str(), at, link.c_str(), RENAME_EXCHANGE);
  });
  const Beneath beneath = open();
  int inside = 0, refused = 0;
  constexpr int kMostReads = 2'000'000, kEnough = 200;
  for (int i = 0; i < kMostReads && (inside < kEnough || refused < kEnough); ++i) {
    const auto got = beneath.read("a/b/file", kLimit);
    if (got) {
      ASSERT_EQ(*got, "inside");
      ++inside;
    } else {
      ++refused;
    }
  }
  stop = true;
  EXPECT_GE(inside, kEnough);
  EXPECT_GE(refused, kEnough) << "the link was never in place: nothing was tried";
}

INSTANTIATE_TEST_SUITE_P(Ways, BeneathTest, ::testing::Values(Resolution::kernel, Resolution::by_component),
                         [](const auto& way) { return way.param == Resolution::kernel ? "Kernel" : "ByComponent"; });

TEST(Beneath, GoesByComponentWhereAPathIsTooLongForTheKernel) {
  const auto folder = TempDir::make("rh-beneath-").value();
  std::string path;
  UniqueFd at(::open(folder.path().c_str(), O_PATH | O_CLOEXEC));
  const std::string name(200, 'd');
  for (int i = 0; i < 30; ++i) {
    ASSERT_EQ(::mkdirat(at.get(), name.c_str(), 0700), 0);
    at.reset(::openat(at.get(), name.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    path += name + "/";
  }
  UniqueFd file(::openat(at.get(), "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  ASSERT_TRUE(write_all(file, "deep", "file"));
  EXPECT_EQ(Beneath::open(folder.path()).value().read(path + "file", kLimit).value(), "deep");
}

TEST(Beneath, LooksBelowTheFolderThatHoldsTheFile) {
  const auto folder = TempDir::make("rh-beneath-").value();
  ASSERT_TRUE(make_directories(folder.path() / "one"));
  ASSERT_TRUE(write_file(folder.path() / "one/file", "x"));
  fs::create_directory_symlink(folder.path() / "one", folder.path() / "link");
  const std::vector<fs::path> folders{"/nowhere", folder.path()};
  EXPECT_TRUE(read_beneath(folders, folder.path() / "one/file", kLimit));
  EXPECT_FALSE(read_beneath(folders, folder.path() / "link/file", kLimit));
  EXPECT_TRUE(read_beneath({}, folder.path() / "link/file", kLimit)) << "below no folder: its own is the caller's";
}

}  // namespace
}  // namespace rh
