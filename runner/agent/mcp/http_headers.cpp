#include "runner/agent/mcp/http_headers.h"

#include <optional>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/mcp/base64.h"
#include "runner/base/text.h"

namespace rh::agent::mcp {
namespace {

using nlohmann::json;

constexpr unsigned kMaxSchemaDepth = 16;

// Values that are no plain text travel as =?base64?...?=. Nothing: the value may not be in a header.
std::optional<std::string> header_value(std::string_view text) {
  constexpr std::string_view kBegin = "=?base64?", kEnd = "?=";
  if (text.starts_with(kBegin) && text.ends_with(kEnd) && text.size() >= kBegin.size() + kEnd.size())
    return bytes_of_base64(text.substr(kBegin.size(), text.size() - kBegin.size() - kEnd.size()));
  for (const char c : text)
    if ((c < ' ' && c != '\t') || c > '~') return std::nullopt;
  return std::string(text);
}

// As the header carries it; nothing: it has no such form.
std::optional<std::string> text_of(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  if (value.is_number_integer()) return value.dump();
  return std::nullopt;
}

bool same_value(const std::string& header, const json& value) {
  if (value.is_number()) {
    const auto number = parse_double(header);
    return number && *number == value.get<double>();
  }
  return text_of(value) == header;
}

std::string mismatch_of(std::string_view name, const std::string* header, const std::string& body) {
  if (header == nullptr) return fmt::format("the header {} is missing", name);
  const auto value = header_value(*header);
  if (!value) return fmt::format("the header {} has characters that it may not have", name);
  if (*value != body) return fmt::format("the header {} is not what the body says", name);
  return {};
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

// Arguments that the schema mirrors into headers (`x-mcp-header`), reached through `properties` only.
std::string parameter_mismatch(const HttpRequest& request, const json& schema, const json& arguments, unsigned depth) {
  const auto properties = schema.find("properties");
  if (depth > kMaxSchemaDepth || properties == schema.end() || !properties->is_object()) return {};
  for (const auto& [name, property] : properties->items()) {
    if (!property.is_object()) continue;
    const auto value = arguments.is_object() ? arguments.find(name) : arguments.end();
    const bool given = arguments.is_object() && value != arguments.end() && !value->is_null();
    if (const auto mirrored = property.find("x-mcp-header"); mirrored != property.end() && mirrored->is_string()) {
      const std::string header_name = "Mcp-Param-" + mirrored->get<std::string>();
      const std::string* header = request.header(lower(header_name));
      if (!given && header != nullptr) return fmt::format("the header {} has no argument in the body", header_name);
      if (!given) continue;
      if (header == nullptr) return fmt::format("the header {} is missing", header_name);
      const auto text = header_value(*header);
      if (!text) return fmt::format("the header {} has characters that it may not have", header_name);
      if (!same_value(*text, *value)) return fmt::format("the header {} is not what the body says", header_name);
    }
    if (std::string inner = parameter_mismatch(request, property, given ? *value : json(), depth + 1); !inner.empty())
      return inner;
  }
  return {};
}

std::string tool_mismatch(Host& host, const HttpRequest& request, const json& params) {
  if (!host.mirrors_arguments()) return {};
  const auto arguments = params.find("arguments");
  for (const json& tool : host.tools())
    if (tool.at("name") == params.value("name", json()))
      return parameter_mismatch(request, tool.at("inputSchema"), arguments == params.end() ? json() : *arguments, 0);
  return {};
}

}  // namespace

std::string header_mismatch(Host& host, const HttpRequest& request, const Message& message) {
  const json& params = message.params();
  const auto meta = params.find("_meta");
  if (meta == params.end() || !meta->is_object()) return {};
  const auto version = meta->find(std::string(kMetaVersion));
  if (version == meta->end() || !version->is_string()) return {};
  const std::string said = version->get<std::string>();
  if (std::string problem = mismatch_of("MCP-Protocol-Version", request.header("mcp-protocol-version"), said);
      !problem.empty())
    return problem;
  if (said != kModernVersion) return {};  // what other revisions repeat is not known; they are refused anyway
  if (std::string problem = mismatch_of("Mcp-Method", request.header("mcp-method"), message.method); !problem.empty())
    return problem;
  const char* key = message.method == "resources/read" ? "uri" : "name";
  if (!is_one_of(message.method, {"tools/call", "prompts/get", "resources/read"})) return {};
  const auto name = params.find(key);
  if (name == params.end() || !name->is_string()) return {};
  if (std::string problem = mismatch_of("Mcp-Name", request.header("mcp-name"), name->get<std::string>());
      !problem.empty())
    return problem;
  return message.method == "tools/call" ? tool_mismatch(host, request, params) : std::string();
}

}  // namespace rh::agent::mcp
