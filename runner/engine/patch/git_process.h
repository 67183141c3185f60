// One trusted helper process whose output is read while it is written; see git.h for who uses it.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "runner/base/result.h"
#include "runner/model/command.h"

namespace rh::engine {

struct ProcessBounds {
  std::uint64_t output_bytes = 0;
  std::size_t problem_bytes = 0;
  std::chrono::milliseconds patience{0};
};

struct ProcessEnd {
  int exit_code = 0;    // 128 + N after signal N
  std::string problem;  // standard error, cut at its bound
};

// Runs to the end; `input` is all that it finds on its standard input. An Error when it cannot be started, exceeds a
// bound (it is killed then) or `take` fails.
[[nodiscard]] Result<ProcessEnd> stream_process(const model::Command& command, std::string_view input,
                                                const ProcessBounds& bounds,
                                                const std::function<Result<void>(std::string_view)>& take);

}  // namespace rh::engine
