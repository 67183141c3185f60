// Columns of a table as JSON that compresses well: dictionaries for texts that repeat, one unit for numbers that
// are all multiples of it, and sparse columns as objects from row to value.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reporters/json/writer.h"

namespace rh::reporters {

// {"texts": [...], "index": [...]}
class DictionaryColumn {
 public:
  void add(std::string_view text);
  void write(JsonWriter& writer) const;

 private:
  std::map<std::string, std::uint64_t, std::less<>> known_;
  std::vector<std::string_view> texts_;  // of known_
  std::vector<std::uint64_t> index_;
};

// {"unit": n, "values": [number or null, ...]}; with `deltas`, each number is the difference to the known one before.
class NumberColumn {
 public:
  explicit NumberColumn(bool deltas = false) : deltas_(deltas) {}
  void add(std::optional<std::int64_t> value) { values_.push_back(value); }
  void write(JsonWriter& writer) const;

 private:
  bool deltas_;
  std::vector<std::optional<std::int64_t>> values_;
};

// Ascending row numbers as differences: [5, 1, 1, 30].
void write_rows(JsonWriter& writer, const std::vector<std::uint64_t>& rows);

}  // namespace rh::reporters
