// The call stack of a running bash, read from its memory: the arrays FUNCNAME, BASH_SOURCE and BASH_LINENO that it
// keeps for scripts, and the number of the line it executes. bash exports its variables for loadable builtins, so
// every dynamically linked build of bash 3.2 and later can be read; nothing is changed in it, tracing included.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "profiles/python/remote_memory.h"
#include "runner/base/result.h"

namespace rh::profiles::bash {

using python::Address;
using python::RemoteMemory;

constexpr std::size_t kMaxFrames = 1024;    // deeper calls are cut at the outer end
constexpr std::size_t kMaxTextBytes = 256;  // of a name or a path

// Addresses of the file, before it is loaded.
struct BashSymbols {
  std::uint64_t line_number = 0, global_variables = 0, function_definitions = 0;  // the last is 0 where unknown
  std::uint64_t first_address = 0;
  bool fixed_address = false;
};
// Errors: not an ELF file, or a bash that exports no variables (linked statically).
[[nodiscard]] Result<BashSymbols> read_symbols(const std::filesystem::path& executable);

// Where a process has what is read again and again.
struct BashAddresses {
  Address line_number = 0;
  Address function_definitions = 0;    // HASH_TABLE**; 0: unknown
  std::array<Address, 3> variables{};  // SHELL_VAR of FUNCNAME, BASH_SOURCE, BASH_LINENO
  std::array<Address, 3> heads{};      // sentinel element of each array
};
// None while bash has not made its variables yet.
[[nodiscard]] std::optional<BashAddresses> locate(RemoteMemory& memory, const BashSymbols& symbols);
// Whether the addresses of the process it was forked from hold for this one.
[[nodiscard]] bool still_hold(RemoteMemory& memory, const BashAddresses& addresses);

struct BashFrame {
  std::string function;  // "main" for the script itself, "source" for a file read by `source`
  std::string file;
  std::uint32_t line = 0;  // executed now, or called from
  bool operator==(const BashFrame&) const = default;
};

enum class ReadOutcome : std::uint8_t { read, changed, gone };

// bash runs on meanwhile. One system call reads, in this order: all calls; the innermost call; the line; the innermost
// call; all calls. Both pairs have to agree, so that the line is one of that call: bash cannot return and make another
// call in the half microsecond between the inner pair. The second copy of all calls is read in the opposite order, so
// that no rhythm of the script can make two wrong copies alike. As long as bash stays in one call, that system call is
// all.
class StackReader {
 public:
  StackReader(RemoteMemory& memory, const BashAddresses& addresses) : memory_(memory), addresses_(addresses) {}
  // Tries at most kTries times.
  [[nodiscard]] ReadOutcome read();
  [[nodiscard]] const std::vector<BashFrame>& frames() const { return frames_; }  // leaf first
  [[nodiscard]] bool truncated() const { return truncated_; }
  [[nodiscard]] std::uint64_t retries() const { return retries_; }
  // The line on which bash read the definition of a function; 0: unknown.
  [[nodiscard]] std::uint32_t definition_line(const std::string& function);

 private:
  struct Element {
    Address at = 0;
    Address value = 0, next = 0;
  };
  using Chains = std::array<std::vector<Element>, 3>;
  [[nodiscard]] bool walk(bool reuse);
  [[nodiscard]] bool append_known(const Chains& old, const std::array<Address, 3>& next);
  [[nodiscard]] bool verify();
  void make_ranges();
  void make_frames();
  void set_line();
  [[nodiscard]] std::string text_at(std::size_t part) const;

  static constexpr int kTries = 32;
  RemoteMemory& memory_;
  BashAddresses addresses_;
  Chains chains_;
  // A part of the shell's memory that is wanted, and where it lies in a copy of the spans.
  struct Item {
    Address at = 0;
    std::size_t size = 0, offset = 0;
  };
  void add_item(Address at, std::size_t size) { items_.push_back({at, size, 0}); }
  [[nodiscard]] std::vector<iovec> make_spans();
  [[nodiscard]] bool same_items(const std::uint8_t* copy, const std::uint8_t* again) const;

  std::vector<Item> items_;          // three heads, elements, texts: of all calls
  std::vector<std::size_t> texts_;   // index of the item of each text; its size is 0 where there is none
  std::vector<iovec> ranges_;        // of one reading, as above
  std::size_t span_count_ = 0;       // at the front of ranges_, and in the opposite order at its end
  std::size_t copy_bytes_ = 0;       // of all spans
  std::size_t innermost_bytes_ = 0;  // the head of FUNCNAME and its first text
  std::vector<std::uint8_t> calls_;  // the copy that was accepted
  std::vector<std::uint8_t> reading_;
  std::int32_t line_ = 0;
  std::vector<BashFrame> frames_;
  std::unordered_map<std::string, std::uint32_t> definitions_;
  bool truncated_ = false;
  std::uint64_t retries_ = 0;
};

}  // namespace rh::profiles::bash
