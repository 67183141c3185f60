// Stored executions: the files are the truth, the index follows them.
#include "runner/agent/history/execution_store.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "runner/agent/exec/record.h"
#include "runner/agent/history/execution_id.h"
#include "runner/agent/history/failure_patterns.h"
#include "runner/base/file.h"

namespace rh::agent {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

class ExecutionStoreTest : public ::testing::Test {
 protected:
  ExecutionStoreTest() : folder_(*TempDir::make("rh-executions-")), store_(folder(), nullptr) {}
  [[nodiscard]] fs::path folder() const { return folder_.path() / "project/.runharness/agent/executions"; }

  ExecutionRecord save(int number, bool success, const std::string& error = "ValueError: x") {
    ExecutionRecord record;
    record.id = "20260301_120000_" + std::to_string(100000 + number);
    record.short_id = std::string(31, 'a');
    record.short_id.push_back("0123456789abcdef"[number % 16]);
    record.request.code = "print(" + std::to_string(number) + ")";
    record.request.instruction = "instruction " + std::to_string(number % 3);
    record.status = success ? ExecutionStatus::completed : ExecutionStatus::failed;
    if (!success) {
      record.error.kind = ErrorKind::code_error;
      record.standard_error.bytes = "Traceback\n" + error + "\n";
    }
    EXPECT_TRUE(store_.save(record));
    return record;
  }

  TempDir folder_;
  ExecutionStore store_;
};

TEST(ExecutionIdTest, AreDifferentAndOfOneForm) {
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) {
    const auto made = make_execution_id();
    ASSERT_TRUE(made);
    EXPECT_TRUE(is_execution_id(made->id)) << made->id;
    EXPECT_EQ(made->short_id.size(), 32U);
    ids.insert(made->id);
  }
  EXPECT_EQ(ids.size(), 1000U);
  for (const char* text : {"", "20260301_120000_12345", "20260301_120000_1234567", "20260301-120000_123456",
                           "../60301_120000_123456", "2026030a_120000_123456"})
    EXPECT_FALSE(is_execution_id(text)) << text;
}

TEST_F(ExecutionStoreTest, NamesSayHowItEnded) {
  save(1, true);
  save(2, false);
  EXPECT_TRUE(is_file(folder() / "20260301_120000_100001_OK.json"));
  EXPECT_TRUE(is_file(folder() / "20260301_120000_100002_FAIL.json"));
  EXPECT_TRUE(is_file(folder().parent_path().parent_path() / ".gitignore"));
  const json stored = json::parse(*read_file(folder() / "20260301_120000_100001_OK.json"));
  EXPECT_EQ(stored["execution_id"], "20260301_120000_100001");
  EXPECT_EQ(stored["success"], true);
}

TEST_F(ExecutionStoreTest, NewestFirst) {
  for (int i = 0; i < 12; ++i) save(i, i % 2 == 0);
  const auto ten = store_.list(10, false);
  ASSERT_EQ(ten->size(), 10U);
  EXPECT_EQ(ten->front().id, "20260301_120000_100011");
  EXPECT_EQ(store_.list(0, true)->size(), 6U);
  EXPECT_EQ(store_.list(0, false)->size(), 12U);
}

TEST_F(ExecutionStoreTest, FoundByEitherId) {
  save(1, true);
  const ExecutionRecord two = save(2, false);
  EXPECT_EQ(store_.find(two.id)->id, two.id);
  EXPECT_EQ(store_.find(two.short_id)->id, two.id);
  EXPECT_EQ(store_.find("20260301_120000_100002")->id, two.id);
  EXPECT_EQ(store_.find("latest")->id, two.id);
  EXPECT_FALSE(store_.find("20260301_12"));  // both begin with it
  EXPECT_FALSE(store_.find("ffff"));
  EXPECT_EQ(json::parse(*store_.get(two.id))["execution_id"], two.id);
}

TEST_F(ExecutionStoreTest, TricksWithIds) {
  save(1, true);
  ASSERT_TRUE(write_file(folder_.path() / "secret_OK.json", "{}"));
  for (const char* key : {"", "../secret", "/etc/passwd", "..", "*", "2026\n", "secret", "index.db", "%"})
    EXPECT_FALSE(store_.get(key)) << key;
}

TEST_F(ExecutionStoreTest, ALinkIsNoRecord) {
  save(1, true);
  ASSERT_TRUE(write_file(folder_.path() / "outside", R"({"execution_id":"20260301_120000_100009"})"));
  fs::create_symlink(folder_.path() / "outside", folder() / "20260301_120000_100009_OK.json");
  std::size_t unreadable = 0;
  EXPECT_EQ(store_.list(0, false, &unreadable)->size(), 1U);
  EXPECT_EQ(unreadable, 1U);
  EXPECT_FALSE(store_.get("20260301_120000_100009"));
}

