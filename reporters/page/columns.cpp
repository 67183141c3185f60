#include "reporters/page/columns.h"

#include <array>
#include <string>

namespace rh::reporters {
namespace {

// Clocks tick in thousands of nanoseconds or more, memory in pages.
constexpr std::array<std::int64_t, 6> kUnits = {1'000'000, 4096, 1024, 1000, 100, 1};

std::int64_t unit_of(const std::vector<std::optional<std::int64_t>>& values) {
  for (const std::int64_t unit : kUnits) {
    bool fits = true;
    for (const auto& value : values)
      if (value && *value % unit != 0) {
        fits = false;
        break;
      }
    if (fits) return unit;
  }
  return 1;
}

}  // namespace

void DictionaryColumn::add(std::string_view text) {
  auto found = known_.find(text);
  if (found == known_.end()) {
    found = known_.emplace(std::string(text), texts_.size()).first;
    texts_.push_back(found->first);
  }
  index_.push_back(found->second);
}

void DictionaryColumn::write(JsonWriter& writer) const {
  writer.open('{');
  writer.key("texts");
  writer.open('[');
  for (const std::string_view text : texts_) writer.string(text);
  writer.close(']');
  writer.key("index");
  writer.open('[');
  for (const std::uint64_t index : index_) writer.number(index);
  writer.close(']');
  writer.close('}');
}

void NumberColumn::write(JsonWriter& writer) const {
  const std::int64_t unit = unit_of(values_);
  std::int64_t before = 0;
  writer.open('{');
  writer.key("unit");
  writer.number(unit);
  writer.key("values");
  writer.open('[');
  for (const auto& value : values_) {
    if (!value) {
      writer.null();
      continue;
    }
    const std::int64_t units = *value / unit;
    writer.number(units - before);
    if (deltas_) before = units;
  }
  writer.close(']');
  writer.close('}');
}

void write_rows(JsonWriter& writer, const std::vector<std::uint64_t>& rows) {
  writer.open('[');
  std::uint64_t before = 0;
  for (const std::uint64_t row : rows) {
    writer.number(row - before);
    before = row;
  }
  writer.close(']');
}

}  // namespace rh::reporters
