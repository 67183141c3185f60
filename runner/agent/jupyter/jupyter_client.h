// One conversation with runharness-jupyter.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "runner/base/result.h"
#include "runner/base/unique_fd.h"

namespace rh::agent {

// runharness-jupyter beside `program`, in ../libexec/runharness, or as RUNHARNESS_JUPYTER_PROGRAM names it; empty:
// none.
[[nodiscard]] std::filesystem::path jupyter_program(const std::filesystem::path& program);

// Sends `request` and gives each event to `take`. When `cancel` is readable the helper interrupts the code and removes
// the kernel; it is heard until it has ended, no longer than `patience`. Errors: the helper is not there, or died.
[[nodiscard]] Result<void> converse_with_jupyter(const std::filesystem::path& helper, const nlohmann::json& request,
                                                 BorrowedFd cancel, std::chrono::milliseconds patience,
                                                 const std::function<void(const nlohmann::json&)>& take);

}  // namespace rh::agent
