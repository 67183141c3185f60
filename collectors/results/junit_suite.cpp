#include "collectors/results/junit_suite.h"

#include <fmt/core.h>

#include "runner/base/text.h"

namespace rh::collectors {

namespace {

constexpr std::size_t kMaxPathBytes = 16U << 10;

void add_to(std::optional<std::uint64_t>& sum, std::optional<std::uint64_t> value) {
  if (value) sum = sum.value_or(0) + *value;
}

}  // namespace

void JunitCounts::add(model::Outcome outcome) {
  ++tests;
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
    const std::uint64_t claimed = failed.value_or(0) + errored.value_or(0);
    const std::uint64_t held = counted.failed + counted.errored;
    if (claimed != held) return fmt::format("it claims {} failures and errors and holds {}", claimed, held);
  }
  // Disabled tests are counted apart by some (gtest) and among the skipped by others.
  if (skipped && *skipped != counted.skipped && *skipped + disabled.value_or(0) != counted.skipped)
    return fmt::format("it claims {} skipped tests and holds {}", *skipped, counted.skipped);
  return {};
}

std::string JunitSuites::path() const {
  std::string path;
  for (const JunitSuite& suite : open) {
    if (suite.is_root || suite.name.empty() || path.size() > kMaxPathBytes) continue;
    path += (path.empty() ? "" : " > ") + suite.name;
  }
  return path;
}

void JunitSuites::close(std::uint64_t line) {
  const JunitSuite suite = std::move(open.back());
  open.pop_back();
  counts().add(suite.counted);
  const std::string wrong = suite.header.disagreement(suite.counted);
  // The outer element of a wrong one is wrong as well.
  if (!wrong.empty() && mismatches_++ == 0)
    first_mismatch_ = fmt::format("{} \"{}\" that ends at line {}: {}", suite.is_root ? "testsuites" : "testsuite",
                                  suite.name, line, wrong);
  // The outermost header that counts tests is the writer's own total.
  const bool outermost = open.empty() || (open.size() == 1 && open[0].is_root && !open[0].header.tests);
  if (!outermost || !suite.header.tests) return;
  add_to(claimed_.tests, suite.header.tests);
  add_to(claimed_.failed, suite.header.failed);
  add_to(claimed_.errored, suite.header.errored);
  add_to(claimed_.skipped, suite.header.skipped);
}

void JunitSuites::abandon() {
  for (; !open.empty(); open.pop_back())
    (open.size() > 1 ? open[open.size() - 2].counted : counted_).add(open.back().counted);
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
  if (mismatches_ > 0) return finished;
  finished.tests = claimed_.tests;
  if (claimed_.skipped == counted_.skipped) finished.skipped = claimed_.skipped;
  if (claimed_.failed == counted_.failed && claimed_.errored.value_or(0) == counted_.errored) {
    finished.failed = claimed_.failed;
    finished.errors = claimed_.errored;
  }
  return finished;
}

}  // namespace rh::collectors
