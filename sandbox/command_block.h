// What a command process needs at its exec, in memory that runner and child share: a sandbox can be
// made first and be told later what to run in it. The memory has the same address in both, because
// the child is a copy of the runner; so plain pointers serve.
#pragma once

#include <sys/resource.h>

#include <cstddef>
#include <span>
#include <string>

#include "runner/base/result.h"
#include "runner/model/command.h"

namespace rh::sandbox {

struct ResourceLimit {
  int resource = 0;
  rlimit64 value{};
};

struct CommandBlock {
  const char* working_folder = nullptr;
  const char* const* executables = nullptr;  // tried in order, as execvp does; NULL at the end
  const char* const* argv = nullptr;         // NULL at the end
  const char* const* env = nullptr;          // NULL at the end
  const ResourceLimit* limits = nullptr;
  std::size_t limit_count = 0;
};

class SharedCommand {
 public:
  [[nodiscard]] static Result<SharedCommand> make(std::size_t bytes);
  // What `write` would need.
  [[nodiscard]] static std::size_t bytes_for(const model::Command& command, std::size_t limits);
  SharedCommand() = default;
  SharedCommand(SharedCommand&& other) noexcept;
  SharedCommand& operator=(SharedCommand&& other) noexcept;
  ~SharedCommand();

  // False when it does not fit.
  [[nodiscard]] bool write(const model::Command& command, std::span<const ResourceLimit> limits);
  [[nodiscard]] const CommandBlock* block() const { return static_cast<const CommandBlock*>(memory_); }

 private:
  void* memory_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace rh::sandbox
