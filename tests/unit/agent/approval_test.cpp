// Approvals against callers who would rather not ask.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <nlohmann/json.hpp>
#include <thread>

#include "runner/agent/approval/approval_file.h"
#include "runner/agent/approval/approval_store.h"
#include "runner/agent/approval/gate.h"
#include "runner/agent/visible_text.h"
#include "runner/base/file.h"

namespace rh::agent {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

class ApprovalTest : public ::testing::Test {
 protected:
  ApprovalTest() : folder_(*TempDir::make("rh-approval-")), store_(Result<fs::path>(folder_.path()), nullptr) {}
  std::string ask(const std::string& subject = "subject") {
    Approval approval;
    approval.caller = "test";
    approval.binding = *store_.seal(subject);
    approval.question = "run it?";
    approval.request_json = "{}";
    approval.context_json = "{}";
    return *store_.ask(approval);
  }
  [[nodiscard]] fs::path file(const std::string& id) const { return folder_.path() / "approvals" / (id + ".json"); }

  TempDir folder_;
  ApprovalStore store_;
};

TEST_F(ApprovalTest, WaitsThenRunsOnce) {
  const std::string id = ask();
  EXPECT_EQ(store_.find(id)->state, ApprovalState::waiting);
  EXPECT_EQ(store_.take(id, *store_.seal("subject"))->state, ApprovalState::waiting);
  ASSERT_TRUE(store_.decide(id.substr(0, 8), true, "ada", "fine"));
  ApprovalStore later(Result<fs::path>(folder_.path()), nullptr);  // after a restart
  EXPECT_EQ(later.take(id, *later.seal("subject"))->state, ApprovalState::approved);
  EXPECT_EQ(later.take(id, *later.seal("subject"))->state, ApprovalState::used);
  EXPECT_EQ(store_.find(id)->state, ApprovalState::used);
}

TEST_F(ApprovalTest, IsForNothingElse) {
  const std::string id = ask();
  ASSERT_TRUE(store_.decide(id, true, "ada", ""));
  EXPECT_FALSE(store_.take(id, *store_.seal("subjecT")));
  EXPECT_FALSE(store_.take(id, ""));
  EXPECT_EQ(store_.take(id, *store_.seal("subject"))->state, ApprovalState::approved);
}

TEST_F(ApprovalTest, EveryChangedByteVoidsIt) {
  const std::string id = ask();
  ASSERT_TRUE(store_.decide(id, false, "ada", "no"));
  const std::string text = *read_file(file(id));
  std::size_t accepted = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    ASSERT_TRUE(write_file(file(id), changed));
    const auto read = store_.find(id);
    // A byte of the frame around it ("schema") changes nothing of the approval.
    if (read && (read->state != ApprovalState::denied || read->reason != "no")) ++accepted;
  }
  EXPECT_EQ(accepted, 0U);
}

TEST_F(ApprovalTest, AnOldFilePutBackIsUsed) {
  const std::string id = ask();
  const std::string waiting = *read_file(file(id));
  ASSERT_TRUE(store_.decide(id, true, "ada", ""));
  const std::string approved = *read_file(file(id));
  ASSERT_TRUE(store_.take(id, *store_.seal("subject")));
  for (const std::string& text : {waiting, approved}) {
    ASSERT_TRUE(write_file(file(id), text));
    EXPECT_EQ(store_.take(id, *store_.seal("subject"))->state, ApprovalState::used);
    EXPECT_FALSE(store_.decide(id, true, "mallory", ""));
  }
}

TEST_F(ApprovalTest, AMarkerThatIsTakenAwayMakesItNoApprovalAgain) {
  const std::string id = ask();
  ASSERT_TRUE(store_.decide(id, true, "ada", ""));
  ASSERT_TRUE(store_.take(id, *store_.seal("subject")));
  ASSERT_TRUE(fs::remove(folder_.path() / "approvals/used" / id));
  EXPECT_EQ(store_.take(id, *store_.seal("subject"))->state, ApprovalState::used);
}

