#include "profiles/native/perf_counters.h"

#include <fmt/format.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>
#include <ctime>

#include "profiles/native/perf_records.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::profiles::native {
namespace {

constexpr std::size_t kMaxCpus = 4096;
constexpr std::size_t kRingBytes = 512 * 1024;          // what perf_event_mlock_kb allows each user by default
constexpr std::size_t kMaxRingBytes = 8 * 1024 * 1024;  // with privileges, or where the limits are higher
constexpr std::size_t kMinRingBytes = 64 * 1024;
constexpr std::size_t kCountRingBytes = 64 * 1024;  // a thread that ends takes some 50 bytes
constexpr const char* kParanoid = "/proc/sys/kernel/perf_event_paranoid";
constexpr const char* kOnlineCpus = "/sys/devices/system/cpu/online";

perf_event_attr attributes(const CounterOptions& options, bool kernel) {
  perf_event_attr attr{};
  attr.size = sizeof attr;
  attr.type = PERF_TYPE_SOFTWARE;
  attr.config = PERF_COUNT_SW_CPU_CLOCK;
  attr.sample_period = 1'000'000'000ULL / std::max(options.rate_hz, 1U);
  attr.sample_type = sample_fields(options.stack_bytes > 0);
  if (options.stack_bytes > 0) {
    attr.sample_regs_user = sampled_registers();
    attr.sample_stack_user = static_cast<std::uint32_t>(options.stack_bytes);
  }
  attr.disabled = 1;
  attr.enable_on_exec = options.from_exec ? 1 : 0;
  attr.inherit = 1;
  attr.inherit_thread = options.children ? 0 : 1;
  attr.exclude_kernel = kernel ? 0 : 1;
  attr.exclude_hv = 1;
  attr.exclude_callchain_kernel = kernel ? 0 : 1;
  attr.mmap = attr.mmap2 = 1;
  attr.comm = attr.comm_exec = 1;
  attr.task = 1;
  attr.sample_id_all = 1;
  attr.use_clockid = 1;
  attr.clockid = CLOCK_MONOTONIC;
  return attr;
}

// What a thread has used is told when it ends (a CountRecord), by the CPU on which it ends into the rings of all of
// them. Two CPUs that write into one ring at once leave it in a state in which nothing is ever published again (the
// count of nested writers in perf_output_get_handle, seen with 6.18 after some seconds of ending threads). So the
// counts have rings of their own, and those of the samples are written by their own CPU only.
perf_event_attr count_attributes(const CounterOptions& options, bool kernel) {
  perf_event_attr attr = attributes(options, kernel);
  attr.sample_period = 0;
  attr.sample_type = sample_fields(false);
  attr.sample_regs_user = 0;
  attr.sample_stack_user = 0;
  attr.mmap = attr.mmap2 = 0;
  attr.comm = attr.comm_exec = 0;
  attr.task = 0;
  attr.inherit_stat = 1;
  return attr;
}

UniqueFd open_counter(perf_event_attr attr, int tid, int cpu) {
  return UniqueFd(static_cast<int>(syscall(SYS_perf_event_open, &attr, tid, cpu, -1, PERF_FLAG_FD_CLOEXEC)));
}

// Where parent and child have the same counters, the kernel exchanges them when it switches from the one to the
// other. Then the child's exec starts the parent's counter, and what the two counted is mixed up. A thread with one
// counter that is not inherited is never exchanged (perf_event_context_sched_out, inherited_all in kernel/events).
UniqueFd open_anchor(int tid) {
  perf_event_attr attr{};
  attr.size = sizeof attr;
  attr.type = PERF_TYPE_SOFTWARE;
  attr.config = PERF_COUNT_SW_DUMMY;
  attr.exclude_kernel = attr.exclude_hv = 1;
  return open_counter(attr, tid, -1);
}

std::size_t ring_bytes(const CounterOptions& options) {
  const std::size_t tenth = (options.stack_bytes + 512) * options.rate_hz / 10;
  return std::clamp(std::bit_ceil(tenth), kRingBytes, kMaxRingBytes);
}

Failure refused(int sys_errno) {
  const std::string paranoid(trim(read_file(kParanoid).value_or("unknown")));
  return fail(sys_errno == ENOSYS ? ErrorKind::unsupported : ErrorKind::io,
              "count CPU time with perf_event_open: " + refusal_advice(sys_errno, paranoid));
}

}  // namespace

