// Coverage of one suite: reads the files that its steps named, makes their paths relative to the
// repository and joins them.
#pragma once

#include <filesystem>
#include <functional>
#include <vector>

#include "runner/engine/registry.h"
#include "runner/engine/run_options.h"
#include "runner/model/coverage.h"
#include "runner/model/repository.h"
#include "runner/model/step.h"

namespace rh::engine {

// Trouble becomes a diagnostic each; the report's `reason` is filled when nothing could be read.
// `folders`: where the suite may write; no link below them is followed.
// `given` is the caller's own map of paths, stronger than what the sources say.
[[nodiscard]] model::CoverageReport collect_coverage(const std::vector<model::CoverageSource>& sources,
                                                     const std::vector<std::filesystem::path>& folders,
                                                     const Registry& registry, const model::Repository& repository,
                                                     const PathMap& given,
                                                     const std::function<void(model::Diagnostic)>& note);

// What is said about files whose data is of different texts or of different sets of branches; `paths` is not empty.
[[nodiscard]] model::Diagnostic divergent_files(const std::vector<std::string>& paths);

// What is said about paths of coverage data that are in no file of the repository, or in several; an error where the
// caller wants all of them resolved. Empty `paths` are for nobody to ask about.
[[nodiscard]] model::Diagnostic unresolved_paths(const std::vector<std::string>& paths, bool strict);
constexpr std::string_view kUnresolvedPaths = "coverage-unresolved";  // its code

}  // namespace rh::engine
