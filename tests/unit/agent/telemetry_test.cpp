#include "runner/agent/telemetry/telemetry.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <sys/socket.h>

#include <array>
#include <limits>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/telemetry/delivery.h"
#include "runner/agent/telemetry/endpoint.h"

namespace rh::agent {
namespace {

using nlohmann::json;

constexpr const char* kParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(Otlp, IdsGoBelowTheParent) {
  const SpanIds ids = new_span(kParent);
  EXPECT_EQ(ids.trace, "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(ids.parent, "b7ad6b7169203331");
  EXPECT_EQ(child_of(ids).parent, ids.span);
  for (const char* bad : {"", "x", "00-0-0-01", "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                          "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                          "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01"}) {
    const SpanIds own = new_span(bad);
    EXPECT_EQ(own.parent, "") << bad;
    EXPECT_EQ(own.trace.size(), 32U);
    EXPECT_EQ(own.span.size(), 16U);
  }
}

TEST(Otlp, SpansAreWrittenAsTheProtocolWants) {
  const WallTime start{std::chrono::seconds(1'700'000'000)};
  SpanRecord span{new_span(kParent),
                  "n",
                  SpanKind::server,
                  start,
                  start + std::chrono::milliseconds(5),
                  {{"a", std::string("t\xff")},
                   {"b", std::int64_t{9'007'199'254'740'993}},
                   {"c", 0.5},
                   {"d", true},
                   {"e", std::numeric_limits<double>::infinity()}},
                  SpanStatus::error,
                  "why"};
  const json document = json::parse(traces_json({{{"service.name", std::string("s")}}}, {span}));
  const json& one = document["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
  EXPECT_EQ(one["kind"], 2);
  EXPECT_EQ(one["status"]["code"], 2);
  EXPECT_EQ(one["startTimeUnixNano"], "1700000000000000000");
  EXPECT_EQ(one["endTimeUnixNano"], "1700000000005000000");
  EXPECT_EQ(one["attributes"][1]["value"]["intValue"], "9007199254740993");
  EXPECT_EQ(one["attributes"][3]["value"]["boolValue"], true);
  EXPECT_EQ(one["attributes"][4]["value"]["doubleValue"], 0.0);
}

TEST(Otlp, HistogramsCountEachValueOnce) {
  const MetricRecord metric{
      "m", "s", "", MetricKind::histogram, false, {{{}, 0.001}, {{}, 0.3}, {{}, 1e9}, {{{"k", true}}, 1.0}}};
  const json document = json::parse(metrics_json({}, {metric, {"empty", "", "", MetricKind::sum, true, {}}}, {}, {}));
  const json& metrics = document["resourceMetrics"][0]["scopeMetrics"][0]["metrics"];
  ASSERT_EQ(metrics.size(), 1U);
  const json& points = metrics[0]["histogram"]["dataPoints"];
  ASSERT_EQ(points.size(), 2U);
  std::size_t total = 0;
  for (const json& point : points) {
    EXPECT_EQ(point["bucketCounts"].size(), point["explicitBounds"].size() + 1);
    for (const json& count : point["bucketCounts"]) total += std::stoul(count.get<std::string>());
  }
  EXPECT_EQ(total, 4U);
}

TEST(Delivery, ReadsCompleteAnswersOnly) {
  EXPECT_FALSE(parsed_answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{", false));
  const auto whole = parsed_answer("HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 2\r\n\r\n{}", false);
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->status, 503);
  EXPECT_EQ(whole->retry_after, std::chrono::seconds(7));
  EXPECT_TRUE(whole->keep_alive);
  EXPECT_FALSE(parsed_answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", false));
  EXPECT_TRUE(parsed_answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", false));
  EXPECT_FALSE(parsed_answer("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}", false)->keep_alive);
  EXPECT_FALSE(parsed_answer("HTTP/1.1", true));
  EXPECT_FALSE(parsed_answer("SSH-2.0-x\r\n\r\n", true));
}

// A server of the test answers by hand, so that a delivery can be left and gone on with at every point.
class DeliveryTest : public testing::Test {
 protected:
  DeliveryTest() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_.get(), 4), 0);
    EXPECT_EQ(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    endpoint_.port = ntohs(address.sin_port);
    endpoint_.url = "http://127.0.0.1/v1/traces";
    endpoint_.host = "127.0.0.1";
    endpoint_.path = "/v1/traces";
  }
  UniqueFd accept() { return UniqueFd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)); }
  static std::string receive(const UniqueFd& connection, std::string_view until) {
    std::string text;
    std::array<char, 4096> part;
    while (text.find(until) == std::string::npos) {
      const ssize_t got = ::recv(connection.get(), part.data(), part.size(), 0);
      if (got <= 0) return text;
      text.append(part.data(), static_cast<std::size_t>(got));
    }
    return text;
  }
  static void answer(const UniqueFd& connection, std::string_view head) {
    const std::string text = fmt::format("HTTP/1.1 {}\r\nContent-Length: 2\r\n\r\n{{}}", head);
    EXPECT_EQ(::send(connection.get(), text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }
  void drive_now(Delivery& delivery) { drive({&delivery}, monotonic_now(), {}); }
  void drive_to_the_end(Delivery& delivery) { drive({&delivery}, std::nullopt, {}); }

  UniqueFd listener_;
  Endpoint endpoint_;
};

TEST_F(DeliveryTest, IsLeftWithoutAnAnswerAndGoneOnWith) {
  Delivery delivery(endpoint_);
  delivery.add("first");
  delivery.add("second");
  const UniqueFd connection = accept();
  drive_now(delivery);
  EXPECT_THAT(receive(connection, "first"), testing::HasSubstr("POST /v1/traces HTTP/1.1"));
  drive_now(delivery);
  EXPECT_EQ(delivery.queued(), 2U) << "nobody said yet that it was taken";
  answer(connection, "200 OK");
  drive_now(delivery);
  EXPECT_THAT(receive(connection, "second"), testing::HasSubstr("second"));
  answer(connection, "200 OK");
  drive_to_the_end(delivery);
  EXPECT_TRUE(delivery.idle());
  EXPECT_EQ(delivery.problem(), "");
}

TEST_F(DeliveryTest, ARefusalIsSaidAndTheNextMessageSent) {
  Delivery delivery(endpoint_);
  delivery.add("first");
  const UniqueFd connection = accept();
  answer(connection, "400 Bad");
  drive_to_the_end(delivery);
  EXPECT_TRUE(delivery.idle());
  EXPECT_THAT(delivery.problem(), testing::HasSubstr("answered 400"));
}

TEST_F(DeliveryTest, NobodyIsAskedTwiceAtTheEnd) {
  listener_.reset();
  Delivery delivery(endpoint_);
  delivery.last_call();
  delivery.add("first");
  delivery.add("second");
  drive_to_the_end(delivery);
  EXPECT_TRUE(delivery.idle());
  EXPECT_THAT(delivery.problem(), testing::HasSubstr("nobody takes them"));
}

TEST_F(DeliveryTest, ASilentEndpointIsLeftWhenItsTimeIsOver) {
  endpoint_.timeout = std::chrono::milliseconds(20);
  Delivery delivery(endpoint_);
  delivery.last_call();
  delivery.add("first");
  drive_to_the_end(delivery);
  EXPECT_TRUE(delivery.idle());
  EXPECT_THAT(delivery.problem(), testing::HasSubstr("does not answer"));
}

TEST(TelemetryPlan, FollowsTheStandardVariables) {
  TelemetrySettings settings;
  settings.endpoint = "http://localhost:4318";
  EXPECT_FALSE(telemetry_plan(settings, {}).enabled);
  settings.enabled = true;
  const TelemetryPlan plain = telemetry_plan(settings, {});
  EXPECT_EQ(plain.endpoints[0].url, "http://localhost:4318/v1/traces");
  EXPECT_EQ(plain.endpoints[0].host, "127.0.0.1");
  EXPECT_EQ(plain.endpoints[0].port, 4318);
  EXPECT_EQ(plain.endpoints[2].path, "/v1/logs");
  const TelemetryPlan plan = telemetry_plan({}, {{"OTEL_EXPORTER_OTLP_ENDPOINT", "https://c.example/base/"},
                                                 {"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://[::1]:9/m"},
                                                 {"OTEL_EXPORTER_OTLP_TIMEOUT", "250"},
                                                 {"OTEL_LOGS_EXPORTER", "none"},
                                                 {"OTEL_EXPORTER_OTLP_HEADERS", "a=b%20c,evil=x%0d%0ay: z"}});
  EXPECT_TRUE(plan.enabled);
  EXPECT_EQ(plan.endpoints[0].url, "https://c.example/base/v1/traces");
  EXPECT_FALSE(plan.endpoints[0].plain());
  EXPECT_EQ(plan.endpoints[1].host, "::1");
  EXPECT_EQ(plan.endpoints[1].path, "/m");
  EXPECT_EQ(plan.endpoints[2].url, "");
  EXPECT_EQ(plan.endpoints[0].timeout, std::chrono::milliseconds(250));
  EXPECT_THAT(plan.endpoints[0].headers, testing::ElementsAre("a: b c"));
  EXPECT_FALSE(telemetry_plan(settings, {{"OTEL_SDK_DISABLED", "true"}}).enabled);
}

// What the environment holds for the user's collector is not for an endpoint that a project named.
TEST(TelemetryPlan, HeadersDoNotGoWhereAProjectPoints) {
  TelemetrySettings settings;
  settings.enabled = true;
  settings.endpoint = "http://127.0.0.1:9";
  const model::Environment environment{{"OTEL_EXPORTER_OTLP_HEADERS", "key=secret"}};
  EXPECT_TRUE(telemetry_plan(settings, environment).endpoints[0].headers.empty());
  settings.endpoint_trusted = true;
  EXPECT_EQ(telemetry_plan(settings, environment).endpoints[0].headers.size(), 1U);
}

}  // namespace
}  // namespace rh::agent
