// What blurred a profile: warnings about the sampling and about the machine.
#include <fmt/core.h>

#include "profiles/analysis/analysis.h"
#include "runner/base/text.h"

namespace rh::profiles {
namespace {

using namespace rh::model;

constexpr double kMaxLate = 0.05;                // of the expected ticks
constexpr double kMaxRejected = 0.10;            // likewise
constexpr double kMaxSteal = 0.01;               // of the time of all CPUs
constexpr double kMaxFrequencySpread = 0.10;     // of the highest frequency
constexpr double kMinSampledCpu = 0.90;          // of the measured CPU time
constexpr std::uint64_t kMinCpuNs = 50'000'000;  // below it, what is not sampled is the start of the programs
constexpr double kMaxUnknownStacks = 0.05;       // of the sampled CPU time

class Warnings {
 public:
  void add(Severity severity, std::string code, std::string message, std::string subject = {}) {
    rows_.push_back({severity, std::move(code), std::move(message), std::move(subject), {}});
  }
  [[nodiscard]] std::vector<Diagnostic> take() { return std::move(rows_); }

 private:
  std::vector<Diagnostic> rows_;
};

double percent(double share) { return share * 100; }

void judge_ticks(const Profile& profile, const ProfileQuality& quality, Warnings& warnings) {
  const SampleQuality& sum = quality.sum;
  if (quality.late_share && *quality.late_share > kMaxLate)
    warnings.add(Severity::warning, "profile-late",
                 fmt::format("{:.1f} % of the samples are late ({} of {}): the sampler was not woken in time, so short "
                             "phases may be missed; use a lower --rate than {} or a machine with a free CPU",
                             percent(*quality.late_share), sum.late, sum.expected, profile.rate_hz));
  if (quality.rejected_share && *quality.rejected_share > kMaxRejected)
    warnings.add(Severity::warning, "profile-rejected",
                 fmt::format("{:.1f} % of the samples are rejected ({} of {}): their stacks changed while they were "
                             "read, which happens more in functions that call much; the intervals allow for it",
                             percent(*quality.rejected_share), sum.rejected, sum.expected));
  if (sum.lost > 0)
    warnings.add(Severity::warning, "profile-lost",
                 fmt::format("{} records were dropped by the kernel or a runtime before they could be read", sum.lost));
  for (const ProfileProcess& process : profile.processes) {
    const SampleQuality& own = process.quality;
    if (own.expected != own.taken + own.rejected + own.idle + own.late)
      warnings.add(
          Severity::warning, "profile-ticks-do-not-add-up",
          fmt::format("{} samples were expected, but {} taken + {} rejected + {} idle + {} late are {}", own.expected,
                      own.taken, own.rejected, own.idle, own.late, own.taken + own.rejected + own.idle + own.late),
          fmt::format("pid {}", process.pid));
  }
}

// How much of the CPU time that the tree used is in the samples.
void judge_extent(const Profile& profile, const ProfileQuality& quality, Warnings& warnings) {
  const auto sampled = static_cast<double>(quality.sampled_cpu_ns);
  if (quality.measured_cpu_ns && *quality.measured_cpu_ns >= kMinCpuNs) {
    const auto measured = static_cast<double>(*quality.measured_cpu_ns);
    if (sampled < kMinSampledCpu * measured) {
      std::string why;
      for (const ProfileProcess& process : profile.processes)
        if (process.profiler.empty() && !process.unprofiled_reason.empty() && why.empty())
          why = fmt::format("; pid {}: {}", process.pid, process.unprofiled_reason);
      warnings.add(
          Severity::warning, "profile-cpu-not-sampled",
          fmt::format("the samples hold {:.1f} % of the CPU time that was used ({} of {}){}",
                      percent(sampled / measured), format_duration(std::chrono::nanoseconds(quality.sampled_cpu_ns)),
                      format_duration(std::chrono::nanoseconds(*quality.measured_cpu_ns)), why));
    }
  }
  const auto unknown = static_cast<double>(quality.unknown_stack_cpu_ns);
  if (sampled > 0 && unknown > kMaxUnknownStacks * sampled)
    warnings.add(
        Severity::warning, "profile-unknown-stacks",
        fmt::format("{:.1f} % of the sampled CPU time has no stack: no function gets it, and every interval is "
                    "as much wider",
                    percent(unknown / sampled)));
}

void judge_machine(const Profile& profile, Warnings& warnings) {
  const ProfileNoise& noise = profile.noise;
  if (noise.steal_share && *noise.steal_share > kMaxSteal)
    warnings.add(Severity::warning, "profile-steal",
                 fmt::format("other virtual machines took {:.1f} % of the CPU time of this one: wall times are longer "
                             "than the program needs",
                             percent(*noise.steal_share)));
  if (noise.load_at_start && profile.machine.cores > 0 && *noise.load_at_start > profile.machine.cores)
    warnings.add(
        Severity::warning, "profile-load",
        fmt::format("the machine was busy before the start (load {:.1f} on {} CPUs): wall times hold waits for "
                    "a free CPU",
                    *noise.load_at_start, profile.machine.cores));
  if (noise.frequency_spread && *noise.frequency_spread > kMaxFrequencySpread)
    warnings.add(Severity::warning, "profile-frequency",
                 fmt::format("the CPU frequency changed by {:.0f} % during the run: times of different phases are not "
                             "comparable",
                             percent(*noise.frequency_spread)));
  else if (!noise.frequency_spread && !noise.frequency_reason.empty())
    warnings.add(Severity::info, "profile-frequency-unknown",
                 fmt::format("changes of the CPU frequency: not available ({})", noise.frequency_reason));
  if (!noise.hardware_counters_reason.empty())
    warnings.add(Severity::info, "profile-no-hardware-counters",
                 fmt::format("hardware counters (instructions, cache misses): not available ({})",
                             noise.hardware_counters_reason));
}

}  // namespace

std::vector<Diagnostic> find_noise(const Profile& profile, const ProfileSummary& summary) {
  Warnings warnings;
  judge_ticks(profile, summary.quality, warnings);
  judge_extent(profile, summary.quality, warnings);
  judge_machine(profile, warnings);
  return warnings.take();
}

}  // namespace rh::profiles
