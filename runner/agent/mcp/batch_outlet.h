// Collects the responses to a batch (revision 2025-03-26) and sends them together.
#pragma once

#include <memory>
#include <mutex>

#include "runner/agent/mcp/call.h"

namespace rh::agent::mcp {

class BatchOutlet : public Outlet {
 public:
  BatchOutlet(std::shared_ptr<Outlet> way, std::size_t requests);
  ~BatchOutlet() override;
  void send(const nlohmann::json& message) override { way_->send(message); }
  void finish(const nlohmann::json& response, int http_status) override;
  void abandon() override;
  void open_stream() override { way_->open_stream(); }

 private:
  void close_one(const nlohmann::json* response);

  const std::shared_ptr<Outlet> way_;
  std::mutex mutex_;
  std::size_t open_;
  std::unique_ptr<nlohmann::json> responses_;
};

}  // namespace rh::agent::mcp
