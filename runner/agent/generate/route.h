// A request in free text -> the tool that does it, by rules: no model is asked.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace rh::agent {

struct Route {
  std::string verb;       // "execute", "test", "profile", "deps", "batch", "validate", "help", "generate"
  std::string tool;       // "execute_code"
  std::string arguments;  // JSON of what the text says about them
  std::string reason;     // the words that decided
  bool complete = false;  // the tool can be called with these arguments
};

[[nodiscard]] Route route_of(std::string_view request);

}  // namespace rh::agent
