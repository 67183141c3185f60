#include "runner/agent/session/tools.h"

#include <algorithm>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/exec/tools.h"
#include "runner/agent/safety/safety_check.h"
#include "runner/agent/service.h"
#include "runner/agent/session/holder.h"
#include "runner/agent/session/repl.h"
#include "runner/agent/session/session_manager.h"
#include "runner/agent/tool_answers.h"
#include "runner/base/clock.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

using nlohmann::json;
using T = ArgumentType;

json to_json(const SessionInfo& info) {
  return {{"session_id", info.id},
          {"language", name_of(info.language)},
          {"started", to_rfc3339(info.started)},
          {"last_used", to_rfc3339(info.last_used)},
          {"calls", info.calls},
          {"busy", info.busy},
          {"memory_bytes", info.memory_bytes ? json(*info.memory_bytes) : json()}};
}

ToolAnswer start(Service& service, const CallContext& context, const json& arguments) {
  json with_code = arguments;
  with_code["code"] = "\n";
  CalledRequest called = request_of_call(service, context, with_code);
  if (!called.request) return called.problem;
  if (const Permission permission = permission_to_run(service, context, *called.request);
      permission.error != ErrorKind::none)
    return error_answer(permission.error, permission.message);
  if (!holds_sessions(context)) return ask_holder(service, context, "sessions_start", arguments, true);
  const auto id = service.sessions().start(context, *called.request);
  if (!id) {
    if (id.error().kind == rh::ErrorKind::process)
      return error_answer(ErrorKind::package_install_failed, id.error().message());
    if (id.error().kind == rh::ErrorKind::limit) return error_answer(ErrorKind::quota_exceeded, id.error().message());
    return answer_of_error(id.error());
  }
  const auto idle = std::chrono::duration_cast<std::chrono::seconds>(kSessionIdle).count();
  return answer_of(
      {{"success", true}, {"session_id", *id}, {"language", name_of(called.request->language)}, {"idle_seconds", idle}},
      fmt::format("{}\n", *id));
}

ToolAnswer list(Service& service, const CallContext& context, const json& arguments) {
  if (!holds_sessions(context)) {
    if (holder_runs(service)) return ask_holder(service, context, "sessions_list", arguments, false);
    return answer_of({{"success", true}, {"sessions", json::array()}}, "no session is there\n");
  }
  json sessions = json::array();
  std::string text;
  for (const SessionInfo& info : service.sessions().list(context)) {
    sessions.push_back(to_json(info));
    text += fmt::format("{:<24} {:<10} {:>5} calls  {}  {}\n", info.id, name_of(info.language), info.calls,
                        info.memory_bytes ? format_size(*info.memory_bytes) : "-", info.busy ? "runs" : "waits");
  }
  return answer_of({{"success", true}, {"sessions", sessions}}, text.empty() ? "no session is there\n" : text);
}

ToolAnswer end(Service& service, const CallContext& context, const json& arguments) {
  const bool all = arguments.value("all", false);
  const std::string id = arguments.value("session_id", "");
  if (all != id.empty())
    return error_answer(ErrorKind::invalid_request, "say which session ends, or that all of them do");
  if (!holds_sessions(context)) {
    if (holder_runs(service)) return ask_holder(service, context, "sessions_end", arguments, false);
    if (all) return answer_of({{"success", true}, {"ended", 0}}, "no session is there\n");
    return error_answer(ErrorKind::not_found, fmt::format("there is no session '{}'", to_valid_utf8(id)));
  }
  std::size_t ended = 0;
  if (all) {
    for (const SessionInfo& info : service.sessions().list(context))
      ended += service.sessions().end(context, info.id) ? 1 : 0;
  } else if (service.sessions().end(context, id)) {
    ended = 1;
  } else {
    return error_answer(ErrorKind::not_found, fmt::format("there is no session '{}'", to_valid_utf8(id.substr(0, 80))));
  }
  return answer_of({{"success", true}, {"ended", ended}},
                   fmt::format("ended {} session{}\n", ended, ended == 1 ? "" : "s"));
}

ToolAnswer run(Service& service, const CallContext& context, const json& arguments) {
  return tool_named("execute_code")->call(service, context, arguments);
}