TEST_F(ApprovalTest, AClockThatWasPutBackGivesNoLongerLife) {
  const std::string id = ask();
  Approval approval = *store_.find(id);
  approval.state = ApprovalState::approved;
  approval.asked += std::chrono::hours(48);
  approval.expires += std::chrono::hours(48);
  const std::string body = approval_to_json(approval);
  ASSERT_TRUE(write_file(file(id), seal_text(body, *store_.seal(body))));
  EXPECT_EQ(store_.take(id, *store_.seal("subject"))->state, ApprovalState::expired);
}

TEST_F(ApprovalTest, AKeyThatCannotBeReadIsToldAndNotTheApprovalsAreDamaged) {
  (void)ask();
  ASSERT_EQ(::chmod((folder_.path() / "key").c_str(), 0644), 0);
  std::vector<std::string> damaged;
  EXPECT_FALSE(store_.list(&damaged));
  EXPECT_TRUE(damaged.empty());
}

TEST_F(ApprovalTest, AnotherOnesFileIsNoApproval) {
  const std::string good = ask("one"), other = ask("two");
  ASSERT_TRUE(store_.decide(good, true, "ada", ""));
  ASSERT_TRUE(write_file(file(other), *read_file(file(good))));
  EXPECT_FALSE(store_.find(other));
  std::vector<std::string> damaged;
  EXPECT_EQ(store_.list(&damaged)->size(), 1U);
  EXPECT_EQ(damaged, std::vector<std::string>{other});
}

TEST_F(ApprovalTest, AnotherKeyMakesThemWorthless) {
  const std::string id = ask();
  ASSERT_TRUE(store_.decide(id, true, "ada", ""));
  const std::string binding = *store_.seal("subject");
  fs::remove(folder_.path() / "key");
  EXPECT_FALSE(store_.find(id));
  EXPECT_FALSE(store_.take(id, binding));
}

TEST_F(ApprovalTest, TricksWithIds) {
  ask();
  for (const char* id : {"", "..", "../key", "../../etc/passwd", "/etc/passwd", "abc", "ABCD", "....", "*", "%2e%2e",
                         "0000000000000000000000000000000000000000", "used", "used/x", ".lock"})
    EXPECT_FALSE(store_.find(id)) << id;
  EXPECT_FALSE(store_.find(std::string("a\0bcd", 5)));
}

TEST_F(ApprovalTest, TheFirstOfTwoApproversCounts) {
  const std::string id = ask();
  std::atomic<int> yes{0}, no{0};
  std::vector<std::thread> people;
  for (int i = 0; i < 8; ++i)
    people.emplace_back([&, i] {
      ApprovalStore own(Result<fs::path>(folder_.path()), nullptr);
      const auto decided = own.decide(id, i % 2 == 0, "person " + std::to_string(i), "");
      if (decided) ++(decided->state == ApprovalState::approved ? yes : no);
    });
  for (std::thread& person : people) person.join();
  EXPECT_EQ(yes + no, 1);
  EXPECT_EQ(store_.find(id)->state, yes == 1 ? ApprovalState::approved : ApprovalState::denied);
}

TEST_F(ApprovalTest, OnlyOneOfManyProcessesTakesIt) {
  const std::string id = ask();
  ASSERT_TRUE(store_.decide(id, true, "ada", ""));
  const std::string binding = *store_.seal("subject");
  std::vector<pid_t> children;
  for (int i = 0; i < 6; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      ApprovalStore own(Result<fs::path>(folder_.path()), nullptr);
      const auto taken = own.take(id, binding);
      ::_exit(taken && taken->state == ApprovalState::approved ? 1 : 0);
    }
    children.push_back(child);
  }
  int winners = 0;
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    winners += WEXITSTATUS(status);
  }
  EXPECT_EQ(winners, 1);
}

TEST_F(ApprovalTest, TheSameQuestionIsAskedOnce) {
  EXPECT_EQ(ask("a"), ask("a"));
  EXPECT_NE(ask("a"), ask("b"));
  EXPECT_EQ(store_.list()->size(), 2U);
}

ExecutionRequest request_of(const std::string& code) {
  ExecutionRequest request;
  request.code = code;
  return request;
}

Assessment assessed(WriteAccess access) {
  Assessment assessment;
  assessment.ok = true;
  assessment.write_access = access;
  return assessment;
}

