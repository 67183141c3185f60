// A command of runharness as a process of its own: whatever becomes of it, the server that asked goes on. It has a
// process group of its own; a caller that cancels, a deadline, or our own end takes the whole tree along.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runner/base/result.h"
#include "runner/base/unique_fd.h"
#include "runner/model/command.h"

namespace rh::agent {

constexpr std::uint64_t kMaxChildOutput = 64ULL << 20;
constexpr std::size_t kMaxChildErrors = 64 << 10;  // the end of standard error is kept

struct ChildSpec {
  std::vector<std::string> argv;
  std::filesystem::path cwd;
  model::Environment environment{};  // all of it
  std::uint64_t max_output = kMaxChildOutput;
  std::optional<std::chrono::milliseconds> timeout{};
  // Between SIGTERM, at which runharness ends its sandboxes and writes its reports, and SIGKILL.
  std::chrono::milliseconds grace{10'000};
};

struct ChildHooks {
  BorrowedFd cancel;                                         // readable (never drained here): end it now
  std::function<void(std::string_view line)> on_error_line;  // of standard error, while they come; may be empty
};

struct ChildEnd {
  std::string output, errors;
  bool output_truncated = false;
  std::optional<int> exit_code, signal;
  bool cancelled = false, timed_out = false;
};

// An Error only where the process cannot be started.
[[nodiscard]] Result<ChildEnd> run_child(const ChildSpec& spec, const ChildHooks& hooks);

}  // namespace rh::agent
