// The protocol without a transport: takes the messages of clients of both eras, asks the host, answers by the way that
// came with the message. docs/agents/mcp.md
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "runner/agent/mcp/frame.h"
#include "runner/agent/mcp/heartbeat.h"
#include "runner/agent/mcp/host.h"
#include "runner/agent/mcp/quota.h"
#include "runner/agent/mcp/sealed_state.h"
#include "runner/agent/mcp/session.h"
#include "runner/agent/mcp/tasks.h"
#include "runner/agent/mcp/work_pool.h"

namespace rh::agent::mcp {

constexpr unsigned kMaxRounds = 16;  // of questions to a legacy client within one call
constexpr std::size_t kMaxListeners = 256;

class Server {
 public:
  Server(Host& host, QuotaLimits limits) : host_(host), quota_(limits) {}
  ~Server() { stop(); }
  Server(const Server&) = delete;

  [[nodiscard]] Host& host() { return host_; }

  // The era of a request: by its `_meta`; `says_modern`: the transport's headers say so.
  [[nodiscard]] static Era era_of(const Message& message, bool says_modern);

  // One message. Requests are answered by the outlet, now or later; notifications and responses by nothing.
  void receive(const std::shared_ptr<Session>& session, const Message& message, std::shared_ptr<Outlet> outlet,
               const std::string& principal, Era era);
  // A message for everybody who listens for it: "tools", "prompts", "resources" for changed lists.
  void list_changed(std::string_view what);
  void resource_updated(const std::string& uri);
  void join(const std::shared_ptr<Session>& session);  // a legacy client that gets them

  void stop();  // cancels everything and waits

 private:
  struct MethodRow {
    std::string_view name, capability;
    bool legacy, modern, pooled;
    int ttl_ms;  // cacheable in the modern era; negative: not
    std::string_view cache_scope;
    Reply (Server::*handle)(Call& call);
  };
  static const std::vector<MethodRow>& methods();
  [[nodiscard]] const MethodRow* method_for(const Requester& who, std::string_view name) const;
  [[nodiscard]] std::optional<Reply> modern_requester(const Message& message, Requester& who) const;

  void request(const std::shared_ptr<Session>& session, const Message& message, std::shared_ptr<Outlet> outlet,
               const std::string& principal, Era era);
  void run(const MethodRow& row, const std::shared_ptr<Call>& call);
  [[nodiscard]] Reply rounds(const MethodRow& row, Call& call);
  [[nodiscard]] Reply open_state(Call& call);
  [[nodiscard]] Reply questions(Call& call, Reply reply);
  [[nodiscard]] bool ask_legacy(Call& call, const Reply& reply, Reply& failed);
  [[nodiscard]] bool ask_each(Call& call, const Reply& reply, Reply& failed);
  void complete_result(const MethodRow& row, const Call& call, Reply& reply);

  Reply initialize(Call& call);
  Reply ping(Call& call);
  Reply discover(Call& call);
  Reply set_level(Call& call);
  Reply list_tools(Call& call);
  Reply call_tool(Call& call);
  Reply list_resources(Call& call);
  Reply list_templates(Call& call);
  Reply read_resource(Call& call);
  Reply subscribe(Call& call);
  Reply unsubscribe(Call& call);
  Reply list_prompts(Call& call);
  Reply get_prompt(Call& call);
  Reply complete(Call& call);
  Reply listen(Call& call);

  [[nodiscard]] bool knows_tasks(const Requester& who) const;
  Reply begin_task(Call& call, const nlohmann::json& wish);
  Reply get_task(Call& call);
  Reply task_result(Call& call);
  Reply list_tasks(Call& call);
  Reply cancel_task(Call& call);

  struct Listener {
    std::weak_ptr<Call> call;
    bool tools, prompts, resources;
    std::vector<std::string> uris;
  };
  void tell(const nlohmann::json& message, const std::function<bool(const Listener&)>& wants,
            const std::function<bool(const Session&)>& legacy_wants);

  Host& host_;
  StateSeal seal_;
  Quota quota_;
  Tasks tasks_;
  Heartbeat heartbeat_;
  WorkPool pool_;
  std::mutex mutex_;
  std::vector<Listener> listeners_;
  std::vector<std::weak_ptr<Session>> sessions_;
  std::vector<std::weak_ptr<Call>> running_;
};

}  // namespace rh::agent::mcp
