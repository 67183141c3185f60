// What is known of the code objects of a process. An address is not an identity: when a code object is freed another
// may take its place, so every use is checked against a signature of what never changes in it, and up to 3.11,
// which does not number code objects, of the contents of its name and line table as well.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "profiles/profile_builder.h"
#include "profiles/python/layout.h"
#include "profiles/python/line_table.h"
#include "profiles/python/read_ahead.h"
#include "profiles/python/remote_memory.h"

namespace rh::profiles::python {

struct Code {
  Address address = 0;
  Address instructions = 0;      // of the first; 0: frames count from it themselves (up to 3.10)
  std::uint32_t frame = 0;       // index into Profile::frames
  std::uint32_t generation = 0;  // unique among all code objects that were seen
  std::uint64_t checked = 0;     // the check that confirmed it last
  std::uint64_t used = 0;        // the check that last asked for it
  bool planned = false;
  LineTable lines;
  std::vector<iovec> ranges;                                   // the signature in the process
  std::vector<std::uint8_t> signature;                         // their bytes, what may change zeroed
  std::vector<std::pair<std::uint32_t, std::uint32_t>> holes;  // of the signature: from, to

  // The line of an instruction as a frame has it.
  [[nodiscard]] std::uint32_t line_at(std::int64_t instruction, int minor) const;
};

class CodeCache {
 public:
  CodeCache(RemoteMemory& memory, const Layout& layout, ProfileBuilder& builder)
      : memory_(memory), layout_(layout), builder_(builder), ahead_(memory) {}

  // The code objects that the next confirm() will probably ask for: whoever reads the process anyway reads these
  // ranges too, behind what uses them, and saves a system call.
  [[nodiscard]] std::span<const iovec> planned_ranges() const { return plan_.ranges; }
  [[nodiscard]] std::size_t planned_bytes() const { return plan_.size; }
  // Compares the code objects at `addresses` (each once) with what is known of them, and gets to know the new ones.
  // `planned`: the bytes of planned_ranges(), null when they were not read; what they do not hold is read now.
  // True: all were known and are the same. Those that are not a code object are unknown afterwards.
  [[nodiscard]] bool confirm(std::span<const Address> addresses, const std::uint8_t* planned);
  // The code object as of the last check; null: unknown. Stays valid until the next confirm().
  [[nodiscard]] const Code* find(Address address) const;
  // It was known before the last check and is still the same.
  [[nodiscard]] bool confirmed(const Code& code) const { return code.checked == check_; }

 private:
  // A range of a signature within what a plan reads.
  struct Piece {
    Code* code = nullptr;
    Address begin = 0;
    std::uint32_t size = 0;
    std::uint32_t signature_at = 0;  // in the code's signature
    std::size_t at = 0;              // in the bytes that are read
  };
  // Code objects that are read at once, in few ranges.
  struct Plan {
    std::vector<Code*> codes;
    std::vector<Piece> pieces;
    std::vector<iovec> ranges;
    std::size_t size = 0;  // bytes of all ranges
  };
  struct Candidate {  // not confirmed yet
    std::unique_ptr<Code> code;
    model::ProfileFrame frame;
  };
  void learn(std::span<const Address> addresses);
  void read_ahead(std::span<const Address> addresses);
  [[nodiscard]] std::optional<Candidate> describe(Address address);
  void describe_signature(Code& code, std::span<const std::uint8_t> header);
  [[nodiscard]] std::size_t header_bytes() const;
  [[nodiscard]] std::uint32_t shown_name() const;  // its place in a code object
  static void zero_holes(const Code& code, std::uint8_t* signature);
  [[nodiscard]] bool unchanged(std::span<const Address> addresses, const std::uint8_t* planned);
  [[nodiscard]] bool is_code_type(Address type);
  [[nodiscard]] std::string read_text(Address object, std::size_t max_characters);
  [[nodiscard]] std::string read_bytes(Address object);
  static void lay_out(Plan& plan);
  void compare(const Plan& plan, const std::uint8_t* seen);
  void read_and_compare(Plan& plan);
  void check_alone(Code& code);
  void forget_changed(const Plan& plan);
  void plan_next(std::span<const Address> addresses);

  RemoteMemory& memory_;
  const Layout& layout_;
  ProfileBuilder& builder_;
  Address code_type_ = 0;
  std::uint64_t check_ = 0;
  std::uint32_t next_generation_ = 0;
  std::unordered_map<Address, std::unique_ptr<Code>> codes_;
  Plan plan_;   // of what was asked for lately
  Plan extra_;  // of what the plan did not foresee
  std::vector<Address> unknown_;
  std::vector<std::uint8_t> bytes_, signature_;
  ReadAhead ahead_;
  // Of the last check, when the plan held all that it asked for and nothing was new.
  std::vector<Address> same_addresses_;
  std::vector<std::uint8_t> same_bytes_;
  std::uint64_t same_checks_ = 0;
};

}  // namespace rh::profiles::python
