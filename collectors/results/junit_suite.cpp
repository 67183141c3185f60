#include "collectors/results/junit_suite.h"

#include <algorithm>

#include <fmt/core.h>

#include "runner/base/text.h"

namespace rh::collectors {

namespace {

constexpr std::size_t kMaxPathBytes = 16U << 10;

void add_to(std::optional<std::uint64_t>& sum, std::optional<std::uint64_t> value) {
  if (value) sum = sum.value_or(0) + *value;
}

}  // namespace

void JunitCounts::add(const JunitVerdict& verdict) {
  const model::Outcome outcome = verdict.outcome;
  ++tests;
  marked += verdict.marked ? 1 : 0;
  if (outcome == model::Outcome::errored)
    ++errored;
  else if (model::is_failure(outcome))
    ++failed;
  else if (outcome == model::Outcome::skipped || outcome == model::Outcome::expected_failure)
    ++skipped;
}

void JunitCounts::add(const JunitCounts& other) {
  tests += other.tests;
  failed += other.failed;
  errored += other.errored;
  skipped += other.skipped;
  marked += other.marked;
}

JunitHeader JunitHeader::read(XmlAttributes attributes) {
  JunitHeader header;
  for (const auto& [name, value] : attributes) {
    if (name == "tests")
      header.tests = parse_u64(trim(value));
    else if (name == "failures")
      header.failed = parse_u64(trim(value));
    else if (name == "errors")
      header.errored = parse_u64(trim(value));
    else if (name == "skipped" || name == "skip" || name == "skips")
      header.skipped = parse_u64(trim(value));
    else if (name == "disabled")
      header.disabled = parse_u64(trim(value));
  }
  return header;
}

std::string JunitHeader::disagreement(const JunitCounts& counted) const {
  if (tests && *tests != counted.tests) return fmt::format("it claims {} tests and holds {}", *tests, counted.tests);
  // mocha counts failures as errors, so their sum is what can be compared.
  if (failed || errored) {
    const std::uint64_t held = counted.failed + counted.errored;
    if (failures() != held) return fmt::format("it claims {} failures and errors and holds {}", failures(), held);
  }
  // Disabled tests are counted apart by some (gtest) and among the skipped by others.
  if (skipped && *skipped != counted.skipped && *skipped + disabled.value_or(0) != counted.skipped)
    return fmt::format("it claims {} skipped tests and holds {}", *skipped, counted.skipped);
  return {};
}

void JunitSuites::open(bool is_root, std::string_view name, std::string_view file, const JunitHeader& header,
                       std::optional<ExactSeconds> time) {
  Suite suite;
  suite.ordinal = ++opened_;
  suite.is_root = is_root;
  suite.header = header;
  suite.time = time;
  suite.has_time = time.has_value();
  suite.name = texts_.size();
  texts_ += name;
  suite.file = texts_.size();
  texts_ += file;
  suite.end = texts_.size();
  suite.path = path_.size();
  if (!is_root && !name.empty() && path_.size() + name.size() <= kMaxPathBytes) {
    if (!path_.empty()) path_ += " > ";
    path_ += name;
  }
  open_.push_back(std::move(suite));
}

bool JunitSuites::note_case() {
  loose_cases_ |= open_.empty();
  if (open_.empty() || open_.back().has_cases) return false;
  open_.back().has_cases = true;
  return ++with_cases_ == 1 && !loose_cases_;
}

std::string_view JunitSuites::name() const {
  if (open_.empty()) return {};
  const Suite& suite = open_.back();
  return std::string_view(texts_).substr(suite.name, suite.file - suite.name);
}

std::string_view JunitSuites::file() const {
  for (std::size_t at = open_.size(); at > 0; --at)
    if (const Suite& suite = open_[at - 1]; suite.end > suite.file)
      return std::string_view(texts_).substr(suite.file, suite.end - suite.file);
  return {};
}

std::string JunitSuites::describe(const Suite& suite, std::uint64_t line) const {
  return fmt::format("{} \"{}\" that ends at line {}", suite.is_root ? "testsuites" : "testsuite",
                     std::string_view(texts_).substr(suite.name, suite.file - suite.name), line);
}

void JunitSuites::judge(const Suite& suite, std::uint64_t line) {
  const std::uint64_t claimed = suite.header.failures();
  if (claimed > suite.lost && suite.counted.marked + suite.counted.failed + suite.counted.errored == 0) {
    if (lost_failures_ == 0)
      first_lost_ =
          fmt::format("{} claims {} failures and errors and holds no failed test case", describe(suite, line), claimed);
    lost_failures_ += claimed - suite.lost;
    return;
  }
  if (suite.lost > 0 && suite.counted.failed + suite.counted.errored == 0) return;  // said of a suite inside
  const std::string wrong = suite.header.disagreement(suite.counted);
  // The outer element of a wrong one is wrong as well.
  if (!wrong.empty() && mismatches_++ == 0) first_mismatch_ = fmt::format("{}: {}", describe(suite, line), wrong);
}

void JunitSuites::close(std::uint64_t line) {
  const Suite suite = open_.back();
  judge(suite, line);
  with_cases_ -= suite.has_cases ? 1 : 0;
  open_.pop_back();
  counts().add(suite.counted);
  if (suite.time && (open_.empty() || !open_.back().has_time)) {
    std::optional<ExactSeconds>& sum = open_.empty() ? time_ : open_.back().time;
    if (!sum) sum.emplace();
    *sum += *suite.time;
  }
  if (!open_.empty()) open_.back().lost += std::max(suite.lost, suite.header.failures());
  texts_.resize(suite.name);
  path_.resize(suite.path);
  // The outermost header that counts tests is the writer's own total.
  const bool outermost = open_.empty() || (open_.size() == 1 && open_[0].is_root && !open_[0].header.tests);
  if (!outermost || !suite.header.tests) return;
  add_to(claimed_.tests, suite.header.tests);
  add_to(claimed_.failed, suite.header.failed);
  add_to(claimed_.errored, suite.header.errored);
  add_to(claimed_.skipped, suite.header.skipped);
}

void JunitSuites::abandon() {
  for (; !open_.empty(); open_.pop_back())
    (open_.size() > 1 ? open_[open_.size() - 2].counted : counted_).add(open_.back().counted);
  with_cases_ = 0;
  texts_.clear();
  path_.clear();
}

model::RunnerFinished JunitSuites::totals() const {
  model::RunnerFinished finished;
  // Cases outside of every header that counts (node:test): the sum of the headers says nothing.
  if (mismatches_ == 0 && claimed_.tests != counted_.tests) return finished;
  if (claimed_.tests)
    finished.text =
        fmt::format("tests={} failures={} errors={} skipped={}", *claimed_.tests, claimed_.failed.value_or(0),
                    claimed_.errored.value_or(0), claimed_.skipped.value_or(0));
  // Wrong headers are reported as such; they are no figures to compare with.
  if (mismatches_ + lost_failures_ > 0) return finished;
  finished.tests = claimed_.tests;
  if (claimed_.skipped == counted_.skipped) finished.skipped = claimed_.skipped;
  if (claimed_.failed == counted_.failed && claimed_.errored.value_or(0) == counted_.errored) {
    finished.failed = claimed_.failed;
    finished.errors = claimed_.errored;
  }
  return finished;
}

}  // namespace rh::collectors
