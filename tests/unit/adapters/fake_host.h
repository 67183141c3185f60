// A machine that a test makes up: tools, environment, HOME and the answers of helpers.
#pragma once

#include <map>
#include <string>

#include "runner/adapters/adapter.h"
#include "runner/base/text.h"

namespace rh::adapters {

class FakeHost : public Host {
 public:
  std::map<std::string, std::filesystem::path> tools;
  model::Environment variables;
  std::filesystem::path home_folder = "/nonexistent/home";
  std::map<std::string, HelperOutput> answers;  // by command line; all others fail
  mutable std::vector<model::Command> asked;

  [[nodiscard]] std::optional<std::filesystem::path> find_tool(std::string_view name) const override {
    const auto found = tools.find(std::string(name));
    if (found == tools.end()) return std::nullopt;
    return found->second;
  }
  [[nodiscard]] const model::Environment& environment() const override { return variables; }
  [[nodiscard]] std::filesystem::path home() const override { return home_folder; }
  [[nodiscard]] Result<HelperOutput> run_helper(const model::Command& command,
                                                std::chrono::milliseconds) const override {
    asked.push_back(command);
    const auto found = answers.find(shell_join(command.argv));
    if (found == answers.end()) return fail(ErrorKind::process, "run helper: no answer", shell_join(command.argv));
    return found->second;
  }
};

}  // namespace rh::adapters
