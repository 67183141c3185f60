#include "profiles/native/name_table.h"

#include <algorithm>
#include <charconv>

#include "runner/base/text.h"

namespace rh::profiles::native {
namespace {

// Takes the next word; hexadecimal ones may begin with 0x.
std::string_view next_word(std::string_view& line) {
  const std::size_t begin = std::min(line.find_first_not_of(" \t"), line.size());
  const std::size_t end = std::min(line.find_first_of(" \t", begin), line.size());
  const std::string_view word = line.substr(begin, end - begin);
  line.remove_prefix(end);
  return word;
}

std::optional<std::uint64_t> hexadecimal(std::string_view word) {
  if (word.starts_with("0x")) word.remove_prefix(2);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value, 16);
  if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return value;
}

bool by_start(const NameTable::Entry& a, const NameTable::Entry& b) { return a.start < b.start; }

}  // namespace

NameTable NameTable::parse_kallsyms(std::string text) {
  NameTable table;
  table.text_ = std::make_unique<const std::string>(std::move(text));
  for (std::string_view line : split_lines(*table.text_)) {
    const auto start = hexadecimal(next_word(line));
    const std::string_view type = next_word(line);
    const std::string_view name = next_word(line);
    if (!start || *start == 0 || name.empty() || !is_one_of(type, {"t", "T", "w", "W"})) continue;
    table.entries_.push_back({*start, 0, name, trim(line)});
    if (table.entries_.size() >= kMaxNames) break;
  }
  std::stable_sort(table.entries_.begin(), table.entries_.end(), by_start);
  for (std::size_t i = 0; i < table.entries_.size(); ++i)
    table.entries_[i].end = i + 1 < table.entries_.size() ? table.entries_[i + 1].start : ~0ULL;
  return table;
}

NameTable NameTable::parse_perf_map(std::string text) {
  NameTable table;
  table.text_ = std::make_unique<const std::string>(to_valid_utf8(text));
  for (std::string_view line : split_lines(*table.text_)) {
    const auto start = hexadecimal(next_word(line));
    const auto size = hexadecimal(next_word(line));
    const std::string_view name = trim(line);
    if (!start || !size || name.empty()) continue;
    table.entries_.push_back({*start, *start + *size, name, {}});
    if (table.entries_.size() >= kMaxNames) break;
  }
  std::stable_sort(table.entries_.begin(), table.entries_.end(), by_start);
  // Code is moved and replaced: of entries that begin at one address the one written last is kept.
  std::vector<Entry> kept;
  for (Entry& entry : table.entries_) {
    if (!kept.empty() && kept.back().start == entry.start) kept.pop_back();
    kept.push_back(std::move(entry));
  }
  table.entries_ = std::move(kept);
  return table;
}

const NameTable::Entry* NameTable::find(std::uint64_t address) const {
  auto at = std::upper_bound(entries_.begin(), entries_.end(), address,
                             [](std::uint64_t value, const Entry& entry) { return value < entry.start; });
  if (at == entries_.begin()) return nullptr;
  --at;
  return address < at->end ? &*at : nullptr;
}

}  // namespace rh::profiles::native
