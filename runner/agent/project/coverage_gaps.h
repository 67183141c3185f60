// What no test reaches, from the coverage of a run: files with lines, and for each path through the code what a test
// of it would have to do. By rules on the source text; a heuristic that names the place, not a proof.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "runner/model/coverage.h"
#include "runner/model/line_range.h"

namespace rh::agent {

struct UntestedFile {
  std::string path;  // relative to the repository
  std::vector<model::LineRange> ranges;
  std::uint64_t lines = 0;  // that can run and did not
  model::Ratio ratio;       // of the file's lines
};

// A piece of code that belongs together: one range, cut where another function begins.
struct UntestedPath {
  std::string file, function;  // empty: not in a function
  model::LineRange lines;
  std::string condition;   // the line that leads into it: "if b == 0:"; empty: nothing does
  std::string first_line;  // the first untested line, trimmed
  std::string suggestion;
};

// Most untested lines first, then by path. Lines without code in between do not split a range.
[[nodiscard]] std::vector<UntestedFile> untested_files(const model::CoverageReport& coverage);
// At most `max` for all files together; `root` is where sources are read from.
[[nodiscard]] std::vector<UntestedPath> untested_paths(const std::vector<UntestedFile>& files,
                                                       const std::filesystem::path& root, std::size_t max);
// The same for one text.
[[nodiscard]] std::vector<UntestedPath> untested_paths_of(const UntestedFile& file, std::string_view source);

// "3-7, 12"
[[nodiscard]] std::string to_text(const std::vector<model::LineRange>& ranges);
[[nodiscard]] nlohmann::json to_json(const UntestedFile& file);
[[nodiscard]] nlohmann::json to_json(const UntestedPath& path);

}  // namespace rh::agent
