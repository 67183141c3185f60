// Where telemetry goes: the configuration's [telemetry] under the standard variables of OpenTelemetry.
#pragma once

#include <array>
#include <chrono>
#include <string>
#include <vector>

#include "runner/agent/config.h"
#include "runner/agent/telemetry/otlp.h"
#include "runner/model/command.h"

namespace rh::agent {

enum class Signal { traces, metrics, logs };
constexpr std::size_t kSignals = 3;

struct Endpoint {
  std::string url;                   // empty: this signal is not sent
  std::vector<std::string> headers;  // "Name: value"
  std::chrono::milliseconds timeout{10'000};
  std::string authority_file, certificate_file, key_file;  // https, as PEM; empty: the system's, none
  // Of a plain address that needs no resolver; else runharness-http is asked.
  std::string host, path;  // "127.0.0.1", "::1"; "/v1/traces"
  std::uint16_t port = 0;
  [[nodiscard]] bool plain() const { return port != 0; }
};

struct TelemetryPlan {
  bool enabled = false;
  std::array<Endpoint, kSignals> endpoints;  // by Signal
  Resource resource;
  std::string trace_parent;  // TRACEPARENT
  std::vector<std::string> problems;
  bool wait = false;  // at the end, as long as the endpoints' timeouts allow
};

[[nodiscard]] TelemetryPlan telemetry_plan(const TelemetrySettings& settings, const model::Environment& environment);

}  // namespace rh::agent
