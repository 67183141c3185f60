// Coverage of one suite: reads the files that its steps named, makes their paths relative to the
// repository and joins them.
#pragma once

#include <filesystem>
#include <functional>
#include <vector>

#include "runner/engine/registry.h"
#include "runner/model/coverage.h"
#include "runner/model/repository.h"
#include "runner/model/step.h"

namespace rh::engine {

// Trouble becomes a diagnostic each; the report's `reason` is filled when nothing could be read.
// `folders`: where the suite may write; no link below them is followed.
[[nodiscard]] model::CoverageReport collect_coverage(const std::vector<model::CoverageSource>& sources,
                                                     const std::vector<std::filesystem::path>& folders,
                                                     const Registry& registry, const model::Repository& repository,
                                                     const std::function<void(model::Diagnostic)>& note);

}  // namespace rh::engine
