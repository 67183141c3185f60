// What lies where in the memory of one process: its executable maps, as the kernel told them over time.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "profiles/native/code_objects.h"

namespace rh::profiles::native {

inline constexpr std::size_t kMaxMaps = 65'530;  // vm.max_map_count of the kernel

class AddressSpace {
 public:
  struct Mapping {
    std::uint64_t start = 0, end = 0;  // end excluded
    std::uint64_t base = 0;            // offset into the object that corresponds to `start`
    std::uint32_t object = 0;
  };
  // A new map hides what lay there before.
  void map(const Mapping& added);
  void clear() {
    maps_.clear();
    in_order_.clear();
  }
  [[nodiscard]] std::optional<CodeAddress> find(std::uint64_t address) const;
  // The object of a file that was mapped first: the program itself.
  [[nodiscard]] std::optional<std::uint32_t> first_file(CodeObjects& objects) const;
  [[nodiscard]] std::size_t count() const { return maps_.size(); }

 private:
  std::vector<Mapping> maps_;            // ordered, without overlap
  std::vector<std::uint32_t> in_order_;  // objects as they came; the first few
};

}  // namespace rh::profiles::native
