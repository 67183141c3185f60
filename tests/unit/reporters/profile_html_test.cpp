// What a profile's page keeps of samples and stacks, and what becomes of those of a profile that is too large.
#include "reporters/profile/html.h"

#include <map>
#include <numeric>

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "reporters/profile/page_runs.h"
#include "reporters/profile/page_stacks.h"
#include "tests/golden/packed_profile.h"
#include "tests/golden/page_sections.h"

namespace rh::reporters {
namespace {

using golden::PackedRun;
using nlohmann::json;

constexpr std::int64_t kMs = 1'000'000;

struct Page {
  json overview, frames, sources;
  std::vector<golden::PackedNode> nodes;
  std::vector<PackedRun> runs;
  std::size_t bytes = 0;
};

Page read(const std::string& html) {
  std::map<std::string, std::string> sections;
  for (auto& [name, bytes] : golden::sections_of(html)) sections[name] = bytes;
  Page page{json::parse(sections.at("rh-profile")),
            json::parse(sections.at("rh-frames")),
            json::parse(sections.at("rh-sources")),
            {},
            {},
            html.size()};
  page.nodes = golden::unpack_nodes(sections.at("rh-stacks"), page.overview["kept"]["nodes"]);
  page.runs = golden::unpack_runs(sections.at("rh-runs"), page.overview["kept"]["runs"]);
  return page;
}

Page page_of(const model::Profile& profile, const std::vector<model::SourceText>& sources = {},
             std::size_t max_bytes = kMaxProfilePageBytes) {
  const auto html = render_profile_html(profile, {}, sources, max_bytes);
  EXPECT_TRUE(html) << html.error().message();
  return html ? read(*html) : Page();
}

std::int64_t sum_cpu(const Page& page) {
  return std::accumulate(page.runs.begin(), page.runs.end(), std::int64_t{0},
                         [](std::int64_t sum, const PackedRun& run) { return sum + run.cpu; });
}

// main -> a, main -> b, and one sample after another.
class SmallProfile {
 public:
  SmallProfile() {
    profile.processes.emplace_back();
    profile.threads = {{0, 1, "one"}, {0, 2, "two"}};
    profile.frames = {{"main", "m.py", 1, model::FrameKind::python, {}},
                      {"a", "m.py", 10, model::FrameKind::python, {}},
                      {"b", {}, 0, model::FrameKind::native, "lib.so"},
                      {"never", "m.py", 90, model::FrameKind::python, {}}};
    profile.stacks = {{model::kNoIndex, 0, 3}, {model::kNoIndex, 3, 91}, {0, 1, 12}, {0, 2, 0}};
  }
  void add(std::uint32_t thread, std::uint32_t stack, std::int64_t wall_ns, std::int64_t cpu_ns,
           std::uint8_t state = model::kOnCpu, std::int64_t gap_ns = 0) {
    times_[thread] += gap_ns + wall_ns;
    profile.samples.time_ns.push_back(times_[thread]);
    profile.samples.thread.push_back(thread);
    profile.samples.stack.push_back(stack);
    profile.samples.wall_ns.push_back(static_cast<std::uint32_t>(wall_ns));
    profile.samples.cpu_ns.push_back(static_cast<std::uint32_t>(cpu_ns));
    profile.samples.state.push_back(state);
    profile.duration_ns = std::max(profile.duration_ns, times_[thread]);
  }

  model::Profile profile;