AgentConfig config_of(ApprovalMode mode) {
  AgentConfig config;
  config.approval = mode;
  return config;
}

TEST(ApprovalNeedTest, ModesAndWriting) {
  const ExecutionRequest request = request_of("x");
  const auto needs = [&](ApprovalMode mode, WriteAccess access) {
    return approval_need(config_of(mode), request, assessed(access)).required;
  };
  EXPECT_FALSE(needs(ApprovalMode::disabled, WriteAccess::none));
  EXPECT_FALSE(needs(ApprovalMode::disabled, WriteAccess::control_system));
  EXPECT_FALSE(needs(ApprovalMode::selective, WriteAccess::none));
  EXPECT_TRUE(needs(ApprovalMode::selective, WriteAccess::file));
  EXPECT_TRUE(needs(ApprovalMode::selective, WriteAccess::control_system));
  EXPECT_TRUE(needs(ApprovalMode::all_code, WriteAccess::none));
}

TEST(ApprovalNeedTest, WhatCannotBeJudgedCountsAsWriting) {
  Assessment unknown;
  unknown.built_in = false;
  EXPECT_TRUE(approval_need(config_of(ApprovalMode::selective), request_of("x"), unknown).required);
  ExecutionRequest reads = request_of("x");
  reads.access = "read_only";
  EXPECT_EQ(approval_need(config_of(ApprovalMode::selective), reads, unknown).error, ErrorKind::security_violation);
}

TEST(ApprovalNeedTest, Capabilities) {
  AgentConfig config = config_of(ApprovalMode::selective);
  config.approval_of_capability = {{"all", ApprovalMode::all_code}, {"none", ApprovalMode::disabled}};
  ExecutionRequest request = request_of("x");
  request.capability = "all";
  EXPECT_TRUE(approval_need(config, request, assessed(WriteAccess::none)).required);
  request.capability = "none";
  EXPECT_FALSE(approval_need(config, request, assessed(WriteAccess::file)).required);
  request.capability = "unheard of";  // no way around
  EXPECT_TRUE(approval_need(config, request, assessed(WriteAccess::file)).required);
}

TEST(ApprovalNeedTest, AccessModes) {
  const AgentConfig config = config_of(ApprovalMode::selective);
  ExecutionRequest request = request_of("x");
  EXPECT_EQ(approval_need(config, request, assessed(WriteAccess::none)).access.name, "read_only");
  EXPECT_EQ(approval_need(config, request, assessed(WriteAccess::file)).access.name, "write_access");
  request.access = "read_only";
  EXPECT_EQ(approval_need(config, request, assessed(WriteAccess::file)).error, ErrorKind::security_violation);
  EXPECT_EQ(approval_need(config, request, assessed(WriteAccess::none)).error, ErrorKind::none);
  request.access = "write_access";
  EXPECT_TRUE(approval_need(config, request, assessed(WriteAccess::none)).required);
  request.access = "root";
  EXPECT_EQ(approval_need(config, request, assessed(WriteAccess::none)).error, ErrorKind::invalid_request);
}

TEST(ApprovalSubjectTest, HoldsCodeFilesLimitsAndPolicy) {
  const AgentConfig config = config_of(ApprovalMode::selective);
  const Assessment assessment = assessed(WriteAccess::file);
  ExecutionRequest base = request_of("print(1)");
  base.files["data.csv"] = "a,b";
  base.memory_bytes = 64 << 20;
  const std::string subject = *approval_subject(config, base, assessment);
  EXPECT_EQ(*approval_subject(config, base, assessment), subject);
  const auto differs = [&](auto change) {
    ExecutionRequest other = base;
    change(other);
    return *approval_subject(config, other, assessment) != subject;
  };
  EXPECT_TRUE(differs([](ExecutionRequest& one) { one.code = "print(2)"; }));
  EXPECT_TRUE(differs([](ExecutionRequest& one) { one.files["data.csv"] = "a,c"; }));
  EXPECT_TRUE(differs([](ExecutionRequest& one) { one.files["more"] = ""; }));
  EXPECT_TRUE(differs([](ExecutionRequest& one) { one.memory_bytes = 65 << 20; }));
  EXPECT_TRUE(differs([](ExecutionRequest& one) { one.network = model::NetworkPolicy::host; }));
  EXPECT_TRUE(differs([](ExecutionRequest& one) { one.packages = {"numpy"}; }));
  EXPECT_TRUE(differs([](ExecutionRequest& one) { one.env["A"] = "1"; }));
  EXPECT_TRUE(differs([](ExecutionRequest& one) { one.arguments = {"-x"}; }));
  EXPECT_TRUE(differs([](ExecutionRequest& one) { one.standard_input = "x"; }));
  EXPECT_TRUE(differs([](ExecutionRequest& one) { one.security = SecurityMode::permissive; }));
  EXPECT_TRUE(differs([](ExecutionRequest& one) { one.timeout = std::chrono::seconds(9); }));
  AgentConfig looser = config;
  looser.network = model::NetworkPolicy::host;
  EXPECT_NE(*approval_subject(looser, base, assessment), subject);
}

