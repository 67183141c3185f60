// Result files in the hands of a step that means no good.
#include "runner/engine/result_streams.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include <fmt/core.h>

#include "runner/base/file.h"
#include "tests/unit/engine/fakes.h"

namespace rh::engine {
namespace {

namespace fs = std::filesystem;
using namespace rh::model;

std::string event_lines(int from, int to, std::string_view outcome = "passed") {
  std::string lines;
  for (int i = from; i < to; ++i)
    lines += fmt::format(R"({{"e":"result","t":{0},"pid":1,"key":"k{0}","name":"test {0}","outcome":"{1}"}})"
                         "\n",
                         i, outcome);
  return lines;
}

std::string junit(std::string_view name, bool passes) {
  return fmt::format("<testsuite><testcase name=\"{}\">{}</testcase></testsuite>", name,
                     passes ? "" : "<failure message=\"no\"/>");
}

class ResultStreamsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(make_directories(out()));
    registry_.result_formats.push_back({"rh-events", "", collectors::make_rh_events_reader, nullptr});
  }
  fs::path out() const { return folder_.path() / "out"; }
  fs::path file() const { return out() / "results"; }

  ResultStreams& open(const std::string& format, const fs::path& path) {
    Step step;
    step.results.push_back({format, path, true, true, {}});
    streams_.emplace(registry_, step, folder_.path(), std::vector<fs::path>{out()}, ledger_, 0);
    return *streams_;
  }
  ResultStreams& open_events() { return open("rh-events", file()); }
  void finish() { streams_->finish(Ending::exited, {0, {}, false}, {}); }
  static void append(const fs::path& path, std::string_view text) {
    const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    ASSERT_TRUE(write_all(fd, text, "results"));
  }
  std::vector<std::string> codes() const {
    std::vector<std::string> all;
    for (const Diagnostic& each : diagnostics_) all.push_back(each.code);
    return all;
  }

  TempDir folder_ = TempDir::make("rh-streams-").value();
  Registry registry_ = testing::fake_registry();
  std::vector<std::string> tests_;
  std::vector<Outcome> outcomes_;
  std::vector<Diagnostic> diagnostics_;
  TestLedger ledger_{{"suite"},
                     {[](const TestStarted&) {},
                      [this](const TestCase& test, const Attempt& attempt) {
                        tests_.push_back(test.name);
                        outcomes_.push_back(attempt.outcome);
                      },
                      {},
                      [](const RunnerFinished&) {},
                      [this](Diagnostic diagnostic) { diagnostics_.push_back(std::move(diagnostic)); }}};
  std::optional<ResultStreams> streams_;
};

TEST_F(ResultStreamsTest, EventsAreReadWhileTheyCome) {
  ResultStreams& streams = open_events();
  streams.tail_files();
  append(file(), event_lines(0, 3));
  streams.tail_files();
  EXPECT_EQ(tests_.size(), 3U);
  append(file(), event_lines(3, 5));
  finish();
  EXPECT_EQ(tests_.size(), 5U);
  EXPECT_TRUE(diagnostics_.empty());
}

TEST_F(ResultStreamsTest, ACutFileIsSaidAndWhatWasReadStays) {
  ResultStreams& streams = open_events();
  append(file(), event_lines(0, 10, "failed"));
  streams.tail_files();
  ASSERT_EQ(::truncate(file().c_str(), 0), 0);
  append(file(), event_lines(0, 2));
  streams.tail_files();
  append(file(), event_lines(2, 50));
  finish();
  EXPECT_EQ(tests_.size(), 10U);
  EXPECT_EQ(std::count(outcomes_.begin(), outcomes_.end(), Outcome::failed), 10);
  ASSERT_EQ(codes(), std::vector<std::string>{"results-overwritten"});
  EXPECT_EQ(diagnostics_[0].severity, Severity::error);
}

TEST_F(ResultStreamsTest, AReplacedFileIsSaidAndTheFirstOneIsRead) {
  ResultStreams& streams = open_events();
  append(file(), event_lines(0, 2, "failed"));
  streams.tail_files();
  ASSERT_TRUE(write_file(file(), event_lines(0, 9)));  // a new file, renamed over the first
  finish();
  EXPECT_EQ(tests_.size(), 2U);
  EXPECT_EQ(codes(), std::vector<std::string>{"results-replaced"});
}

