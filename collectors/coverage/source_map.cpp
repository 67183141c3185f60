#include "collectors/coverage/source_map.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "collectors/coverage/base64_digits.h"

namespace rh::collectors {
namespace {

// The fields of one mapping: numbers in base 64, five bits a digit, the lowest bit the sign.
class Fields {
 public:
  explicit Fields(std::string_view text) : rest_(text) {}

  // nullopt at the end of the text, at ',' and ';', and at what is no digit.
  std::optional<std::int64_t> next() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; !rest_.empty() && shift < 40; shift += 5) {
      const int digit = kBase64Values[static_cast<unsigned char>(rest_.front())];
      if (digit < 0) return std::nullopt;
      rest_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(digit & 31) << shift;
      if ((digit & 32) == 0) {
        const auto magnitude = static_cast<std::int64_t>(value >> 1);
        return (value & 1) != 0 ? -magnitude : magnitude;
      }
    }
    return std::nullopt;
  }

  // What ends the mapping: ',' or ';'; 0 at the end. Digits that are too many are passed over.
  char end() {
    const std::size_t at = std::min(rest_.find_first_of(",;"), rest_.size());
    rest_.remove_prefix(at);
    if (rest_.empty()) return 0;
    const char separator = rest_.front();
    rest_.remove_prefix(1);
    return separator;
  }

 private:
  std::string_view rest_;
};

// A running sum of what a hostile map may make of it: beyond 32 bits it is no place of a source.
bool is_place(std::int64_t value) { return value >= 0 && value < UINT32_MAX; }

template <class Range, class Less>
auto lower(const Range& range, Less less) {
  return std::partition_point(range.begin(), range.end(), less);
}

}  // namespace

SourceMap::SourceMap(std::string_view mappings, std::size_t source_count) {
  Fields fields(mappings);
  std::uint32_t line = 0;
  std::int64_t column = 0, source = 0, source_line = 0, source_column = 0;
  for (char separator = ','; separator != 0;) {
    if (const auto field = fields.next()) {
      column += *field;
      const auto a = fields.next(), b = a ? fields.next() : a, c = b ? fields.next() : b;
      if (c) source += *a, source_line += *b, source_column += *c;
      if (is_place(column)) {
        const bool mapped = c && is_place(source) && static_cast<std::size_t>(source) < source_count &&
                            is_place(source_line) && is_place(source_column);
        Mapping mapping{line, static_cast<std::uint32_t>(column), mapped, {}};
        if (mapped)
          mapping.place = {static_cast<std::uint32_t>(source), static_cast<std::uint32_t>(source_line),
                           static_cast<std::uint32_t>(source_column)};
        mappings_.push_back(mapping);
      }
    }
    separator = fields.end();
    if (separator == ';') ++line, column = 0;
  }
  const auto generated_order = [](const Mapping& a, const Mapping& b) {
    return std::tie(a.line, a.column) < std::tie(b.line, b.column);
  };
  if (!std::is_sorted(mappings_.begin(), mappings_.end(), generated_order))
    std::stable_sort(mappings_.begin(), mappings_.end(), generated_order);
  for (const Mapping& mapping : mappings_)
    if (mapping.mapped) originals_.push_back({mapping.place, mapping.line, mapping.column});
  std::stable_sort(originals_.begin(), originals_.end(), [](const Generated& a, const Generated& b) {
    return std::tie(a.place.source, a.place.line, a.place.column) <
           std::tie(b.place.source, b.place.line, b.place.column);
  });
}

// Of several mappings in exactly this place, `before` means the first and `after` the last.
std::optional<SourcePlace> SourceMap::original(std::uint32_t line, std::int64_t column, Bias bias) const {
  const auto first =
      lower(mappings_, [&](const Mapping& m) { return m.line < line || (m.line == line && m.column < column); });
  const auto behind =
      lower(mappings_, [&](const Mapping& m) { return m.line < line || (m.line == line && m.column <= column); });
  auto found = first;
  if (first != behind)
    found = bias == Bias::before ? first : behind - 1;
  else if (bias == Bias::before && first != mappings_.begin())
    found = first - 1;
  else if (bias == Bias::before)
    return std::nullopt;
  if (found == mappings_.end() || found->line != line || !found->mapped) return std::nullopt;
  return found->place;
}

std::optional<SourcePlace> SourceMap::nearest(std::uint32_t line, std::int64_t column, SpanRule rule) const {
  auto place = original(line, column, Bias::before);
  if (!place) place = original(line, column, Bias::after);
  if (rule == SpanRule::istanbul_source_maps) return place;
  const auto first = original(line, 0, Bias::before);
  return first && (!place || first->line > place->line) ? first : place;
}

// Where the piece that begins at `last` ends: at the next original of its line that generated code comes from.
std::optional<SourcePlace> SourceMap::end_of(const SourcePlace& last, SpanRule rule) const {
  const std::uint32_t wanted = last.column + 1;
  const auto in_line = [&](const Generated& g) { return g.place.source == last.source && g.place.line == last.line; };
  auto at = lower(originals_, [&](const Generated& g) {
    return std::tie(g.place.source, g.place.line, g.place.column) < std::tie(last.source, last.line, wanted);
  });
  if (at == originals_.end() || !in_line(*at)) return std::nullopt;
  const std::uint32_t column = at->place.column;
  const auto same = [&](const Generated& g) { return in_line(g) && g.place.column == column; };
  if (rule == SpanRule::v8_to_istanbul) {
    if (column == wanted)
      while (at + 1 != originals_.end() && same(*(at + 1))) ++at;
    const auto place = original(at->line, at->column, Bias::before);
    return place && place->line == last.line ? place : std::nullopt;
  }
  for (; at != originals_.end() && same(*at); ++at)
    if (const auto place = original(at->line, at->column, Bias::before); place && place->line == last.line)
      return place;
  return std::nullopt;
}

std::optional<SourceSpan> SourceMap::original_span(std::uint32_t start_line, std::int64_t start_column,
                                                   std::uint32_t end_line, std::int64_t end_column,
                                                   SpanRule rule) const {
  const auto start = nearest(start_line, start_column, rule);
  const std::int64_t last_column =
      rule == SpanRule::v8_to_istanbul ? std::max<std::int64_t>(end_column - 1, 1) : end_column - 1;
  const auto last = nearest(end_line, last_column, rule);
  if (!start || !last) return std::nullopt;
  SourceSpan span{start->source, start->line, start->column, last->line, kLineEnd};
  auto end = end_of(*last, rule);
  if ((end ? end->source : last->source) != start->source) return std::nullopt;
  if (end && end->line == start->line && end->column == start->column) {
    end = original(end_line, end_column, Bias::after);
    if (!end) return std::nullopt;
    span.end_line = end->line;
    span.end_column = std::int64_t{end->column} - 1;
    return span;
  }
  if (end) {
    span.end_line = end->line;
    span.end_column = end->column;
  }
  return span;
}

}  // namespace rh::collectors
