// Memory and CPU of a control group, v1 or v2.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "collectors/sampling/kernel_file.h"

namespace rh::collectors {

// What a person expects under "memory used": everything charged to the group (anonymous and shared
// memory, page tables, socket and pipe buffers, stacks) without the page cache of files, which the
// kernel gives back when asked and which would make every `npm ci` look like a gigabyte. The stat
// file costs 6 us a sample, the usage file alone 0.5 us.
class CgroupMemory {
 public:
  [[nodiscard]] static std::optional<CgroupMemory> open(const std::filesystem::path& folder, ReadBuffer& buffer);
  [[nodiscard]] std::optional<std::uint64_t> read(ReadBuffer& buffer);
  [[nodiscard]] const std::string& source() const { return source_; }

 private:
  KernelFile usage_, stat_;
  bool v2_ = false;
  std::string source_;
};

class CgroupCpu {
 public:
  [[nodiscard]] static std::optional<CgroupCpu> open(const std::filesystem::path& folder, ReadBuffer& buffer);
  [[nodiscard]] std::optional<std::uint64_t> read_ns(ReadBuffer& buffer);
  [[nodiscard]] const std::string& source() const { return source_; }

 private:
  KernelFile file_;
  bool v2_ = false;
  std::string source_;
};

}  // namespace rh::collectors