std::string refusal_advice(int sys_errno, std::string_view paranoid) {
  switch (sys_errno) {
    case EACCES:
    case EPERM:
      return fmt::format(
          "not permitted (kernel.perf_event_paranoid is {}; allowed with 2 or less, or with CAP_PERFMON; "
          "container runtimes also filter the call: docker needs --cap-add PERFMON or another seccomp profile)",
          paranoid);
    case ENOSYS:
      return "this kernel has no such call, or a seccomp filter hides it";
    case ENOENT:
    case EOPNOTSUPP:
      return "this kernel has no cpu-clock event";
    case EINVAL:
      return "this kernel does not know the options (5.13 and later do)";
    case EMFILE:
      return "too many open files (one is needed for each CPU; raise ulimit -n)";
    case ESRCH:
      return "the process has ended";
    default:
      return std::strerror(sys_errno);
  }
}

std::size_t stack_bytes_at(std::uint32_t rate_hz) {
  if (rate_hz <= 2000) return 16 * 1024;
  return rate_hz <= 5000 ? 8 * 1024 : 4 * 1024;
}

std::vector<int> parse_cpu_list(std::string_view text) {
  std::vector<int> cpus;
  for (const std::string_view part : split(trim(text), ',')) {
    const std::size_t dash = part.find('-');
    const auto first = parse_u64(part.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : parse_u64(part.substr(dash + 1));
    if (!first || !last || *last < *first || *last >= kMaxCpus) return {};
    for (std::uint64_t cpu = *first; cpu <= *last; ++cpu) cpus.push_back(static_cast<int>(cpu));
  }
  return cpus;
}

PerfRing::PerfRing(UniqueFd counter, void* memory, std::size_t data_bytes)
    : counter_(std::move(counter)), memory_(memory), data_bytes_(data_bytes) {}

PerfRing::PerfRing(PerfRing&& other) noexcept
    : counter_(std::move(other.counter_)),
      memory_(std::exchange(other.memory_, nullptr)),
      data_bytes_(other.data_bytes_),
      wrapped_(std::move(other.wrapped_)) {}

PerfRing::~PerfRing() {
  if (memory_ != nullptr) munmap(memory_, data_bytes_ + static_cast<std::size_t>(sysconf(_SC_PAGESIZE)));
}

Result<PerfRing> PerfRing::map(UniqueFd counter, std::size_t data_bytes) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  for (;;) {
    void* memory = mmap(nullptr, data_bytes + page, PROT_READ | PROT_WRITE, MAP_SHARED, counter.get(), 0);
    if (memory != MAP_FAILED) return PerfRing(std::move(counter), memory, data_bytes);
    if (data_bytes <= kMinRingBytes)
      return fail_errno(fmt::format("share {} bytes with perf_event_open (kernel.perf_event_mlock_kb and ulimit -l "
                                    "bound them)",
                                    data_bytes),
                        {});
    data_bytes /= 2;
  }
}

void PerfRing::read(const std::function<void(std::span<const std::byte>)>& sink) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  auto* control = static_cast<perf_event_mmap_page*>(memory_);
  const std::byte* data = static_cast<const std::byte*>(memory_) + page;
  // The kernel publishes data_head after the bytes before it; it reuses bytes after reading data_tail.
  const std::uint64_t head = std::atomic_ref(control->data_head).load(std::memory_order_acquire);
  std::uint64_t tail = control->data_tail;
  while (head - tail >= sizeof(perf_event_header)) {
    const std::size_t at = tail & (data_bytes_ - 1);
    perf_event_header header{};  // records are multiples of 8 bytes, so a header is never split
    std::memcpy(&header, data + at, sizeof header);
    if (header.size < sizeof header || header.size > head - tail) {  // not written by one CPU alone
      tail = head;
      break;
    }
    if (at + header.size <= data_bytes_) {
      sink({data + at, header.size});
    } else {
      const std::size_t first = data_bytes_ - at;
      wrapped_.resize(header.size);
      std::memcpy(wrapped_.data(), data + at, first);
      std::memcpy(wrapped_.data() + first, data, header.size - first);
      sink(wrapped_);
    }
    tail += header.size;
  }
  std::atomic_ref(control->data_tail).store(tail, std::memory_order_release);
}

