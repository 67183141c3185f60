// Group A of the corpus, trees: files that are too big, too many, too deep, of odd kinds or odd names.
#include <signal.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "runner/base/text.h"
#include "tests/escape/corpus.h"

namespace rh::escape {
namespace {

namespace fs = std::filesystem;
using model::Ending;

constexpr std::uint64_t kMiB = 1U << 20, kPage = 4096;

// In memory where that is possible: removing thousands of folders takes a disk many seconds.
TempDir make_quick_folder() {
  const std::string usual = std::getenv("TMPDIR");
  if (access("/dev/shm", W_OK) == 0) setenv("TMPDIR", "/dev/shm", 1);
  auto made = TempDir::make("rh-escape");
  setenv("TMPDIR", usual.c_str(), 1);
  if (!made) std::abort();
  return *std::move(made);
}

TEST_F(Corpus, A19_FillsTheTemporarySpace) {
  const auto shape = [](auto& spec) { spec.limits.tmp_bytes = 4 * kMiB; };
  const std::string more = std::to_string(6 * kMiB);
  EXPECT_EQ(uncaged("fill", {workspace().parent_path() / "filled", more}).said("fill"), "ok");
  for (const char* path : {"/tmp/filled", "/var/tmp/filled", "/dev/shm/filled"}) {
    if (column() == Column::no_userns) {
      // Bounded by nothing: the report has to say so.
      expect_admitted(caged("append", {path}, shape), "temporary space");
      fs::remove(path);
      continue;
    }
    const Ran ran = caged("fill", {path, more}, shape);
    EXPECT_EQ(ran.said("fill"), "ENOSPC") << ran.everything();
    const std::uint64_t written = parse_u64(ran.said("written")).value_or(0);
    EXPECT_GE(written, 4 * kMiB - kPage);
    EXPECT_LE(written, 4 * kMiB + kPage);
    EXPECT_EQ(ran.record.ending, Ending::exited);
    EXPECT_FALSE(fs::exists(path));
    expect_enforced(ran, "temporary space");
  }
}

TEST_F(Corpus, A20_UsesUpTheInodes) {
  const auto shape = [](auto& spec) { spec.limits.tmp_bytes = 4 * kMiB; };
  const TempDir here = make_quick_folder();
  EXPECT_EQ(uncaged("make_many", {here.path(), "5000"}).said("make_many"), "ok");
  if (column() == Column::no_userns) {
    expect_admitted(caged("descriptors", {}, shape), "temporary space");
    return;
  }
  struct statvfs before {
  }, after{};
  ASSERT_EQ(statvfs("/tmp", &before), 0);
  const Ran ran = caged("make_many", {"/tmp", "1000000"}, shape);
  ASSERT_EQ(statvfs("/tmp", &after), 0);
  EXPECT_EQ(ran.said("make_many"), "ENOSPC") << ran.everything();
  EXPECT_LE(parse_u64(ran.said("made")).value_or(~0U), 4096U);
  const auto difference = std::max(before.f_ffree, after.f_ffree) - std::min(before.f_ffree, after.f_ffree);
  EXPECT_LE(difference, before.f_ffree / 100);
}

TEST_F(Corpus, A21_WritesAFileOverTheSizeLimit) {
  const fs::path big = workspace() / "big";
  EXPECT_EQ(uncaged("fill", {big, std::to_string(2 * kMiB)}).said("fill"), "ok");
  const auto shape = [](auto& spec) { spec.limits.file_bytes = kMiB; };
  const Ran ran = caged("fill", {big, std::to_string(2 * kMiB)}, shape);
  EXPECT_EQ(ran.record.ending, Ending::file_size) << ran.everything();
  EXPECT_EQ(ran.record.status.signal, SIGXFSZ);
  EXPECT_EQ(fs::file_size(big), kMiB);
  // One that ignores the signal is told by the errno, and ends as it wants to.
  const Ran quiet = caged("fill", {big, std::to_string(2 * kMiB), "quiet"}, shape);
  EXPECT_EQ(quiet.said("fill"), "EFBIG") << quiet.everything();
  EXPECT_EQ(fs::file_size(big), kMiB);
}

TEST_F(Corpus, A24_RemovesTheWholeWorkspace) {
  const auto fill = [&] {
    fs::create_directories(workspace() / "src/deep");
    for (const char* name : {"README", "src/main.c", "src/deep/file"})
      ASSERT_TRUE(write_file(workspace() / name, "intact\n"));
  };
  fill();
  EXPECT_EQ(uncaged("remove_all", {workspace()}).said("remove_all"), "ok");
  EXPECT_TRUE(fs::is_empty(workspace()));
  fill();
  const auto before = snapshot(workspace());
  const Ran ran = caged("remove_all", {workspace()}, [&](auto& spec) {
    spec.files.writable.clear();
    spec.files.overlays = {workspace()};
  });
  EXPECT_EQ(snapshot(workspace()), before);
  if (column() == Column::no_userns) {
    expect_admitted(ran, "workspace");
    EXPECT_EQ(ran.said("remove_all"), "EACCES") << ran.everything();
    return;
  }
  EXPECT_EQ(ran.said("remove_all"), "ok") << ran.everything();
  expect_enforced(ran, "workspace");
  ASSERT_NE(ran.record.changes, nullptr);
  std::set<std::string> deleted;
  for (const model::FileChange& change : ran.record.changes->list())
    if (change.kind == model::FileChangeKind::deleted) deleted.insert(change.path);
  EXPECT_EQ(deleted, (std::set<std::string>{"README", "src"}));
  EXPECT_EQ(ran.record.changes->list().size(), 2U);
}

TEST_F(Corpus, A26_LeavesATreeThatIsDeepAndClosed) {
  auto folder = make_quick_folder();
  const fs::path path = folder.path(), control = path / "control", given = path / "given";
  for (const fs::path& made : {control, given}) fs::create_directory(made);
  EXPECT_EQ(uncaged("deep", {control, "5000"}).said("deep 5000"), "ok");
  const Ran ran = caged("deep", {given, "5000"}, [&](auto& spec) { spec.files.writable.push_back(given); });
  EXPECT_EQ(ran.said("deep 5000"), "ok") << ran.everything();
  EXPECT_TRUE(fs::exists(given / "level/level"));
  { const TempDir gone = std::move(folder); }
  EXPECT_FALSE(fs::exists(path)) << "its owner could not remove it";
}

}  // namespace
}  // namespace rh::escape
