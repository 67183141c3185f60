// Makes the page of a report.json, for the tests in a browser: render_page REPORT.json PAGE.html [FOLDER]. Texts of
// covered files are read from below FOLDER; one that is not there is said to be missing.
#include <filesystem>

#include <fmt/core.h>

#include "reporters/reporter.h"
#include "runner/base/file.h"

namespace {

namespace fs = std::filesystem;

void add_sources(rh::model::RunReport& report, const fs::path& folder) {
  for (const rh::model::CoverageFile& file : report.coverage.files) {
    auto text = rh::read_file(folder / file.path);
    if (text)
      report.sources.push_back({file.path, std::move(*text), {}});
    else
      report.sources.push_back({file.path, {}, "it is not in the repository any more"});
  }
}

rh::Result<void> render(const fs::path& input, const fs::path& output, const fs::path& folder) {
  RH_TRY(const std::string text, rh::read_file(input, 1ULL << 30));
  RH_TRY(rh::model::RunReport report, rh::reporters::parse_json_report(text));
  if (!folder.empty()) add_sources(report, folder);
  RH_TRY(const std::string page, rh::reporters::render_html(report));
  return rh::write_file(output, page);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3 || argc > 4) {
    fmt::print(stderr, "usage: render_page REPORT.json PAGE.html [FOLDER]\n");
    return 2;
  }
  const auto done = render(argv[1], argv[2], argc > 3 ? argv[3] : "");
  if (!done) fmt::print(stderr, "render_page: {}\n", done.error().message());
  return done ? 0 : 1;
}
