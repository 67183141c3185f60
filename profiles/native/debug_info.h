// What DWARF tells about an address of an object file: the function, the functions inlined there, and the
// lines. DWARF 2 to 5 through libdw, split and alternate files included where libdw finds them.
#pragma once

#include <elfutils/libdw.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "profiles/native/elf_file.h"

namespace rh::profiles::native {

// One function at an address. Inlined ones are functions like others.
struct CodePlace {
  std::string name;  // demangled; empty: DWARF knows the line but no function
  std::string file;  // where the function is defined
  std::uint32_t first_line = 0;
  std::uint32_t line = 0;  // being executed, or of the call; 0: unknown
};

class DebugInfo {
 public:
  // Of the file, or of its separate debug file. Null if there is none that can be read.
  [[nodiscard]] static std::unique_ptr<DebugInfo> of(ElfFile& elf);
  ~DebugInfo();
  DebugInfo(const DebugInfo&) = delete;
  DebugInfo& operator=(const DebugInfo&) = delete;

  // Outermost first: the function, then what is inlined into it. Empty if DWARF does not cover the address.
  [[nodiscard]] std::vector<CodePlace> at(std::uint64_t address);

 private:
  struct Range {
    std::uint64_t start = 0, end = 0;
    std::size_t index = 0;  // of the unit or function
  };
  struct Unit {
    Dwarf_Die die{};
    bool read = false;
    std::vector<Dwarf_Die> functions;
    std::vector<Range> ranges;  // of the functions, by start
  };
  explicit DebugInfo(Dwarf* dwarf);
  void read_units();
  void read_functions(Unit& unit);
  void collect_functions(Unit& unit, Dwarf_Die parent, int depth);
  static void add_ranges(Dwarf_Die& die, std::size_t index, std::vector<Range>& to);
  static const Range* find(const std::vector<Range>& ranges, std::uint64_t address);
  CodePlace place_of(Dwarf_Die& die) const;

  std::optional<ElfFile> separate_;
  Dwarf* dwarf_;
  std::vector<Unit> units_;
  std::vector<Range> unit_ranges_;
};

}  // namespace rh::profiles::native
