#include "profiles/go/pprof_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "profiles/go/pprof_file.h"

namespace rh::profiles {
namespace {

// The columns of a sample's values.
struct Columns {
  std::size_t cpu = 0, count = 0;
};

Result<Columns> columns_of(const PprofFile& file) {
  Columns columns{file.types.size(), file.types.size()};
  for (std::size_t i = 0; i < file.types.size(); ++i) {
    if (file.text(file.types[i].type) == "cpu" && file.text(file.types[i].unit) == "nanoseconds") columns.cpu = i;
    if (file.text(file.types[i].unit) == "count") columns.count = i;
  }
  if (columns.cpu == file.types.size())
    return fail(file.types.empty() ? ErrorKind::parse : ErrorKind::unsupported,
                "read a pprof profile: it has no CPU time in nanoseconds");
  return columns;
}

struct Weight {
  std::int64_t ns = 0;
  std::uint64_t draws = 0;  // how often the profiler met this stack
};

Weight weight_of(const PprofSample& sample, const Columns& columns, std::int64_t period_ns) {
  if (columns.cpu >= sample.values.size()) return {};
  const auto ns = static_cast<std::int64_t>(sample.values[columns.cpu]);
  if (ns <= 0) return {};
  // A count may hold samples that had no CPU time: there are no more draws than periods.
  const auto periods = static_cast<std::uint64_t>(period_ns > 0 ? (ns - 1) / period_ns + 1 : ns);
  std::uint64_t draws = period_ns > 0 ? periods : 1;
  if (columns.count < sample.values.size()) draws = std::min(periods, sample.values[columns.count]);
  return {ns, std::clamp<std::uint64_t>(draws, 1, static_cast<std::uint64_t>(ns))};
}

constexpr std::int64_t kSecondNs = 1'000'000'000;

void describe(const PprofFile& file, std::uint64_t draws, ProfileBuilder& builder) {
  model::Profile& profile = builder.profile();
  profile.duration_ns = std::max<std::int64_t>(file.duration_ns, 0);
  if (file.period_ns > 0) profile.rate_hz = static_cast<std::uint32_t>(std::min(kSecondNs, kSecondNs / file.period_ns));
  profile.cpu = model::CpuFigure::unknown("a pprof file has sampled times only");
  profile.memory.bytes = model::BytesFigure::unknown("a pprof file of CPU time has no memory");
  model::SampleQuality& quality = builder.process(0).quality;
  quality.expected = quality.taken = draws;
}

}  // namespace

bool looks_like_pprof(std::string_view bytes) {
  // The first field of a plain file is mostly its sample types; the first byte of JSON is none of these.
  return bytes.starts_with("\x1f\x8b") || bytes.starts_with("\x0a");
}

Result<model::Profile> read_pprof(std::string_view bytes) {
  RH_TRY(const std::unique_ptr<const PprofFile> read, read_pprof_file(bytes));
  const PprofFile& file = *read;
  RH_TRY(const Columns columns, columns_of(file));
  std::uint64_t total = 0;
  std::int64_t cpu_ns = 0;
  for (const PprofSample& sample : file.samples) {
    const Weight weight = weight_of(sample, columns, file.period_ns);
    total += std::min(weight.draws, kMaxPprofDraws);
    if (weight.ns > kMaxPprofCpuNs - cpu_ns)
      return fail(ErrorKind::limit, fmt::format("read a pprof profile: more than {} ns of CPU time", kMaxPprofCpuNs));
    cpu_ns += weight.ns;
  }
  const std::uint64_t together = total / kMaxPprofDraws + 1;

  ProfileBuilder builder(0);
  model::ProfileProcess process;
  process.profiler = "pprof";
  const std::uint32_t thread = builder.add_thread({builder.add_process(process), 0, "all threads"});
  PprofStacks stacks(file, builder);
  std::uint64_t draws = 0;
  for (const PprofSample& sample : file.samples) {
    const Weight weight = weight_of(sample, columns, file.period_ns);
    if (weight.draws == 0) continue;
    const std::uint32_t stack = stacks.stack(sample);
    const auto parts = static_cast<std::int64_t>(std::max<std::uint64_t>(weight.draws / together, 1));
    for (std::int64_t part = 0; part < parts; ++part) {
      const std::int64_t ns = weight.ns / parts + (part < weight.ns % parts ? 1 : 0);
      const double at = static_cast<double>(++draws) / static_cast<double>(total);
      const auto span = static_cast<double>(std::max(file.duration_ns, static_cast<std::int64_t>(total)));
      builder.add({static_cast<std::int64_t>(at * span), thread, stack, 0, ns, model::kOnCpu});
    }
  }
  describe(file, draws, builder);
  return builder.take();
}

}  // namespace rh::profiles
