// Counts test cases and folds the retries of one: sibling elements of the same identity. What tells a
// retry from a duplicate (a parameterised test whose parameters are not in its name) is that nobody
// retries what has passed: a sequence of failures that one pass ends is one test that was flaky; every
// other repetition is kept as that many tests. So a failure is never hidden behind a pass that came
// before it, nor behind one of several.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <unordered_set>
#include <vector>

#include "collectors/results/huge_pages.h"
#include "collectors/results/summary.h"
#include "runner/model/outcome.h"

namespace rh::collectors {

// Hashes with open addressing: eight bytes each, one and a half to three times of that allocated.
class IdentitySet {
 public:
  void insert(std::uint64_t identity);
  [[nodiscard]] bool contains(std::uint64_t identity) const;
  [[nodiscard]] bool empty() const { return used_ == 0; }
  void clear();

 private:
  [[nodiscard]] std::size_t find(std::uint64_t identity) const;
  void grow();

  std::vector<std::uint64_t, HugePages<std::uint64_t>> slots_;  // zero is a free one
  std::size_t used_ = 0;
};

class CaseTally {
 public:
  // `identity`: a good hash of everything that tells the case from its siblings.
  void add(std::uint64_t identity, model::Outcome outcome, bool flaky);
  // A case that has no siblings.
  void add_alone(model::Outcome outcome, bool flaky);
  // None of the identities so far will come again.
  void forget();
  // After the last add(): the retries are folded.
  void finish() { forget(); }

  // Whether what came under this identity is one test that failed first and passed in the end.
  [[nodiscard]] bool was_retried(std::uint64_t identity) const {
    return retried_.contains(identity & ~std::uint64_t{3});
  }
  [[nodiscard]] std::uint64_t retried() const { return retried_.size(); }
  [[nodiscard]] const ResultTotals& totals() const { return totals_; }
  [[nodiscard]] ResultTotals& totals() { return totals_; }

 private:
  void fold();

  // Everything that was added, in order: an identity without its two lowest bits, which tell the outcome.
  // A log is written without a look at memory far away; only where a failed identity passed later on is
  // it read again.
  std::deque<std::uint64_t> log_;
  IdentitySet failed_;
  std::unordered_set<std::uint64_t> candidates_;  // failed at some time, and passed later
  std::unordered_set<std::uint64_t> retried_;
  ResultTotals totals_;
};

}  // namespace rh::collectors
