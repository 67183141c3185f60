// What the JUnit writer writes, our own readers and a strict parser's rules read back: the same tests,
// the same outcomes and attempts, for any bytes in names, messages and output.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "collectors/results/junit_pull.h"
#include "collectors/results/reader.h"
#include "reporters/plain_text.h"
#include "reporters/reporter.h"
#include "tests/golden/fixture.h"

namespace rh {
namespace {

using model::Outcome;

// What a JUnit report can tell apart.
Outcome as_reported(Outcome outcome) {
  switch (outcome) {
    case Outcome::timed_out:
      return Outcome::failed;
    case Outcome::crashed:
    case Outcome::not_run:
      return Outcome::errored;
    case Outcome::expected_failure:
      return Outcome::skipped;
    case Outcome::unexpected_pass:
      return Outcome::passed;
    default:
      return outcome;
  }
}

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  model::RunReport report() {
    model::RunReport report = golden::make_passing_report();
    const model::TestRecord example = report.suites[0].tests[0];
    report.suites.resize(1);
    report.suites[0].tests.clear();
    for (std::size_t count = 1 + random_() % 30; count > 0; --count) {
      model::TestRecord record = example;
      record.test.name = fmt_name() + std::to_string(count);
      record.test.classname = fmt_name();
      const model::Attempt attempt = record.attempts[0];
      record.attempts.clear();
      for (std::size_t attempts = 1 + (random_() % 4 == 0 ? random_() % 3 : 0); attempts > 0; --attempts) {
        record.attempts.push_back(attempt);
        // Only a failure is tried again.
        const bool last = attempts == 1;
        record.attempts.back().outcome = last ? any_outcome() : Outcome::failed;
        record.attempts.back().message = bytes(60);
        record.attempts.back().details = bytes(200);
        record.attempts.back().standard_output = bytes(200);
      }
      report.suites[0].tests.push_back(record);
    }
    // A suite or run that failed without a failed test would have a case of its own.
    const auto failed = [](const model::TestRecord& record) { return model::is_failure(record.outcome()); };
    const auto& tests = report.suites[0].tests;
    const bool any = std::any_of(tests.begin(), tests.end(), failed);
    report.suites[0].status = any ? model::SuiteStatus::failed : model::SuiteStatus::passed;
    report.exit_code = any ? 1 : 0;
    return report;
  }

 private:
  Outcome any_outcome() {
    static constexpr Outcome kOutcomes[] = {Outcome::passed,          Outcome::failed,    Outcome::errored,
                                            Outcome::skipped,         Outcome::crashed,   Outcome::expected_failure,
                                            Outcome::unexpected_pass, Outcome::timed_out, Outcome::not_run};
    return kOutcomes[random_() % std::size(kOutcomes)];
  }
  std::string bytes(std::size_t most) {
    std::string text;
    for (std::size_t count = random_() % most; count > 0; --count) {
      static const std::string kParts[] = {"<",
                                           "&",
                                           "]]>",
                                           "\"",
                                           "'",
                                           "\xC3\xA9",
                                           "\xF0\x9F\x98\x80",
                                           "\n",
                                           "&amp;",
                                           "<testcase name=\"x\"/>",
                                           "\x1b[31m",
                                           std::string(1, '\0'),
                                           "\xED\xA0\x80"};
      text += random_() % 3 == 0 ? std::string(1, static_cast<char>(random_() % 256))
                                 : kParts[random_() % std::size(kParts)];
    }
    return text;
  }
  std::string fmt_name() { return "n" + bytes(20); }

  std::mt19937 random_;
};

struct Seen {
  std::string name;
  Outcome outcome = Outcome::passed;
  unsigned attempts = 0;
  bool operator==(const Seen&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Seen& seen) {
  return out << seen.name << " " << static_cast<int>(seen.outcome) << " after " << seen.attempts;
}

std::vector<Seen> written(const model::RunReport& report) {
  std::vector<Seen> tests;
  for (const model::TestRecord& record : report.suites[0].tests) {
    Seen seen{reporters::clean_line(record.test.name, 4000), as_reported(record.outcome()), 0};
    // Attempts that neither failed nor decided leave no trace, and there are none.
    seen.attempts = static_cast<unsigned>(record.attempts.size());
    tests.push_back(seen);
  }
  return tests;
}

std::vector<Seen> read_events(std::string_view text) {
  std::vector<Seen> tests;
  std::string last;
  const auto reader = collectors::make_junit_reader({}, [&](const model::ResultEvent& event) {
    const auto* ended = std::get_if<model::TestEnded>(&event);
    if (ended == nullptr) {
      EXPECT_FALSE(std::holds_alternative<model::Diagnostic>(event)) << std::get<model::Diagnostic>(event).message;
      return;
    }
    const std::string ordinal = ended->key.substr(0, ended->key.find(" attempt"));
    if (ordinal != last) tests.push_back({ended->test.name, Outcome::passed, 0});
    last = ordinal;
    tests.back().outcome = as_reported(ended->attempt.outcome);
    ++tests.back().attempts;
  });
  reader->feed(text);
  reader->finish();
  return tests;
}

std::vector<Seen> read_pull(std::string_view text) {
  std::vector<Seen> tests;
  collectors::TextSource source(text, 1000);
  collectors::JunitPull pull(source, "junit.xml");
  while (const collectors::JunitCaseView* test = pull.next())
    tests.push_back({pull.text(test->name), as_reported(test->verdict.outcome), test->verdict.attempts});
  EXPECT_TRUE(pull.diagnostics().empty()) << pull.diagnostics()[0].message;
  return tests;
}

// Rerun children are written as they failed; the reader of them knows no more than that they did.
std::vector<Seen> without_kind_of_failure(std::vector<Seen> tests) {
  for (Seen& test : tests)
    if (test.attempts > 1 && model::is_failure(test.outcome)) test.outcome = Outcome::failed;
  return tests;
}

TEST(JunitRoundTrip, WhatIsWrittenIsRead) {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    const model::RunReport report = Generator(seed).report();
    const std::string text = reporters::render_junit(report).value();
    const std::vector<Seen> expected = without_kind_of_failure(written(report));
    ASSERT_EQ(without_kind_of_failure(read_events(text)), expected) << "seed " << seed;
    ASSERT_EQ(without_kind_of_failure(read_pull(text)), expected) << "seed " << seed;
  }
}

}  // namespace
}  // namespace rh
