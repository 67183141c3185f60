#include "collectors/results/junit_signs.h"

#include <string>

#include "collectors/results/outcome_rank.h"
#include "runner/base/text.h"

namespace rh::collectors {

namespace {

using model::Outcome;

constexpr std::size_t kLongestWord = 32;

std::optional<Outcome> outcome_of_word(std::string_view word) {
  word = trim(word);
  if (word.empty() || word.size() > kLongestWord || word == "run" || word == "completed") return std::nullopt;
  std::string name(word);
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (is_one_of(name, {"notrun", "not_run", "skipped", "skip", "disabled", "ignored", "pending", "suppressed",
                       "notexecuted"}))
    return Outcome::skipped;
  if (is_one_of(name, {"fail", "failed", "failure"})) return Outcome::failed;
  if (is_one_of(name, {"error", "errored", "broken", "crashed"})) return Outcome::errored;
  if (is_one_of(name, {"timeout", "timedout", "timed_out"})) return Outcome::timed_out;
  return std::nullopt;
}

}  // namespace

void JunitSigns::add_child(JunitProblemKind kind, std::string_view type) {
  ++children_;
  switch (kind) {
    case JunitProblemKind::failure:
      ++(type == "testTimeoutFailure" ? timeouts_ : failures_);  // node:test
      break;
    case JunitProblemKind::error:
      ++errors_;
      break;
    case JunitProblemKind::skipped:
      ++(type == "pytest.xfail" ? expected_ : skips_);
      todo_ |= type == "todo";
      break;
    case JunitProblemKind::flaky:
      ++flaky_;
      break;
    case JunitProblemKind::rerun:
      ++reruns_;
      break;
  }
}

void JunitSigns::add_word(std::string_view word) {
  const auto outcome = outcome_of_word(word);
  if (outcome && badness(*outcome) > badness(said_.value_or(Outcome::passed))) said_ = outcome;
}

JunitVerdict JunitSigns::verdict() const {
  if (children_ == 0) return {said_.value_or(Outcome::passed), false, false, 1};
  const Outcome outcome = reruns_ > 0 ? Outcome::failed : own();
  return {outcome, flaky_ > 0 && !model::is_failure(outcome), failures_ + timeouts_ + errors_ + flaky_ + reruns_ > 0,
          1 + flaky_ + reruns_};
}

Outcome JunitSigns::own() const {
  if (errors_ > 0) return Outcome::errored;
  if (failures_ + timeouts_ > 0) {
    if (todo_) return Outcome::expected_failure;
    return timeouts_ > 0 ? Outcome::timed_out : Outcome::failed;
  }
  if (expected_ > 0) return Outcome::expected_failure;
  if (skips_ > 0) return Outcome::skipped;
  return said_.value_or(Outcome::passed);
}

}  // namespace rh::collectors
