// Walks the stack of a thread from the registers and the piece of its stack that the kernel copied with a
// sample. Rules of the code come first, because code without frame pointers, prologues and leaf functions
// make the kernel's own walk skip callers or invent them; the kernel's walk by frame pointers continues where
// the copied piece ends or the thread had switched to another stack.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "profiles/native/address_space.h"
#include "profiles/native/code_objects.h"
#include "profiles/native/perf_records.h"
#include "profiles/native/unwind_table.h"

namespace rh::profiles::native {

inline constexpr std::size_t kMaxFrames = 4096;
inline constexpr std::uint64_t kCallerUnknownMark = 1;
inline constexpr std::uint64_t kUnknownCodeMark = 2;

enum class StackEnd : std::uint8_t {
  outermost,       // the whole stack
  cut,             // it goes on beyond what was copied
  caller_unknown,  // code without rules, or what should be a return address is none
};

class Unwinder {
 public:
  explicit Unwinder(CodeObjects& objects) : objects_(objects) {}
  // Fills `stack` leaf first: the code addresses of the sample, kernel frames included. Return addresses
  // are moved back by one byte, into the call. A stack that is not whole ends with a mark.
  StackEnd unwind(const AddressSpace& space, const SampleRecord& sample, std::vector<CodeAddress>& stack);

 private:
  struct Walk;
  enum class Step : std::uint8_t { next, outermost, cut, switched, unknown };
  UnwindTable& table(std::uint32_t object);
  const UnwindRow& row_for(const CodeAddress& at);
  Step step(Walk& walk, std::vector<CodeAddress>& stack);
  StackEnd walk_user(const AddressSpace& space, const SampleRecord& sample, std::span<const std::uint64_t> chain,
                     std::vector<CodeAddress>& stack);
  std::span<const std::uint64_t> rest_of_chain(const AddressSpace& space, std::span<const std::uint64_t> chain,
                                               bool switched, std::uint32_t object);
  void follow_chain(const AddressSpace& space, std::span<const std::uint64_t> chain, bool leaf,
                    std::vector<CodeAddress>& stack);

  CodeObjects& objects_;
  std::vector<std::unique_ptr<UnwindTable>> tables_;  // by object
  std::vector<std::uint64_t> return_addresses_;
};

}  // namespace rh::profiles::native
