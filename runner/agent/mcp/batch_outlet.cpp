#include "runner/agent/mcp/batch_outlet.h"

#include <nlohmann/json.hpp>

namespace rh::agent::mcp {

BatchOutlet::BatchOutlet(std::shared_ptr<Outlet> way, std::size_t requests)
    : way_(std::move(way)), open_(requests), responses_(std::make_unique<nlohmann::json>(nlohmann::json::array())) {}

BatchOutlet::~BatchOutlet() = default;

void BatchOutlet::finish(const nlohmann::json& response, int) { close_one(&response); }
void BatchOutlet::abandon() { close_one(nullptr); }

void BatchOutlet::close_one(const nlohmann::json* response) {
  const std::lock_guard lock(mutex_);
  if (response != nullptr) responses_->push_back(*response);
  if (--open_ > 0) return;
  if (responses_->empty())
    way_->abandon();
  else
    way_->finish(*responses_, 200);
}

}  // namespace rh::agent::mcp
