#include "collectors/results/junit_case.h"

#include <algorithm>

#include <fmt/core.h>

#include "runner/base/text.h"

namespace rh::collectors {

namespace {

using model::Outcome;

constexpr std::string_view kNoUsage = "a JUnit report carries no usage of a single test";

model::TestEnded new_attempt(const JunitCase& test, std::uint64_t ordinal, unsigned number) {
  model::TestEnded ended;
  ended.key = fmt::format("case {} attempt {}", ordinal, number);
  ended.test = test.test;
  ended.attempt.number = number;
  ended.attempt.usage.cpu = model::CpuFigure::unknown(std::string(kNoUsage));
  ended.attempt.usage.peak_memory = model::BytesFigure::unknown(std::string(kNoUsage));
  return ended;
}

void describe(model::TestEnded& ended, const JunitProblem& problem) {
  model::Attempt& attempt = ended.attempt;
  const std::string body = problem.body.text();
  std::string message = junit_message(problem.message);
  if (message.empty()) message = junit_message(body);
  if (message.empty() && problem.kind != JunitProblemKind::skipped) message = one_line(problem.type);
  if (attempt.message.empty()) attempt.message = message;
  // Several failures of one case (pytest subtests, gtest) follow each other.
  std::string details = trim(body).empty() ? std::string() : body;
  if (details.empty() && trim(problem.message).find('\n') != std::string_view::npos) details = problem.message;
  if (!details.empty() && !attempt.details.empty()) attempt.details += "\n\n";
  attempt.details = clean_details(attempt.details + details);
  if (problem.line && !ended.test.line && !problem.file.empty()) {
    if (ended.test.file.empty()) ended.test.file = problem.file;
    if (ended.test.file == problem.file) ended.test.line = problem.line;
  }
}

// A failed attempt that surefire or nextest wrote as a child of the final one.
model::TestEnded earlier_attempt(const JunitCase& test, const JunitProblem& problem, std::uint64_t ordinal,
                                 unsigned number) {
  model::TestEnded ended = new_attempt(test, ordinal, number);
  ended.attempt.outcome = Outcome::failed;
  ended.attempt.duration = problem.time;
  ended.attempt.standard_output = problem.out.text();
  ended.attempt.standard_error = problem.err.text();
  describe(ended, problem);
  return ended;
}

// What the case says about itself, flaky and rerun children apart.
model::TestEnded own_attempt(const JunitCase& test, std::uint64_t ordinal) {
  model::TestEnded ended = new_attempt(test, ordinal, 1);
  for (const JunitProblem& problem : test.problems)
    if (problem.kind != JunitProblemKind::flaky && problem.kind != JunitProblemKind::rerun) describe(ended, problem);
  ended.attempt.outcome = test.signs.own();
  ended.attempt.duration = test.time;
  ended.attempt.standard_output = test.out.text();
  ended.attempt.standard_error = test.err.text();
  return ended;
}

}  // namespace

// The first line that says something: gtest writes "file.cc:12" alone on the first one.
std::string junit_message(std::string_view text) {
  const std::string first = one_line(text);
  const std::size_t colon = first.rfind(':');
  const bool location = colon != std::string::npos && colon > 0 && first.find_first_of(" \t") == std::string::npos &&
                        parse_u64(std::string_view(first).substr(colon + 1)).has_value();
  if (!location) return first;
  const std::string_view trimmed = trim(text);
  const std::string second = one_line(trimmed.substr(std::min(trimmed.find('\n'), trimmed.size())));
  return second.empty() ? first : second;
}

std::vector<model::TestEnded> junit_attempts(JunitCase&& test, std::uint64_t ordinal) {
  std::vector<model::TestEnded> attempts;
  attempts.reserve(1 + test.problems.size());
  unsigned number = 0;
  // Flaky children are the attempts before the one that passed; rerun children those after the one
  // that failed first.
  for (const JunitProblem& problem : test.problems)
    if (problem.kind == JunitProblemKind::flaky) attempts.push_back(earlier_attempt(test, problem, ordinal, ++number));
  attempts.push_back(own_attempt(test, ordinal));
  attempts.back().attempt.number = ++number;
  attempts.back().key = fmt::format("case {} attempt {}", ordinal, number);
  for (const JunitProblem& problem : test.problems)
    if (problem.kind == JunitProblemKind::rerun) attempts.push_back(earlier_attempt(test, problem, ordinal, ++number));
  return attempts;
}

}  // namespace rh::collectors
