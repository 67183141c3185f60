// Takes files out of a folder that code which is not trusted has written to: names and patterns in, one
// row per file out, whatever it turned out to be. The process tree that wrote there should be dead; a
// folder that is changed meanwhile gives odd rows, but never anything from outside of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "runner/base/result.h"
#include "runner/model/collected_file.h"

namespace rh::sandbox {

// Sizes count data; holes of a sparse file cost nothing and are kept as holes.
struct CollectBounds {
  std::size_t files = 10'000;
  std::uint64_t file_bytes = 1ULL << 30;
  std::uint64_t total_bytes = 4ULL << 30;
};

// `patterns`: the path of a file or of a folder (all files below it), or a pattern with '*', '?' and "**".
// Sorted by path. With a `destination` the files are copied there under their path, without set-uid bits
// and replacing what was there; without one they are only judged. An error means the folder or the
// destination itself.
[[nodiscard]] Result<std::vector<model::CollectedFile>> collect_files(
    const std::filesystem::path& folder, const std::vector<std::string>& patterns, const CollectBounds& bounds,
    const std::optional<std::filesystem::path>& destination);

}  // namespace rh::sandbox
