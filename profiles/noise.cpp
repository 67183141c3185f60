#include "profiles/noise.h"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include <fmt/core.h>

#include "profiles/proc_file.h"
#include "runner/base/text.h"
#include "runner/base/unique_fd.h"

namespace rh::profiles {
namespace {

// Why instructions cannot be counted here; empty when they can.
std::string why_no_counters() {
  perf_event_attr attr{};
  attr.size = sizeof attr;
  attr.type = PERF_TYPE_HARDWARE;
  attr.config = PERF_COUNT_HW_INSTRUCTIONS;
  attr.exclude_kernel = 1;
  attr.exclude_hv = 1;
  attr.disabled = 1;
  const long fd = ::syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
  const UniqueFd owned(static_cast<int>(fd));
  if (fd >= 0) return {};
  return fmt::format("instructions are not counted here: {}", std::strerror(errno));
}

std::size_t bucket_of(std::uint64_t value) {
  if (value < 4) return value;
  const auto exponent = static_cast<std::size_t>(std::bit_width(value)) - 1;
  return exponent * 4 + ((value >> (exponent - 2)) & 3U);
}

std::int64_t value_of(std::size_t bucket) {
  if (bucket < 8) return static_cast<std::int64_t>(bucket % 4);
  return static_cast<std::int64_t>((4 + bucket % 4) << (bucket / 4 - 2));
}

}  // namespace

void WakeUps::add(std::int64_t late_ns) {
  ++counts_.at(std::min(bucket_of(static_cast<std::uint64_t>(std::max<std::int64_t>(late_ns, 0))), kBuckets - 1));
  ++total_;
}

std::int64_t WakeUps::quantile(double share) const {
  const auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(total_));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    seen += counts_.at(i);
    if (seen > wanted) return value_of(i);
  }
  return 0;
}

// proc(5): the first line of /proc/stat; guest time is part of user time.
NoiseWatch::Times NoiseWatch::read_times() {
  const std::string text = read_proc_text("/proc/stat");
  const auto numbers = numbers_of(std::string_view(text).substr(0, text.find('\n')));
  Times times;
  if (numbers.size() < 8) return times;
  times.steal = numbers[7];
  for (std::size_t i = 0; i < 8; ++i) times.all += numbers[i];
  return times;
}

NoiseWatch::NoiseWatch(model::ProfileNoise& noise) : noise_(noise), before_(read_times()) {
  const std::string load = read_proc_text("/proc/loadavg");
  noise_.load_at_start = parse_double(std::string_view(load).substr(0, load.find(' ')));
  noise_.hardware_counters_reason = why_no_counters();
  look();
}

void NoiseWatch::look() {
  const auto now = numbers_of(read_proc_text("/sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq"));
  if (now.empty()) {
    noise_.frequency_reason = "the host does not tell the CPU's frequency (no cpufreq)";
    return;
  }
  slowest_khz_ = slowest_khz_ == 0 ? now[0] : std::min(slowest_khz_, now[0]);
  fastest_khz_ = std::max(fastest_khz_, now[0]);
}

void NoiseWatch::finish() {
  const Times now = read_times();
  if (now.all > before_.all)
    noise_.steal_share = static_cast<double>(now.steal - before_.steal) / static_cast<double>(now.all - before_.all);
  if (fastest_khz_ > 0)
    noise_.frequency_spread = static_cast<double>(fastest_khz_ - slowest_khz_) / static_cast<double>(fastest_khz_);
}

}  // namespace rh::profiles
