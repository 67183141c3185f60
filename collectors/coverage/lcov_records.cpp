#include "collectors/coverage/lcov_records.h"

#include <algorithm>

#include "collectors/coverage/merge.h"
#include "runner/base/text.h"

namespace rh::collectors {
namespace {

const auto kByName = [](const auto& a, const auto& b) { return a.name < b.name; };

}  // namespace

void LcovFunctions::move_to(FileBuilder& file) {
  pair_by_name(file);
  pair_by_index(file);
}

void LcovFunctions::pair_by_name(FileBuilder& file) {
  const auto same_name = [](const Declared& d, const Counted& c) { return d.name == c.name; };
  if (std::equal(declared_.begin(), declared_.end(), counted_.begin(), counted_.end(), same_name)) {
    for (std::size_t i = 0; i < declared_.size(); ++i)
      file.function({source_text(declared_[i].name), declared_[i].line, counted_[i].hits});
  } else {
    std::stable_sort(declared_.begin(), declared_.end(), kByName);
    std::stable_sort(counted_.begin(), counted_.end(), kByName);
    auto line = declared_.begin();
    auto hits = counted_.begin();
    while (line != declared_.end() || hits != counted_.end()) {
      const bool is_declared = line != declared_.end() && (hits == counted_.end() || line->name <= hits->name);
      const std::string_view name = is_declared ? line->name : hits->name;
      const auto first_line = line;
      const auto first_hits = hits;
      std::uint64_t sum = 0;
      while (line != declared_.end() && line->name == name) ++line;
      for (; hits != counted_.end() && hits->name == name; ++hits) sum = saturating_add(sum, hits->hits);
      if (!is_declared) file.function({source_text(name), 0, sum});
      const bool paired = line - first_line == hits - first_hits;
      for (auto at = first_line; at != line; ++at)
        file.function({source_text(name), at->line, paired ? (first_hits + (at - first_line))->hits : sum});
    }
  }
  declared_.clear();
  counted_.clear();
}

void LcovFunctions::pair_by_index(FileBuilder& file) {
  std::stable_sort(indexes_.begin(), indexes_.end(), kByName);
  for (const Alias& alias : aliases_) {
    const auto after = std::upper_bound(indexes_.begin(), indexes_.end(), Declared{alias.index, 0}, kByName);
    const bool known = after != indexes_.begin() && std::prev(after)->name == alias.index;
    file.function({source_text(alias.name), known ? std::prev(after)->line : 0, alias.hits});
  }
  indexes_.clear();
  aliases_.clear();
}

void LcovRatio::found(std::string_view text) { found_ = parse_u64(text); }
void LcovRatio::hit(std::string_view text) { hit_ = parse_u64(text); }

bool LcovRatio::end_record(bool usable, const std::optional<model::Ratio>& counted) {
  const model::Ratio truth = counted.value_or(model::Ratio{});
  const bool mismatch = (found_ && *found_ != truth.found) || (hit_ && *hit_ != truth.hit);
  if (usable && found_ && hit_ && *hit_ <= *found_) {
    sum_.found = saturating_add(sum_.found, *found_);
    sum_.hit = saturating_add(sum_.hit, *hit_);
  } else {
    whole_ = false;
  }
  found_.reset();
  hit_.reset();
  return mismatch;
}

void LcovTotals::end_record(const model::CoverageFile& file) {
  const bool first = paths_.insert(file.path).second;
  const model::CoverageTotals counted = totals_of(file);
  bool mismatch = lines.end_record(first, counted.lines);
  mismatch = branches.end_record(first, counted.branches) || mismatch;
  mismatch = functions.end_record(first, counted.functions) || mismatch;
  if (mismatch && mismatches_++ == 0) first_mismatch_ = file.path;
}

std::optional<model::CoverageTotals> LcovTotals::declared() const {
  if (!lines.sum() || paths_.empty()) return std::nullopt;
  model::CoverageTotals totals;
  totals.lines = lines.sum();
  totals.functions = functions.sum();
  return totals;
}

}  // namespace rh::collectors
