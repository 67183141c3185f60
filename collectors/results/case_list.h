// The tests that a summary names: the failed ones, bounded, and all on request. A test that turns out to
// be an earlier attempt of another one is taken out at the end.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "collectors/results/case_tally.h"
#include "collectors/results/summary.h"

namespace rh::collectors {

class CaseList {
 public:
  explicit CaseList(const ResultsQuery& query) : query_(query) {}

  // Whether a case of this outcome is of use, so that its texts are worth making.
  [[nodiscard]] bool wants(model::Outcome outcome) const {
    return query_.names || (model::is_failure(outcome) && failed_.size() < query_.max_failed);
  }
  void add(std::uint64_t identity, ReportedCase test);
  // After a fold: failures that turned out to be earlier attempts make room for others.
  void drop_retried(const CaseTally& tally);
  void take(const CaseTally& tally, ResultsSummary& into);

 private:
  using Entry = std::pair<std::uint64_t, ReportedCase>;
  const ResultsQuery& query_;
  std::vector<Entry> failed_, cases_;
  std::size_t settled_ = 0;  // of failed_: will not be dropped any more
};

}  // namespace rh::collectors
