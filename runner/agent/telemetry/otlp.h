// Traces, metrics and logs as OTLP/HTTP JSON (opentelemetry.io/docs/specs/otlp): ids as hexadecimal digits,
// enumerations as whole numbers, 64-bit numbers as texts.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace rh::agent {

struct Attribute {
  std::string key;
  std::variant<std::string, std::int64_t, double, bool> value;
};
using Attributes = std::vector<Attribute>;
using WallTime = std::chrono::system_clock::time_point;

enum class SpanKind { internal = 1, server = 2, client = 3 };
enum class SpanStatus { unset = 0, ok = 1, error = 2 };

struct SpanIds {
  std::string trace;   // 32 hexadecimal digits
  std::string span;    // 16
  std::string parent;  // 16; empty: none
};
// New ids below a W3C traceparent; of a trace of their own where that is empty or not one.
[[nodiscard]] SpanIds new_span(std::string_view traceparent);
[[nodiscard]] SpanIds child_of(const SpanIds& parent);
[[nodiscard]] std::string traceparent_of(const SpanIds& ids);  // "00-...-...-01"

struct SpanRecord {
  SpanIds ids;
  std::string name;
  SpanKind kind = SpanKind::internal;
  WallTime start, end;
  Attributes attributes;
  SpanStatus status = SpanStatus::unset;
  std::string message;  // of an error
};

enum class LogSeverity { info = 9, warn = 13, error = 17 };

struct LogEntry {
  WallTime at;
  LogSeverity severity = LogSeverity::info;
  std::string body;
  Attributes attributes;
  SpanIds ids;  // empty: belongs to no span
};

// Of this process since its start: sums and histograms are deltas, so that short commands need no memory.
struct MetricPoint {
  Attributes attributes;
  double value = 0;
};
enum class MetricKind { sum, up_down_sum, gauge, histogram };
struct MetricRecord {
  std::string name, unit, description;
  MetricKind kind = MetricKind::sum;
  bool whole = false;               // the values are whole numbers
  std::vector<MetricPoint> points;  // of a histogram: one value each
};

struct Resource {
  Attributes attributes;
};

[[nodiscard]] std::string traces_json(const Resource& resource, const std::vector<SpanRecord>& spans);
[[nodiscard]] std::string logs_json(const Resource& resource, const std::vector<LogEntry>& entries);
[[nodiscard]] std::string metrics_json(const Resource& resource, const std::vector<MetricRecord>& metrics,
                                       WallTime start, WallTime now);

}  // namespace rh::agent
