#include "runner/engine/event_log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "runner/base/file.h"

namespace rh::engine {
namespace {

model::RunEvent diagnostic(const std::string& message) {
  return model::DiagnosticRaised{{model::Severity::info, "test", message, {}, {}}};
}

class EventLogFile : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(log_.open(path()).has_value()); }

  [[nodiscard]] std::filesystem::path path() const { return folder_->path() / "events.jsonl"; }
  [[nodiscard]] std::ptrdiff_t lines() const {
    const std::string text = read_file(path(), 1U << 20).value();
    return std::count(text.begin(), text.end(), '\n');
  }

  Result<TempDir> folder_ = TempDir::make("runharness-event-log-");
  EventLog log_;
};

TEST_F(EventLogFile, HasEachEventOnceAppendReturns) {
  log_.append(diagnostic("first"));
  EXPECT_EQ(lines(), 1);
  log_.append(diagnostic("second"));
  EXPECT_EQ(lines(), 2);
}

TEST_F(EventLogFile, HasTheEventsOfABatchOnceItEnds) {
  std::size_t seen = 0;
  log_.subscribe([&](const model::RunEvent&) { ++seen; });
  {
    const EventLog::Batch batch(log_);
    log_.append(diagnostic("first"));
    log_.append(diagnostic("second"));
    EXPECT_EQ(seen, 2U);
  }
  EXPECT_EQ(lines(), 2);
}

TEST_F(EventLogFile, DoesNotWaitForTheOtherOfTwoBatches) {
  const EventLog::Batch longer(log_);
  {
    const EventLog::Batch shorter(log_);
    log_.append(diagnostic("first"));
  }
  EXPECT_EQ(lines(), 1);
}

TEST_F(EventLogFile, BoundsWhatABatchHoldsBack) {
  const EventLog::Batch batch(log_);
  for (int i = 0; i < 10; ++i) log_.append(diagnostic(std::string(100'000, 'x')));
  EXPECT_GE(lines(), 9);
}

TEST_F(EventLogFile, HidesSecretsFromFileAndSubscribers) {
  const auto secrets = std::make_shared<const Secrets>(std::vector<NamedSecret>{{"API_KEY", "two\n\"lines\" of it"}});
  log_.hide(secrets);
  std::vector<std::string> seen;
  log_.subscribe([&](const model::RunEvent& event) {
    seen.push_back(std::get<model::DiagnosticRaised>(event).diagnostic.message);
  });
  log_.append(diagnostic("key: two\n\"lines\" of it!"));
  log_.append(diagnostic("nothing"));
  EXPECT_EQ(seen, (std::vector<std::string>{"key: [redacted:API_KEY]!", "nothing"}));
  EXPECT_EQ(lines(), 2);
  EXPECT_EQ(read_file(path()).value().find("of it"), std::string::npos);
  EXPECT_EQ(secrets->found().at(0).second, 1U);
}

}  // namespace
}  // namespace rh::engine
