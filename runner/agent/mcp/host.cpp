#include "runner/agent/mcp/host.h"

#include <nlohmann/json.hpp>

namespace rh::agent::mcp {

Reply Host::over_quota(const std::string& why) const {
  return reply_with({{"content", {{{"type", "text"}, {"text", why}}}}, {"isError", true}});
}

}  // namespace rh::agent::mcp
