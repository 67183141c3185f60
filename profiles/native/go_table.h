// The table of functions and lines that every Go program carries for its own tracebacks (.gopclntab), stripped
// or not: names, files, lines, and how far the stack pointer has moved at each instruction. Versions 1.16 to
// 1.26 and later ones of the same layout. Format: src/debug/gosym/pclntab.go and src/runtime/symtab.go of Go.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "profiles/native/elf_file.h"
#include "runner/base/result.h"

namespace rh::profiles::native {

struct GoFunction {
  std::uint64_t entry = 0, end = 0;  // virtual addresses of the file
  std::string_view name;
  std::uint32_t start_line = 0;  // 0: the table is older than Go 1.20
  bool top_frame = false;        // nothing calls it: the stack ends here
  bool writes_sp = false;        // changes to another stack: its callers cannot be found from it
  std::uint32_t index = 0;       // of the function in the table
};

class GoTable {
 public:
  // `bytes` and `text_start` (the address of runtime.text) as the file has them. Errors: parse.
  [[nodiscard]] static Result<GoTable> parse(std::string_view bytes, std::uint64_t text_start);
  // Of an object file; none if it is no Go program or its text cannot be placed for sure.
  [[nodiscard]] static std::optional<GoTable> of(const ElfFile& elf);

  [[nodiscard]] std::optional<GoFunction> function_at(std::uint64_t address) const;
  [[nodiscard]] std::string_view file_at(const GoFunction& function, std::uint64_t address) const;
  [[nodiscard]] std::uint32_t line_at(const GoFunction& function, std::uint64_t address) const;
  // Bytes between the stack pointer and the return address.
  [[nodiscard]] std::optional<std::int32_t> stack_delta_at(const GoFunction& function, std::uint64_t address) const;

 private:
  // The start of Go's code, from the structure that points to the table; none if it needs relocation.
  [[nodiscard]] static std::optional<std::uint64_t> text_in_module_data(const ElfFile& elf, const SectionView& table);
  enum class Layout : std::uint8_t { go116, go118, go120 };
  [[nodiscard]] std::uint64_t word(std::size_t offset, std::size_t bytes) const;  // 0 beyond the end
  [[nodiscard]] std::uint64_t entry_of(std::uint64_t index) const;
  [[nodiscard]] std::string_view text_at(std::uint64_t offset) const;
  // The value of one of the function's tables at the address, with the end of its validity ignored.
  [[nodiscard]] std::optional<std::int32_t> value_at(std::uint32_t table, std::uint64_t entry,
                                                     std::uint64_t address) const;
  [[nodiscard]] std::uint32_t field(const GoFunction& function, std::uint32_t number) const;

  std::string_view bytes_;
  Layout layout_ = Layout::go120;
  std::uint64_t text_start_ = 0, functions_ = 0;
  std::uint32_t quantum_ = 1;
  std::uint64_t names_ = 0, units_ = 0, files_ = 0, tables_ = 0, index_ = 0;  // offsets into bytes_
};

}  // namespace rh::profiles::native
