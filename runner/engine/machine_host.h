// The machine as adapters see it: the caller's PATH and environment, and trusted helper programs
// (version questions, `git rev-parse`), run by Boost.Process. Code of the repository never runs here.
#pragma once

#include "runner/adapters/adapter.h"

namespace rh::engine {

class MachineHost : public adapters::Host {
 public:
  explicit MachineHost(model::Environment environment);

  [[nodiscard]] std::optional<std::filesystem::path> find_tool(std::string_view name) const override;
  [[nodiscard]] const model::Environment& environment() const override { return environment_; }
  [[nodiscard]] std::filesystem::path home() const override;
  [[nodiscard]] std::filesystem::path account_home() const override;
  // The output is bounded; on timeout the helper is killed and the Result is an error.
  [[nodiscard]] Result<adapters::HelperOutput> run_helper(const model::Command& command,
                                                          std::chrono::milliseconds timeout) const override;

 private:
  model::Environment environment_;
};

[[nodiscard]] model::Environment current_environment();

}  // namespace rh::engine
