// Removal of old run directories: events, samples, output and reports of single runs below .runharness/runs.
#pragma once

#include <filesystem>

#include "runner/base/result.h"
#include "runner/engine/history/history.h"

namespace rh::engine {

// Keeps the newest `limits.runs` and removes those older than `limits.age`. Never removed: the newest one, one
// that a run still writes to (it holds a lock on its event log), one that began within the last minute, and
// what is no run directory. Adds to `pruned` what went, and each that had to stay with the reason.
[[nodiscard]] Result<void> prune_run_folders(const std::filesystem::path& runs, const HistoryLimits& limits,
                                             bool dry_run, model::Pruned& pruned);

}  // namespace rh::engine
