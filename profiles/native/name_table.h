// Tables of addresses and names in text: /proc/kallsyms of the kernel, and /tmp/perf-PID.map, in which a
// just-in-time compiler says what it generated where (perf's jit-interface.txt).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rh::profiles::native {

inline constexpr std::size_t kMaxNames = 10'000'000;

class NameTable {
 public:
  // "ffffffff81000000 T _stext [module]"; only code. Empty where the kernel hides its addresses as zeros.
  [[nodiscard]] static NameTable parse_kallsyms(std::string text);
  // "START SIZE name with blanks", numbers in hexadecimal. Of several entries for an address the last holds.
  [[nodiscard]] static NameTable parse_perf_map(std::string text);

  struct Entry {
    std::uint64_t start = 0, end = 0;  // end excluded
    std::string_view name;
    std::string_view module;  // kernel: "[name of the module]"
  };
  [[nodiscard]] const Entry* find(std::uint64_t address) const;
  [[nodiscard]] bool empty() const { return entries_.empty(); }

 private:
  std::unique_ptr<const std::string> text_;  // what the entries point into
  std::vector<Entry> entries_;               // by start
};

}  // namespace rh::profiles::native
