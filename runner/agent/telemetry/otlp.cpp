#include "runner/agent/telemetry/otlp.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/base/text.h"

namespace rh::agent {
namespace {

using nlohmann::json;

// Seconds, as the semantic conventions advise for durations.
constexpr std::array kBounds{0.005, 0.01, 0.025, 0.05, 0.075, 0.1,  0.25, 0.5,
                             0.75,  1.0,  2.5,   5.0,  7.5,   10.0, 60.0, 300.0};

std::string random_hex(std::size_t bytes) {
  std::array<unsigned char, 16> raw{};
  std::string text;
  // All zeroes would be an invalid id.
  while (text.find_first_not_of('0') == std::string::npos) {
    text.clear();
    if (::getrandom(raw.data(), bytes, 0) != static_cast<ssize_t>(bytes)) raw[0] = 1;
    for (std::size_t i = 0; i < bytes; ++i) text += fmt::format("{:02x}", raw[i]);
  }
  return text;
}

bool is_hex(std::string_view text, std::size_t size) {
  return text.size() == size && text.find_first_not_of("0123456789abcdef") == std::string_view::npos &&
         text.find_first_not_of('0') != std::string_view::npos;
}

std::string nanoseconds(WallTime time) {
  return fmt::format("{}", std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count());
}

json value_json(const Attribute& attribute) {
  if (const auto* text = std::get_if<std::string>(&attribute.value)) return {{"stringValue", *text}};
  if (const auto* whole = std::get_if<std::int64_t>(&attribute.value)) return {{"intValue", fmt::format("{}", *whole)}};
  if (const auto* truth = std::get_if<bool>(&attribute.value)) return {{"boolValue", *truth}};
  const double number = std::get<double>(attribute.value);
  return {{"doubleValue", std::isfinite(number) ? number : 0.0}};
}

json attributes_json(const Attributes& attributes) {
  json list = json::array();
  for (const Attribute& attribute : attributes)
    list.push_back({{"key", attribute.key}, {"value", value_json(attribute)}});
  return list;
}

json scope_json() { return {{"name", "runharness"}, {"version", RUNHARNESS_VERSION}}; }
json resource_json(const Resource& resource) { return {{"attributes", attributes_json(resource.attributes)}}; }

json histogram_point(const std::vector<const MetricPoint*>& values, json point) {
  std::array<std::uint64_t, kBounds.size() + 1> counts{};
  double sum = 0;
  double least = values.front()->value, most = least;
  for (const MetricPoint* value : values) {
    const auto at = std::lower_bound(kBounds.begin(), kBounds.end(), value->value) - kBounds.begin();
    ++counts[static_cast<std::size_t>(at)];
    sum += value->value;
    least = std::min(least, value->value);
    most = std::max(most, value->value);
  }
  point["count"] = fmt::format("{}", values.size());
  point["sum"] = sum;
  point["min"] = least;
  point["max"] = most;
  for (const std::uint64_t count : counts) point["bucketCounts"].push_back(fmt::format("{}", count));
  point["explicitBounds"] = kBounds;
  return point;
}

json points_json(const MetricRecord& metric, WallTime start, WallTime now) {
  json list = json::array();
  std::map<std::string, std::vector<const MetricPoint*>> by_attributes;
  for (const MetricPoint& point : metric.points)
    by_attributes[attributes_json(point.attributes).dump(-1, ' ', false, json::error_handler_t::replace)].push_back(
        &point);
  for (const auto& [attributes, values] : by_attributes) {
    json point = {{"attributes", attributes_json(values.front()->attributes)},
                  {"startTimeUnixNano", nanoseconds(start)},
                  {"timeUnixNano", nanoseconds(now)}};
    if (metric.kind == MetricKind::histogram) {
      list.push_back(histogram_point(values, std::move(point)));
      continue;
    }
    double total = 0;
    for (const MetricPoint* value : values)
      total = metric.kind == MetricKind::gauge ? value->value : total + value->value;
    if (!std::isfinite(total)) continue;
    if (metric.whole)
      point["asInt"] = fmt::format("{}", std::llround(total));
    else
      point["asDouble"] = total;
    list.push_back(std::move(point));
  }
  return list;
}

}  // namespace

SpanIds new_span(std::string_view traceparent) {
  const auto parts = split(trim(traceparent), '-');
  SpanIds ids{random_hex(16), random_hex(8), {}};
  // Later versions may have more parts; "ff" is no version.
  if (parts.size() >= 4 && parts[0].size() == 2 && parts[0] != "ff" && is_hex(parts[1], 32) && is_hex(parts[2], 16)) {
    ids.trace = parts[1];
    ids.parent = parts[2];
  }
  return ids;
}

SpanIds child_of(const SpanIds& parent) { return {parent.trace, random_hex(8), parent.span}; }

std::string traceparent_of(const SpanIds& ids) { return fmt::format("00-{}-{}-01", ids.trace, ids.span); }

std::string traces_json(const Resource& resource, const std::vector<SpanRecord>& spans) {
  json list = json::array();
  for (const SpanRecord& span : spans) {
    json one = {{"traceId", span.ids.trace},
                {"spanId", span.ids.span},
                {"name", span.name},
                {"kind", static_cast<int>(span.kind)},
                {"startTimeUnixNano", nanoseconds(span.start)},
                {"endTimeUnixNano", nanoseconds(std::max(span.end, span.start))},
                {"attributes", attributes_json(span.attributes)},
                {"status", {{"code", static_cast<int>(span.status)}}}};
    if (!span.ids.parent.empty()) one["parentSpanId"] = span.ids.parent;
    if (!span.message.empty()) one["status"]["message"] = span.message;
    list.push_back(std::move(one));
  }
  const json document = {{"resourceSpans",
                          {{{"resource", resource_json(resource)},
                            {"scopeSpans", {{{"scope", scope_json()}, {"spans", std::move(list)}}}}}}}};
  return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string logs_json(const Resource& resource, const std::vector<LogEntry>& entries) {
  json list = json::array();
  for (const LogEntry& entry : entries) {
    json one = {{"timeUnixNano", nanoseconds(entry.at)},
                {"observedTimeUnixNano", nanoseconds(entry.at)},
                {"severityNumber", static_cast<int>(entry.severity)},
                {"severityText", entry.severity == LogSeverity::error  ? "ERROR"
                                 : entry.severity == LogSeverity::warn ? "WARN"
                                                                       : "INFO"},
                {"body", {{"stringValue", entry.body}}},
                {"attributes", attributes_json(entry.attributes)}};
    if (!entry.ids.trace.empty()) one["traceId"] = entry.ids.trace, one["spanId"] = entry.ids.span;
    list.push_back(std::move(one));
  }
  const json document = {{"resourceLogs",
                          {{{"resource", resource_json(resource)},
                            {"scopeLogs", {{{"scope", scope_json()}, {"logRecords", std::move(list)}}}}}}}};
  return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string metrics_json(const Resource& resource, const std::vector<MetricRecord>& metrics, WallTime start,
                         WallTime now) {
  constexpr int kDelta = 1;
  json list = json::array();
  for (const MetricRecord& metric : metrics) {
    json points = points_json(metric, start, now);
    if (points.empty()) continue;
    json one = {{"name", metric.name}, {"unit", metric.unit}, {"description", metric.description}};
    if (metric.kind == MetricKind::gauge)
      one["gauge"] = {{"dataPoints", std::move(points)}};
    else if (metric.kind == MetricKind::histogram)
      one["histogram"] = {{"aggregationTemporality", kDelta}, {"dataPoints", std::move(points)}};
    else
      one["sum"] = {{"aggregationTemporality", kDelta},
                    {"isMonotonic", metric.kind == MetricKind::sum},
                    {"dataPoints", std::move(points)}};
    list.push_back(std::move(one));
  }
  const json document = {{"resourceMetrics",
                          {{{"resource", resource_json(resource)},
                            {"scopeMetrics", {{{"scope", scope_json()}, {"metrics", std::move(list)}}}}}}}};
  return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace rh::agent
