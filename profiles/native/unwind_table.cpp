#include "profiles/native/unwind_table.h"

#include <dwarf.h>

#include <limits>

namespace rh::profiles::native {
namespace {

constexpr std::size_t kMaxRows = 200'000;

// libdw gives a register's rule as an expression; the two simple forms are by far the most.
UnwindRule rule_of(const Dwarf_Op* operations, std::size_t count, UnwindRow& row) {
  const bool value = count > 1 && operations[count - 1].atom == DW_OP_stack_value;
  const std::size_t used = value ? count - 1 : count;
  if (used >= 1 && used <= 2 && operations[0].atom == DW_OP_call_frame_cfa &&
      (used == 1 || operations[1].atom == DW_OP_plus_uconst)) {
    const auto offset = used == 1 ? 0 : static_cast<std::int64_t>(operations[1].number);
    if (offset >= std::numeric_limits<std::int32_t>::min() && offset <= std::numeric_limits<std::int32_t>::max())
      return {value ? RuleKind::cfa_plus : RuleKind::at_cfa, 0, static_cast<std::int32_t>(offset)};
  }
  row.expressions.emplace_back(operations, operations + count);
  const auto index = static_cast<std::int32_t>(row.expressions.size() - 1);
  return {value ? RuleKind::from_expression : RuleKind::at_expression, 0, index};
}

bool read_cfa(Dwarf_Frame* frame, UnwindRow& row) {
  Dwarf_Op* operations = nullptr;
  std::size_t count = 0;
  if (dwarf_frame_cfa(frame, &operations, &count) != 0 || operations == nullptr || count == 0) return false;
  const Dwarf_Op& first = operations[0];
  if (count == 1 && (first.atom == DW_OP_bregx || (first.atom >= DW_OP_breg0 && first.atom <= DW_OP_breg31))) {
    const bool indexed = first.atom == DW_OP_bregx;
    const std::uint64_t from = indexed ? first.number : first.atom - DW_OP_breg0;
    const auto offset = static_cast<std::int64_t>(indexed ? first.number2 : first.number);
    if (from < kRegisters && offset == static_cast<std::int32_t>(offset)) {
      row.cfa = {RuleKind::register_plus, static_cast<std::uint8_t>(from), static_cast<std::int32_t>(offset)};
      return true;
    }
  }
  row.expressions.emplace_back(operations, operations + count);
  row.cfa = {RuleKind::from_expression, 0, static_cast<std::int32_t>(row.expressions.size() - 1)};
  return true;
}

void read_register(Dwarf_Frame* frame, std::size_t number, UnwindRow& row) {
  std::array<Dwarf_Op, 3> memory{};
  Dwarf_Op* operations = nullptr;
  std::size_t count = 0;
  UnwindRule& rule = row.registers[number];
  if (dwarf_frame_register(frame, static_cast<int>(number), memory.data(), &operations, &count) != 0) return;
  if (count == 0) {
    rule.kind = operations == nullptr ? RuleKind::same : RuleKind::undefined;
  } else {
    rule = rule_of(operations, count, row);
  }
}

UnwindRow make_frame_pointer_row() {
  UnwindRow row;
  row.guessed = true;
  row.cfa = {RuleKind::register_plus, kRbp, 16};
  row.registers[kRbp] = {RuleKind::at_cfa, 0, -16};
  row.registers[kRip] = {RuleKind::at_cfa, 0, -8};
  for (const std::size_t kept : {3U, 12U, 13U, 14U, 15U}) row.registers[kept].kind = RuleKind::same;
  return row;
}

}  // namespace

const UnwindRow& frame_pointer_row() {
  static const UnwindRow row = make_frame_pointer_row();
  return row;
}

UnwindTable::UnwindTable(ElfFile* elf) : elf_(elf) {
  if (elf_ == nullptr) return;
  GElf_Ehdr header;
  if (gelf_getehdr(elf_->handle(), &header) == nullptr || header.e_machine != EM_X86_64) {
    elf_ = nullptr;  // the registers of the sample are not those of its rules
    return;
  }
  eh_ = dwarf_getcfi_elf(elf_->handle());
  go_ = GoTable::of(*elf_);
  if (!go_ && elf_->section_address(".debug_frame")) {
    dwarf_ = dwarf_begin_elf(elf_->handle(), DWARF_C_READ, nullptr);
    if (dwarf_ != nullptr) debug_ = dwarf_getcfi(dwarf_);
  }
}

UnwindTable::~UnwindTable() {
  if (eh_ != nullptr) dwarf_cfi_end(eh_);
  if (dwarf_ != nullptr) dwarf_end(dwarf_);
}

std::optional<UnwindRow> UnwindTable::row_of(Dwarf_CFI* rules, std::uint64_t address) const {
  if (rules == nullptr) return std::nullopt;
  Dwarf_Frame* frame = nullptr;
  if (dwarf_cfi_addrframe(rules, address, &frame) != 0) return std::nullopt;
  const std::unique_ptr<Dwarf_Frame, decltype(&std::free)> owner(frame, &std::free);
  UnwindRow row;
  Dwarf_Addr start = 0;
  Dwarf_Addr end = 0;
  const int return_register = dwarf_frame_info(frame, &start, &end, &row.signal);
  if (return_register != static_cast<int>(kRip) || !read_cfa(frame, row)) return std::nullopt;
  row.start = start;
  row.end = end;
  for (std::size_t number = 0; number < kRegisters; ++number)
    if (number != kRsp) read_register(frame, number, row);
  row.outermost = row.registers[kRip].kind == RuleKind::undefined;
  return row;
}

// Go keeps no other register across calls than the frame pointer, which lies below the return address.
std::optional<UnwindRow> UnwindTable::go_row(std::uint64_t address) const {
  if (!go_) return std::nullopt;
  const auto function = go_->function_at(address);
  if (!function) return std::nullopt;
  UnwindRow row;
  row.start = address;
  row.end = address + 1;
  row.outermost = function->top_frame;
  row.switches = function->writes_sp;
  const auto delta = go_->stack_delta_at(*function, address);
  if (!delta) {
    row.switches = true;
    return row;
  }
  row.cfa = {RuleKind::register_plus, kRsp, *delta + 8};
  row.registers[kRip] = {RuleKind::at_cfa, 0, -8};
  row.registers[kRbp].kind = RuleKind::same;
  if (*delta >= 8) row.registers[kRbp] = {RuleKind::at_cfa, 0, -16};
  return row;
}

const UnwindRow& UnwindTable::row_at(std::uint64_t address) {
  auto at = rows_.upper_bound(address);
  if (at != rows_.begin() && address < (--at)->second.end) return at->second;
  if (elf_ == nullptr) return frame_pointer_row();
  auto row = row_of(eh_, address);
  if (!row) row = go_row(address);
  if (!row) row = row_of(debug_, address);
  if (!row) {
    row = frame_pointer_row();
    row->start = address;
    row->end = address + 1;
  }
  if (rows_.size() >= kMaxRows) rows_.clear();
  return rows_.insert_or_assign(row->start, std::move(*row)).first->second;
}

}  // namespace rh::profiles::native
