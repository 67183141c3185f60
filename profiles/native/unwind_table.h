// How to find the caller from each instruction of an object file: the rules of .eh_frame or .debug_frame
// (libdw interprets them), of Go's own table, or frame pointers where nothing better is there. Rules are
// kept by the range of addresses for which they hold, so that libdw is asked once for each range.
#pragma once

#include <elfutils/libdw.h>

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "profiles/native/elf_file.h"
#include "profiles/native/go_table.h"
#include "profiles/native/perf_records.h"

namespace rh::profiles::native {

enum class RuleKind : std::uint8_t {
  undefined,
  same,
  at_cfa,           // the value lies in memory at CFA + number
  cfa_plus,         // the value is CFA + number
  at_expression,    // the value lies where expression `number` says
  from_expression,  // the value is what expression `number` says
  register_plus,    // for the CFA only: register + number
};

struct UnwindRule {
  RuleKind kind = RuleKind::undefined;
  std::uint8_t from = 0;  // register_plus: which
  std::int32_t number = 0;
};

struct UnwindRow {
  std::uint64_t start = 0, end = 0;  // addresses for which it holds
  UnwindRule cfa;                    // the canonical frame address: rsp before the call
  std::array<UnwindRule, kRegisters> registers{};
  bool signal = false;     // a signal handler's frame: the caller was interrupted, it did not call
  bool outermost = false;  // the stack ends here
  bool switches = false;   // the stack goes on elsewhere
  bool guessed = false;    // by frame pointer, without a rule for the address
  std::vector<std::vector<Dwarf_Op>> expressions;
};

// The row for code that keeps frame pointers.
[[nodiscard]] const UnwindRow& frame_pointer_row();

class UnwindTable {
 public:
  explicit UnwindTable(ElfFile* elf);  // null: frame pointers only
  ~UnwindTable();
  UnwindTable(const UnwindTable&) = delete;
  UnwindTable& operator=(const UnwindTable&) = delete;

  // Valid until the next call.
  [[nodiscard]] const UnwindRow& row_at(std::uint64_t address);
  [[nodiscard]] const GoTable* go() const { return go_ ? &*go_ : nullptr; }

 private:
  std::optional<UnwindRow> row_of(Dwarf_CFI* rules, std::uint64_t address) const;
  [[nodiscard]] std::optional<UnwindRow> go_row(std::uint64_t address) const;

  ElfFile* elf_;
  Dwarf_CFI* eh_ = nullptr;     // of .eh_frame; owned
  Dwarf* dwarf_ = nullptr;      // owned; opened only for .debug_frame
  Dwarf_CFI* debug_ = nullptr;  // belongs to dwarf_
  std::optional<GoTable> go_;
  std::map<std::uint64_t, UnwindRow> rows_;  // by start
};

// What an expression reads memory with; none: not readable.
class StackMemory {
 public:
  StackMemory(std::uint64_t address, std::span<const std::byte> bytes) : address_(address), bytes_(bytes) {}
  [[nodiscard]] std::optional<std::uint64_t> word(std::uint64_t address) const;
  [[nodiscard]] std::uint64_t end() const { return address_ + bytes_.size(); }

 private:
  std::uint64_t address_;
  std::span<const std::byte> bytes_;
};

// The value of a DWARF expression; `cfa` is what DW_OP_call_frame_cfa stands for. None for operations that
// unwind rules do not use, reads outside `memory`, and broken expressions.
[[nodiscard]] std::optional<std::uint64_t> evaluate(std::span<const Dwarf_Op> operations, const Registers& registers,
                                                    std::uint64_t cfa, const StackMemory& memory);

}  // namespace rh::profiles::native
