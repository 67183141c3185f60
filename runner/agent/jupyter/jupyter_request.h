// An ExecutionRequest as runharness-jupyter is asked for it (jupyter_events.h).
#pragma once

#include <chrono>
#include <cstdint>

#include <nlohmann/json_fwd.hpp>

#include "runner/agent/config.h"
#include "runner/agent/exec/request.h"
#include "runner/agent/jupyter/jupyter_place.h"
#include "runner/base/result.h"

namespace rh::agent {

struct JupyterWish {
  JupyterPlace place;
  std::string kernel;       // by name; empty: one of the language
  bool must_exist = false;  // no other kernel will do
  std::chrono::milliseconds timeout{300'000};
  std::uint64_t output_bytes = 64ULL << 20;
};

// What a server cannot be asked for is an error of the kind usage.
[[nodiscard]] Result<nlohmann::json> jupyter_request(const ExecutionRequest& request, const JupyterWish& wish);

// The language of the code as kernels know it: a notebook's own.
[[nodiscard]] std::string jupyter_language(const ExecutionRequest& request);

}  // namespace rh::agent
