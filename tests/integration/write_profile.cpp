// Writes the fixed profile of the golden tests in every form that it has: write_profile FOLDER. A second argument,
// a number, makes a profile of that many samples instead, to see how the forms bear it.
#include <cstdlib>
#include <iostream>

#include "profiles/analysis/diff.h"
#include "profiles/analysis/summary.h"
#include "profiles/export/exporter.h"
#include "profiles/profile_builder.h"
#include "reporters/profile/json.h"
#include "reporters/profile/text.h"
#include "runner/base/file.h"
#include "runner/base/text.h"
#include "tests/golden/profile_fixture.h"

namespace {

using namespace rh;

// Four threads, 4,000 functions, stacks of up to 60 frames that change with every sample.
model::Profile make_large(std::uint64_t samples) {
  profiles::ProfileBuilder builder(0);
  model::ProfileProcess process;
  process.pid = 100;
  process.profiler = "python";
  process.quality.expected = process.quality.taken = samples / 4;
  (void)builder.add_process(process);
  for (int i = 0; i < 4; ++i) (void)builder.add_thread({0, 100 + i, "worker"});
  std::uint32_t seed = 1;
  const auto random = [&](std::uint32_t below) {
    seed = seed * 1664525U + 1013904223U;
    return (seed >> 8U) % below;
  };
  std::vector<std::uint32_t> path;
  for (std::uint64_t i = 0; i < samples; ++i) {
    path.resize(path.size() - std::min<std::size_t>(path.size(), random(6)));
    while (path.size() < 5 || (path.size() < 60 && random(2) == 0)) {
      const std::uint32_t function = random(4000);
      const std::uint32_t frame = builder.frame({"function_" + std::to_string(function),
                                                 "module_" + std::to_string(function / 40) + ".py",
                                                 1 + function % 40 * 20,
                                                 model::FrameKind::python,
                                                 {}});
      path.push_back(
          builder.stack(path.empty() ? model::kNoIndex : path.back(), frame, function % 40 * 20 + random(20)));
    }
    builder.add({static_cast<std::int64_t>(i / 4 + 1) * 1'000'000, static_cast<std::uint32_t>(i % 4), path.back(),
                 1'000'000, 1'000'000, model::kOnCpu});
  }
  model::Profile profile = builder.take();
  profile.rate_hz = 1000;
  profile.duration_ns = static_cast<std::int64_t>(samples / 4) * 1'000'000;
  profile.command = {"made-up"};
  return profile;
}

bool write(const std::filesystem::path& file, const Result<std::string>& text) {
  if (!text) {
    std::cerr << text.error().message() << '\n';
    return false;
  }
  const auto written = write_file(file, *text);
  if (!written) std::cerr << written.error().message() << '\n';
  return written.has_value();
}

bool write_all(const std::filesystem::path& folder, const std::string& prefix, const model::Profile& profile) {
  const model::ProfileSummary summary = profiles::summarize(profile);
  bool good = write(folder / (prefix + "profile.json"), reporters::profile_to_json(profile, summary));
  good &= write(folder / (prefix + "summary.txt"), reporters::profile_to_text(profile, summary, {}));
  for (const profiles::Exporter& exporter : profiles::exporters())
    for (const auto& [clock, mark] :
         {std::pair(model::ProfileClock::cpu, "cpu-"), {model::ProfileClock::wall, "wall-"}})
      good &= write(folder / (prefix + mark + std::string(exporter.default_file)), exporter.write(profile, clock));
  return good;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    std::cerr << "usage: write_profile FOLDER [SAMPLES]\n";
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  if (argc == 3) {
    const auto samples = parse_u64(argv[2]);
    return samples && write_all(folder, "large-", make_large(*samples)) ? 0 : 1;
  }
  bool good = write_all(folder, "", golden::make_profile());
  good &= write_all(folder, "changed-", golden::make_changed_profile());
  good &= write_all(folder, "empty-", golden::make_empty_profile());
  return good ? 0 : 1;
}
