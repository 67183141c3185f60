// speedscope's file format (https://www.speedscope.app/file-format-schema.json): the functions once, and for each
// thread a "sampled" profile: stacks from the root as lists of function numbers, each with its time. Samples that
// follow each other with the same stack are one.
#include "profiles/analysis/stack_times.h"
#include "profiles/export/exporter.h"
#include "profiles/export/json_text.h"
#include "profiles/export/merged_stacks.h"

namespace rh::profiles {
namespace {

void append_frames(std::string& json, const FrameNames& names) {
  json += "\"shared\":{\"frames\":[";
  for (const ShownFunction& function : names.functions()) {
    json += "{\"name\":";
    append_text(json, function.name);
    if (!function.file.empty()) {
      json += ",\"file\":";
      append_text(json, function.file);
    }
    if (function.line != 0) json += fmt::format(",\"line\":{}", function.line);
    json += "},";
  }
  json += fmt::format("{{\"name\":\"{}\"}}]}}", kUnknownStack);
}

// What is left of a thread when equal neighbours are one.
struct Run {
  std::uint32_t node = 0;
  std::uint64_t ns = 0;
};

std::vector<Run> runs_of(const model::Profile& profile, const MergedStacks& stacks, const SampleWeights& weights,
                         const std::vector<std::uint32_t>& samples) {
  std::vector<Run> runs;
  for (const std::uint32_t sample : samples) {
    const std::uint64_t ns = weights[sample];
    if (ns == 0) continue;
    const std::uint32_t node = stacks.node_of(profile.samples.stack[sample]);
    if (runs.empty() || runs.back().node != node) runs.push_back({node, 0});
    runs.back().ns += ns;
  }
  return runs;
}

void append_profile(std::string& json, std::string_view name, const MergedStacks& stacks,
                    const std::vector<Run>& runs) {
  std::uint64_t sum = 0;
  for (const Run& run : runs) sum += run.ns;
  json += "{\"type\":\"sampled\",\"name\":";
  append_text(json, name);
  json += fmt::format(",\"unit\":\"nanoseconds\",\"startValue\":0,\"endValue\":{},\n\"samples\":", sum);
  append_list(json, runs, [&](std::string& to, const Run& run) { append_numbers(to, stacks.path(run.node)); });
  json += ",\n\"weights\":";
  append_list(json, runs,
              [](std::string& to, const Run& run) { fmt::format_to(std::back_inserter(to), "{}", run.ns); });
  json += '}';
}

}  // namespace

Result<std::string> write_speedscope(const model::Profile& profile, model::ProfileClock clock) {
  const FrameNames names(profile);
  const MergedStacks stacks(profile, names);
  const SampleWeights weights(profile, clock);
  std::string title;
  for (const std::string& word : profile.command) title += (title.empty() ? "" : " ") + word;
  std::string json = "{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",\n\"exporter\":";
  append_text(json, std::string("runharness ") + RUNHARNESS_VERSION);
  json += ",\"name\":";
  append_text(json, title);
  json += ",\"activeProfileIndex\":0,\n";
  append_frames(json, names);
  json += ",\n\"profiles\":[";
  const auto threads = samples_by_thread(profile);
  bool any = false;
  for (std::uint32_t i = 0; i < threads.size(); ++i) {
    const std::vector<Run> runs = runs_of(profile, stacks, weights, threads[i]);
    if (runs.empty()) continue;
    json += any ? ",\n" : "\n";
    any = true;
    append_profile(json, thread_title(profile, i), stacks, runs);
  }
  if (!any) append_profile(json, "no samples", stacks, {});  // a file without profiles is not opened
  json += "]}\n";
  return json;
}

}  // namespace rh::profiles
