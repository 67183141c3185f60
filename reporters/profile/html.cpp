#include "reporters/profile/html.h"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/core.h>

#include "reporters/json/writer.h"
#include "reporters/page/section.h"
#include "reporters/profile/page_overview.h"
#include "reporters/profile/page_runs.h"
#include "reporters/profile/page_stacks.h"
#include "reporters/profile/thinning.h"
#include "runner/base/embedded.h"

RH_EMBEDDED(rh_profile_template)

namespace rh::reporters {
namespace {

constexpr std::string_view kDataMarker = "<!--RUNHARNESS_DATA-->";
constexpr std::size_t kSourceFloorBytes = 400'000;   // kept free for the hot files, whatever the samples need
constexpr std::size_t kSourceMostBytes = 1'500'000;  // a page with few samples need not be filled up with sources
constexpr std::size_t kMaxSourceBytes = 2'000'000;   // of one file, before compression
constexpr std::size_t kOvershootBytes = 60'000;      // what the last source may take beyond its budget

constexpr std::array<Thinning, 8> kSteps = {{
    {1'000, 0, 0, 1000},
    {10'000, 0, 1e-6, 1000},
    {10'000, 8000, 1e-6, 500},
    {10'000, 2000, 1e-5, 500},
    {10'000, 1000, 1e-4, 300},
    {10'000, 300, 1e-3, 200},
    {10'000, 50, 1e-2, 120},
    {10'000, 1, 0.1, 80},
}};

Result<std::string> element(std::string_view name, std::string_view bytes) {
  PageSection section(name, 0);
  section.feed(bytes);
  return section.finish();
}

// All but the sources.
Result<std::string> data_elements(const model::Profile& profile, const model::ProfileSummary& summary,
                                  const Thinning& thinning) {
  const PageStacks stacks(profile, thinning);
  const PageRuns runs = page_runs(profile, stacks, thinning);
  RH_TRY(std::string elements, element("rh-profile", overview_json(profile, summary, stacks, runs, thinning)));
  RH_TRY(const std::string frames, element("rh-frames", stacks.frames_json()));
  RH_TRY(const std::string nodes, element("rh-stacks", stacks.stacks_bytes()));
  RH_TRY(const std::string samples, element("rh-runs", runs_bytes(runs, thinning.unit_ns)));
  elements += frames;
  elements += nodes;
  elements += samples;
  return elements;
}

std::string as_json(std::string_view text) {
  JsonWriter writer(0);
  writer.string(text);
  return writer.take();
}

// {"files":{path:text},"reasons":{path:why there is no text},"left_out":n}
Result<std::string> source_element(const std::vector<model::SourceText>& sources, std::size_t budget_bytes) {
  PageSection section("rh-sources", budget_bytes);
  std::size_t written = 0, left_out = 0;
  std::string reasons;
  section.feed("{\"files\":{");
  for (const model::SourceText& source : sources) {
    std::string reason = source.reason;
    if (reason.empty() && source.text.size() > kMaxSourceBytes)
      reason = fmt::format("it has {} bytes, more than {}", source.text.size(), kMaxSourceBytes);
    if (!reason.empty())
      reasons += fmt::format("{}{}:{}", reasons.empty() ? "" : ",", as_json(source.path), as_json(reason));
    else if (section.full())
      ++left_out;
    else
      section.feed((written++ == 0 ? "" : ",") + as_json(source.path) + ":" + as_json(source.text));
  }
  section.feed(fmt::format("}},\"reasons\":{{{}}},\"left_out\":{}}}", reasons, left_out));
  return section.finish();
}

}  // namespace

std::span<const Thinning> thinning_steps() { return kSteps; }

Result<std::string> render_profile_html(const model::Profile& profile, const model::ProfileSummary& summary,
                                        const std::vector<model::SourceText>& sources, std::size_t max_bytes) {
  const std::string_view page = RH_EMBEDDED_TEXT(rh_profile_template);
  const std::size_t marker = page.find(kDataMarker);
  if (marker == std::string_view::npos)
    return fail(ErrorKind::internal, "render the page of the profile: its template has no place for data");
  const std::size_t taken = page.size() + kOvershootBytes;
  const std::size_t room = max_bytes > taken ? max_bytes - taken : 0;
  const std::size_t room_for_data = sources.empty() ? room : room - std::min(room / 4, kSourceFloorBytes);
  for (const Thinning& thinning : thinning_steps()) {
    RH_TRY(const std::string data, data_elements(profile, summary, thinning));
    if (data.size() > room_for_data) continue;
    RH_TRY(const std::string texts, source_element(sources, std::min(room - data.size(), kSourceMostBytes)));
    std::string html(page.substr(0, marker));
    html += data;
    html += texts;
    html += page.substr(marker + kDataMarker.size());
    return html;
  }
  return fail(ErrorKind::limit,
              fmt::format("render the page of the profile: it needs more than {} bytes with {} "
                          "processes, {} threads and {} functions; profile.json has everything",
                          max_bytes, profile.processes.size(), profile.threads.size(), profile.frames.size()));
}

}  // namespace rh::reporters
