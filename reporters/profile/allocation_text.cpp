#include "reporters/profile/allocation_text.h"

#include <algorithm>
#include <map>

#include <fmt/core.h>

#include "reporters/plain_text.h"
#include "reporters/profile/text_parts.h"
#include "runner/base/text.h"

namespace rh::reporters {
namespace {

using namespace rh::model;

struct Sum {
  std::uint64_t live_bytes = 0, live_count = 0, total_bytes = 0;
};
using Place = std::pair<std::uint32_t, std::uint32_t>;  // frame, line

std::string file_of(const Profile& profile, const ProfileFrame& frame) {
  const std::string& file = frame.file.empty() ? frame.module : frame.file;
  const bool inside = profile.cwd.size() > 1 && file.starts_with(profile.cwd + '/');
  return inside ? file.substr(profile.cwd.size() + 1) : file;
}

std::vector<std::pair<Place, Sum>> largest_first(const Profile& profile) {
  std::map<Place, Sum> sums;
  for (const AllocationSite& site : profile.allocations.sites) {
    if (site.stack >= profile.stacks.size()) continue;
    const StackNode& node = profile.stacks[site.stack];
    const std::uint32_t line = node.line != 0 ? node.line : profile.frames[node.frame].line;
    Sum& sum = sums[{node.frame, line}];
    sum.live_bytes += site.live_bytes;
    sum.live_count += site.live_count;
    sum.total_bytes += site.total_bytes;
  }
  std::vector<std::pair<Place, Sum>> rows(sums.begin(), sums.end());
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
    return std::pair(a.second.live_bytes, a.second.total_bytes) > std::pair(b.second.live_bytes, b.second.total_bytes);
  });
  return rows;
}

}  // namespace

std::string allocations_to_text(const Profile& profile, const Style& style, std::size_t width, std::size_t most) {
  using Align = Table::Align;
  const auto rows = largest_first(profile);
  if (rows.empty()) return {};
  constexpr std::size_t kColumns = 40;  // beside the first
  const bool has_totals =
      std::any_of(rows.begin(), rows.end(), [](const auto& row) { return row.second.total_bytes > 0; });
  const bool has_held =
      std::any_of(rows.begin(), rows.end(), [](const auto& row) { return row.second.live_bytes > 0; });
  const std::string_view title = has_held ? "memory held, by line" : "memory allocated, by line";
  std::string head = "\n" + style(Tone::bold, title) + '\n';
  if (!profile.allocations.source.empty())
    head += wrapped(style, "recorded by ", Tone::dim,
                    clean_line(profile.allocations.source +
                               (profile.allocations.overhead.empty() ? "" : "; " + profile.allocations.overhead)),
                    width);
  std::vector<Align> columns{Align::left};
  std::vector<Table::Cell> titles{{"line", Tone::dim}};
  const auto add_column = [&](std::string_view name) {
    columns.push_back(Align::right);
    titles.push_back({std::string(name), Tone::dim});
  };
  if (has_held) add_column("held"), add_column("blocks");
  if (has_totals) add_column("ever allocated");
  Table table(columns);
  table.add(std::move(titles));
  for (std::size_t i = 0; i < std::min(rows.size(), most); ++i) {
    const auto& [at, sum] = rows[i];
    const ProfileFrame& frame = profile.frames[at.first];
    std::vector<Table::Cell> cells{
        {place(frame.name, file_of(profile, frame), at.second, width - std::min(width, kColumns))}};
    if (has_held) {
      cells.push_back({format_size(sum.live_bytes), Tone::bold});
      const bool counted = sum.live_count > 0 || sum.live_bytes == 0;  // V8 does not count
      cells.push_back({counted ? fmt::format("{}", sum.live_count) : "-"});
    }
    if (has_totals) cells.push_back({format_size(sum.total_bytes)});
    table.add(std::move(cells));
  }
  std::string text = head + table.render(style, width);
  if (rows.size() > most) text += style(Tone::dim, fmt::format("and {} more", rows.size() - most)) + '\n';
  return text;
}

}  // namespace rh::reporters
