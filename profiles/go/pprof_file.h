// A file in the pprof format, taken apart: gzip'd protocol buffers, github.com/google/pprof/proto/profile.proto. What
// its values mean (CPU time, allocations) is the business of those who read it: pprof_reader.h, pprof_heap.h.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "profiles/profile_builder.h"
#include "runner/base/result.h"
#include "runner/base/text.h"

namespace rh::profiles {

inline constexpr std::uint64_t kMaxPprofBytes = 512ULL << 20;  // unpacked
inline constexpr std::size_t kMaxPprofFrames = 4096;           // of one stack

struct PprofValueType {
  std::uint64_t type = 0, unit = 0;  // indices of strings
};
struct PprofLine {
  std::uint64_t function = 0, line = 0;
};
struct PprofLocation {
  std::uint64_t mapping = 0, address = 0;
  std::vector<PprofLine> lines;  // innermost first
};
struct PprofFunction {
  std::uint64_t name = 0, file = 0, start_line = 0;
};
struct PprofSample {
  std::vector<std::uint64_t> locations;  // leaf first
  std::vector<std::uint64_t> values;
};

struct PprofFile {
  std::string bytes;  // unpacked; the strings point into it
  std::vector<PprofValueType> types;
  std::vector<PprofSample> samples;
  std::unordered_map<std::uint64_t, PprofLocation> locations;
  std::unordered_map<std::uint64_t, PprofFunction> functions;
  std::unordered_map<std::uint64_t, std::uint64_t> mapping_files;
  std::vector<std::string_view> strings;
  std::int64_t duration_ns = 0, period_ns = 0;

  [[nodiscard]] std::string text(std::uint64_t index) const {
    return index < strings.size() ? to_valid_utf8(strings[index]) : std::string();
  }
};

// Errors: parse, with the place; limit.
[[nodiscard]] Result<std::unique_ptr<const PprofFile>> read_pprof_file(std::string_view bytes);

// Makes the stacks of the file's samples in a profile.
class PprofStacks {
 public:
  PprofStacks(const PprofFile& file, ProfileBuilder& builder) : file_(file), builder_(builder) {}
  // kNoIndex for a sample without locations.
  [[nodiscard]] std::uint32_t stack(const PprofSample& sample);

 private:
  [[nodiscard]] std::uint32_t add(std::uint32_t at, std::uint64_t id);
  const PprofFile& file_;
  ProfileBuilder& builder_;
};

}  // namespace rh::profiles
