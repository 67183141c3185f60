#include "runner/agent/telemetry/endpoint.h"

#include <arpa/inet.h>
#include <unistd.h>

#include <filesystem>

#include <fmt/core.h>

#include "runner/base/text.h"

namespace rh::agent {
namespace {

constexpr std::array<std::string_view, kSignals> kNames{"TRACES", "METRICS", "LOGS"};
constexpr std::array<std::string_view, kSignals> kPaths{"/v1/traces", "/v1/metrics", "/v1/logs"};

std::string variable(const model::Environment& environment, const std::string& name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : std::string(trim(found->second));
}

bool is_true(const std::string& text) { return is_one_of(text, {"true", "TRUE", "True", "1"}); }

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned code = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::sscanf(std::string(text.substr(i + 1, 2)).c_str(), "%2x", &code) == 1) {
      out += static_cast<char>(code);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

// "key=value,other=value", values percent-encoded, as W3C Baggage has it.
std::vector<std::pair<std::string, std::string>> pairs_of(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const std::string_view part : split(text, ',')) {
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos || trim(part.substr(0, equals)).empty()) continue;
    pairs.emplace_back(std::string(trim(part.substr(0, equals))), percent_decoded(trim(part.substr(equals + 1))));
  }
  return pairs;
}

// Splits http://host[:port]/path of an address or "localhost"; leaves `port` 0 otherwise.
void split_address(Endpoint& endpoint) {
  constexpr std::string_view kScheme = "http://";
  if (!endpoint.url.starts_with(kScheme)) return;
  const std::string_view rest = std::string_view(endpoint.url).substr(kScheme.size());
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  std::string_view authority = rest.substr(0, slash);
  std::string_view port = "80";
  if (authority.find('@') != std::string_view::npos) return;
  const std::size_t bracket = authority.find(']');
  const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos) {
    port = authority.substr(colon + 1);
    authority = authority.substr(0, colon);
  }
  if (authority.starts_with('[') && authority.ends_with(']')) authority = authority.substr(1, authority.size() - 2);
  std::string host(authority == "localhost" ? "127.0.0.1" : authority);
  in6_addr ignored{};
  if (::inet_pton(AF_INET, host.c_str(), &ignored) != 1 && ::inet_pton(AF_INET6, host.c_str(), &ignored) != 1) return;
  const auto number = parse_u64(port);
  if (!number || *number == 0 || *number > 65535) return;
  endpoint.host = std::move(host);
  endpoint.port = static_cast<std::uint16_t>(*number);
  endpoint.path = slash < rest.size() ? std::string(rest.substr(slash)) : "/";
}

std::string joined_url(std::string base, std::string_view path) {
  while (base.ends_with('/')) base.pop_back();
  return base + std::string(path);
}

void add_headers(Endpoint& endpoint, const std::string& text) {
  for (const auto& [name, value] : pairs_of(text))
    if (value.find_first_of("\r\n") == std::string::npos && name.find_first_of("\r\n: ") == std::string::npos)
      endpoint.headers.push_back(name + ": " + value);
}

// What sends the last messages stands in another folder.
std::string absolute_file(const std::string& name) {
  std::error_code ignored;
  return name.empty() ? name : std::filesystem::absolute(name, ignored).string();
}

Resource resource_of(const TelemetrySettings& settings, const model::Environment& environment) {
  std::string service = settings.service_name;
  Resource resource;
  for (auto& [name, value] : pairs_of(variable(environment, "OTEL_RESOURCE_ATTRIBUTES"))) {
    if (name == "service.name")
      service = value;
    else
      resource.attributes.push_back({name, value});
  }
  if (const std::string named = variable(environment, "OTEL_SERVICE_NAME"); !named.empty()) service = named;
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  resource.attributes.insert(resource.attributes.begin(), {{"service.name", service},
                                                           {"service.version", RUNHARNESS_VERSION},
                                                           {"host.name", std::string(host.data())},
                                                           {"process.pid", std::int64_t{::getpid()}},
                                                           {"telemetry.sdk.name", "runharness"},
                                                           {"telemetry.sdk.language", "cpp"},
                                                           {"telemetry.sdk.version", RUNHARNESS_VERSION}});
  return resource;
}

}  // namespace

TelemetryPlan telemetry_plan(const TelemetrySettings& settings, const model::Environment& environment) {
  TelemetryPlan plan;
  const std::string base = variable(environment, "OTEL_EXPORTER_OTLP_ENDPOINT");
  bool named = !base.empty();
  for (const std::string_view name : kNames)
    named = named || !variable(environment, fmt::format("OTEL_EXPORTER_OTLP_{}_ENDPOINT", name)).empty();
  plan.enabled = settings.enabled.value_or(named) && !is_true(variable(environment, "OTEL_SDK_DISABLED"));
  if (!plan.enabled) return plan;
  plan.wait = settings.wait_at_end;
  plan.resource = resource_of(settings, environment);
  plan.trace_parent = variable(environment, "TRACEPARENT");
  for (std::size_t i = 0; i < kSignals; ++i) {
    Endpoint& endpoint = plan.endpoints[i];
    const auto of_signal = [&](std::string_view what) {
      return variable(environment, fmt::format("OTEL_EXPORTER_OTLP_{}_{}", kNames[i], what));
    };
    const auto either = [&](std::string_view what) {
      const std::string text = of_signal(what);
      return text.empty() ? variable(environment, fmt::format("OTEL_EXPORTER_OTLP_{}", what)) : text;
    };
    if (variable(environment, fmt::format("OTEL_{}_EXPORTER", kNames[i])) == "none") continue;
    const std::string own = of_signal("ENDPOINT");
    endpoint.url = !own.empty() ? own : joined_url(named && !base.empty() ? base : settings.endpoint, kPaths[i]);
    if (!endpoint.url.starts_with("http://") && !endpoint.url.starts_with("https://")) {
      plan.problems.push_back(fmt::format("the endpoint '{}' does not begin with http:// or https://", endpoint.url));
      endpoint.url.clear();
      continue;
    }
    if (const std::string protocol = either("PROTOCOL"); protocol == "grpc")
      plan.problems.push_back("OTEL_EXPORTER_OTLP_PROTOCOL=grpc is not spoken: http/json is sent");
    // What stands in the environment is for the endpoint that the user chose, not for one of a project's file.
    if (!own.empty() || !base.empty() || settings.endpoint_trusted) add_headers(endpoint, either("HEADERS"));
    if (const auto timeout = parse_u64(either("TIMEOUT")); timeout && *timeout > 0 && *timeout <= 3'600'000)
      endpoint.timeout = std::chrono::milliseconds(*timeout);
    endpoint.authority_file = absolute_file(either("CERTIFICATE"));
    endpoint.certificate_file = absolute_file(either("CLIENT_CERTIFICATE"));
    endpoint.key_file = absolute_file(either("CLIENT_KEY"));
    split_address(endpoint);
  }
  return plan;
}

}  // namespace rh::agent
