#include "runner/engine/plan.h"

#include <algorithm>

namespace rh::engine {

using namespace rh::model;

namespace {

int guessed_rank(const Suite& suite) {
  if (suite.ecosystem == "cargo") return 0;
  if (suite.ecosystem == "go") return 1;
  return 2;
}

}  // namespace

Result<std::vector<Suite>> plan_suites(std::vector<Suite> suites, const RunOptions& options,
                                       const SuiteDurations& durations, std::uint64_t memory_bytes) {
  for (Suite& suite : suites) {
    suite.limits = options.limits;
    for (const SuiteEntry& entry : options.suite_entries) {
      if (entry.id != suite.id.value) continue;
      RH_TRY(suite.limits, apply_limit_texts(suite.limits, entry.limits, memory_bytes));
    }
  }
  const auto before = [&](const Suite& a, const Suite& b) {
    const auto known_a = durations.find(a.id), known_b = durations.find(b.id);
    const bool has_a = known_a != durations.end(), has_b = known_b != durations.end();
    if (has_a != has_b) return !has_a;
    if (has_a && known_a->second != known_b->second) return known_a->second > known_b->second;
    if (!has_a && guessed_rank(a) != guessed_rank(b)) return guessed_rank(a) < guessed_rank(b);
    return a.id < b.id;
  };
  std::stable_sort(suites.begin(), suites.end(), before);
  return suites;
}

}  // namespace rh::engine