TEST_F(ExecutionStoreTest, TheIndexFollowsTheFiles) {
  save(1, true);
  save(2, false);
  EXPECT_EQ(store_.list(0, false)->size(), 2U);
  // Changed by hand, with another length.
  const fs::path file = folder() / "20260301_120000_100001_OK.json";
  json changed = json::parse(*read_file(file));
  changed["instruction"] = "written by hand";
  ASSERT_TRUE(write_file(file, changed.dump()));
  EXPECT_EQ(store_.list(0, true)->front().instruction, "written by hand");
  fs::remove(file);
  EXPECT_EQ(store_.list(0, false)->size(), 1U);
}

TEST_F(ExecutionStoreTest, ADamagedIndexIsMadeAnew) {
  save(1, true);
  EXPECT_EQ(store_.list(0, false)->size(), 1U);
  ASSERT_TRUE(write_file(folder() / ".index.db", "this is no database, and long enough to be looked at as one"));
  ExecutionStore later(folder(), nullptr);
  EXPECT_EQ(later.list(0, false)->size(), 1U);
  fs::remove(folder() / ".index.db");
  fs::create_directory(folder() / ".index.db");  // cannot be replaced: works without one
  ExecutionStore without(folder(), nullptr);
  EXPECT_EQ(without.list(0, false)->size(), 1U);
}

TEST_F(ExecutionStoreTest, ClearKeepsTheNewest) {
  for (int i = 0; i < 5; ++i) save(i, true);
  ASSERT_TRUE(write_file(folder() / "notes.txt", "mine"));
  const auto some = store_.clear(2);
  EXPECT_EQ(some->removed, 3U);
  EXPECT_EQ(some->kept, 2U);
  EXPECT_EQ(store_.list(0, false)->back().id, "20260301_120000_100003");
  EXPECT_EQ(store_.clear(0)->removed, 2U);
  EXPECT_TRUE(is_file(folder() / "notes.txt"));
  EXPECT_EQ(store_.clear(0)->removed, 0U);
}

TEST_F(ExecutionStoreTest, AnIdIsStoredOnce) {
  const ExecutionRecord record = save(1, true);
  EXPECT_FALSE(store_.save(record));
  ExecutionRecord failed = record;
  failed.status = ExecutionStatus::failed;
  EXPECT_FALSE(store_.save(failed));
  failed.id = "../escape";
  EXPECT_FALSE(store_.save(failed));
}

TEST_F(ExecutionStoreTest, NothingUnfinishedIsLeft) {
  std::vector<std::thread> writers;
  for (int i = 0; i < 4; ++i)
    writers.emplace_back([this, i] {
      for (int k = 0; k < 10; ++k) save(i * 10 + k, true);
    });
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(store_.list(0, false)->size(), 40U);
  for (const auto& entry : fs::directory_iterator(folder()))
    EXPECT_EQ(entry.path().string().find(".unfinished"), std::string::npos) << entry.path();
}

TEST_F(ExecutionStoreTest, SecretsOfTheRequestAreTakenOut) {
  const auto secrets = std::make_shared<const Secrets>(std::vector<NamedSecret>{{"TOKEN", "abcdefgh12345678"}});
  ExecutionStore store(folder(), secrets);
  ExecutionRecord record;
  record.id = "20260301_120000_100001";
  record.request.code = "print('abcdefgh12345678', 'sekret-of-the-call')";
  record.request.env["API_KEY"] = "sekret-of-the-call";
  ASSERT_TRUE(store.save(record));
  const std::string text = *store.get(record.id);
  EXPECT_EQ(text.find("abcdefgh12345678"), std::string::npos);
  EXPECT_EQ(text.find("sekret-of-the-call"), std::string::npos);
  EXPECT_TRUE(json::accept(text));
}

TEST(FailurePatterns, NumbersAndPathsDiffer) {
  EXPECT_EQ(error_pattern("KeyError: 17 at 0x7f3a"), "KeyError: # at 0x#");
  EXPECT_EQ(error_pattern("No such file: '/tmp/a1/b'"), "No such file: '…'");
  EXPECT_EQ(error_pattern("No module named 'numpy'"), "No module named 'numpy'");
  EXPECT_EQ(error_pattern("base64 and x2"), "base64 and x2");
}

TEST_F(ExecutionStoreTest, FailuresComeByPattern) {
  save(0, false, "IndexError: 12");
  save(3, false, "IndexError: 99");  // the same instruction, again
  save(6, true);                     // and solved
  save(1, false, "KeyError: 'a'");
  const FailureReport report = failure_patterns(*store_.list(0, false));
  EXPECT_EQ(report.executions, 4U);
  EXPECT_EQ(report.failures, 3U);
  ASSERT_EQ(report.patterns.size(), 2U);
  EXPECT_EQ(report.patterns[0].pattern, "IndexError: #");
  EXPECT_EQ(report.patterns[0].count, 2U);
  EXPECT_EQ(report.patterns[0].solved_by, std::vector<std::string>{"20260301_120000_100006"});
  EXPECT_TRUE(report.patterns[1].solved_by.empty());
}

}  // namespace
}  // namespace rh::agent
