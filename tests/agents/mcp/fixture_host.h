// What the conformance suite expects a server to offer.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "runner/agent/mcp/host.h"
#include "runner/agent/mcp/server.h"

namespace rh::agent::mcp {

class FixtureHost : public Host {
 public:
  void serve(Server& server) { server_ = &server; }

  [[nodiscard]] nlohmann::json implementation() const override;
  [[nodiscard]] nlohmann::json capabilities() const override;
  [[nodiscard]] nlohmann::json tools() override;
  [[nodiscard]] Reply call_tool(Call& call, const std::string& name, const nlohmann::json& arguments) override;
  [[nodiscard]] nlohmann::json resources() override;
  [[nodiscard]] nlohmann::json resource_templates() override;
  [[nodiscard]] Reply read_resource(Call& call, const std::string& uri) override;
  [[nodiscard]] nlohmann::json prompts() override;
  [[nodiscard]] Reply get_prompt(Call& call, const std::string& name, const nlohmann::json& arguments) override;
  [[nodiscard]] Reply complete(Call& call, const nlohmann::json& params) override;
  [[nodiscard]] bool can_subscribe(std::string_view uri) override;
  [[nodiscard]] bool mirrors_arguments() const override { return true; }
  // The suite counts notifications.
  [[nodiscard]] bool heartbeats() const override { return false; }

 private:
  [[nodiscard]] Reply trigger(const std::string& what);

  Server* server_ = nullptr;
};

// Tools that ask the client (fixture_questions.cpp); nothing: another one is meant.
[[nodiscard]] const nlohmann::json& question_tools();
[[nodiscard]] Reply call_question_tool(Call& call, const std::string& name, const nlohmann::json& arguments,
                                       bool& known);
[[nodiscard]] nlohmann::json text_result(const std::string& text);

}  // namespace rh::agent::mcp
