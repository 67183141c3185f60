// Counts test cases and folds the retries of one: sibling elements of the same identity. What tells a
// retry from a duplicate (a parameterised test whose parameters are not in its name) is that nobody
// retries what has passed: a sequence of failures that one pass ends is one test that was flaky; every
// other repetition is kept as that many tests. So a failure is never hidden behind a pass that came
// before it, nor behind one of several.
#pragma once

#include <cstdint>
#include <vector>

#include "collectors/results/summary.h"
#include "runner/model/outcome.h"

namespace rh::collectors {

class CaseTally {
 public:
  // `identity`: a good hash of everything that tells the case from its siblings.
  void add(std::uint64_t identity, model::Outcome outcome, bool flaky);
  // A case that has no siblings.
  void add_alone(model::Outcome outcome, bool flaky);
  // Whether what came under this identity is one test that failed first and passed in the end.
  [[nodiscard]] bool was_retried(std::uint64_t identity) const;
  [[nodiscard]] std::uint64_t retried() const { return retried_; }
  [[nodiscard]] const ResultTotals& totals() const { return totals_; }
  [[nodiscard]] ResultTotals& totals() { return totals_; }

 private:
  // 58 bits of the identity, 2 of state and 4 that count failures; zero is a free slot.
  using Slot = std::uint64_t;

  [[nodiscard]] std::size_t find(std::uint64_t identity) const;
  void grow();
  void repeat(Slot& slot, model::Outcome outcome, bool flaky);

  std::vector<Slot> slots_;
  std::size_t used_ = 0;
  std::uint64_t retried_ = 0;
  ResultTotals totals_;
};

}  // namespace rh::collectors