 private:
  std::array<std::int64_t, 2> times_{};
};

TEST(ProfileHtml, MergesEqualNeighbours) {
  SmallProfile small;
  for (int i = 0; i < 5; ++i) small.add(0, 2, kMs, kMs);
  small.add(0, 2, kMs, 0, 0);
  small.add(0, 3, kMs, kMs);
  small.add(1, 3, 2 * kMs, kMs);
  small.add(0, 3, kMs, kMs, model::kOnCpu, 4 * kMs);
  const Page page = page_of(small.profile);
  EXPECT_EQ(page.overview["kept"]["runs"], (json{4, 1}));
  EXPECT_EQ(page.overview["kept"]["samples"], 9);
  ASSERT_EQ(page.runs.size(), 5U);
  EXPECT_EQ(page.runs[0].samples, 5U);
  EXPECT_EQ(page.runs[0].wall, 5000);
  EXPECT_EQ(page.runs[1].cpu, 0);
  EXPECT_EQ(page.runs[3].start, 11'000) << "a gap divides";
  EXPECT_EQ(page.runs[4].thread, 1U);
}

TEST(ProfileHtml, LeavesOutStacksThatNothingUses) {
  SmallProfile small;
  small.add(0, 2, kMs, kMs);
  const Page page = page_of(small.profile);
  EXPECT_EQ(page.frames["names"], (json{"main", "a"}));
  ASSERT_EQ(page.nodes.size(), 2U);
  EXPECT_EQ(page.nodes[1].parent, 0);
  EXPECT_EQ(page.nodes[1].line_step, 2);
}

TEST(ProfileHtml, KeepsSamplesWithoutAStack) {
  SmallProfile small;
  small.add(0, model::kNoIndex, kMs, kMs);
  const Page page = page_of(small.profile);
  ASSERT_EQ(page.runs.size(), 1U);
  EXPECT_EQ(page.runs[0].node, -1);
  EXPECT_EQ(page.runs[0].cpu, 1000);
}

TEST(ProfileHtml, RoundingIsCarriedOn) {
  SmallProfile small;
  for (int i = 0; i < 3000; ++i) small.add(0, i % 2 == 0 ? 2 : 3, 1'333'333, 666'667);
  const Page page = page_of(small.profile);
  EXPECT_EQ(page.runs.size(), 3000U);
  EXPECT_NEAR(static_cast<double>(sum_cpu(page)), 3000 * 666.667, 1);
  EXPECT_NEAR(static_cast<double>(page.runs.back().start + page.runs.back().wall), 3000 * 1333.333, 2);
}

TEST(ProfileHtml, RareStacksCountForTheirCallers) {
  SmallProfile small;
  for (int i = 0; i < 999; ++i) small.add(0, 2, kMs, kMs);
  small.add(0, 3, kMs, kMs);
  Thinning thinning;
  thinning.rare_share = 0.01;
  const PageStacks stacks(small.profile, thinning);
  EXPECT_EQ(stacks.node_count(), 2U);
  EXPECT_EQ(stacks.left_out(), 1U);
  EXPECT_EQ(stacks.node(3), stacks.node(0));
  EXPECT_EQ(stacks.frame(2), model::kNoIndex);
}

TEST(ProfileHtml, SlicesMergeWhatIsEqualWithinThem) {
  SmallProfile small;
  for (int i = 0; i < 100; ++i) small.add(0, i % 2 == 0 ? 2 : 3, kMs, kMs);
  Thinning thinning;
  thinning.slices = 10;
  const PageStacks stacks(small.profile, thinning);
  const PageRuns runs = page_runs(small.profile, stacks, thinning);
  ASSERT_EQ(runs.runs.size(), 20U);
  for (std::size_t i = 0; i < 20; ++i) {
    EXPECT_EQ(runs.runs[i].samples, 5U);
    EXPECT_EQ(runs.runs[i].start_ns, static_cast<std::int64_t>(i) * 5 * kMs) << "end to end";
  }
}

// Chance in everything: hardly two samples are equal, and nothing compresses well.
model::Profile incompressible_profile(std::size_t samples) {
  SmallProfile small;
  model::Profile& profile = small.profile;
  std::uint64_t state = 1;
  const auto chance = [&](std::uint64_t bound) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (state >> 33) % bound;
  };
  for (int i = 0; i < 3'000; ++i) {
    profile.frames.push_back({fmt::format("f{:x}{:x}", chance(1ULL << 31), chance(1ULL << 31)),
                              fmt::format("{:x}.py", chance(1ULL << 31)),
                              1,
                              model::FrameKind::python,
                              {}});
    profile.stacks.push_back({static_cast<std::uint32_t>(chance(profile.stacks.size())),
                              static_cast<std::uint32_t>(profile.frames.size() - 1),
                              static_cast<std::uint32_t>(chance(5000))});
  }
  for (std::size_t i = 0; i < samples; ++i) {
    const auto wall = static_cast<std::int64_t>(kMs + chance(kMs));
    small.add(i % 2 == 0 ? 0 : 1, static_cast<std::uint32_t>(chance(profile.stacks.size())), wall,
              static_cast<std::int64_t>(chance(static_cast<std::uint64_t>(wall))));
  }
  return profile;
}

TEST(ProfileHtml, StaysSmallWhateverTheProfileIs) {
  constexpr std::size_t kMaxBytes = 500'000;
  const model::Profile profile = incompressible_profile(60'000);
  const Page page = page_of(profile, {{"m.py", std::string(3000, 'x'), {}}}, kMaxBytes);
  EXPECT_LE(page.bytes, kMaxBytes);
  EXPECT_GT(page.overview["kept"]["slice_ns"], 0) << "the page says what was done";
  EXPECT_TRUE(page.sources["files"].contains("m.py")) << "there is room for sources";
  const double unit = page.overview["kept"]["unit_ns"];
  double cpu = 0;
  for (const std::uint32_t ns : profile.samples.cpu_ns) cpu += ns;
  EXPECT_NEAR(static_cast<double>(sum_cpu(page)) * unit, cpu, 4 * unit) << "sums stay right";
}

TEST(ProfileHtml, SaysThatNotEvenTheCoarsestPageFits) {
  SmallProfile small;
  small.add(0, 2, kMs, kMs);
  const auto html = render_profile_html(small.profile, {}, {}, 1000);
  ASSERT_FALSE(html);
  EXPECT_EQ(html.error().kind, ErrorKind::limit);
  EXPECT_NE(html.error().what.find("more than 1000 bytes"), std::string::npos);
}

TEST(ProfileHtml, SourcesThatDoNotFitAreCounted) {
  SmallProfile small;
  small.add(0, 2, kMs, kMs);
  std::vector<model::SourceText> sources;
  std::uint64_t state = 3;
  for (int i = 0; i < 40; ++i) {
    std::string text;
    while (text.size() < 200'000) text += fmt::format("{:x}", state = state * 6364136223846793005ULL + 1);
    sources.push_back({fmt::format("{}.py", i), text, {}});
  }
  sources.push_back({"big.py", std::string(3'000'000, ' '), {}});
  sources.push_back({"gone.py", {}, "it is gone"});
  const Page page = page_of(small.profile, sources);
  EXPECT_LE(page.bytes, kMaxProfilePageBytes);
  EXPECT_TRUE(page.sources["files"].contains("0.py"));
  EXPECT_GT(page.sources["left_out"], 0);
  EXPECT_EQ(page.sources["files"].size() + page.sources["left_out"].get<std::size_t>(), 40U);
  EXPECT_EQ(page.sources["reasons"]["gone.py"], "it is gone");
  EXPECT_EQ(page.sources["reasons"]["big.py"], "it has 3000000 bytes, more than 2000000");
}

TEST(ProfileHtml, LongNamesAreCut) {
  SmallProfile small;
  small.profile.frames[1].name = std::string(5000, 'n');
  small.add(0, 2, kMs, kMs);
  const Page page = page_of(small.profile);
  EXPECT_EQ(page.frames["names"][1], std::string(1000, 'n') + "\u2026");
}

}  // namespace
}  // namespace rh::reporters
