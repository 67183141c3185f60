// Several gits side by side give what one gives.
#include "runner/engine/patch/diff_run.h"

#include <gmock/gmock.h>

#include "tests/unit/engine/patch/git_repository.h"

namespace rh::engine::testing {
namespace {

std::string text_of(int seed, int changed = -1) {
  std::string text;
  for (int line = 0; line < 12; ++line)
    text += "line " + std::to_string(seed * 100 + line) + (line == changed ? " changed" : "") + "\n";
  return text;
}

// One line a record.
std::vector<std::string> shown(const Result<DiffAnswer>& answer) {
  if (!answer) return {answer.error().message()};
  std::vector<std::string> all;
  for (const DiffRecord& record : answer->records) {
    std::string text =
        std::string(1, record.status) + " " + record.path + " " + record.old_path + " " + record.new_blob;
    for (const Hunk& hunk : record.hunks)
      text += " -" + std::to_string(hunk.old_start) + "," + std::to_string(hunk.old_count) + " +" +
              std::to_string(hunk.new_start) + "," + std::to_string(hunk.new_count);
    all.push_back(text);
  }
  return all;
}

TEST(DiffRun, SeveralGitsAnswerAsOne) {
  constexpr int kFiles = 800;
  const GitRepository repository;
  std::map<std::string, std::string> files;
  for (int i = 0; i < kFiles; ++i) files["d" + std::to_string(i % 7) + "/f" + std::to_string(i) + ".py"] = text_of(i);
  files["moved.py"] = text_of(9001);
  files["gone.py"] = text_of(9002);
  files["source.py"] = text_of(9003);
  repository.commit(files);
  repository.git({"branch", "base"});
  for (int i = 0; i < kFiles; ++i)
    files["d" + std::to_string(i % 7) + "/f" + std::to_string(i) + ".py"] = text_of(i, i % 12);
  std::filesystem::remove(repository / "moved.py");
  std::filesystem::remove(repository / "gone.py");
  files.erase("moved.py");
  files.erase("gone.py");
  files["sub/moved to.py"] = text_of(9001, 3);
  files["source.py"] = text_of(9003, 1);
  files["copy.py"] = text_of(9003, 2);
  files["data.bin"] = std::string("a\0b", 3);
  repository.commit(files);
  const auto git = Git::open(MachineHost(git_environment()), repository.root());
  ASSERT_TRUE(git);
  const std::string base = repository.git({"rev-parse", "base"}), head = repository.git({"rev-parse", "HEAD"});
  for (const std::string& side : {head, std::string()}) {
    const DiffQuestion question{base, side, {}};
    const auto one = shown(run_diff(*git, question));
    EXPECT_EQ(one.size(), static_cast<std::size_t>(kFiles + 5));
    for (const unsigned workers : {1U, 2U, 3U, 64U})
      EXPECT_EQ(shown(run_diffs(*git, question, "", workers)), one) << workers;
  }
  const auto below = Git::open(MachineHost(git_environment()), repository / "d3");
  ASSERT_TRUE(below);
  const DiffQuestion question{base, head, {}};
  EXPECT_EQ(shown(run_diffs(*below, question, "d3/", 3)), shown(run_diff(*git, question)));
}

}  // namespace
}  // namespace rh::engine::testing
