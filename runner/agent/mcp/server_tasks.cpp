// Methods of tasks: begun by `tools/call` with `task`, asked for by `tasks/...`.
#include <poll.h>

#include <algorithm>
#include <array>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/mcp/server.h"

namespace rh::agent::mcp {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

constexpr std::string_view kRelatedTask = "io.modelcontextprotocol/related-task";

std::string id_in(const Call& call) {
  const auto found = call.params().find("taskId");
  return found != call.params().end() && found->is_string() ? found->get<std::string>() : std::string();
}

Reply unknown_task() { return refuse(kInvalidParams, "there is no such task, or it has expired"); }

milliseconds life_of(const json& wish) {
  const auto ttl = wish.find("ttl");
  if (ttl == wish.end() || !ttl->is_number_integer()) return kTaskLife;
  const auto longest = std::chrono::duration_cast<milliseconds>(kLongestTaskLife).count();
  return milliseconds(std::clamp<std::int64_t>(
      ttl->is_number_unsigned() && ttl->get<std::uint64_t>() > 1ULL << 62 ? longest : ttl->get<std::int64_t>(), 0,
      longest));
}

}  // namespace

bool Server::knows_tasks(const Requester& who) const {
  return who.era == Era::legacy && who.version == "2025-11-25" && host_.offers_tasks();
}

// The work is a call of its own, without a client that could be asked: what needs a person says so.
Reply Server::begin_task(Call& call, const json& wish) {
  if (!wish.is_object()) return refuse(kInvalidParams, "'task' must be an object");
  const Requester& who = call.requester();
  const auto task = tasks_.begin(who.principal, call.session()->id(), life_of(wish));
  if (!task) return refuse(kInternalError, fmt::format("more than {} tasks are there; try again later", kMaxTasks));
  json body = {{"jsonrpc", "2.0"}, {"id", task->id()}, {"method", call.message().method}, {"params", call.params()}};
  body["params"].erase("task");
  body["params"]["_meta"]["progressToken"] = task->id();  // its messages are the task's
  Message message = call.message();
  message.id_text = json(task->id()).dump();
  message.body = share(std::move(body));
  Requester alone = who;
  alone.capabilities = share(json::object());
  auto work = std::make_shared<Call>(host_, std::move(message), std::move(alone), nullptr, task);
  task->call = work;
  const MethodRow* row = method_for(who, work->message().method);
  {
    const std::lock_guard lock(mutex_);
    running_.push_back(work);
  }
  if (row == nullptr || !pool_.run([this, row, work] { run(*row, work); })) {
    tasks_.drop(*task);
    return refuse(kInternalError, "the server is busy; try again later");
  }
  return reply_with({{"task", task->description()}});
}

Reply Server::get_task(Call& call) {
  const auto task = tasks_.find(id_in(call), call.requester().principal);
  return task ? reply_with(task->description()) : unknown_task();
}

// Waits for the end: whoever asks may give up and ask again.
Reply Server::task_result(Call& call) {
  const auto task = tasks_.find(id_in(call), call.requester().principal);
  if (!task) return unknown_task();
  if (!task->is_over() && !pool_.begin_wait())
    return refuse(kInternalError, "too many calls wait; ask for the task's status instead");
  if (!task->is_over()) {
    std::array<pollfd, 2> watched{pollfd{task->done().fd, POLLIN, 0}, {call.cancel_descriptor().fd, POLLIN, 0}};
    while (::poll(watched.data(), watched.size(), -1) < 0 && errno == EINTR) {
    }
    pool_.end_wait();
  }
  const Json response = task->response();
  if (!response) return refuse(kInvalidRequest, "the task was cancelled, so that it has no result");
  if (const auto error = response->find("error"); error != response->end())
    return refuse(error->at("code").get<int>(), error->at("message").get<std::string>());
  json result = response->at("result");
  result["_meta"][std::string(kRelatedTask)] = {{"taskId", task->id()}};
  return reply_with(std::move(result));
}

Reply Server::list_tasks(Call& call) {
  if (call.params().contains("cursor")) return refuse(kInvalidParams, "the cursor is not one of this server");
  json list = json::array();
  for (const auto& task : tasks_.of_session(call.session()->id()))
    if (task->owner() == call.requester().principal) list.push_back(task->description());
  return reply_with({{"tasks", std::move(list)}});
}

Reply Server::cancel_task(Call& call) {
  const auto task = tasks_.find(id_in(call), call.requester().principal);
  if (!task) return unknown_task();
  const auto work = task->call.lock();
  if (task->is_over() || !work) return refuse(kInvalidParams, "the task is over already");
  work->cancel();
  return reply_with(task->description());
}

}  // namespace rh::agent::mcp