ToolAnswer serve(Service& service, const CallContext& context, const json& arguments) {
  const auto served = serve_sessions(service, context, static_cast<int>(arguments.value("ready", -1)));
  if (!served) return answer_of_error(served.error());
  return answer_of({{"success", true}}, "");
}

std::vector<ArgumentRow> without(std::initializer_list<std::string_view> names) {
  std::vector<ArgumentRow> rows;
  for (const ArgumentRow& row : execution_arguments())
    if (std::find(names.begin(), names.end(), row.name) == names.end()) rows.push_back(row);
  return rows;
}

std::vector<ArgumentRow> with_id(const ArgumentRow& id, std::vector<ArgumentRow> rows) {
  rows.insert(rows.begin(), id);
  return rows;
}

constexpr std::string_view kStartSchema =
    R"({"type":"object","properties":{"success":{"type":"boolean"},"session_id":{"type":"string"},"language":{"type":"string"},
"idle_seconds":{"type":"integer"}},"required":["success","session_id"]})";
constexpr std::string_view kListSchema =
    R"({"type":"object","properties":{"success":{"type":"boolean"},"sessions":{"type":"array","items":{"type":"object",
"properties":{"session_id":{"type":"string"},"language":{"type":"string"},"calls":{"type":"integer"}},
"required":["session_id","language"]}}},"required":["success","sessions"]})";
constexpr std::string_view kEndSchema =
    R"({"type":"object","properties":{"success":{"type":"boolean"},"ended":{"type":"integer"}},"required":["success","ended"]})";
constexpr std::string_view kAnySchema = R"({"type":"object"})";

}  // namespace

std::vector<ToolRow> session_tools() {
  const ToolHints reads{true, false, true, false}, runs{false, true, false, true};
  const ArgumentRow id{"session_id", T::text, "id of the session", "ID", "ID"};
  ArgumentRow needed = id;
  needed.required = true;
  const ArgumentRow named{"session_id", T::text, "id of the session; made up where it is absent", "--session", "ID"};
  std::vector<ToolRow> rows = {
      {"sessions_start",
       "sessions start",
       "start a session: an interpreter that keeps its state between calls",
       "Starts an interpreter of python, javascript or bash that keeps variables, imports and functions between calls "
       "of "
       "execute_code with its session_id. It ends when it is told to, or after 30 minutes without a call.",
       with_id(named, without({"code", "path", "script", "arguments", "stdin", "files", "session_id", "thread_id",
                               "artifacts", "expected_type", "plan", "context"})),
       kStartSchema,
       {false, false, false, false},
       start},
      {"sessions_list", "sessions list", "list the sessions", "The caller's sessions.", {}, kListSchema, reads, list},
      {"sessions_run", "sessions run", "run code in a session", "The same as execute_code with session_id.",
       with_id(needed, without({"session_id", "thread_id", "path", "arguments"})), record_schema(), runs, run},
      {"sessions_end",
       "sessions end",
       "end a session",
       "Ends one session, or all of the caller's.",
       {id, {"all", T::boolean, "all of them", "--all"}},
       kEndSchema,
       {false, true, true, false},
       end},
      {"sessions_serve",
       "sessions serve",
       "hold the sessions of this project (started by `sessions start`)",
       "Holds the sessions of this project.",
       {{"ready", T::integer, "descriptor that is told when callers can come", "--ready", "FD"}},
       kAnySchema,
       {false, false, false, false},
       serve},
  };
  for (const auto& [name, command] : {std::pair{"repl", "repl"}, std::pair{"sessions_repl", "sessions repl"}})
    rows.push_back({name, command, "a prompt over a session of python, javascript or bash",
                    "A prompt: lines are run in one session as they are typed.",
                    with_id({"session_id", T::text, "a session that other commands use, too; absent: one of its own",
                             "--session", "ID"},
                            without({"code", "path", "script", "arguments", "stdin", "files", "session_id", "thread_id",
                                     "artifacts", "expected_type", "plan", "context"})),
                    kAnySchema, runs, run_repl});
  for (ToolRow& row : rows) {
    row.people_only = row.name == "sessions_serve" || row.name == "repl" || row.name == "sessions_repl";
    row.streams = row.name == "sessions_run" || row.name == "repl" || row.name == "sessions_repl";
    if (row.name == "sessions_run") row.in_default_set = false;
  }
  return rows;
}

}  // namespace rh::agent
