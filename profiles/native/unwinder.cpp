#include "profiles/native/unwinder.h"

#include <linux/perf_event.h>

#include <algorithm>

namespace rh::profiles::native {
namespace {

constexpr std::uint64_t kFirstMark = static_cast<std::uint64_t>(PERF_CONTEXT_MAX);  // marks are above all addresses
constexpr std::size_t kKernelChainLimit = 120;  // entries; perf_event_max_stack is 127 and counts the marks

std::span<const std::uint64_t> part_after(std::span<const std::uint64_t> chain, std::uint64_t mark) {
  const auto begin = std::find(chain.begin(), chain.end(), mark);
  if (begin == chain.end()) return {};
  const auto end = std::find_if(begin + 1, chain.end(), [](std::uint64_t entry) { return entry >= kFirstMark; });
  return {begin + 1, end};
}

}  // namespace

struct Unwinder::Walk {
  const AddressSpace& space;
  Registers registers;
  StackMemory memory;
  bool exact = true;  // the instruction pointer is that of the next instruction, not of a return
};

UnwindTable& Unwinder::table(std::uint32_t object) {
  if (tables_.size() <= object) tables_.resize(object + 1);
  if (tables_[object] == nullptr) tables_[object] = std::make_unique<UnwindTable>(objects_.elf(object));
  return *tables_[object];
}

const UnwindRow& Unwinder::row_for(const CodeAddress& at) {
  UnwindTable& rules = table(at.object);
  ElfFile* elf = objects_.elf(at.object);
  const auto address = elf != nullptr ? elf->address_of(at.offset) : std::nullopt;
  return address ? rules.row_at(*address) : frame_pointer_row();
}

namespace {

std::optional<std::uint64_t> canonical_address(const UnwindRow& row, const Registers& registers,
                                               const StackMemory& memory) {
  if (row.cfa.kind == RuleKind::register_plus)
    return registers[row.cfa.from] + static_cast<std::uint64_t>(static_cast<std::int64_t>(row.cfa.number));
  if (row.cfa.kind != RuleKind::from_expression) return std::nullopt;
  return evaluate(row.expressions[static_cast<std::size_t>(row.cfa.number)], registers, 0, memory);
}

// The value a register had in the caller; none if it cannot be known.
std::optional<std::uint64_t> value_in_caller(const UnwindRow& row, std::size_t number, std::uint64_t cfa,
                                             const Registers& registers, const StackMemory& memory) {
  const UnwindRule& rule = row.registers[number];
  const std::uint64_t beside = cfa + static_cast<std::uint64_t>(static_cast<std::int64_t>(rule.number));
  const auto expression = [&] {
    return evaluate(row.expressions[static_cast<std::size_t>(rule.number)], registers, cfa, memory);
  };
  switch (rule.kind) {
    case RuleKind::same:
      return registers[number];
    case RuleKind::at_cfa:
      return memory.word(beside);
    case RuleKind::cfa_plus:
      return beside;
    case RuleKind::from_expression:
      return expression();
    case RuleKind::at_expression: {
      const auto where = expression();
      return where ? memory.word(*where) : std::nullopt;
    }
    case RuleKind::undefined:
    case RuleKind::register_plus:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

Unwinder::Step Unwinder::step(Walk& walk, std::vector<CodeAddress>& stack) {
  const std::uint64_t pc = walk.registers[kRip];
  auto at = walk.space.find(walk.exact ? pc : pc - 1);
  if (!at) {
    if (!walk.exact) return Step::unknown;
    at = CodeAddress{kMarkObject, kUnknownCodeMark};
  }
  const UnwindRow& row = at->object == kMarkObject ? frame_pointer_row() : row_for(*at);
  // The code that a signal handler returns to is entered at its first instruction, not after a call.
  if (row.signal && !walk.exact) at->offset += 1;
  stack.push_back(*at);
  if (row.outermost) return Step::outermost;
  if (row.switches) return Step::switched;
  const auto cfa = canonical_address(row, walk.registers, walk.memory);
  // Callers lie higher; only a handler of signals may run on a stack of its own.
  if (!cfa || (*cfa <= walk.registers[kRsp] && !row.signal)) return Step::unknown;
  if (*cfa - 8 >= walk.memory.end() && !row.signal) return row.guessed ? Step::unknown : Step::cut;
  Registers caller{};
  for (std::size_t number = 0; number < kRegisters; ++number)
    if (number != kRsp) caller[number] = value_in_caller(row, number, *cfa, walk.registers, walk.memory).value_or(0);
  const auto explicit_rsp = value_in_caller(row, kRsp, *cfa, walk.registers, walk.memory);
  caller[kRsp] = explicit_rsp.value_or(*cfa);
  const std::uint64_t return_address = caller[kRip];
  if (return_address == 0) return Step::outermost;
  if (!walk.space.find(row.signal ? return_address : return_address - 1)) return Step::unknown;
  walk.registers = caller;
  walk.exact = row.signal;
  return_addresses_.push_back(return_address);
  return Step::next;
}

void Unwinder::follow_chain(const AddressSpace& space, std::span<const std::uint64_t> chain, bool leaf,
                            std::vector<CodeAddress>& stack) {
  for (const std::uint64_t address : chain) {
    if (stack.size() >= kMaxFrames) return;
    const auto at = space.find(leaf ? address : address - 1);
    if (!at) return;
    stack.push_back(*at);
    leaf = false;
  }
}

// Where the kernel's walk met the last caller that is known, it tells the rest. Go's calls into C change the stack,
// and C code without frame pointers leaves Go's in place: then the walk goes from the leaf straight to Go's callers.
std::span<const std::uint64_t> Unwinder::rest_of_chain(const AddressSpace& space, std::span<const std::uint64_t> chain,
                                                       bool switched, std::uint32_t object) {
  if (!return_addresses_.empty()) {
    const auto met = std::find(chain.begin(), chain.end(), return_addresses_.back());
    if (met != chain.end()) return {met + 1, chain.end()};
  }
  if (!switched || chain.size() < 2) return {};
  const auto caller = space.find(chain[1] - 1);
  const GoTable* go = table(object).go();
  if (!caller || caller->object != object || go == nullptr) return {};
  const auto address = objects_.elf(object)->address_of(caller->offset);
  return address && go->function_at(*address) ? chain.subspan(1) : std::span<const std::uint64_t>();
}

StackEnd Unwinder::walk_user(const AddressSpace& space, const SampleRecord& sample,
                             std::span<const std::uint64_t> chain, std::vector<CodeAddress>& stack) {
  if (!sample.has_registers) {
    follow_chain(space, chain, true, stack);
    return StackEnd::outermost;
  }
  Walk walk{space, sample.registers, StackMemory(sample.registers[kRsp], sample.stack)};
  return_addresses_.clear();
  Step last = Step::next;
  while (last == Step::next && stack.size() < kMaxFrames) last = step(walk, stack);
  if (last == Step::outermost) return StackEnd::outermost;
  if (last == Step::next) return StackEnd::cut;
  if (last == Step::unknown) return StackEnd::caller_unknown;
  const auto rest = rest_of_chain(space, chain, last == Step::switched, stack.back().object);
  if (!rest.empty()) {
    follow_chain(space, rest, false, stack);
    return chain.size() >= kKernelChainLimit ? StackEnd::cut : StackEnd::outermost;
  }
  return last == Step::switched ? StackEnd::outermost : StackEnd::cut;
}

StackEnd Unwinder::unwind(const AddressSpace& space, const SampleRecord& sample, std::vector<CodeAddress>& stack) {
  stack.clear();
  const auto kernel = part_after(sample.chain, static_cast<std::uint64_t>(PERF_CONTEXT_KERNEL));
  bool leaf = true;
  for (const std::uint64_t address : kernel) {
    stack.push_back({kKernelObject, leaf ? address : address - 1});
    leaf = false;
  }
  const auto user = part_after(sample.chain, static_cast<std::uint64_t>(PERF_CONTEXT_USER));
  if (user.empty() && !sample.has_registers) return StackEnd::outermost;  // before its first instruction
  const StackEnd end = walk_user(space, sample, user, stack);
  if (end == StackEnd::cut) stack.push_back({kMarkObject, kStackCutMark});
  if (end == StackEnd::caller_unknown) stack.push_back({kMarkObject, kCallerUnknownMark});
  return end;
}

}  // namespace rh::profiles::native
