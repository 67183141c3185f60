// The product as an MCP host: the table of tools, and what runs and executions left behind.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "runner/agent/mcp/host.h"
#include "runner/agent/mcp/product_offer.h"
#include "runner/agent/service.h"

namespace rh::agent::mcp {

constexpr std::uint64_t kMaxInlineImageBytes = 1ULL << 20;
constexpr unsigned kMaxAnswerDepth = 500;  // what code gives as its result may be nested as it likes

struct ProductOptions {
  Offer offer;
  bool full_text = false;  // the text of an answer is its whole JSON
};

class ProductHost : public Host {
 public:
  ProductHost(Service& service, ProductOptions options) : service_(service), options_(std::move(options)) {}

  [[nodiscard]] nlohmann::json implementation() const override;
  [[nodiscard]] std::string instructions() const override;
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
  [[nodiscard]] bool offers_tasks() const override { return true; }
  [[nodiscard]] bool may_take_long(std::string_view tool) const override;
  [[nodiscard]] Reply over_quota(const std::string& why) const override;
  [[nodiscard]] std::string clean(std::string_view text) const override;

 private:
  [[nodiscard]] Reply answer(const Call& call, const ToolRow& row, const ToolAnswer& answer) const;
  [[nodiscard]] Reply ask_person(const ToolRow& row, const Question& question) const;

  Service& service_;
  ProductOptions options_;
};

}  // namespace rh::agent::mcp
