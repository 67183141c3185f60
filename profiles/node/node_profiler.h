// Profiles node: a file loaded with --require samples every thread of every process by V8's own profiler.
#pragma once

#include <memory>

#include "profiles/profiler.h"

namespace rh::profiles {

[[nodiscard]] std::unique_ptr<Profiler> make_node_profiler(const RecordingOptions& options, ProfileBuilder& builder);

// `options` (NODE_OPTIONS of the caller) with `--require file` behind it, quoted as node reads it.
[[nodiscard]] std::string with_required_file(std::string_view options, const std::string& file);

// Whether an executable of this name is node: "node", "nodejs", "node20", "node-v20.1.0".
[[nodiscard]] bool is_node(const std::filesystem::path& executable);

}  // namespace rh::profiles
