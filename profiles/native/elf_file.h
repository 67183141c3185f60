// An object file opened for reading: its segments, sections, symbols, identity, and where its separate debug
// file lies. libelf reads it by pread, so that a file cut short meanwhile is an error and not a SIGBUS.
#pragma once

#include <elfutils/libdw.h>
#include <elfutils/libdwelf.h>
#include <gelf.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runner/base/result.h"
#include "runner/base/unique_fd.h"

namespace rh::profiles::native {

inline constexpr std::uint64_t kMaxObjectBytes = 8ULL << 30;

struct Symbol {
  std::uint64_t start = 0, end = 0;  // virtual addresses of the file, end excluded
  std::string_view name;             // mangled; points into the file's string table
};

struct SectionView {
  std::uint64_t address = 0;
  std::string_view bytes;
};

class ElfFile {
 public:
  // Errors: io, parse (not an ELF file), limit.
  [[nodiscard]] static Result<ElfFile> open(UniqueFd file, const std::filesystem::path& path);
  // An image that lies in memory as it would in a file, such as the vdso. `bytes` must outlive the result.
  [[nodiscard]] static Result<ElfFile> in_memory(std::string_view bytes);
  ElfFile(ElfFile&& other) noexcept;
  ElfFile& operator=(ElfFile&&) = delete;
  ~ElfFile();

  [[nodiscard]] Elf* handle() const { return elf_; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  // The virtual address at which the byte of the file is loaded; none if it is in no loaded segment.
  [[nodiscard]] std::optional<std::uint64_t> address_of(std::uint64_t file_offset) const;
  // Contents of the first section whose name ends so: Go writes ".gopclntab" or ".data.rel.ro.gopclntab".
  // None if it is not there or has no bytes.
  [[nodiscard]] std::optional<SectionView> section_ending(std::string_view name_end) const;
  [[nodiscard]] std::optional<std::uint64_t> section_address(std::string_view name) const;
  // The name of the section that holds the address; empty if none does.
  [[nodiscard]] std::string section_name_at(std::uint64_t address) const;
  // Functions of .symtab and .dynsym ordered by address; of several names of one address the plainest.
  [[nodiscard]] std::vector<Symbol> functions() const;
  [[nodiscard]] std::optional<std::uint64_t> symbol_address(std::string_view name) const;
  [[nodiscard]] std::string build_id() const;  // hexadecimal; empty if it has none
  [[nodiscard]] bool has_debug_info() const;
  // The separate file with its DWARF by build-id or .gnu_debuglink, as gdb looks for it. None if there is none.
  [[nodiscard]] std::optional<std::filesystem::path> debug_file() const;

 private:
  struct Segment {
    std::uint64_t offset = 0, bytes = 0, address = 0;
  };
  ElfFile(UniqueFd file, Elf* elf, std::filesystem::path path);
  template <class Match>
  Elf_Scn* find_section(const Match& match) const;

  UniqueFd file_;
  Elf* elf_ = nullptr;
  std::filesystem::path path_;
  std::vector<Segment> segments_;
};

}  // namespace rh::profiles::native
