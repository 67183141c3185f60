// Words and numbers of the Model Context Protocol: revisions of both eras, error codes, and what a message is
// answered with. The legacy era (2024-11-05 to 2025-11-25) begins with `initialize`; in the modern one (2026-07-28)
// every request says by itself who asks. https://modelcontextprotocol.io/specification/
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace rh::agent::mcp {

enum class Era { legacy, modern };

constexpr std::string_view kModernVersion = "2026-07-28";
constexpr std::array<std::string_view, 4> kLegacyVersions{"2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"};

[[nodiscard]] bool is_legacy_version(std::string_view version);

// JSON-RPC 2.0, and what the protocol adds.
constexpr int kParseError = -32700;
constexpr int kInvalidRequest = -32600;
constexpr int kMethodNotFound = -32601;
constexpr int kInvalidParams = -32602;
constexpr int kInternalError = -32603;
constexpr int kLegacyResourceNotFound = -32002;
constexpr int kHeaderMismatch = -32020;
constexpr int kMissingCapability = -32021;
constexpr int kUnsupportedVersion = -32022;

// Keys of `_meta`.
constexpr std::string_view kMetaVersion = "io.modelcontextprotocol/protocolVersion";
constexpr std::string_view kMetaClientInfo = "io.modelcontextprotocol/clientInfo";
constexpr std::string_view kMetaCapabilities = "io.modelcontextprotocol/clientCapabilities";
constexpr std::string_view kMetaLogLevel = "io.modelcontextprotocol/logLevel";
constexpr std::string_view kMetaServerInfo = "io.modelcontextprotocol/serverInfo";
constexpr std::string_view kMetaSubscription = "io.modelcontextprotocol/subscriptionId";

enum class LogLevel { debug, info, notice, warning, error, critical, alert, emergency };
[[nodiscard]] std::optional<LogLevel> log_level_named(std::string_view name);
[[nodiscard]] std::string_view name_of(LogLevel level);

// Headers cannot see inside of JSON (it is declared only), so that values travel behind pointers.
using Json = std::shared_ptr<const nlohmann::json>;
[[nodiscard]] Json share(nlohmann::json value);

// What a request is answered with: a result, an error, or questions to the client that must be answered first.
struct Reply {
  enum class Kind { result, error, ask };
  Kind kind = Kind::result;
  Json value;  // the result; the error's `data`, or null; ask: {name: {"method", "params"}}
  Json state;  // ask: comes back with the answers; null: nothing
  int code = 0;
  std::string message;
  int http_status = 200;
};

[[nodiscard]] Reply reply_with(nlohmann::json result);
// 400 for malformed requests of the modern era and 404 for unknown methods are set by whoever knows the era.
[[nodiscard]] Reply refuse(int code, std::string message);
[[nodiscard]] Reply refuse_with(int code, std::string message, nlohmann::json data, int http_status);
// The client answers each request; the call is made again with the answers and the state.
[[nodiscard]] Reply ask_client(nlohmann::json requests, nlohmann::json state);

[[nodiscard]] nlohmann::json result_message(const nlohmann::json& id, const nlohmann::json& result);
[[nodiscard]] nlohmann::json error_message(const nlohmann::json* id, int code, std::string_view message,
                                           const nlohmann::json* data = nullptr);
[[nodiscard]] nlohmann::json notification(std::string_view method, nlohmann::json params);
// One line, invalid UTF-8 replaced.
[[nodiscard]] std::string wire_text(const nlohmann::json& message);

}  // namespace rh::agent::mcp
