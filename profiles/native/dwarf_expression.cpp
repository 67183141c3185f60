// DWARF expressions as unwind rules use them: DWARF 5, section 2.5. What is left out (types, calls, pieces)
// has no meaning in a rule.
#include <dwarf.h>

#include <cstring>

#include "profiles/native/unwind_table.h"

namespace rh::profiles::native {
namespace {

constexpr std::size_t kMaxDepth = 64;
constexpr std::size_t kMaxOperations = 256;

class Machine {
 public:
  Machine(const Registers& registers, std::uint64_t cfa, const StackMemory& memory)
      : registers_(registers), cfa_(cfa), memory_(memory) {}

  bool run(const Dwarf_Op& op) {
    if (op.atom >= DW_OP_lit0 && op.atom <= DW_OP_lit31) return push(op.atom - DW_OP_lit0);
    if (op.atom >= DW_OP_breg0 && op.atom <= DW_OP_breg31) return push_register(op.atom - DW_OP_breg0, op.number);
    switch (op.atom) {
      case DW_OP_addr:
      case DW_OP_const1u:
      case DW_OP_const1s:
      case DW_OP_const2u:
      case DW_OP_const2s:
      case DW_OP_const4u:
      case DW_OP_const4s:
      case DW_OP_const8u:
      case DW_OP_const8s:
      case DW_OP_constu:
      case DW_OP_consts:
        return push(op.number);  // libdw has extended the sign
      case DW_OP_bregx:
        return push_register(op.number, op.number2);
      case DW_OP_call_frame_cfa:
        return push(cfa_);
      case DW_OP_dup:
        return depth_ > 0 && push(stack_[depth_ - 1]);
      case DW_OP_drop:
        return depth_ > 0 && (--depth_, true);
      case DW_OP_over:
        return depth_ > 1 && push(stack_[depth_ - 2]);
      case DW_OP_swap:
        return depth_ > 1 && (std::swap(stack_[depth_ - 1], stack_[depth_ - 2]), true);
      case DW_OP_plus_uconst:
        return depth_ > 0 && (stack_[depth_ - 1] += op.number, true);
      case DW_OP_deref:
        return dereference();
      case DW_OP_neg:
        return depth_ > 0 && (stack_[depth_ - 1] = 0 - stack_[depth_ - 1], true);
      case DW_OP_not:
        return depth_ > 0 && (stack_[depth_ - 1] = ~stack_[depth_ - 1], true);
      case DW_OP_nop:
      case DW_OP_stack_value:
        return true;
      default:
        return binary(op.atom);
    }
  }

  [[nodiscard]] std::optional<std::uint64_t> top() const {
    if (depth_ == 0) return std::nullopt;
    return stack_[depth_ - 1];
  }

 private:
  bool push(std::uint64_t value) {
    if (depth_ == kMaxDepth) return false;
    stack_[depth_++] = value;
    return true;
  }
  bool push_register(std::uint64_t number, std::uint64_t offset) {
    return number < kRegisters && push(registers_[number] + offset);
  }
  bool dereference() {
    if (depth_ == 0) return false;
    const auto value = memory_.word(stack_[depth_ - 1]);
    if (value) stack_[depth_ - 1] = *value;
    return value.has_value();
  }
  bool binary(unsigned atom) {
    if (depth_ < 2) return false;
    const std::uint64_t right = stack_[--depth_];
    std::uint64_t& left = stack_[depth_ - 1];
    const auto signed_left = static_cast<std::int64_t>(left);
    const auto signed_right = static_cast<std::int64_t>(right);
    switch (atom) {
      case DW_OP_plus:
        left += right;
        return true;
      case DW_OP_minus:
        left -= right;
        return true;
      case DW_OP_mul:
        left *= right;
        return true;
      case DW_OP_and:
        left &= right;
        return true;
      case DW_OP_or:
        left |= right;
        return true;
      case DW_OP_xor:
        left ^= right;
        return true;
      case DW_OP_shl:
        left = right < 64 ? left << right : 0;
        return true;
      case DW_OP_shr:
        left = right < 64 ? left >> right : 0;
        return true;
      case DW_OP_shra:
        left = static_cast<std::uint64_t>(signed_left >> std::min<std::uint64_t>(right, 63));
        return true;
      case DW_OP_ge:
        left = signed_left >= signed_right ? 1 : 0;
        return true;
      case DW_OP_gt:
        left = signed_left > signed_right ? 1 : 0;
        return true;
      case DW_OP_le:
        left = signed_left <= signed_right ? 1 : 0;
        return true;
      case DW_OP_lt:
        left = signed_left < signed_right ? 1 : 0;
        return true;
      case DW_OP_eq:
        left = left == right ? 1 : 0;
        return true;
      case DW_OP_ne:
        left = left != right ? 1 : 0;
        return true;
      default:
        return false;
    }
  }

  const Registers& registers_;
  std::uint64_t cfa_;
  const StackMemory& memory_;
  std::array<std::uint64_t, kMaxDepth> stack_{};
  std::size_t depth_ = 0;
};

}  // namespace

std::optional<std::uint64_t> StackMemory::word(std::uint64_t address) const {
  if (address < address_ || bytes_.size() < sizeof(std::uint64_t)) return std::nullopt;
  const std::uint64_t at = address - address_;
  if (at > bytes_.size() - sizeof(std::uint64_t)) return std::nullopt;
  std::uint64_t value = 0;
  std::memcpy(&value, bytes_.data() + at, sizeof value);
  return value;
}

std::optional<std::uint64_t> evaluate(std::span<const Dwarf_Op> operations, const Registers& registers,
                                      std::uint64_t cfa, const StackMemory& memory) {
  if (operations.size() > kMaxOperations) return std::nullopt;
  Machine machine(registers, cfa, memory);
  for (const Dwarf_Op& operation : operations)
    if (!machine.run(operation)) return std::nullopt;
  return machine.top();
}

}  // namespace rh::profiles::native
