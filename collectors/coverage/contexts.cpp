#include "collectors/coverage/contexts.h"

#include <algorithm>
#include <numeric>

namespace rh::collectors {

std::uint32_t ContextBuilder::test(std::string_view name) {
  const auto [entry, is_new] = numbers_.try_emplace(std::string(name), static_cast<std::uint32_t>(names_.size()));
  if (is_new) names_.push_back(entry->first);
  return entry->second;
}

void ContextBuilder::end_file(const std::string& path) {
  std::sort(reached_.begin(), reached_.end());
  model::ReachedFile file;
  file.path = path;
  for (const auto& [test, line] : reached_) {
    if (file.tests.empty() || file.tests.back().test != test) file.tests.push_back({test, {}});
    std::vector<model::LineRange>& lines = file.tests.back().lines;
    if (!lines.empty() && line <= lines.back().last + 1)
      lines.back().last = line;
    else
      lines.push_back({line, line});
  }
  reached_.clear();
  if (!file.tests.empty()) files_.push_back(std::move(file));
}

std::optional<model::TestMap> ContextBuilder::take(std::string_view granularity) {
  if (names_.empty()) return std::nullopt;
  std::vector<std::uint32_t> order(names_.size()), place(names_.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return names_[a] < names_[b]; });
  model::TestMap map;
  map.granularity = granularity;
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    place[order[i]] = i;
    map.tests.push_back({std::move(names_[order[i]])});
  }
  for (model::ReachedFile& file : files_) {
    for (model::ReachedLines& reached : file.tests) reached.test = place[reached.test];
    std::sort(file.tests.begin(), file.tests.end(), [](const auto& a, const auto& b) { return a.test < b.test; });
  }
  std::stable_sort(files_.begin(), files_.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  map.files = std::move(files_);
  *this = {};
  return map;
}

}  // namespace rh::collectors
