// Coverage of several files as one report: where their relative paths start is told by which folder has the
// files, paths within a module by the manifests of the repository, and whatever fits nothing stays as written.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/coverage/reader.h"
#include "runner/engine/run_options.h"
#include "runner/model/coverage.h"
#include "runner/model/repository.h"

namespace rh::engine {

struct ReadCoverage {
  collectors::CoverageData data;
  std::filesystem::path file;  // where it was read from
};

[[nodiscard]] model::CoverageReport join_coverage(std::vector<ReadCoverage> read, const model::Repository* repository,
                                                  const std::filesystem::path& here, const PathMap& given);

// Reads source files for formats that need their text. Bounded; a file that cannot be read is nullopt.
[[nodiscard]] std::function<std::optional<std::string>(std::string_view)> source_reader(
    const model::Repository* repository, const std::filesystem::path& here, const std::filesystem::path& beside);

}  // namespace rh::engine
