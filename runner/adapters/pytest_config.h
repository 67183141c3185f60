// The settings of pytest and coverage.py as far as they decide how runharness starts them. Reads
// the files that the tools read, in their order; never judges the rest of a file.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runner/model/diagnostic.h"

namespace rh::adapters {

struct PytestConfig {
  std::string reason;                // "pyproject.toml has [tool.pytest.ini_options]"; empty: none found
  std::vector<std::string> addopts;  // split like a shell does
};

struct CoverageConfig {
  bool selects_files = false;  // source, source_pkgs, include or omit is set: nothing of ours is added
  bool parallel = false;       // data files get a suffix and must be combined
};

// What pytest would find in that folder itself. A file that cannot be parsed becomes a diagnostic
// "bad-manifest" with file and line.
[[nodiscard]] PytestConfig read_pytest_config(const std::filesystem::path& folder, const std::string& relative,
                                              std::vector<model::Diagnostic>& diagnostics);
[[nodiscard]] CoverageConfig read_coverage_config(const std::filesystem::path& folder);

// Names of the files that may hold a pytest configuration.
[[nodiscard]] bool may_configure_pytest(std::string_view file);

// Words of a command line: blanks separate, quotes and backslashes protect.
[[nodiscard]] std::vector<std::string> split_words(std::string_view text);

}  // namespace rh::adapters
