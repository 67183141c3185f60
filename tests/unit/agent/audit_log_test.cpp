// The audit log against everything that could happen to its files.
#include "runner/agent/audit/audit_log.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <nlohmann/json.hpp>
#include <thread>

#include "runner/agent/audit/private_folder.h"
#include "runner/agent/exec/record.h"
#include "runner/agent/tool.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

class AuditLogTest : public ::testing::Test {
 protected:
  AuditLogTest() : folder_(*TempDir::make("rh-audit-")) {}
  AuditLog log() { return AuditLog(Result<fs::path>(folder_.path()), nullptr, AuditSync::never); }
  [[nodiscard]] fs::path file() const { return folder_.path() / "audit.jsonl"; }

  void write_lines(int count) {
    AuditLog one = log();
    for (int i = 0; i < count; ++i) ASSERT_TRUE(one.append("event", {{"number", i}}));
  }
  std::vector<std::string> lines() {
    std::vector<std::string> found;
    const std::string text = *read_file(file());
    for (const std::string_view line : split_lines(text)) found.emplace_back(line);
    if (!found.empty() && found.back().empty()) found.pop_back();
    return found;
  }
  void put(const std::vector<std::string>& all) {
    std::string text;
    for (const std::string& line : all) text += line + "\n";
    ASSERT_TRUE(write_file(file(), text));
  }
  AuditBreak broken() {
    AuditLog one = log();
    const auto verdict = one.verify();
    EXPECT_TRUE(verdict);
    EXPECT_TRUE(verdict->broken);
    return verdict->broken.value_or(AuditBreak{});
  }

  TempDir folder_;
};

ExecutionRecord record_of(const std::string& id, const std::string& short_id) {
  ExecutionRecord record;
  record.id = id;
  record.short_id = short_id;
  record.request.code = "print(1)";
  record.request.user = "ada";
  record.request.user_query = "what is one?";
  return record;
}

TEST_F(AuditLogTest, WholeAfterWriting) {
  write_lines(5);
  write_lines(3);  // another process, later
  AuditLog one = log();
  const auto verdict = one.verify();
  ASSERT_TRUE(verdict);
  EXPECT_FALSE(verdict->broken);
  EXPECT_EQ(verdict->lines, 8U);
  EXPECT_TRUE(verdict->notes.empty());
}

TEST_F(AuditLogTest, NamesTheLineThatWasChanged) {
  write_lines(6);
  auto all = lines();
  const std::size_t at = all[2].find("\"number\":2");
  ASSERT_NE(at, std::string::npos);
  all[2].replace(at, 10, "\"number\":7");
  put(all);
  EXPECT_EQ(broken().line, 3U);
  EXPECT_EQ(broken().problem, "changed");
}

TEST_F(AuditLogTest, NamesALineOfTheSameMeaning) {
  write_lines(3);
  auto all = lines();
  all[1].insert(1, " ");
  put(all);
  EXPECT_EQ(broken().line, 2U);
}

TEST_F(AuditLogTest, NamesWhereLinesWereCut) {
  write_lines(6);
  auto all = lines();
  all.erase(all.begin() + 2, all.begin() + 4);
  put(all);
  const AuditBreak first = broken();
  EXPECT_EQ(first.line, 3U);
  EXPECT_EQ(first.problem, "missing before");
  EXPECT_NE(first.detail.find("2 lines"), std::string::npos) << first.detail;
}

TEST_F(AuditLogTest, NamesTheFirstOfTwoThatChangedPlaces) {
  write_lines(6);
  auto all = lines();
  std::swap(all[3], all[4]);
  put(all);
  EXPECT_EQ(broken().line, 4U);
}

TEST_F(AuditLogTest, NamesALineThatWasPutInAgain) {
  write_lines(4);
  auto all = lines();
  all.insert(all.begin() + 3, all[1]);
  put(all);
  const AuditBreak first = broken();
  EXPECT_EQ(first.line, 4U);
  EXPECT_EQ(first.problem, "moved");
}

