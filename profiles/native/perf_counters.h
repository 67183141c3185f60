// The kernel's sampling clock on a tree of threads: one `cpu-clock` counter for each CPU, inherited by every
// child, each with a ring of memory into which the kernel writes samples and what tasks and maps there are, and a
// second one for what each thread has used when it ends.
// perf_event_open(2); docs/admin-guide/perf-security of the kernel for who may use it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runner/base/result.h"
#include "runner/base/unique_fd.h"

namespace rh::profiles::native {

// A ring of records shared with the kernel, on one CPU.
class PerfRing {
 public:
  // As large as the kernel lets it be locked, at most `data_bytes` (a power of two of pages). Errors: io.
  [[nodiscard]] static Result<PerfRing> map(UniqueFd counter, std::size_t data_bytes);
  PerfRing(PerfRing&& other) noexcept;
  PerfRing& operator=(PerfRing&&) = delete;
  ~PerfRing();
  // Hands each whole record written since the last call to `sink`, then frees its memory.
  void read(const std::function<void(std::span<const std::byte>)>& sink);
  [[nodiscard]] BorrowedFd counter() const { return counter_; }

 private:
  PerfRing(UniqueFd counter, void* memory, std::size_t data_bytes);
  UniqueFd counter_;
  void* memory_ = nullptr;
  std::size_t data_bytes_ = 0;
  std::vector<std::byte> wrapped_;  // a record that lies across the end of the ring
};

struct CounterOptions {
  std::uint32_t rate_hz = 1000;
  std::size_t stack_bytes = 0;  // of the user stack to copy with each sample; 0: registers and stack not asked for
  bool children = true;         // processes too, not only threads
  bool from_exec = true;        // counts from the next exec of each thread that has it; else at once
};

class PerfCounters {
 public:
  // On the thread `tid` and all that it will start. Errors: io or unsupported, why the kernel refused and
  // what would allow it.
  [[nodiscard]] static Result<PerfCounters> open(int tid, const CounterOptions& options);

  // One thread more, which writes into the same rings.
  [[nodiscard]] Result<void> add(int tid, const CounterOptions& options);
  // The thread that open() was given counts no more, nor does what it started since; those added do.
  void stop_first();

  void read(const std::function<void(std::span<const std::byte>)>& sink);
  // CPU time of the first thread and what it started, the ended included. In nanoseconds.
  [[nodiscard]] std::uint64_t cpu_ns() const;
  [[nodiscard]] bool sees_kernel() const { return sees_kernel_; }
  [[nodiscard]] std::size_t stack_bytes() const { return stack_bytes_; }

 private:
  void open_counts(int tid, const CounterOptions& options);

  std::vector<PerfRing> rings_;        // by place in cpus_
  std::vector<PerfRing> count_rings_;  // likewise, or empty
  std::vector<int> cpus_;
  std::vector<UniqueFd> added_;
  bool sees_kernel_ = false;
  std::size_t stack_bytes_ = 0;
};

// The stack to copy with each sample at this rate, so that a ring holds 100 ms and copying stays cheap.
[[nodiscard]] std::size_t stack_bytes_at(std::uint32_t rate_hz);

// "0-3,8": the numbers in such a list of the kernel; at most 4,096. Empty if it is not one.
[[nodiscard]] std::vector<int> parse_cpu_list(std::string_view text);

// What would have to change for perf_event_open to be allowed, from the error it gave.
[[nodiscard]] std::string refusal_advice(int sys_errno, std::string_view paranoid);

}  // namespace rh::profiles::native
