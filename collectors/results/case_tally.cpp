#include "collectors/results/case_tally.h"

#include <algorithm>
#include <unordered_map>

namespace rh::collectors {

namespace {

constexpr std::size_t kFirstSlots = 1U << 10, kManySlots = 1U << 18;
enum : std::uint64_t { kPassed, kFailed, kOther, kOutcome };  // the lowest bits of a log entry

std::uint64_t identity_bits(std::uint64_t hash) { return hash & ~std::uint64_t{kOutcome}; }

bool is_skip(model::Outcome outcome) {
  return outcome == model::Outcome::skipped || outcome == model::Outcome::expected_failure;
}

}  // namespace

// --- IdentitySet ---------------------------------------------------------------------------------

// The slot of the identity, or the free one where it belongs.
std::size_t IdentitySet::find(std::uint64_t identity) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = static_cast<std::size_t>(identity >> 32 ^ identity >> 2) & mask;
  while (slots_[at] != 0 && slots_[at] != identity) at = (at + 1) & mask;
  return at;
}

void IdentitySet::grow() {
  decltype(slots_) old(slots_.size() < kManySlots ? std::max(kFirstSlots, slots_.size() * 4) : slots_.size() * 2);
  old.swap(slots_);
  for (const std::uint64_t identity : old)
    if (identity != 0) slots_[find(identity)] = identity;
}

void IdentitySet::insert(std::uint64_t identity) {
  if ((used_ + 1) * 3 > slots_.size() * 2) grow();
  std::uint64_t& slot = slots_[find(identity)];
  used_ += slot == 0 ? 1 : 0;
  slot = identity;
}

bool IdentitySet::contains(std::uint64_t identity) const { return used_ > 0 && slots_[find(identity)] == identity; }

void IdentitySet::clear() {
  if (used_ == 0) return;
  used_ = 0;
  if (slots_.size() > kFirstSlots)
    slots_ = {};
  else
    std::fill(slots_.begin(), slots_.end(), 0);
}

// --- CaseTally -----------------------------------------------------------------------------------

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

void CaseTally::add(std::uint64_t identity, model::Outcome outcome, bool flaky) {
  add_alone(outcome, flaky);
  identity = identity_bits(identity);
  if (model::is_failure(outcome)) {
    failed_.insert(identity);
    log_.push_back(identity | kFailed);
  } else if (is_skip(outcome) || flaky) {
    log_.push_back(identity | kOther);
  } else {
    if (failed_.contains(identity)) candidates_.insert(identity);
    log_.push_back(identity | kPassed);
  }
}

// Every case is counted as a test of its own by now; a retry takes that back.
void CaseTally::fold() {
  struct Sequence {
    std::uint64_t failures = 0;
    bool passed = false, broken = false;  // broken: no failures that one pass ends
  };
  std::unordered_map<std::uint64_t, Sequence> sequences;
  for (const std::uint64_t entry : log_) {
    if (!candidates_.contains(identity_bits(entry))) continue;
    Sequence& sequence = sequences[identity_bits(entry)];
    const std::uint64_t outcome = entry & kOutcome;
    if (sequence.passed || outcome == kOther || (outcome == kPassed && sequence.failures == 0))
      sequence.broken = true;
    else if (outcome == kFailed)
      ++sequence.failures;
    else
      sequence.passed = true;
  }
  for (const auto& [identity, sequence] : sequences) {
    if (sequence.broken) continue;
    totals_.total -= sequence.failures;
    totals_.failed -= sequence.failures;
    totals_.further_attempts += sequence.failures;
    ++totals_.flaky;
    retried_.insert(identity);
  }
}

void CaseTally::forget() {
  if (!candidates_.empty()) fold();
  candidates_.clear();
  failed_.clear();
  log_.clear();
}

}  // namespace rh::collectors
