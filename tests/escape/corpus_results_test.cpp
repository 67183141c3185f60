// Group A of the corpus, results: what a hostile command leaves where its result files are expected.
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "reporters/json/writer.h"
#include "sandbox/collect_files.h"
#include "tests/escape/corpus.h"

namespace rh::escape {
namespace {

namespace fs = std::filesystem;
using model::CollectedFile;
using model::CollectState;

class Results : public Corpus {
 protected:
  // Everything in the workspace, copied to a folder outside of it.
  std::vector<CollectedFile> collect(const std::string& pattern = "**", const sandbox::CollectBounds& bounds = {}) {
    fs::create_directories(taken());
    auto files = sandbox::collect_files(workspace(), {pattern}, bounds, taken());
    if (!files) ADD_FAILURE() << files.error().message();
    return files ? *std::move(files) : std::vector<CollectedFile>{};
  }
  [[nodiscard]] fs::path taken() const { return workspace().parent_path() / "taken"; }
};

CollectState state_of(const std::vector<CollectedFile>& files, const std::string& path) {
  for (const CollectedFile& file : files)
    if (file.path == path) return file.state;
  ADD_FAILURE() << "no row for " << path;
  return CollectState::missing;
}

TEST_F(Results, A05_PutsALinkToAHostFileWhereAResultIsExpected) {
  for (const char* target : {"/etc/passwd", "/proc/self/environ"}) {
    const fs::path link = workspace() / "result.xml";
    EXPECT_EQ(uncaged("link_to", {target, link}).code(), 0);
    EXPECT_FALSE(text_of(link).empty()) << "control: one that follows the link reads the host's file";
    fs::remove(link);
    EXPECT_EQ(caged("link_to", {target, link}).code(), 0);
    const auto files = collect("result.xml");
    ASSERT_EQ(files.size(), 1U);
    EXPECT_EQ(files[0].state, CollectState::symlink);
    EXPECT_TRUE(fs::is_empty(taken()));
    fs::remove(link);
  }
}

TEST_F(Results, A05_PutsALinkInTheMiddleOfThePath) {
  const fs::path secret = outside("secret", "HOST-CANARY\n");
  EXPECT_EQ(caged("link_to", {outside_folder(), workspace() / "out"}).code(), 0);
  EXPECT_EQ(text_of(workspace() / "out/secret"), "HOST-CANARY\n") << "control: one that follows the link";
  const auto files = collect("out/secret");
  ASSERT_EQ(files.size(), 1U);
  EXPECT_EQ(files[0].state, CollectState::symlink);
  EXPECT_TRUE(fs::is_empty(taken()));
}

TEST_F(Results, A22_LeavesASparseFileOfOneTebibyte) {
  constexpr std::uint64_t kTebibyte = 1ULL << 40;
  // ext4 with 4 KiB blocks ends at 16 TiB, so this is a file that a disk of any size takes.
  EXPECT_EQ(uncaged("sparse", {workspace() / "sparse", std::to_string(kTebibyte)}).code(), 0);
  fs::remove(workspace() / "sparse");
  const Ran ran = caged("sparse", {workspace() / "sparse", std::to_string(kTebibyte)});
  ASSERT_EQ(ran.said("sparse"), "ok") << ran.everything();
  struct statvfs before {
  }, after{};
  ASSERT_EQ(statvfs(workspace().c_str(), &before), 0);
  const auto files = collect("sparse");
  ASSERT_EQ(statvfs(workspace().c_str(), &after), 0);
  ASSERT_EQ(files.size(), 1U);
  EXPECT_EQ(files[0].size_bytes, kTebibyte);
  EXPECT_LE(files[0].disk_bytes, 1U << 20);
  // Its few bytes of data may be taken; its holes may not become disk.
  struct stat copy {};
  if (files[0].state == CollectState::collected) {
    ASSERT_EQ(stat((taken() / "sparse").c_str(), &copy), 0);
    EXPECT_LE(copy.st_blocks * 512, 1 << 20);
  } else {
    EXPECT_EQ(files[0].state, CollectState::too_large);
    EXPECT_TRUE(fs::is_empty(taken()));
  }
}

TEST_F(Results, A23_LeavesPipesSocketsAndDevicesWhereResultsAreExpected) {
  EXPECT_EQ(uncaged("odd_kinds", {workspace()}).said("make fifo"), "ok");
  for (const auto& entry : fs::directory_iterator(workspace())) fs::remove(entry.path());
  const Ran ran = caged("odd_kinds", {workspace()});
  EXPECT_EQ(ran.said("make fifo"), "ok") << ran.everything();
  EXPECT_EQ(ran.said("make socket"), "ok");
  if (column() == Column::root) {  // nobody in a sandbox makes one, so the host does
    ASSERT_EQ(mknod((workspace() / "device").c_str(), S_IFCHR | 0666, makedev(1, 5)), 0);
  }
  // Without a look before it, opening the pipe would wait for ever, and /dev/zero would never end.
  const auto files = collect();
  EXPECT_EQ(state_of(files, "fifo"), CollectState::not_regular);
  EXPECT_EQ(state_of(files, "socket"), CollectState::not_regular);
  if (column() == Column::root) {
    EXPECT_EQ(state_of(files, "device"), CollectState::not_regular);
  }
  for (const char* link : {"link", "folder_link", "device_link"})
    EXPECT_EQ(state_of(files, link), CollectState::symlink) << link;
  EXPECT_TRUE(fs::is_empty(taken()));
}

TEST_F(Results, A25_LeavesFilesWithStrangeNames) {
  const Ran control = uncaged("strange_names", {workspace()});
  const Words numbers{"0", "1", "2", "3", "4", "5"};
  for (const std::string& number : numbers) EXPECT_EQ(control.said("make " + number), "ok");
  for (const auto& entry : fs::directory_iterator(workspace())) fs::remove(entry.path());
  const Ran ran = caged("strange_names", {workspace()});
  for (const std::string& number : numbers) EXPECT_EQ(ran.said("make " + number), "ok") << ran.everything();
  const auto files = collect();
  EXPECT_EQ(files.size(), numbers.size());
  reporters::JsonWriter writer(1);
  writer.open('[');
  for (const CollectedFile& file : files) {
    EXPECT_EQ(file.state, CollectState::collected) << file.detail;
    writer.string(file.path);
  }
  writer.close(']');
  const auto parsed = nlohmann::json::parse(writer.take(), nullptr, false);
  ASSERT_FALSE(parsed.is_discarded());
  const auto has = [&](const std::string& name) {
    return std::find(parsed.begin(), parsed.end(), nlohmann::json(name)) != parsed.end();
  };
  EXPECT_TRUE(has("new\nline") && has("escape\x1b[2J") && has("-rf") && has(std::string(255, 'n'))) << parsed.dump();
  EXPECT_TRUE(has("bad\xef\xbf\xbd\xef\xbf\xbd")) << "bytes that are no UTF-8 are replaced: " << parsed.dump();
}

TEST_F(Results, A25_ChangesOfAnOverlayHaveTheNamesAsTheyAre) {
  const Ran ran = caged("strange_names", {workspace()}, [&](auto& spec) {
    spec.files.writable.clear();
    spec.files.overlays = {workspace()};
  });
  if (column() == Column::no_userns) {
    expect_admitted(ran, "workspace");
    return;
  }
  ASSERT_NE(ran.record.changes, nullptr);
  EXPECT_EQ(ran.record.changes->list().size(), 6U);
  EXPECT_TRUE(fs::is_empty(workspace()));
  const auto left = ran.record.changes->apply();
  ASSERT_TRUE(left) << left.error().message();
  EXPECT_TRUE(left->empty());
  EXPECT_EQ(std::distance(fs::directory_iterator(workspace()), fs::directory_iterator()), 6);
}

}  // namespace
}  // namespace rh::escape
