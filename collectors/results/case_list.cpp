#include "collectors/results/case_list.h"

#include <algorithm>
#include <unordered_map>

namespace rh::collectors {

void CaseList::add(std::uint64_t identity, ReportedCase test) {
  if (query_.names) {
    cases_.emplace_back(identity, test);
    cases_.back().second.message.clear();
  }
  if (model::is_failure(test.outcome) && failed_.size() < query_.max_failed)
    failed_.emplace_back(identity, std::move(test));
}

void CaseList::drop_retried(const CaseTally& tally) {
  const auto retried = [&](const Entry& entry) { return entry.first != 0 && tally.was_retried(entry.first); };
  failed_.erase(std::remove_if(failed_.begin() + static_cast<std::ptrdiff_t>(settled_), failed_.end(), retried),
                failed_.end());
  settled_ = failed_.size();
}

void CaseList::take(const CaseTally& tally, ResultsSummary& into) {
  for (auto& [identity, test] : failed_) into.failed.push_back(std::move(test));
  into.failed_left_out = tally.totals().failed - std::min<std::uint64_t>(tally.totals().failed, into.failed.size());
  std::unordered_map<std::uint64_t, std::size_t> first;  // of a retried test, where it is in the list
  for (auto& [identity, test] : cases_) {
    if (identity == 0 || !tally.was_retried(identity)) {
      into.cases.push_back(std::move(test));
      continue;
    }
    const auto [place, is_new] = first.emplace(identity, into.cases.size());
    if (is_new) {
      into.cases.push_back(std::move(test));
    } else {
      into.cases[place->second].outcome = test.outcome;
      into.cases[place->second].flaky = true;
    }
  }
}

}  // namespace rh::collectors
