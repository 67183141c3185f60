// The run's id and folders, and what they hold besides events: plugins for the suites, series, and a
// pointer to the latest run.
#pragma once

#include <filesystem>
#include <vector>

#include "runner/adapters/adapter.h"
#include "runner/base/result.h"
#include "runner/engine/run_context.h"
#include "runner/model/ids.h"
#include "runner/model/samples.h"

namespace rh::engine {

// UUID version 7 (RFC 9562): milliseconds of the epoch first, so that names sort by time.
[[nodiscard]] model::RunId make_run_id();

// Creates the folders. `out` empty: <state>/runs/<id>. A state folder that cannot be made (read-only
// checkout) is replaced by `fallback_state`. What an earlier run left in `out` is removed; a run that is
// still going there is an error.
[[nodiscard]] Result<RunPaths> make_run_folders(const std::filesystem::path& repository_root,
                                                const std::filesystem::path& out, const model::RunId& id,
                                                const std::filesystem::path& fallback_state);

[[nodiscard]] Result<void> write_support_files(const std::vector<adapters::SupportFile>& files,
                                               const std::filesystem::path& folder);
[[nodiscard]] Result<void> append_samples(const std::filesystem::path& file, const model::SampleSeries& series);

// The stored run of that id, of that directory, or the latest one for "latest".
[[nodiscard]] Result<std::filesystem::path> find_run(const std::filesystem::path& repository_root,
                                                     const std::string& name);
// Rebuilds the report of a run directory from its event log, also of a run that was killed.
[[nodiscard]] Result<model::RunReport> load_run(const std::filesystem::path& run_directory);

}  // namespace rh::engine