TEST_F(AuditLogTest, MissesATailThatWasCutOff) {
  write_lines(6);
  auto all = lines();
  all.resize(4);
  put(all);
  EXPECT_EQ(broken().line, 5U);
  EXPECT_EQ(broken().problem, "truncated");
  // Going on writing does not hide it.
  write_lines(1);
  EXPECT_EQ(broken().line, 5U);
  EXPECT_EQ(broken().problem, "missing before");
}

TEST_F(AuditLogTest, MissesTheWholeLogAndTheHead) {
  write_lines(3);
  fs::remove(file());
  EXPECT_EQ(broken().problem, "truncated");
  write_lines(3);
  fs::remove(folder_.path() / "audit.head");
  EXPECT_EQ(broken().line, 1U);  // the first three are still missing
}

TEST_F(AuditLogTest, AHeadThatWasLostIsSaidInTheLog) {
  write_lines(2);
  fs::remove(folder_.path() / "audit.head");
  EXPECT_EQ(broken().problem, "no head");
  write_lines(1);
  AuditLog one = log();
  EXPECT_FALSE(one.verify()->broken);
  EXPECT_NE(read_file(file())->find("head_was_missing"), std::string::npos);
}

TEST_F(AuditLogTest, ALineOfAnotherKeyIsNoLine) {
  write_lines(2);
  const TempDir other = *TempDir::make("rh-audit-");
  AuditLog forger(Result<fs::path>(other.path()), nullptr, AuditSync::never);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(forger.append("event", {{"number", i}}));
  auto all = lines();
  const std::string forged = *read_file(other.path() / "audit.jsonl");
  all.emplace_back(split_lines(forged)[2]);
  put(all);
  EXPECT_EQ(broken().line, 3U);
  EXPECT_EQ(broken().problem, "changed");
}

TEST_F(AuditLogTest, PartOfALineIsKeptAsEvidence) {
  write_lines(2);
  auto text = *read_file(file());
  text += "{\"half\":";
  ASSERT_TRUE(write_file(file(), text));
  EXPECT_EQ(broken().problem, "incomplete");
  write_lines(1);
  AuditLog one = log();
  EXPECT_FALSE(one.verify()->broken);
  EXPECT_NE(read_file(file())->find("unfinished_line"), std::string::npos);
}

TEST_F(AuditLogTest, AWriterThatWasKilledBehindItsLineBreaksNothing) {
  write_lines(2);
  const std::string head = *read_file(folder_.path() / "audit.head");
  write_lines(1);
  ASSERT_TRUE(write_file(folder_.path() / "audit.head", head));  // killed before it wrote the head
  {
    AuditLog one = log();
    const auto verdict = one.verify();
    EXPECT_FALSE(verdict->broken);
    EXPECT_EQ(verdict->notes.size(), 1U);
  }
  write_lines(1);
  AuditLog one = log();
  EXPECT_FALSE(one.verify()->broken);
  EXPECT_EQ(one.verify()->lines, 4U);
}

TEST_F(AuditLogTest, ManyWritersMakeOneChain) {
  constexpr int kWriters = 4, kLines = 25;
  std::vector<pid_t> children;
  for (int i = 0; i < kWriters; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      AuditLog one = log();
      bool good = true;
      for (int k = 0; k < kLines; ++k) good = one.append("event", {{"writer", i}}).has_value() && good;
      ::_exit(good ? 0 : 1);
    }
    children.push_back(child);
  }
  AuditLog shared = log();
  std::vector<std::thread> threads;
  for (int i = 0; i < kWriters; ++i)
    threads.emplace_back([&] {
      for (int k = 0; k < kLines; ++k) EXPECT_TRUE(shared.append("event", {{"thread", true}}));
    });
  for (std::thread& thread : threads) thread.join();
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  const auto verdict = shared.verify();
  ASSERT_TRUE(verdict);
  EXPECT_FALSE(verdict->broken) << verdict->broken->detail;
  EXPECT_EQ(verdict->lines, 2U * kWriters * kLines);
}

