// Finds the files that names and patterns mean below a folder that is not trusted.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "runner/base/beneath.h"
#include "runner/model/collected_file.h"

namespace rh::sandbox {

struct FoundFiles {
  std::set<std::string> paths;                  // to be looked at; in the order of their bytes
  std::vector<model::CollectedFile> unfounded;  // names without a file, folders that could not be searched
};

// A name means itself; a folder's name everything below it; what has '*' or '?' in it and is no name of
// a file is a pattern (see glob_match). Of more than `most` paths the first ones in their order are kept.
[[nodiscard]] FoundFiles find_files(const Beneath& folder, const std::vector<std::string>& patterns, std::size_t most);

}  // namespace rh::sandbox
