// What the coverage reporters write, the readers read back: the same files, lines, branches and functions as far
// as the format can say them, whatever the names hold.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "collectors/coverage/merge.h"
#include "collectors/coverage/reader.h"
#include "reporters/reporter.h"
#include "tests/golden/fixture.h"

namespace rh {
namespace {

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  model::RunReport report() {
    model::RunReport report = golden::make_passing_report();
    report.coverage = {};
    std::set<std::string> paths;
    for (std::size_t count = 1 + random_() % 5; count > 0; --count) paths.insert(path());
    for (const std::string& each : paths) report.coverage.files.push_back(file(each));
    report.coverage.totals = collectors::totals_of(report.coverage.files);
    return report;
  }

 private:
  std::string path() {
    static const char* const kParts[] = {"a", "src", "b c", "caf\xC3\xA9", "x&y", "<t>", "it's", "q\"q", "1,2"};
    std::string text = kParts[random_() % std::size(kParts)];
    for (std::size_t depth = random_() % 3; depth > 0; --depth)
      text += std::string("/") + kParts[random_() % std::size(kParts)];
    return text + ".c";
  }
  std::uint64_t hits() { return random_() % 3 == 0 ? 0 : random_() % 5 == 0 ? 5'000'000'000ULL : random_() % 100; }

  model::CoverageFile file(const std::string& path) {
    model::CoverageFile file;
    file.path = path;
    std::uint32_t line = 0;
    for (std::size_t count = 1 + random_() % 40; count > 0; --count) {
      line += 1 + static_cast<std::uint32_t>(random_() % 4);
      file.lines.push_back({line, hits()});
      if (random_() % 4 != 0) continue;
      const bool reached = file.lines.back().hits > 0;
      for (std::uint32_t branch = 0; branch < 2 + random_() % 3; ++branch)
        file.branches.push_back({line, 0, std::to_string(branch), reached ? std::optional(hits()) : std::nullopt});
    }
    // A function is entered as often as its first line is reached.
    for (std::size_t count = random_() % 4; count > 0; --count) {
      const model::LineHits& first = file.lines[random_() % file.lines.size()];
      file.functions.push_back({"ns::f<int, " + std::to_string(count) + ">", first.line, first.hits});
    }
    std::sort(file.branches.begin(), file.branches.end());
    std::sort(file.functions.begin(), file.functions.end());
    return file;
  }

  std::mt19937 random_;
};

using Reader = Result<collectors::CoverageData> (*)(std::string_view, const collectors::CoverageReadOptions&);

std::vector<model::CoverageFile> read(Reader reader, std::string_view text) {
  const auto data = reader(text, {.subject = "written", .source = {}});
  EXPECT_TRUE(data) << (data ? "" : data.error().message());
  if (!data) return {};
  EXPECT_TRUE(data->diagnostics.empty()) << data->diagnostics[0].message;
  return data->files;
}

TEST(CoverageRoundTrip, LcovIsReadAsItWasWritten) {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    const model::RunReport report = Generator(seed).report();
    ASSERT_EQ(read(collectors::read_lcov, reporters::render_lcov(report).value()), report.coverage.files)
        << "seed " << seed;
  }
}

// Cobertura says how many branches of a line were taken, not how often, and names functions by class.
TEST(CoverageRoundTrip, CoberturaKeepsLinesAndCountsOfBranches) {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    const model::RunReport report = Generator(seed).report();
    const auto back = read(collectors::read_cobertura, reporters::render_cobertura(report).value());
    ASSERT_EQ(back.size(), report.coverage.files.size()) << "seed " << seed;
    for (std::size_t i = 0; i < back.size(); ++i) {
      EXPECT_EQ(back[i].path, report.coverage.files[i].path) << "seed " << seed;
      EXPECT_EQ(back[i].lines, report.coverage.files[i].lines) << "seed " << seed;
    }
    EXPECT_EQ(collectors::totals_of(back).branches, report.coverage.totals.branches) << "seed " << seed;
  }
}

}  // namespace
}  // namespace rh
