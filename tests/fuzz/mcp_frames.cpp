// Fuzz target of MCP frames, alone and given to a server of both eras. Promises: ids come back as they were, what is
// accepted can be written again, and every request ends once: with an answer or, when it was cancelled, with none.
#include <atomic>
#include <cstdint>
#include <string_view>

#include <nlohmann/json.hpp>

#include "runner/agent/mcp/base64.h"
#include "runner/agent/mcp/http_guard.h"
#include "runner/agent/mcp/percent.h"
#include "runner/agent/mcp/server.h"
#include "tests/fuzz/require.h"

namespace {

using namespace rh::agent::mcp;
using nlohmann::json;

class EchoHost : public Host {
 public:
  json implementation() const override { return {{"name", "fuzz"}, {"version", "1"}}; }
  json capabilities() const override {
    return {{"tools", {{"listChanged", true}}},
            {"resources", {{"subscribe", true}}},
            {"prompts", json::object()},
            {"completions", json::object()},
            {"logging", json::object()}};
  }
  json tools() override { return json::array({{{"name", "echo"}, {"inputSchema", {{"type", "object"}}}}}); }
  Reply call_tool(Call& call, const std::string& name, const json& arguments) override {
    call.report({name, 1.0, 2.0});
    if (call.client_can("elicitation") && call.answers().empty())
      return ask_client({{"q", {{"method", "elicitation/create"}, {"params", json::object()}}}}, {{"n", 1}});
    return reply_with({{"content", json::array()}, {"echo", arguments}});
  }
  json resources() override { return json::array(); }
  json resource_templates() override { return json::array(); }
  Reply read_resource(Call&, const std::string&) override { return refuse(kLegacyResourceNotFound, "none"); }
  json prompts() override { return json::array(); }
  Reply get_prompt(Call&, const std::string& name, const json&) override { return refuse(kInvalidParams, name); }
  Reply complete(Call&, const json&) override { return reply_with({{"completion", {{"values", json::array()}}}}); }
  bool can_subscribe(std::string_view) override { return true; }
};

class CountingOutlet : public Outlet {
 public:
  explicit CountingOutlet(std::atomic<int>& ended) : ended_(ended) {}
  void send(const json& message) override { rh::fuzz::require_utf8(wire_text(message), "messages are UTF-8"); }
  void finish(const json& response, int) override {
    rh::fuzz::require_utf8(wire_text(response), "answers are UTF-8");
    end();
  }
  void abandon() override { end(); }

 private:
  void end() {
    rh::fuzz::require(!over_.exchange(true), "a request ends once");
    ++ended_;
  }
  std::atomic<int>& ended_;
  std::atomic<bool> over_{false};
};

// Lines of the input are frames of one client. A legacy client that is asked never answers here, hence no such
// capability is taken over.
void serve(std::string_view input) {
  EchoHost host;
  Server server(host, {});
  const auto session = std::make_shared<Session>("fuzz");
  std::atomic<int> ended{0};
  int requests = 0;
  for (const std::string_view line : rh::split(input, '\n')) {
    const Frame frame = read_frame(line);
    if (frame.error_code != 0) continue;
    for (const Message& message : frame.messages) {
      if (message.method == "initialize" && message.params().dump().find("elicitation") != std::string::npos) continue;
      if (message.kind == Message::Kind::request) ++requests;
      server.receive(session, message, std::make_shared<CountingOutlet>(ended), "fuzz", Server::era_of(message, false));
    }
  }
  session->cancel_all();
  server.stop();
  rh::fuzz::require(ended == requests, "every request ends");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const Frame frame = read_frame(input);
  rh::fuzz::require(frame.error_code != 0 || !frame.messages.empty(), "a good frame has messages");
  for (const Message& message : frame.messages) {
    const std::string text = wire_text(*message.body);
    rh::fuzz::require(read_frame(text).error_code == 0, "what was read can be read again");
    if (!message.id_text.empty())
      rh::fuzz::require(json::parse(message.id_text) == message.id(), "an id comes back as it was");
  }
  if (const auto bytes = bytes_of_base64(input))
    rh::fuzz::require(bytes_of_base64(base64_of(*bytes)) == bytes, "base64");
  if (const auto path = percent_decoded(input))
    rh::fuzz::require(percent_decoded(percent_encoded(*path)) == path, "percent-encoding");
  const HttpRequest request{"POST", "/mcp", {{"host", std::string(input)}, {"origin", std::string(input)}}, {}};
  (void)refusal_of({}, request);
  serve(input);
  return 0;
}
