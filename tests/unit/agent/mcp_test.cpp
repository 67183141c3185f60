// The parts of the MCP layer that have no transport: frames, quotas, sealed states, who may talk over HTTP.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "runner/agent/mcp/base64.h"
#include "runner/agent/mcp/frame.h"
#include "runner/agent/mcp/http_guard.h"
#include "runner/agent/mcp/percent.h"
#include "runner/agent/mcp/quota.h"
#include "runner/agent/mcp/sealed_state.h"

namespace rh::agent::mcp {
namespace {

using nlohmann::json;

TEST(McpQuota, CountsWhatRunsAndWhatBeganWithinAMinute) {
  Quota quota({2, 3});
  std::string why;
  const auto now = Quota::Clock::now();
  {
    const auto first = quota.enter("a", why, now), second = quota.enter("a", why, now);
    EXPECT_TRUE(first && second);
    EXPECT_FALSE(quota.enter("a", why, now));
    EXPECT_NE(why.find("2 calls are running"), std::string::npos);
    EXPECT_TRUE(quota.enter("b", why, now)) << "each caller has a quota of its own";
  }
  EXPECT_TRUE(quota.enter("a", why, now));
  EXPECT_FALSE(quota.enter("a", why, now + std::chrono::seconds(59)));
  EXPECT_NE(why.find("3 calls were made within a minute"), std::string::npos);
  EXPECT_TRUE(quota.enter("a", why, now + std::chrono::seconds(60)));
}

TEST(McpStateSeal, BindsStateToCallerAndRequestAndUse) {
  StateSeal seal, other;
  const std::string sealed = seal.seal({{"round", 1}}, "http/token-1", "tools/call x");
  EXPECT_FALSE(seal.open(sealed, "http/token-2", "tools/call x"));
  EXPECT_FALSE(seal.open(sealed, "http/token-1", "tools/call y"));
  EXPECT_FALSE(other.open(sealed, "http/token-1", "tools/call x")) << "of another server";
  const auto opened = seal.open(sealed, "http/token-1", "tools/call x");
  ASSERT_TRUE(opened);
  EXPECT_EQ((*opened)->at("round"), 1);
  EXPECT_FALSE(seal.open(sealed, "http/token-1", "tools/call x")) << "a second time";
}

TEST(McpFrame, KeepsIdsAndNamesProblems) {
  const Frame frame = read_frame(R"({"jsonrpc":"2.0","id":"ü","method":"ping"})");
  ASSERT_EQ(frame.messages.size(), 1U);
  EXPECT_EQ(frame.messages.front().id(), "ü");
  EXPECT_EQ(read_frame(std::string(kMaxFrameDepth + 1, '[')).error_code, kInvalidRequest);
  EXPECT_EQ(read_frame("{").error_code, kParseError);
  const Frame refused = read_frame(R"({"jsonrpc":"2.0","id":7,"method":8})");
  EXPECT_EQ(refused.error_code, kInvalidRequest);
  EXPECT_EQ(*refused.error_id, 7);
}

TEST(McpFrame, CountsValuesBeforeItReadsThem) {
  EXPECT_EQ(shape_of(R"({"a":"[[,,","b":[1,2,[3]]})").depth, 3U);
  EXPECT_EQ(shape_of(R"({"a":"[[,,","b":[1,2,[3]]})").values, 8U);
  std::string many = R"({"jsonrpc":"2.0","id":1,"method":"x","params":{"a":[0)";
  for (std::size_t i = 0; i < kMaxFrameValues; ++i) many += ",0";
  const Frame refused = read_frame(many + "]}}");
  EXPECT_EQ(refused.error_code, kInvalidRequest);
  EXPECT_NE(refused.error.find("values"), std::string::npos);
}

HttpRequest with(std::string name, std::string value) {
  HttpRequest request{"POST", "/mcp", {{"host", "127.0.0.1:80"}}, {}};
  if (name == "host") request.headers.clear();
  request.headers.emplace_back(std::move(name), std::move(value));
  return request;
}

TEST(McpHttpGuard, HostAndOriginAndToken) {
  HttpAccess access{{"tools.example"}, {"https://app.example"}, {}};
  for (const char* good : {"localhost", "LOCALHOST:1", "127.9.9.9", "[::1]:8", "Tools.Example:443"})
    EXPECT_FALSE(refusal_of(access, with("host", good))) << good;
  for (const char* bad :
       {"", "a.example", "127.0.0.1.a.example", "localhost@a.example", "127.0.0.256", "[::1", "localhost:x"})
    EXPECT_TRUE(refusal_of(access, with("host", bad))) << bad;
  EXPECT_FALSE(refusal_of(access, with("origin", "https://app.example")));
  EXPECT_TRUE(refusal_of(access, with("origin", "http://app.example")));
  EXPECT_TRUE(refusal_of(access, with("origin", "null")));
  access.tokens = {"one", "two"};
  EXPECT_EQ(refusal_of(access, with("authorization", "Bearer three"))->status, 401);
  EXPECT_FALSE(refusal_of(access, with("authorization", "bearer two")));
  EXPECT_EQ(principal_of(access, with("authorization", "Bearer two")), "http/token-2");
}

TEST(McpText, Base64AndPercent) {
  for (const std::string bytes : {"", "a", "ab", "abc", "\xff\x00\x10"})
    EXPECT_EQ(bytes_of_base64(base64_of(bytes)), bytes);
  EXPECT_EQ(base64_of("Hello, 世界"), "SGVsbG8sIOS4lueVjA==");
  EXPECT_FALSE(bytes_of_base64("%%"));
  EXPECT_EQ(percent_encoded("a b/ü"), "a%20b/%C3%BC");
  EXPECT_EQ(percent_decoded("a%20b/%c3%bc"), "a b/ü");
  EXPECT_FALSE(percent_decoded("%2"));
  EXPECT_FALSE(percent_decoded("%zz"));
}

}  // namespace
}  // namespace rh::agent::mcp