TEST(ApprovalSubjectTest, BytesThatAreNoTextAreToldApart) {
  const AgentConfig config = config_of(ApprovalMode::selective);
  ExecutionRequest one = request_of("print(1)"), two = one;
  one.files["data"] = "\xff\xfe";
  two.files["data"] = "\xfe\xff";
  EXPECT_NE(*approval_subject(config, one, assessed(WriteAccess::none)),
            *approval_subject(config, two, assessed(WriteAccess::none)));
  EXPECT_FALSE(approval_subject(config, request_of("print('\xff')"), assessed(WriteAccess::none)));
}

TEST(ApprovalSubjectTest, AScriptThatChangedIsNotWhatWasRead) {
  const TempDir folder = *TempDir::make("rh-approval-");
  ExecutionRequest request = request_of("print(1)\n");
  request.script = folder.path() / "script.py";
  ASSERT_TRUE(write_file(request.script, "print(1)\n"));
  EXPECT_TRUE(approval_subject(AgentConfig{}, request, assessed(WriteAccess::none)));
  ASSERT_TRUE(write_file(request.script, "print(2)\n"));
  EXPECT_FALSE(approval_subject(AgentConfig{}, request, assessed(WriteAccess::none)));
}

TEST(VisibleTextTest, SignsThatCannotBeSeenAreWrittenOut) {
  EXPECT_EQ(visible_text("a\tb\nc"), "a\tb\nc");
  EXPECT_EQ(visible_text("a\x1b[31m\x7f\xc2\x9b\xe2\x80\x8b\xef\xbb\xbf"),
            "a<U+001B>[31m<U+007F><U+009B><U+200B><U+FEFF>");
  EXPECT_EQ(visible_text("\xc3\xa9\xf0\x9f\x98\x80\xff"), "\xc3\xa9\xf0\x9f\x98\x80\xef\xbf\xbd");
  EXPECT_EQ(on_one_line("new\nline"), "new<U+000A>line");
  EXPECT_EQ(direction_sign("a\xe2\x80\xa6\xe2\x80\xae"), 4U);
  EXPECT_EQ(direction_sign("a\xe2\x80"), std::string_view::npos);
}

TEST(ApprovalQuestionTest, NothingIsHiddenFromThePerson) {
  ApprovalNeed need;
  need.reasons = {"it writes"};
  ExecutionRequest request = request_of("print(1)\r\x1b[2Kdelete()\nlast()");
  request.packages = {"numpy"};
  request.instruction = "harmless\x1b[2K\xe2\x80\xae";
  request.files["a\xc2\x9b.py"] = "";
  const std::string text = approval_question(AgentConfig{}, request, assessed(WriteAccess::file), need);
  EXPECT_NE(text.find("harmless<U+001B>[2K<U+202E>"), std::string::npos) << text;
  EXPECT_NE(text.find("a<U+009B>.py"), std::string::npos) << text;
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find('\r'), std::string::npos);
  EXPECT_NE(text.find("delete()"), std::string::npos);
  EXPECT_NE(text.find("last()"), std::string::npos);
  EXPECT_NE(text.find("numpy"), std::string::npos);
}

}  // namespace
}  // namespace rh::agent
