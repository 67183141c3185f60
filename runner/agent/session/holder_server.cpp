// The holder's side: callers come one after the other or at the same time, each on a connection and a thread of its
// own.
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <list>
#include <thread>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/session/holder.h"
#include "runner/agent/session/holder_socket.h"
#include "runner/agent/session/message_channel.h"
#include "runner/agent/session/session_manager.h"
#include "runner/base/clock.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int kPaceMs = 1000;
constexpr int kListenTries = 500, kListenPaceMs = 10;
constexpr std::chrono::seconds kEmptyPatience{60};  // without a session and a caller
constexpr std::array<std::string_view, 8> kServed{"execute_code",  "execute_python", "execute_javascript",
                                                  "execute_bash",  "execute_batch",  "sessions_start",
                                                  "sessions_list", "sessions_end"};

std::atomic<bool> is_holder{false};
std::atomic<bool> is_told_to_go{false};  // all sessions were ended

struct Caller {
  explicit Caller(UniqueFd socket) : channel(std::move(socket)), cancel(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  MessageChannel channel;
  UniqueFd cancel;
  std::atomic<bool> done{false};
  std::thread thread;
};

json message_of(const ToolAnswer& answer) {
  json message = {{"error", name_of(answer.error)},
                  {"text", to_valid_utf8(answer.text)},
                  {"structured", answer.structured},
                  {"exit_code", answer.exit_code}};
  if (answer.question) {
    message["approval_id"] = answer.question->approval_id;
    message["question"] = to_valid_utf8(answer.question->message);
  }
  return message;
}

// A caller that is gone, or says so, ends its call. Watched beside the call, until that is over.
void watch(Caller& caller, BorrowedFd over) {
  while (true) {
    std::array<pollfd, 2> watched{{{caller.channel.descriptor().fd, POLLIN, 0}, {over.fd, POLLIN, 0}}};
    if (::poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR) return;
    if ((watched[1].revents & POLLIN) != 0) return;
    if ((watched[0].revents & (POLLIN | POLLHUP)) == 0) continue;
    const auto line = caller.channel.receive();
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t put = ::write(caller.cancel.get(), &one, sizeof one);
    if (!line || !*line) return;
  }
}

void answer_call(Service& service, Caller& caller, const json& request) {
  const std::string name = request.value("tool", "");
  const ToolRow* tool = tool_named(name);
  if (tool == nullptr || std::find(kServed.begin(), kServed.end(), name) == kServed.end()) {
    [[maybe_unused]] const auto sent =
        caller.channel.send(message_of(error_answer(ErrorKind::invalid_request, "the holder has no such tool")).dump());
    return;
  }
  CallContext context;
  context.caller = request.value("caller", "command line");
  context.approval_id = request.value("approval_id", "");
  context.trace_parent = request.value("trace_parent", "");
  context.cancel = caller.cancel;
  std::mutex sending;
  context.on_output = [&](model::Stream stream, std::string_view bytes) {
    const json output = {{"text", to_valid_utf8(bytes)}, {"error_stream", stream == model::Stream::standard_error}};
    const std::lock_guard lock(sending);
    [[maybe_unused]] const auto sent = caller.channel.send(output.dump());
  };
  const json arguments = request.value("arguments", json::object());
  if (name == "sessions_end" && arguments.value("all", json(false)) == json(true)) is_told_to_go = true;
  const UniqueFd over(::eventfd(0, EFD_CLOEXEC));
  std::thread watcher([&] { watch(caller, over); });
  const ToolAnswer answer = call_tool(*tool, service, context, arguments);
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t put = ::write(over.get(), &one, sizeof one);
  watcher.join();
  [[maybe_unused]] const auto sent = caller.channel.send(message_of(answer).dump());
}

void serve_caller(Service& service, Caller& caller) {
  const auto line = caller.channel.receive();
  if (line && *line) {
    const json request = json::parse(**line, nullptr, false);
    if (request.is_object()) answer_call(service, caller, request);
  }
  caller.done = true;
}

void tell(int ready, std::string_view text) {
  if (ready < 0) return;
  [[maybe_unused]] const ssize_t put = ::write(ready, text.data(), text.size());
  ::close(ready);
}

void join_finished(std::list<Caller>& callers, bool all) {
  for (auto at = callers.begin(); at != callers.end();) {
    if (!all && !at->done) {
      ++at;
      continue;
    }
    const std::uint64_t one = 1;
    if (!at->done) [[maybe_unused]]
      const ssize_t put = ::write(at->cancel.get(), &one, sizeof one);
    at->thread.join();
    at = callers.erase(at);
  }
}

void serve(Service& service, const CallContext& context, BorrowedFd listener) {
  std::list<Caller> callers;
  auto empty_since = monotonic_now();
  while (true) {
    std::array<pollfd, 2> watched{{{listener.fd, POLLIN, 0}, {context.cancel.fd, POLLIN, 0}}};
    const int ready = ::poll(watched.data(), watched.size(), kPaceMs);
    if (ready > 0 && (watched[1].revents & POLLIN) != 0) break;
    join_finished(callers, false);
    if (ready > 0 && (watched[0].revents & POLLIN) != 0) {
      UniqueFd socket(::accept4(listener.fd, nullptr, nullptr, SOCK_CLOEXEC));
      if (socket && is_own_account(socket) && callers.size() < kMaxHolderCallers) {
        Caller& caller = callers.emplace_back(std::move(socket));
        caller.thread = std::thread([&service, &caller] { serve_caller(service, caller); });
      }
    }
    if (!callers.empty() || service.sessions().count() > 0) empty_since = monotonic_now();
    if (callers.empty() && (is_told_to_go || monotonic_now() - empty_since > kEmptyPatience)) break;
  }
  join_finished(callers, true);
}

}  // namespace

bool holds_sessions(const CallContext& context) { return context.over_mcp || is_holder; }
void hold_sessions_here() { is_holder = true; }

Result<void> serve_sessions(Service& service, const CallContext& context, int ready) {
  const auto listening = [&]() -> Result<std::pair<UniqueFd, UniqueFd>> {
    RH_TRY(const fs::path folder, service.private_folder());
    RH_TRY(UniqueFd lock, lock_holder(folder));
    if (!lock) {  // another one was faster: callers can come when it listens
      for (int tries = 0; tries < kListenTries && !connect_holder(folder); ++tries) ::poll(nullptr, 0, kListenPaceMs);
      return std::pair<UniqueFd, UniqueFd>();
    }
    RH_TRY(UniqueFd listener, listen_as_holder(folder));
    return std::pair(std::move(lock), std::move(listener));
  }();
  tell(ready, listening ? "ok" : listening.error().message());
  if (!listening) return Failure{listening.error()};
  if (!listening->first) return {};
  hold_sessions_here();
  serve(service, context, listening->second);
  service.sessions().end_all();
  return {};
}

}  // namespace rh::agent