Result<PerfCounters> PerfCounters::open(int tid, const CounterOptions& options) {
#ifndef __x86_64__
  return fail(ErrorKind::unsupported, "sample machine code: stacks are walked on x86-64 only");
#endif
  const std::vector<int> cpus = parse_cpu_list(read_file(kOnlineCpus).value_or("0"));
  PerfCounters counters;
  counters.sees_kernel_ = true;
  counters.stack_bytes_ = options.stack_bytes;
  for (const int cpu : cpus) {
    UniqueFd counter = open_counter(attributes(options, counters.sees_kernel_), tid, cpu);
    if (!counter && (errno == EACCES || errno == EPERM) && counters.rings_.empty()) {
      counters.sees_kernel_ = false;
      counter = open_counter(attributes(options, false), tid, cpu);
    }
    if (!counter && errno == ENODEV) continue;  // the CPU went offline meanwhile
    if (!counter) return refused(errno);
    RH_TRY(auto ring, PerfRing::map(std::move(counter), ring_bytes(options)));
    counters.rings_.push_back(std::move(ring));
    counters.cpus_.push_back(cpu);
  }
  if (counters.rings_.empty()) return refused(ENODEV);
  counters.open_counts(tid, options);
  counters.added_.push_back(open_anchor(tid));
  if (!options.from_exec)
    for (const auto* rings : {&counters.rings_, &counters.count_rings_})
      for (const PerfRing& ring : *rings) ioctl(ring.counter().fd, PERF_EVENT_IOC_ENABLE, 0);
  return counters;
}

// Without them the time of a thread is that of its samples: where the kernel gives no more memory, that has to do.
void PerfCounters::open_counts(int tid, const CounterOptions& options) {
  for (const int cpu : cpus_) {
    UniqueFd counter = open_counter(count_attributes(options, sees_kernel_), tid, cpu);
    auto ring = counter ? PerfRing::map(std::move(counter), kCountRingBytes)
                        : Result<PerfRing>(fail_errno("count CPU time", "perf_event_open"));
    if (!ring) {
      count_rings_.clear();
      return;
    }
    count_rings_.push_back(std::move(ring).value());
  }
}

Result<void> PerfCounters::add(int tid, const CounterOptions& options) {
  added_.push_back(open_anchor(tid));
  for (std::size_t i = 0; i < rings_.size(); ++i) {
    UniqueFd counter = open_counter(attributes(options, sees_kernel_), tid, cpus_[i]);
    if (!counter) return refused(errno);
    if (ioctl(counter.get(), PERF_EVENT_IOC_SET_OUTPUT, rings_[i].counter().fd) != 0) return refused(errno);
    if (!options.from_exec) ioctl(counter.get(), PERF_EVENT_IOC_ENABLE, 0);
    added_.push_back(std::move(counter));
  }
  for (std::size_t i = 0; i < count_rings_.size(); ++i) {
    UniqueFd counter = open_counter(count_attributes(options, sees_kernel_), tid, cpus_[i]);
    if (!counter || ioctl(counter.get(), PERF_EVENT_IOC_SET_OUTPUT, count_rings_[i].counter().fd) != 0) break;
    if (!options.from_exec) ioctl(counter.get(), PERF_EVENT_IOC_ENABLE, 0);
    added_.push_back(std::move(counter));
  }
  return {};
}

void PerfCounters::stop_first() {
  for (const auto* rings : {&rings_, &count_rings_})
    for (const PerfRing& ring : *rings) ioctl(ring.counter().fd, PERF_EVENT_IOC_DISABLE, 0);
}

void PerfCounters::read(const std::function<void(std::span<const std::byte>)>& sink) {
  for (PerfRing& ring : rings_) ring.read(sink);
  for (PerfRing& ring : count_rings_) ring.read(sink);
}

std::uint64_t PerfCounters::cpu_ns() const {
  std::uint64_t sum = 0;
  for (const PerfRing& ring : rings_) {
    std::uint64_t value = 0;
    if (::read(ring.counter().fd, &value, sizeof value) == static_cast<ssize_t>(sizeof value)) sum += value;
  }
  return sum;
}

}  // namespace rh::profiles::native
