// Reads what is needed of a 64-bit little-endian ELF file: exported symbols, sections by name, the libraries it
// wants and the bytes behind an address. Format: System V ABI, "Object Files". Every size is bounded.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runner/base/result.h"
#include "runner/base/unique_fd.h"

namespace rh::profiles::python {

class ElfImage {
 public:
  // `parse` when it is not such a file or its tables do not fit into it.
  [[nodiscard]] static Result<ElfImage> open(const std::filesystem::path& path);

  // Loaded at the addresses it names (ET_EXEC), not moved by a load bias.
  [[nodiscard]] bool fixed_address() const { return fixed_address_; }
  // Address of the first byte that is loaded, rounded down to its page.
  [[nodiscard]] std::uint64_t first_address() const;
  // Value of a defined symbol of .dynsym.
  [[nodiscard]] std::optional<std::uint64_t> symbol(std::string_view name) const;
  // Address of a section.
  [[nodiscard]] std::optional<std::uint64_t> section(std::string_view name) const;
  // DT_NEEDED entries.
  [[nodiscard]] std::vector<std::string> needed() const;
  // `size` bytes of the file that are loaded at `address`.
  [[nodiscard]] std::optional<std::string> bytes_at(std::uint64_t address, std::size_t size) const;

 private:
  struct Section {
    std::uint32_t name = 0, type = 0, link = 0;
    std::uint64_t address = 0, offset = 0, size = 0;
  };
  struct Segment {
    std::uint64_t address = 0, offset = 0, file_size = 0;
  };
  [[nodiscard]] Result<void> read_tables(std::string_view header);
  [[nodiscard]] std::optional<std::string> read(std::uint64_t offset, std::uint64_t size) const;
  [[nodiscard]] const Section* find(std::uint32_t type) const;

  std::string path_;
  UniqueFd fd_;
  std::uint64_t size_ = 0;
  bool fixed_address_ = false;
  std::vector<Section> sections_;
  std::vector<Segment> segments_;  // PT_LOAD
  std::string section_names_;
};

}  // namespace rh::profiles::python
