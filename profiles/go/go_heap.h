// The heap of Go's test programs: with --memory `go test` starts them through a small script (its -exec), which asks
// each for a heap profile of its own. Other Go programs tell their heap to nobody outside, and that is said.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "profiles/profiler.h"

namespace rh::profiles {

[[nodiscard]] std::unique_ptr<Profiler> make_go_heap_profiler(const RecordingOptions& options, ProfileBuilder& builder);

// The flags that the go command takes from the environment, or else from the file that `go env -w` writes.
[[nodiscard]] std::string go_flags(const std::vector<std::string>& environment);

// GOFLAGS with `-exec PROGRAM` behind those of the caller; nothing where that would change what runs: the caller
// has an -exec, or builds for another system.
[[nodiscard]] std::optional<std::string> go_flags_with_exec(const std::vector<std::string>& environment,
                                                            const std::string& program);

}  // namespace rh::profiles
