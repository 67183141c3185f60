// The caller's side of the holder: reaches it, starts it, has it call a tool.
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <unistd.h>

#include <array>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/session/holder.h"
#include "runner/agent/session/holder_socket.h"
#include "runner/agent/session/message_channel.h"
#include "runner/agent/tool_answers.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int kReadyFd = 3;
constexpr int kStartPatienceMs = 20'000;

// The holder reads the configuration that this command reads.
std::vector<std::string> configuration_flags() {
  const auto line = read_file("/proc/self/cmdline", 1 << 20);
  if (!line) return {};
  std::vector<std::string> flags;
  const auto words = split(*line, '\0');
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (words[i] == "--") break;
    if (words[i] == "--no-config" || words[i].starts_with("--config=") ||
        words[i].starts_with("--trust-project-config"))
      flags.emplace_back(words[i]);
    if (words[i] == "--config" && i + 1 < words.size()) flags.push_back(fmt::format("--config={}", words[++i]));
  }
  return flags;
}

class SpawnPlan {
 public:
  SpawnPlan() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;

  void prepare(const fs::path& folder, int ready) {
    posix_spawn_file_actions_addchdir_np(&actions_, folder.c_str());
    for (const int fd : {0, 1, 2})
      posix_spawn_file_actions_addopen(&actions_, fd, "/dev/null", fd == 0 ? O_RDONLY : O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, ready, kReadyFd);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSID);
  }
  int run(const fs::path& program, std::vector<std::string> words, const model::Environment& environment) const {
    std::vector<std::string> variables;
    for (const auto& [name, value] : environment) variables.push_back(name + "=" + value);
    std::vector<char*> argv, envp;
    for (std::string& word : words) argv.push_back(word.data());
    for (std::string& variable : variables) envp.push_back(variable.data());
    argv.push_back(nullptr);
    envp.push_back(nullptr);
    pid_t pid = 0;
    return ::posix_spawn(&pid, program.c_str(), &actions_, &attributes_, argv.data(), envp.data());
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

Result<void> start_holder(const Service& service) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno("start the holder of sessions", "pipe2");
  const UniqueFd ours(ends[0]);
  UniqueFd theirs(::fcntl(ends[1], F_DUPFD_CLOEXEC, kReadyFd + 1));  // dup2 to itself would keep its close-on-exec
  ::close(ends[1]);
  SpawnPlan plan;
  plan.prepare(service.paths().project, theirs.get());
  std::vector<std::string> words{"runharness", "sessions", "serve", fmt::format("--ready={}", kReadyFd)};
  for (std::string& flag : configuration_flags()) words.push_back(std::move(flag));
  const int problem = plan.run(service.paths().program, std::move(words), service.host().environment());
  if (problem != 0) return fail_errno("start the holder of sessions", service.paths().program.string(), problem);
  theirs.reset();
  pollfd ready{ours.get(), POLLIN, 0};
  std::array<char, 1024> text{};
  const bool told = ::poll(&ready, 1, kStartPatienceMs) == 1;
  const ssize_t got = told ? ::read(ours.get(), text.data(), text.size()) : -1;
  if (got > 0 && std::string_view(text.data(), static_cast<std::size_t>(got)) == "ok") return {};
  return fail(rh::ErrorKind::process,
              fmt::format("start the holder of sessions: {}",
                          got > 0 ? std::string(text.data(), static_cast<std::size_t>(got)) : "it said nothing"));
}

ToolAnswer answer_from(const json& message) {
  ToolAnswer answer;
  answer.error = error_kind_named(message.value("error", "internal_error")).value_or(ErrorKind::internal_error);
  answer.text = message.value("text", "");
  answer.structured = message.value("structured", "{}");
  answer.exit_code = message.value("exit_code", 0);
  if (message.contains("approval_id"))
    answer.question = Question{message["approval_id"].get<std::string>(), message.value("question", "")};
  return answer;
}

// What the holder sends until its answer; a cancelled caller says so and waits for what is left of it.
ToolAnswer follow(MessageChannel& channel, const CallContext& context) {
  bool cancelled = false;
  while (true) {
    std::array<pollfd, 2> watched{
        {{channel.descriptor().fd, POLLIN, 0}, {cancelled ? -1 : context.cancel.fd, POLLIN, 0}}};
    if (!channel.has_line() && ::poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR)
      return error_answer(ErrorKind::internal_error, "waiting for the holder of sessions failed");
    if ((watched[1].revents & POLLIN) != 0) {
      cancelled = true;
      [[maybe_unused]] const auto told = channel.send(R"({"cancel":true})");
    }
    if (!channel.has_line() && (watched[0].revents & (POLLIN | POLLHUP)) == 0) continue;
    const auto line = channel.receive();
    if (!line) return answer_of_error(line.error());
    if (!*line) return error_answer(ErrorKind::internal_error, "the holder of sessions ended during the call");
    const json message = json::parse(**line, nullptr, false);
    if (!message.is_object()) return error_answer(ErrorKind::internal_error, "the holder of sessions spoke no JSON");
    if (message.contains("structured")) return answer_from(message);
    if (context.on_output && message.contains("text"))
      context.on_output(
          message.value("error_stream", false) ? model::Stream::standard_error : model::Stream::standard_output,
          message.value("text", ""));
  }
}

}  // namespace

namespace {

// The holder outlives its callers, and does not see their environment.
std::string trace_parent_of(const Service& service, const CallContext& context) {
  if (!context.trace_parent.empty()) return context.trace_parent;
  const auto found = service.host().environment().find("TRACEPARENT");
  return found == service.host().environment().end() ? std::string() : found->second;
}

}  // namespace

bool holder_runs(Service& service) {
  const auto folder = service.private_folder();
  return folder && connect_holder(*folder).has_value();
}

ToolAnswer ask_holder(Service& service, const CallContext& context, std::string_view tool, const json& arguments,
                      bool start) {
  const auto folder = service.private_folder();
  if (!folder) return answer_of_error(folder.error());
  auto socket = connect_holder(*folder);
  if (!socket && start && socket.error().kind == rh::ErrorKind::not_found) {
    if (const auto started = start_holder(service); !started) return answer_of_error(started.error());
    socket = connect_holder(*folder);
  }
  if (!socket) return answer_of_error(socket.error());
  MessageChannel channel(*std::move(socket));
  const json request = {{"tool", tool},
                        {"arguments", arguments},
                        {"caller", context.caller},
                        {"approval_id", context.approval_id},
                        {"trace_parent", trace_parent_of(service, context)}};
  if (const auto sent = channel.send(request.dump(-1, ' ', false, json::error_handler_t::replace)); !sent)
    return answer_of_error(sent.error());
  return follow(channel, context);
}

}  // namespace rh::agent
