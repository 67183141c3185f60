#include "runner/agent/mcp/clean.h"

#include <nlohmann/json.hpp>

#include "runner/agent/mcp/host.h"

namespace rh::agent::mcp {
namespace {

using nlohmann::json;

// Encoded bytes hold no readable text, and the state that the client sends back must come back as it is.
bool is_opaque(const std::string& key, const json& owner) {
  return key == "requestState" || ((key == "data" || key == "blob") && owner.contains("mimeType"));
}

void clean_texts(const Host& host, json& value) {
  if (value.is_string()) {
    value = host.clean(value.get_ref<const std::string&>());
  } else if (value.is_array()) {
    for (json& one : value) clean_texts(host, one);
  } else if (value.is_object()) {
    for (const auto& [key, one] : value.items())
      if (!is_opaque(key, value)) clean_texts(host, one);
  }
}

}  // namespace

json cleaned(const Host& host, const json& value) {
  json copy = value;
  clean_texts(host, copy);
  return copy;
}

}  // namespace rh::agent::mcp
