// Reads the records that perf_event_open(2) writes into its ring: one record in, one value out. The layout
// is that of the attributes which perf_counters.cpp asks for (kSampleFields, sample_id_all), on x86-64 with
// user registers and a copy of the user stack. Formats: linux/perf_event.h, perf_event_open(2).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "runner/base/result.h"

namespace rh::profiles::native {

// DWARF numbering of x86-64: rax rdx rcx rbx rsi rdi rbp rsp r8..r15 rip.
inline constexpr std::size_t kRegisters = 17;
inline constexpr std::size_t kRbp = 6, kRsp = 7, kRip = 16;
using Registers = std::array<std::uint64_t, kRegisters>;

inline constexpr std::size_t kMaxCallChain = 1024;  // entries; the kernel's own bound is 127 unless raised

// What PERF_SAMPLE_* each sample carries, and which user registers (linux/perf_event.h, asm/perf_regs.h).
[[nodiscard]] std::uint64_t sample_fields(bool with_user_stack);
[[nodiscard]] std::uint64_t sampled_registers();

// A file or other memory was mapped executable.
struct MapRecord {
  std::uint64_t start = 0, bytes = 0, file_offset = 0, inode = 0;
  std::uint32_t device_major = 0, device_minor = 0;
  std::string_view path;  // "//anon", "[vdso]" for what is no file
};

struct NameRecord {
  std::string_view name;  // at most 15 bytes
  bool exec = false;      // a new program image: all maps are gone
};

struct TaskRecord {
  int parent_pid = 0, parent_tid = 0;
  bool ended = false;
};

struct LostRecord {
  std::uint64_t count = 0;
};

// CPU time of a thread that ended, as the counter of one CPU saw it.
struct CountRecord {
  std::uint64_t cpu_ns = 0;
};

struct ThrottleRecord {};

struct SampleRecord {
  std::uint64_t ip = 0;
  std::uint64_t period_ns = 0;
  // Leaf first, with the PERF_CONTEXT_* marks of the kernel between its parts.
  std::span<const std::uint64_t> chain;
  bool has_registers = false;  // of 64-bit user mode; else the thread has none or is a 32-bit program
  Registers registers{};
  std::span<const std::byte> stack;  // memory from registers[kRsp] on
};

struct OtherRecord {};

struct Record {
  std::int64_t time_ns = 0;  // CLOCK_MONOTONIC
  int pid = 0, tid = 0;
  std::variant<OtherRecord, MapRecord, NameRecord, TaskRecord, LostRecord, CountRecord, ThrottleRecord, SampleRecord>
      body;
};

// `bytes` is one whole record and must outlive the result, which points into it; 8-byte aligned.
// Errors: parse, with what is wrong with which kind of record.
[[nodiscard]] Result<Record> parse_record(std::span<const std::byte> bytes, bool with_user_stack);

[[nodiscard]] bool is_map_record(std::span<const std::byte> bytes);

// The time stamp alone, which orders records before they are parsed; 0 if there is none.
[[nodiscard]] std::int64_t record_time(std::span<const std::byte> bytes);

}  // namespace rh::profiles::native
