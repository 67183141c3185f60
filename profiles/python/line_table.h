// Lines of the instructions of a code object, from the table that each version of CPython keeps beside them.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace rh::profiles::python {

// Instructions from `begin` (bytes from the first) up to the next entry have this line; 0: none.
struct LineStart {
  std::uint32_t begin = 0;
  std::uint32_t line = 0;
  bool operator==(const LineStart&) const = default;
};

class LineTable {
 public:
  // `minor` chooses the format: co_lnotab up to 3.9 (Objects/lnotab_notes.txt), co_linetable of 3.10 (the same
  // file), the location table since 3.11 (Objects/locations.md). A table that is cut short ends where it is cut.
  [[nodiscard]] static LineTable decode(int minor, std::string_view table, std::uint32_t first_line);

  // The line of an instruction; 0: it has none, or lies before the first.
  [[nodiscard]] std::uint32_t line_at(std::int64_t offset) const;
  [[nodiscard]] const std::vector<LineStart>& entries() const { return entries_; }

 private:
  void add(std::uint32_t begin, std::int64_t line);
  void decode_lnotab(std::string_view table, std::int64_t line);
  void decode_310(std::string_view table, std::int64_t line);
  void decode_locations(std::string_view table, std::int64_t line);
  std::vector<LineStart> entries_;  // ascending; neighbours differ in their line
};

}  // namespace rh::profiles::python
