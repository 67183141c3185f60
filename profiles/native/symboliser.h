// Turns code addresses into functions, files and lines: DWARF first, then Go's own table, symbols, the bounds
// of functions in .eh_frame_hdr, and at last the module and the offset. A name is never guessed: what is not
// known is "[module+0x1234]".
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "profiles/native/code_objects.h"
#include "profiles/native/debug_info.h"
#include "profiles/native/go_table.h"
#include "profiles/native/name_table.h"
#include "runner/model/profile.h"

namespace rh::profiles::native {

struct NamedFrame {
  model::ProfileFrame frame;
  std::uint32_t line = 0;
};

// Start addresses of functions from .eh_frame_hdr, sorted; empty if there is none of the usual form.
[[nodiscard]] std::vector<std::uint64_t> function_starts(const ElfFile& elf);

class Symboliser {
 public:
  // `kernel_symbols`: the text of /proc/kallsyms, read when the first kernel address is asked for.
  explicit Symboliser(CodeObjects& objects, std::function<std::string()> kernel_symbols);
  // The frames at the address, outermost first: one, and one more for each function inlined there.
  [[nodiscard]] const std::vector<NamedFrame>& frames_at(const CodeAddress& at);
  // Whether the object had any names, by object, with the reason if it had none. For diagnostics.
  struct Coverage {
    std::uint64_t named = 0, unnamed = 0;
  };
  [[nodiscard]] const std::unordered_map<std::uint32_t, Coverage>& coverage() const { return coverage_; }

 private:
  struct Object {
    bool read = false;
    std::unique_ptr<DebugInfo> debug;
    std::optional<GoTable> go;
    std::vector<Symbol> symbols;
    std::vector<std::uint64_t> starts;
    std::unique_ptr<Dwarf_CFI, decltype(&dwarf_cfi_end)> rules{nullptr, &dwarf_cfi_end};
    std::optional<ElfFile> separate;  // a debug file whose symbols complete those of the object
    NameTable names;
  };
  struct Hash {
    std::size_t operator()(const CodeAddress& at) const {
      return std::hash<std::uint64_t>()(at.offset * 0x9e3779b97f4a7c15ULL + at.object);
    }
  };
  Object& object(std::uint32_t index);
  void read_file(CodeObject& file, Object& to);
  std::vector<NamedFrame> name(const CodeAddress& at);
  std::vector<NamedFrame> name_in_file(const CodeAddress& at);
  [[nodiscard]] std::vector<NamedFrame> from_debug_info(Object& in, const std::string& module, std::uint64_t address);
  [[nodiscard]] std::vector<NamedFrame> from_tables(const Object& in, const std::string& module,
                                                    std::uint64_t address) const;
  [[nodiscard]] static bool has_rule(const Object& in, std::uint64_t address);
  NamedFrame unknown(const CodeAddress& at, const std::string& path, std::uint64_t address);

  CodeObjects& code_;
  std::function<std::string()> kernel_symbols_;
  std::vector<std::unique_ptr<Object>> objects_;
  std::unordered_map<CodeAddress, std::vector<NamedFrame>, Hash> known_;
  std::unordered_map<std::uint32_t, Coverage> coverage_;
};

}  // namespace rh::profiles::native
