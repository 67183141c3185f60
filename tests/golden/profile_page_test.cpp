// The data of a profile's page, compared with approved text: columns are written out as rows.
#include <cstdlib>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "profiles/analysis/summary.h"
#include "reporters/profile/html.h"
#include "runner/base/file.h"
#include "tests/golden/packed_profile.h"
#include "tests/golden/page_sections.h"
#include "tests/golden/profile_fixture.h"

namespace rh::golden {
namespace {

std::string nodes_as_text(std::string_view bytes, std::size_t count) {
  std::string text = "node: parent frame line_step\n";
  std::size_t i = 0;
  for (const PackedNode& node : unpack_nodes(bytes, count))
    text += fmt::format("{}: {} {} {}\n", i++, node.parent, node.frame, node.line_step);
  return text;
}

std::string runs_as_text(std::string_view bytes, const std::vector<std::uint64_t>& of_thread) {
  std::string text = "thread: start wall cpu node state samples\n";
  for (const PackedRun& run : unpack_runs(bytes, of_thread))
    text += fmt::format("{}: {} {} {} {} {} {}\n", run.thread, run.start, run.wall, run.cpu, run.node, run.state,
                        run.samples);
  return text;
}

// The numbers of a member of "kept" in the overview.
std::vector<std::uint64_t> kept(const std::string& overview, std::string_view name) {
  const std::size_t begin = overview.find(fmt::format("\"{}\":", name), overview.find("\"kept\":{")) + name.size() + 3;
  std::vector<std::uint64_t> numbers;
  for (const char* at = overview.data() + begin;;) {
    if (*at == '[') ++at;
    char* end = nullptr;
    numbers.push_back(std::strtoull(at, &end, 10));
    if (*end != ',' || overview[begin] != '[') return numbers;
    at = end + 1;
  }
}

std::string page_as_text(const model::Profile& profile) {
  const std::vector<model::SourceText> sources = {
      {"/src/app/parse.py", "def parse():\n    pass  # </script>\n", {}},
      {"/usr/lib/python3.11/re.py", {}, "it is too large"},
  };
  const auto page = reporters::render_profile_html(profile, profiles::summarize(profile), sources);
  if (!page) return page.error().message();
  std::string text, overview;
  for (const auto& [name, bytes] : sections_of(*page)) {
    if (name == "rh-profile") overview = bytes;
    text += name + "\n";
    if (name == "rh-stacks")
      text += nodes_as_text(bytes, kept(overview, "nodes").at(0));
    else if (name == "rh-runs")
      text += runs_as_text(bytes, kept(overview, "runs"));
    else
      text += bytes + "\n";
  }
  return text;
}

void compare(const std::string& name, const std::string& actual) {
  const std::filesystem::path approved = std::filesystem::path(RUNHARNESS_SOURCE_DIR) / "tests/golden/approved" / name;
  if (std::getenv("RUNHARNESS_APPROVE") != nullptr) {
    ASSERT_TRUE(write_file(approved, actual));
    return;
  }
  const auto expected = read_file(approved);
  ASSERT_TRUE(expected) << expected.error().message();
  EXPECT_TRUE(*expected == actual) << "tests/golden/approved/" << name
                                   << " differs; run tests/approve.sh and review the difference.\n"
                                   << actual.substr(0, 4000);
}

TEST(Golden, DataOfAProfilesPage) { compare("profile-page.txt", page_as_text(make_profile())); }
TEST(Golden, DataOfThePageOfAProfileWithoutSamples) {
  compare("profile-page-empty.txt", page_as_text(make_empty_profile()));
}

}  // namespace
}  // namespace rh::golden
