// Installing what a Node package depends on: whether it is needed, and how.
#pragma once

#include <optional>
#include <string>

#include "runner/adapters/adapter.h"

namespace rh::adapters {

// Why node_modules has to be installed or renewed; empty when everything is in place. Reads files only.
[[nodiscard]] std::string install_reason(const model::Suite& suite, const std::filesystem::path& repository_root);

// Suites of one workspace give equal steps: command and folder are the same.
[[nodiscard]] std::optional<model::Step> install_step(const model::Suite& suite, const StepContext& context);

}  // namespace rh::adapters
