#include "collectors/results/case_tally.h"

#include <algorithm>

namespace rh::collectors {

namespace {

constexpr std::size_t kFirstSize = 1U << 10;
constexpr std::uint64_t kLowMask = 63;  // the bits of a slot that are not of the identity
constexpr std::uint64_t kStateMask = 3;
constexpr std::uint64_t kFailing = 1;  // nothing but failures so far
constexpr std::uint64_t kRetried = 2;  // failures, then one pass
constexpr std::uint64_t kKept = 3;     // anything else: as many tests as there are cases
constexpr unsigned kFailuresShift = 2;
constexpr std::uint64_t kMaxFailures = 15;  // more are no retries

bool is_skip(model::Outcome outcome) {
  return outcome == model::Outcome::skipped || outcome == model::Outcome::expected_failure;
}

constexpr std::uint64_t slot_of(std::uint64_t kept, std::uint64_t state, std::uint64_t failures) {
  return kept | failures << kFailuresShift | state;
}

}  // namespace

void CaseTally::add_alone(model::Outcome outcome, bool flaky) {
  ++totals_.total;
  if (model::is_failure(outcome))
    ++totals_.failed;
  else if (is_skip(outcome))
    ++totals_.skipped;
  else
    ++totals_.passed;
  totals_.flaky += flaky ? 1 : 0;
}

// The slot of the identity, or the free one where it belongs.
std::size_t CaseTally::find(std::uint64_t identity) const {
  const std::uint64_t kept = identity & ~kLowMask;
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = static_cast<std::size_t>(kept >> 32 ^ kept >> 6) & mask;
  while (slots_[at] != 0 && (slots_[at] & ~kLowMask) != kept) at = (at + 1) & mask;
  return at;
}

void CaseTally::grow() {
  std::vector<Slot> old(std::max(kFirstSize, slots_.size() * 2));
  old.swap(slots_);
  for (const Slot slot : old)
    if (slot != 0) slots_[find(slot)] = slot;
}

void CaseTally::add(std::uint64_t identity, model::Outcome outcome, bool flaky) {
  if ((used_ + 1) * 4 > slots_.size() * 3) grow();
  add_alone(outcome, flaky);
  Slot& slot = slots_[find(identity)];
  if (slot != 0) return repeat(slot, outcome, flaky);
  ++used_;
  slot = slot_of(identity & ~kLowMask, model::is_failure(outcome) ? kFailing : kKept, 1);
}

// The case is counted as a test of its own by now; a retry takes that back.
void CaseTally::repeat(Slot& slot, model::Outcome outcome, bool flaky) {
  const std::uint64_t kept = slot & ~kLowMask, state = slot & kStateMask;
  const std::uint64_t failures = (slot & kLowMask) >> kFailuresShift;
  if (state == kKept) return;
  if (state == kFailing && model::is_failure(outcome)) {
    slot = failures < kMaxFailures ? slot_of(kept, kFailing, failures + 1) : slot_of(kept, kKept, 0);
  } else if (state == kFailing && !is_skip(outcome) && !flaky) {
    totals_.total -= failures;
    totals_.failed -= failures;
    totals_.further_attempts += failures;
    ++totals_.flaky;
    ++retried_;
    slot = slot_of(kept, kRetried, failures);
  } else if (state == kRetried) {  // it passed and yet it comes again: these were no retries
    totals_.total += failures;
    totals_.failed += failures;
    totals_.further_attempts -= failures;
    --totals_.flaky;
    --retried_;
    slot = slot_of(kept, kKept, 0);
  } else {
    slot = slot_of(kept, kKept, 0);
  }
}

bool CaseTally::was_retried(std::uint64_t identity) const {
  return !slots_.empty() && (slots_[find(identity)] & kStateMask) == kRetried;
}

}  // namespace rh::collectors
