#include "reporters/percent.h"

#include <algorithm>

#include <fmt/core.h>

namespace rh::reporters {

__extension__ typedef unsigned __int128 Wide;  // counts come from files: their products may pass 64 bits

Percent percent_of(const model::Ratio& ratio) {
  if (ratio.found == 0) return {};
  const std::uint64_t hit = std::min(ratio.hit, ratio.found);
  return {static_cast<std::uint64_t>(Wide{hit} * 10000U / ratio.found)};
}

Percent percent_of(const std::optional<model::Ratio>& ratio) { return ratio ? percent_of(*ratio) : Percent{}; }

std::string to_text(const Percent& percent) {
  if (!percent.hundredths) return {};
  return fmt::format("{}.{:02}", *percent.hundredths / 100, *percent.hundredths % 100);
}

std::optional<model::Ratio> ratio_of_basis(const model::CoverageReport& coverage) {
  const model::CoverageTotals& totals = coverage.totals;
  if (coverage.basis == "statements") return totals.statements;
  if (coverage.basis != "lines+branches" || !totals.lines || !totals.branches) return totals.lines;
  return model::Ratio{totals.lines->found + totals.branches->found, totals.lines->hit + totals.branches->hit};
}

namespace {

template <class Item, class IsHit, class Weight>
std::optional<model::Ratio> count(const std::vector<Item>& items, IsHit is_hit, Weight weight) {
  if (items.empty()) return std::nullopt;
  model::Ratio ratio;
  for (const Item& item : items) {
    ratio.found += weight(item);
    if (is_hit(item)) ratio.hit += weight(item);
  }
  return ratio;
}

}  // namespace

model::CoverageTotals totals_of(const model::CoverageFile& file) {
  const auto one = [](const auto&) { return std::uint64_t{1}; };
  const auto was_hit = [](const auto& item) { return item.hits > 0; };
  const auto was_taken = [](const model::BranchHits& branch) { return branch.taken.value_or(0) > 0; };
  const auto statements = [](const model::BlockHits& block) { return std::uint64_t{block.statements}; };
  return {count(file.lines, was_hit, one), count(file.branches, was_taken, one), count(file.functions, was_hit, one),
          count(file.blocks, was_hit, statements)};
}

model::CpuFigure total_cpu(const model::ProcessUsage& usage) {
  const model::CpuFigure& user = usage.user_cpu;
  const model::CpuFigure& system = usage.system_cpu;
  if (!user.value) return model::CpuFigure::unknown(user.reason);
  if (!system.value) return model::CpuFigure::unknown(system.reason);
  model::CpuFigure total{*user.value + *system.value, std::max(user.scope, system.scope), user.source, user.reason};
  if (system.source != user.source) total.source += ", " + system.source;
  if (total.reason.empty()) total.reason = system.reason;
  return total;
}

}  // namespace rh::reporters
