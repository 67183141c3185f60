#include "runner/engine/redact_folder.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner/base/file.h"

namespace rh::engine {
namespace {

namespace fs = std::filesystem;

const std::vector<NamedSecret> kKnown = {{"API_KEY", "correct-horse-battery"}};
const std::string kSecret = kKnown.front().value;
const std::string kMasked = "[redacted:API_KEY]***";

class RedactFolder : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(make_directories(out())); }
  fs::path out() const { return folder_.path() / "out"; }
  void file(const std::string& path, std::string_view text) const {
    ASSERT_TRUE(make_directories((out() / path).parent_path()));
    ASSERT_TRUE(write_file(out() / path, text));
  }
  std::string text(const std::string& path) const { return read_file(out() / path).value_or("gone"); }

  TempDir folder_ = TempDir::make("rh-redact-").value();
  Secrets secrets_{kKnown};
};

TEST_F(RedactFolder, KeepsEveryOffset) {
  file("events.jsonl", "{\"stdout\":\"" + kSecret + "\"}\n");
  file("deep/er/data.bin", std::string("\0\1", 2) + kSecret + std::string("\0\xff", 2));
  file("plain", "nothing here");
  EXPECT_TRUE(redact_folder(out(), secrets_).empty());
  EXPECT_EQ(text("events.jsonl"), "{\"stdout\":\"" + kMasked + "\"}\n");
  EXPECT_EQ(text("deep/er/data.bin"), std::string("\0\1", 2) + kMasked + std::string("\0\xff", 2));
  EXPECT_EQ(text("plain"), "nothing here");
  EXPECT_EQ(secrets_.found().at(0).second, 2U);
}

TEST_F(RedactFolder, FindsWhatLiesAcrossBlocks) {
  constexpr std::size_t kBlock = 256 * 1024;
  file("large", std::string(kBlock - 5, 'x') + kSecret + std::string(kBlock, 'y'));
  EXPECT_TRUE(redact_folder(out(), secrets_).empty());
  EXPECT_EQ(text("large"), std::string(kBlock - 5, 'x') + kMasked + std::string(kBlock, 'y'));
}

TEST_F(RedactFolder, ChangesNothingOutside) {
  ASSERT_TRUE(write_file(folder_.path() / "outside", kSecret));
  ASSERT_TRUE(make_directories(folder_.path() / "folder"));
  ASSERT_TRUE(write_file(folder_.path() / "folder/file", kSecret));
  fs::create_symlink(folder_.path() / "outside", out() / "link");
  fs::create_directory_symlink(folder_.path() / "folder", out() / "folder");
  fs::create_hard_link(folder_.path() / "outside", out() / "hard");
  ASSERT_EQ(::mkfifo((out() / "pipe").c_str(), 0600), 0);
  EXPECT_TRUE(redact_folder(out(), secrets_).empty());
  EXPECT_EQ(read_file(folder_.path() / "outside").value(), kSecret);
  EXPECT_EQ(read_file(folder_.path() / "folder/file").value(), kSecret);
  EXPECT_FALSE(fs::exists(out() / "hard")) << "its name in the run's folder goes";
}

TEST_F(RedactFolder, ASparseFileCostsItsDataOnly) {
  file("sparse", kSecret);
  constexpr off_t kTebibyte = 1LL << 40;
  ASSERT_EQ(::truncate((out() / "sparse").c_str(), kTebibyte), 0);
  EXPECT_TRUE(redact_folder(out(), secrets_).empty());
  const UniqueFd fd(::open((out() / "sparse").c_str(), O_RDONLY | O_CLOEXEC));
  std::string begin(kMasked.size(), ' ');
  ASSERT_EQ(::pread(fd.get(), begin.data(), begin.size(), 0), static_cast<ssize_t>(begin.size()));
  EXPECT_EQ(begin, kMasked);
  struct stat info {};
  ASSERT_EQ(::fstat(fd.get(), &info), 0);
  EXPECT_EQ(info.st_size, kTebibyte);
  EXPECT_LT(info.st_blocks * 512, 1 << 20);
}

}  // namespace
}  // namespace rh::engine