TEST_F(ResultStreamsTest, ARemovedFileIsSaid) {
  ResultStreams& streams = open_events();
  append(file(), event_lines(0, 2));
  streams.tail_files();
  fs::remove(file());
  finish();
  EXPECT_EQ(tests_.size(), 2U);
  EXPECT_EQ(codes(), std::vector<std::string>{"results-replaced"});
}

TEST_F(ResultStreamsTest, ALinkInItsPlaceIsNotFollowed) {
  ASSERT_TRUE(write_file(folder_.path() / "outside", event_lines(0, 3)));
  for (const bool opened_before : {false, true}) {
    diagnostics_.clear();
    tests_.clear();
    fs::remove(file());
    ResultStreams& streams = open_events();
    if (opened_before) append(file(), event_lines(0, 1));
    streams.tail_files();
    fs::remove(file());
    fs::create_symlink(folder_.path() / "outside", file());
    streams.tail_files();
    finish();
    EXPECT_EQ(tests_.size(), opened_before ? 1U : 0U);
    EXPECT_EQ(codes(), std::vector<std::string>{opened_before ? "results-replaced" : "results-not-regular"});
  }
}

TEST_F(ResultStreamsTest, ALinkedFolderIsNotFollowed) {
  ASSERT_TRUE(make_directories(folder_.path() / "outside"));
  ASSERT_TRUE(write_file(folder_.path() / "outside/r.xml", junit("outside", true)));
  fs::create_directory_symlink(folder_.path() / "outside", out() / "reports");
  open("junit", out() / "reports/r.xml");
  finish();
  EXPECT_TRUE(tests_.empty());
  ASSERT_EQ(codes(), std::vector<std::string>{"results-not-regular"});
  EXPECT_NE(diagnostics_[0].message.find("'reports'"), std::string::npos) << diagnostics_[0].message;
}

TEST_F(ResultStreamsTest, APipeInItsPlaceDoesNotBlock) {
  for (const char* format : {"rh-events", "junit"}) {
    diagnostics_.clear();
    fs::remove(file());
    ASSERT_EQ(::mkfifo(file().c_str(), 0600), 0);
    open(format, file()).tail_files();
    finish();
    EXPECT_EQ(codes(), std::vector<std::string>{"results-not-regular"}) << format;
  }
}

TEST_F(ResultStreamsTest, ASparseFileOfATerabyteIsRefused) {
  for (const char* format : {"rh-events", "junit"}) {
    diagnostics_.clear();
    append(file(), "x");
    ASSERT_EQ(::truncate(file().c_str(), 1LL << 40), 0);
    open(format, file()).tail_files();
    finish();
    ASSERT_FALSE(diagnostics_.empty());
    EXPECT_EQ(diagnostics_[0].code, "results-too-large") << format;
    EXPECT_NE(diagnostics_[0].message.find("claims 1.0 TiB and takes up 4.0 KiB"), std::string::npos)
        << diagnostics_[0].message;
    EXPECT_NE(diagnostics_[0].message.find("2.0 GiB"), std::string::npos) << diagnostics_[0].message;
    EXPECT_EQ(codes().size(), 1U) << "said once";
  }
}

// What is read in one go is bounded, so that the limits of a fast writer are still watched.
TEST_F(ResultStreamsTest, AFastWriterIsReadInParts) {
  ResultStreams& streams = open_events();
  const std::string line = R"({"e":"expected","count":0,"pad":")" + std::string(4000, 'x') + "\"}\n";
  constexpr std::size_t kWritten = 40U << 20;
  std::string lines;
  while (lines.size() < kWritten) lines += line;
  append(file(), lines + event_lines(0, 1));
  streams.tail_files();
  EXPECT_TRUE(tests_.empty());
  finish();
  EXPECT_EQ(tests_.size(), 1U) << "the rest is read in the end";
  EXPECT_TRUE(diagnostics_.empty());
}

TEST_F(ResultStreamsTest, OtherFilesAreReadWhenNobodyCanWriteThem) {
  ASSERT_TRUE(write_file(file(), junit("forged", true)));
  ResultStreams& streams = open("junit", file());
  streams.tail_files();
  EXPECT_TRUE(tests_.empty());
  ASSERT_TRUE(write_file(file(), junit("last", false)));
  finish();
  EXPECT_EQ(tests_, std::vector<std::string>{"last"});
  EXPECT_EQ(outcomes_, std::vector<Outcome>{Outcome::failed});
}

TEST_F(ResultStreamsTest, AMissingFileIsSaid) {
  open("junit", file());
  finish();
  EXPECT_EQ(codes(), std::vector<std::string>{"results-missing"});
}

}  // namespace
}  // namespace rh::engine
