#include "runner/agent/jupyter/kernel_run.h"

#include <algorithm>
#include <array>
#include <random>
#include <thread>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/jupyter/jupyter_events.h"
#include "runner/agent/jupyter/kernel_names.h"

namespace rh::agent {
namespace {

using nlohmann::json;
using std::chrono::steady_clock;

constexpr auto kReplace = json::error_handler_t::replace;
constexpr std::chrono::milliseconds kAskAgain{200};
constexpr std::chrono::seconds kRestart{6};
constexpr std::chrono::seconds kLastWords{5};  // for the reply when the kernel is idle already, and the reverse

std::string new_id() {
  static std::random_device source;
  std::string id;
  for (int i = 0; i < 4; ++i) id += fmt::format("{:08x}", source());
  return id;
}

std::string text_of(const json& object, const char* name) {
  if (!object.is_object()) return {};
  const auto at = object.find(name);
  return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

json part(const json& object, const char* name) {
  if (!object.is_object()) return json::object();
  const auto at = object.find(name);
  return at != object.end() && at->is_object() ? *at : json::object();
}

std::string shown(const std::string& body) {
  const json value = json::parse(body, nullptr, false);
  std::string text = value.is_object() ? text_of(value, "message") : std::string();
  if (text.empty()) text = body.substr(0, 200);
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  return text;
}

}  // namespace

struct KernelRun::Reply {
  Ending ending = Ending::ok;
  json content = json::object();  // of execute_reply
  std::string detail;
};

struct KernelRun::Waiting {
  std::string id;  // of the request
  bool quiet = false, replied = false, idle = false, died = false, too_much = false;
  std::string problem;  // what cannot be a message
  json content = json::object();
};

KernelRun::KernelRun(const json& request, Wire& wire, std::function<void(const json&)> tell)
    : request_(request), wire_(wire), tell_(std::move(tell)), session_(new_id()) {}

Result<void> KernelRun::run() {
  RH_TRY(kernel_name_, choose_kernel());
  Result<void> done;
  try {
    done = start();
    if (done) done = run_code();
  } catch (const json::exception& problem) {  // a member of a message is of another type than it can be
    done = fail(ErrorKind::io, std::string("read what the Jupyter server sent: ") + problem.what(), wire_.url());
  }
  if (!kernel_id_.empty()) remove_kernel();
  return done;
}

Result<json> KernelRun::ask(const std::string& verb, const std::string& path, const std::string& body,
                            Deadline deadline, const char* what) {
  RH_TRY(const JupyterAnswer answer, wire_.ask(verb, path, body, deadline));
  // A redirect leads to the page where people log in.
  if (answer.status == 401 || answer.status == 403 || (answer.status >= 300 && answer.status < 400))
    return fail(ErrorKind::io,
                fmt::format("{}: the Jupyter server answered HTTP {}: {}", what, answer.status,
                            text_of(request_, "token").empty() ? "it wants a token, which JUPYTER_TOKEN gives"
                                                               : "it does not take the token of JUPYTER_TOKEN"),
                wire_.url());
  if (answer.status >= 400)
    return fail(ErrorKind::io,
                fmt::format("{}: the Jupyter server answered HTTP {}: {}", what, answer.status, shown(answer.body)),
                wire_.url());
  if (answer.body.empty()) return json();
  json value = json::parse(answer.body, nullptr, false);
  if (value.is_discarded())
    return fail(ErrorKind::io, fmt::format("{}: what answers there is no Jupyter server: {}", what, shown(answer.body)),
                wire_.url());
  return value;
}

Result<std::string> KernelRun::choose_kernel() {
  RH_TRY(const json answer, ask("GET", "api/kernelspecs", "", steady_clock::now() + kJupyterAsk, "list its kernels"));
  if (!answer.is_object() || !answer.contains("kernelspecs") || !answer["kernelspecs"].is_object())
    return fail(ErrorKind::io, "list its kernels: what answers there is no Jupyter server", wire_.url());
  const std::string wanted = text_of(request_, "kernel"), language = text_of(request_, "language");
  const std::string standard = text_of(answer, "default");
  std::string names, found;
  for (const auto& [name, entry] : answer["kernelspecs"].items()) {
    const std::string own = text_of(part(entry, "spec"), "language");
    names += (names.empty() ? "" : ", ") + name + " (" + own + ")";
    if (name == wanted) return name;
    if (speaks(own, language) && (found.empty() || name == standard)) found = name;
  }
  if (!found.empty() && (wanted.empty() || !request_.value("kernel_must_exist", false))) return found;
  return fail(ErrorKind::not_found,
              fmt::format("find {} on the Jupyter server; it has {}",
                          wanted.empty() ? "a kernel of " + language : "the kernel '" + wanted + "'",
                          names.empty() ? "none" : names),
              wire_.url());
}

Result<void> KernelRun::start() {
  const Deadline deadline = steady_clock::now() + std::chrono::milliseconds(request_.value("start_ms", 60'000));
  RH_TRY(const json kernel,
         ask("POST", "api/kernels", json{{"name", kernel_name_}}.dump(), deadline, "start a kernel"));
  const std::string id = text_of(kernel, "id");
  const bool plain = !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
  });
  if (!plain) return fail(ErrorKind::io, "start a kernel: what answers there is no Jupyter server", wire_.url());
  kernel_id_ = id;
  deadline_ = deadline;
  RH_CHECK(wire_.open("api/kernels/" + kernel_id_ + "/channels?session_id=" + session_, deadline));
  return wait_until_ready();
}

Result<void> KernelRun::wait_until_ready() {
  RH_TRY(const std::string id, send("shell", "kernel_info_request", json::object()));
  for (;;) {
    RH_TRY(const auto text, wire_.receive(deadline_));
    if (wire_.cancelled()) return fail(ErrorKind::cancelled, "wait for the kernel", wire_.url());
    if (!text) return fail(ErrorKind::io, "wait for the kernel: it was not ready in time", wire_.url());
    const json message = json::parse(*text, nullptr, false);
    if (!message.is_object())
      return fail(ErrorKind::io, "read a message of the kernel: it is none: " + shown(*text), wire_.url());
    const json content = part(message, "content");
    if (text_of(part(message, "header"), "msg_type") == "status" && text_of(content, "execution_state") == "dead")
      return fail(ErrorKind::io, "start a kernel: it ended at once", wire_.url());
    if (text_of(part(message, "header"), "msg_type") != "kernel_info_reply") continue;
    if (text_of(part(message, "parent_header"), "msg_id") != id) continue;
    version_ = text_of(part(content, "language_info"), "version");
    return {};
  }
}

Result<std::string> KernelRun::send(const char* channel, const char* type, const json& content, const json* parent) {
  std::string id = fmt::format("{}_{}", session_, ++messages_);
  const json message = {{"header",
                         {{"msg_id", id},
                          {"msg_type", type},
                          {"username", "runharness"},
                          {"session", session_},
                          {"date", ""},
                          {"version", "5.3"}}},
                        {"parent_header", parent == nullptr ? json::object() : *parent},
                        {"metadata", json::object()},
                        {"content", content},
                        {"channel", channel},
                        {"buffers", json::array()}};
  RH_CHECK(wire_.send(message.dump(-1, ' ', false, kReplace), steady_clock::now() + kJupyterAsk));
  return id;
}

Result<void> KernelRun::run_code() {
  for (const json& code : request_.value("begin", json::array())) {
    const Reply reply = run_quietly(code.is_string() ? code.get<std::string>() : std::string(), json::object(),
                                    steady_clock::now() + kJupyterAsk);
    if (wire_.cancelled()) return fail(ErrorKind::cancelled, "make the run ready in the kernel", wire_.url());
    if (reply.ending == Ending::ok) continue;
    const std::string problem = text_of(reply.content, "ename") + ": " + text_of(reply.content, "evalue");
    return fail(ErrorKind::io, "make the run ready in the kernel: " + (reply.detail.empty() ? problem : reply.detail),
                wire_.url());
  }
  run_cells();
  return {};
}

void KernelRun::run_cells() {
  tell_({{"event", "started"}, {"kernel", kernel_name_}, {"kernel_id", kernel_id_}, {"version", version_}});
  constexpr std::array<const char*, 7> kNames{"ok", "error", "timeout", "cancelled", "died", "output_limit", "lost"};
  output_left_ = request_.value("output_bytes", std::uint64_t{64} << 20);
  deadline_ = steady_clock::now() + std::chrono::milliseconds(request_.value("timeout_ms", 300'000LL));
  Reply reply;
  for (const json& cell : request_.value("cells", json::array())) {
    tell_({{"event", "cell"}, {"index", cell.value("index", 0)}});
    reply = execute({{"code", text_of(cell, "source")},
                     {"silent", false},
                     {"store_history", true},
                     {"user_expressions", json::object()},
                     {"allow_stdin", true},
                     {"stop_on_error", true}},
                    deadline_, false);
    tell_({{"event", "end"},
           {"index", cell.value("index", 0)},
           {"execution_count", reply.content.value("execution_count", json())},
           {"failed", reply.ending != Ending::ok}});
    const bool may_fail = cell.value("may_fail", false) || request_.value("allow_errors", false);
    if (reply.ending == Ending::error && may_fail) reply = {};
    if (reply.ending != Ending::ok) break;
  }
  wire_.ignore_cancel();
  take_after();
  tell_({{"event", "done"},
         {"ending", kNames[static_cast<std::size_t>(reply.ending)]},
         {"detail", reply.detail},
         {"ename", text_of(reply.content, "ename")},
         {"evalue", text_of(reply.content, "evalue")}});
}

// Files and results, piece by piece.
void KernelRun::take_after() {
  const std::string expression = text_of(request_, "after");
  const Deadline deadline = steady_clock::now() + kJupyterAfter;
  while (usable_ && !expression.empty() && steady_clock::now() < deadline) {
    const Reply reply = run_quietly("", {{"piece", expression}}, deadline);
    const json answer = part(part(reply.content, "user_expressions"), "piece");
    const json piece = part(part(answer, "data"), std::string(kJupyterPiece).c_str());
    if (reply.ending != Ending::ok || piece.empty()) {
      tell_({{"event", "piece"}, {"piece", {{"problem", reply.detail + text_of(answer, "evalue")}, {"done", true}}}});
      return;
    }
    tell_({{"event", "piece"}, {"piece", piece}});
    if (piece.value("done", true)) return;
  }
}

KernelRun::Reply KernelRun::run_quietly(const std::string& code, const json& expressions, Deadline deadline) {
  return execute({{"code", code},
                  {"silent", expressions.empty()},
                  {"store_history", false},
                  {"user_expressions", expressions},
                  {"allow_stdin", false},
                  {"stop_on_error", true}},
                 deadline, true);
}

KernelRun::Reply KernelRun::execute(const json& content, Deadline deadline, bool quiet) {
  Waiting waiting;
  waiting.quiet = quiet;
  Reply reply;
  const auto lost = [&](std::string detail) {
    usable_ = false;
    return Reply{Ending::lost, waiting.content, std::move(detail)};
  };
  const auto id = send("shell", "execute_request", content);
  if (!id) return lost(id.error().message());
  waiting.id = *id;
  while (!waiting.replied || !waiting.idle) {
    const auto text = wire_.receive(deadline);
    if (!text) return lost(text.error().message());
    if (*text) {
      take_message(**text, waiting);
      if (!waiting.problem.empty()) return lost(waiting.problem);
      if (waiting.died) {
        usable_ = false;
        after_death_ = true;
        return {Ending::died, waiting.content, "the kernel died while the code ran"};
      }
      if (waiting.too_much && reply.ending == Ending::ok) {
        reply = {Ending::output_limit, {}, {}};
        interrupt();
        deadline = steady_clock::now() + kJupyterGrace;
      }
      // One of the two came: the other one is on its way, or never comes.
      if (waiting.replied != waiting.idle) deadline = std::min(deadline, steady_clock::now() + kLastWords);
      continue;
    }
    if (waiting.replied) break;
    if (reply.ending != Ending::ok) {  // it did not listen
      usable_ = false;
      reply.content = waiting.content;
      return reply;
    }
    reply.ending = wire_.cancelled() ? Ending::cancelled : Ending::timeout;
    if (quiet) return lost("no answer in time");
    interrupt();
    deadline = steady_clock::now() + kJupyterGrace;
  }
  reply.content = std::move(waiting.content);
  const std::string status = text_of(reply.content, "status");
  if (reply.ending == Ending::ok && status != "ok") reply.ending = Ending::error;
  return reply;
}

void KernelRun::take_message(const std::string& text, Waiting& waiting) {
  const json message = json::parse(text, nullptr, false);
  if (!message.is_object() || !message.contains("header")) {
    waiting.problem = "the Jupyter server sent what is no message: " + shown(text);
    return;
  }
  const json content = part(message, "content");
  const std::string type = text_of(part(message, "header"), "msg_type"), state = text_of(content, "execution_state");
  // Of the server about the kernel: it has no parent.
  if (type == "status" && (state == "dead" || state == "restarting" || state == "autorestarting")) waiting.died = true;
  if (text_of(part(message, "parent_header"), "msg_id") != waiting.id) return;
  if (type == "status") waiting.idle = waiting.idle || state == "idle";
  if (type == "input_request") return answer_input(message);
  if (type == "execute_reply") {
    waiting.replied = true;
    waiting.content = content;
  } else if (!waiting.quiet) {
    take_output(type, content, waiting);
  }
}

void KernelRun::take_output(const std::string& type, const json& content, Waiting& waiting) {
  json output = {{"output_type", type}};
  if (type == "stream") {
    output["name"] = text_of(content, "name") == "stderr" ? "stderr" : "stdout";
    output["text"] = text_of(content, "text");
  } else if (type == "execute_result" || type == "display_data" || type == "update_display_data") {
    output["output_type"] = type == "execute_result" ? type : "display_data";
    output["data"] = part(content, "data");
    output["metadata"] = part(content, "metadata");
    if (type == "execute_result") output["execution_count"] = content.value("execution_count", json());
  } else if (type == "error") {
    output["ename"] = text_of(content, "ename");
    output["evalue"] = text_of(content, "evalue");
    output["traceback"] = json::array();
    for (const json& line : content.value("traceback", json::array()))
      if (line.is_string()) output["traceback"].push_back(line);
  } else if (type == "clear_output") {
    output["wait"] = content.value("wait", json(false)) == json(true);
  } else {
    return;
  }
  const std::size_t size = output.dump(-1, ' ', false, kReplace).size();
  if (size > output_left_) {
    waiting.too_much = true;
    return;
  }
  output_left_ -= size;
  tell_({{"event", "output"}, {"output", output}});
}

// A line of standard input, or its end, which kernels know as the character EOT.
void KernelRun::answer_input(const json& message) {
  const std::string input = text_of(request_, "stdin");
  std::string line = "\x04";
  if (input_at_ < input.size()) {
    const std::size_t end = input.find('\n', input_at_);
    line = input.substr(input_at_, end == std::string::npos ? end : end - input_at_);
    input_at_ = end == std::string::npos ? input.size() : end + 1;
  }
  const json header = part(message, "header");
  (void)send("stdin", "input_reply", {{"value", line}, {"status", "ok"}}, &header);
}

void KernelRun::interrupt() {
  wire_.ignore_cancel();
  // Should it fail, the kernel is removed all the same.
  (void)wire_.ask("POST", "api/kernels/" + kernel_id_ + "/interrupt", "", steady_clock::now() + kJupyterGrace);
}

void KernelRun::remove_kernel() {
  wire_.ignore_cancel();
  // Until a server that starts a dead kernel again has done so: before, it would take up what was removed.
  const Deadline again = steady_clock::now() + kRestart;
  for (bool back = !after_death_; !back && steady_clock::now() < again;) {
    const auto text = wire_.receive(again);
    if (!text || !*text) break;
    const std::string state = text_of(part(json::parse(**text, nullptr, false), "content"), "execution_state");
    back = state == "starting" || state == "idle" || state == "dead";
  }
  const Deadline deadline = steady_clock::now() + kJupyterAsk;
  const std::string path = "api/kernels/" + kernel_id_;
  auto gone = wire_.ask("DELETE", path, "", deadline);
  // A server that starts a dead kernel again may have taken it up once more; asking twice in vain is enough of an
  // answer.
  while (gone && gone->status < 300 && steady_clock::now() < deadline) {
    const auto there = wire_.ask("GET", path, "", deadline);
    if (!there || there->status >= 300 || !after_death_) return;
    std::this_thread::sleep_for(kAskAgain);
    gone = wire_.ask("DELETE", path, "", deadline);
  }
  if (gone && gone->status == 404) return;
  tell_({{"event", "left"},
         {"message", fmt::format("the kernel {} may still be on the Jupyter server: {}", kernel_id_,
                                 gone ? fmt::format("HTTP {}", gone->status) : gone.error().message())}});
}

}  // namespace rh::agent
