// `profile --preset NAME`: the recording of a command that runs in the sandbox.
#pragma once

#include "profiles/recording.h"
#include "runner/app/options.h"
#include "runner/engine/machine_host.h"
#include "runner/model/ending.h"

namespace rh::app {

struct SandboxedProfile {
  model::Profile profile;
  model::WaitStatus status;
};

// `launch` as the profilers prepared it; their scratch folder is writable inside.
[[nodiscard]] Result<SandboxedProfile> record_in_sandbox(const CommandLine& line, const engine::MachineHost& host,
                                                         const profiles::Launch& launch,
                                                         const profiles::RecordingOptions& options,
                                                         profiles::Recording& recording);

}  // namespace rh::app