TEST_F(AuditLogTest, KilledBetweenRequestAndCompletion) {
  const pid_t child = ::fork();
  if (child == 0) {
    AuditLog one = log();
    if (one.before(record_of("20260101_000000_000001", std::string(32, 'a')), CallContext{})) ::raise(SIGKILL);
    ::_exit(1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  AuditLog one = log();
  ASSERT_TRUE(one.before(record_of("20260101_000000_000002", std::string(32, 'b')), CallContext{}));
  ASSERT_TRUE(one.after(record_of("20260101_000000_000002", std::string(32, 'b'))));
  const auto verdict = one.verify();
  ASSERT_TRUE(verdict);
  EXPECT_FALSE(verdict->broken);
  EXPECT_EQ(verdict->unfinished, std::vector<std::string>{"20260101_000000_000001"});
}

TEST_F(AuditLogTest, RequestSaysWhoAskedForWhat) {
  AuditLog one = log();
  ASSERT_TRUE(one.before(record_of("20260101_000000_000002", std::string(32, 'b')), CallContext{}));
  const json line = json::parse(lines().front());
  EXPECT_EQ(line["event"], "request");
  EXPECT_EQ(line["user"], "ada");
  EXPECT_EQ(line["prompt"], "what is one?");
  EXPECT_EQ(line["id"], std::string(32, 'b'));
  EXPECT_TRUE(line["time"].get<std::string>().ends_with("Z"));
}

TEST_F(AuditLogTest, SecretsDoNotReachIt) {
  const auto secrets = std::make_shared<const Secrets>(std::vector<NamedSecret>{{"TOKEN", "abcdefgh12345678"}});
  AuditLog one(Result<fs::path>(folder_.path()), secrets, AuditSync::always);
  ASSERT_TRUE(one.append("event", {{"prompt", "use abcdefgh12345678"}}));
  EXPECT_EQ(read_file(file())->find("abcdefgh12345678"), std::string::npos);
  EXPECT_FALSE(one.verify()->broken);
}

TEST(PrivateFolder, IsTheAccountsAlone) {
  const TempDir home = *TempDir::make("rh-private-");
  const model::Environment environment{{"XDG_STATE_HOME", home.path().string()}};
  const auto folder = make_private_folder(environment, "/some/project");
  ASSERT_TRUE(folder);
  EXPECT_EQ(fs::status(*folder).permissions() & fs::perms(0777), fs::perms(0700));
  const auto key = private_key(*folder / "key");
  ASSERT_TRUE(key);
  EXPECT_EQ(key->size(), 32U);
  EXPECT_EQ(*private_key(*folder / "key"), *key);
  EXPECT_EQ(fs::status(*folder / "key").permissions() & fs::perms(0777), fs::perms(0600));
  fs::permissions(*folder / "key", fs::perms(0644));
  EXPECT_FALSE(private_key(*folder / "key"));
  fs::permissions(*folder, fs::perms(0755));
  EXPECT_FALSE(make_private_folder(environment, "/some/project"));
}

TEST(PrivateFolder, NeedsAHome) {
  EXPECT_FALSE(make_private_folder({}, "/some/project"));
  EXPECT_TRUE(private_folder_path({{"HOME", "relative"}}, "/some/project").empty());
}

TEST(PrivateFolder, AKeyThatIsALinkIsRefused) {
  const TempDir home = *TempDir::make("rh-private-");
  ASSERT_TRUE(write_file(home.path() / "elsewhere", std::string(32, 'x')));
  fs::create_symlink(home.path() / "elsewhere", home.path() / "key");
  EXPECT_FALSE(private_key(home.path() / "key"));
}

}  // namespace
}  // namespace rh::agent
