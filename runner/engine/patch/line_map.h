// Which line of the old text became which line of the new one, by the hunks between them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "runner/engine/patch/patch.h"

namespace rh::engine {

class LineMap {
 public:
  // `hunks` are sorted and must outlive the map.
  explicit LineMap(const std::vector<Hunk>& hunks) : hunks_(&hunks) {}
  LineMap(std::vector<Hunk>&&) = delete;

  // nullopt: the line was made by the change (an edited line counts as made).
  [[nodiscard]] std::optional<std::uint32_t> old_line(std::uint32_t new_line) const;
  // nullopt: the line was removed by the change.
  [[nodiscard]] std::optional<std::uint32_t> new_line(std::uint32_t old_line) const;

 private:
  const std::vector<Hunk>* hunks_;
};

}  // namespace rh::engine
