#include "runner/agent/session/session_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/exec/live_metrics.h"
#include "runner/agent/exec/packages.h"
#include "runner/agent/exec/pipeline.h"
#include "runner/agent/exec/result_value.h"
#include "runner/agent/session/process_tree.h"
#include "runner/agent/session/session_output.h"
#include "runner/base/clock.h"
#include "runner/base/embedded.h"
#include "runner/base/file.h"
#include "runner/base/text.h"
#include "runner/engine/execution.h"

RH_EMBEDDED(rh_session_py)
RH_EMBEDDED(rh_session_cjs)
RH_EMBEDDED(rh_session_sh)
RH_EMBEDDED(rh_python_after)

namespace rh::agent {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::size_t kChunk = 64 << 10;
constexpr std::size_t kMaxReply = 4096;

struct PipeEnds {
  UniqueFd ours, theirs;
};

Result<PipeEnds> make_output_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno("make a pipe for the session", "pipe2");
  PipeEnds made{UniqueFd(ends[0]), UniqueFd(ends[1])};
  ::fcntl(made.ours.get(), F_SETFL, O_NONBLOCK);
  return made;
}

Result<std::vector<std::string>> driver_of(Language language, const FoundRuntime& found, const WorkFolder& folder) {
  const auto written = [&](const char* name, std::string_view text) -> Result<std::string> {
    const fs::path file = folder.exchange() / name;
    RH_CHECK(write_file(file, text));
    return file.string();
  };
  const std::string program = found.runtime.path.string(), cells = folder.exchange().string();
  if (language == Language::python) {
    RH_TRY(const std::string file, written("session.py", RH_EMBEDDED_TEXT(rh_session_py)));
    return std::vector<std::string>{program, "-s", file, cells, std::string(RH_EMBEDDED_TEXT(rh_python_after))};
  }
  if (language == Language::javascript) {
    RH_TRY(const std::string file, written("session.cjs", RH_EMBEDDED_TEXT(rh_session_cjs)));
    return std::vector<std::string>{program, file, cells};
  }
  RH_TRY(const std::string file, written("session.sh", RH_EMBEDDED_TEXT(rh_session_sh)));
  return std::vector<std::string>{program, "--norc", file, cells};
}

void raise_event(const UniqueFd& event) {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t put = ::write(event.get(), &one, sizeof one);
}

}  // namespace

// One request and what is known of its answer so far.
struct SessionProcess::Call {
  Call(Service& service, const CallContext& context, std::uint64_t kept)
      : output(service.secrets(), model::Stream::standard_output, kept, context),
        error(service.secrets(), model::Stream::standard_error, kept, context) {}
  SessionOutput output, error;
  std::string number, reply;
  std::chrono::nanoseconds begin{}, deadline{};
  std::optional<int> status;
  bool exited = false;  // the interpreter said that it ends
  ErrorKind broken_off = ErrorKind::none;
  std::chrono::nanoseconds wall{};
};

SessionProcess::SessionProcess(WorkFolder folder, FoundRuntime found, RunSettings settings)
    : folder_(std::move(folder)), found_(std::move(found)), settings_(std::move(settings)) {}

SessionProcess::~SessionProcess() {
  if (cancel_) raise_event(cancel_);
  control_.reset();
  if (supervisor_.joinable()) supervisor_.join();
}

Result<std::unique_ptr<SessionProcess>> SessionProcess::start(Service& service, const CallContext& context,
                                                              const ExecutionRequest& request, ExecutionMethod method) {
  RH_TRY(RunSettings settings, settings_of(service, context, request, method));
  RH_TRY(FoundRuntime found, find_runtime(service, request, method));
  if (!found.root.empty()) settings.root_image = found.root;
  RH_TRY(WorkFolder folder, WorkFolder::make());
  std::unique_ptr<SessionProcess> session(new SessionProcess(std::move(folder), std::move(found), std::move(settings)));
  RH_TRY(const PreparedPackages packages,
         prepare_packages(service, context, request, session->settings_, session->found_, session->folder_));
  RH_CHECK(session->launch(service, request, packages));
  return session;
}

Result<void> SessionProcess::launch(Service& service, const ExecutionRequest& request,
                                    const PreparedPackages& packages) {
  language_ = request.language;
  // The program's own environment, folders and names are those of a run by itself.
  RH_TRY(Program program, make_program(service, request, settings_, found_, folder_, packages));
  RH_TRY(program.run.argv, driver_of(language_, found_, folder_));
  for (const char* name : {"RUNHARNESS_CONTEXT", "RUNHARNESS_PROGRAM"}) program.run.env.erase(name);
  spec_ = launch_of(service, settings_, folder_, program.run);
  spec_.name = "session";
  spec_.limits = settings_.options.limits;
  spec_.limits.wall.reset();          // each call has a time limit of its own
  spec_.limits.cpu.reset();           // likewise; an interpreter that waits uses none
  spec_.limits.output_bytes.reset();  // read by us, and kept within bounds
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return fail_errno("make the socket of the session", "socketpair");
  control_.reset(ends[0]);
  auto theirs = std::make_shared<std::array<UniqueFd, 3>>();
  (*theirs)[0].reset(ends[1]);
  RH_TRY(PipeEnds output, make_output_pipe());
  RH_TRY(PipeEnds error, make_output_pipe());
  output_ = std::move(output.ours);
  error_ = std::move(error.ours);
  (*theirs)[1] = std::move(output.theirs);
  (*theirs)[2] = std::move(error.theirs);
  cancel_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  ended_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!cancel_ || !ended_) return fail_errno("make the events of the session", "eventfd");
  spec_.streams = {(*theirs)[0], (*theirs)[1], (*theirs)[2]};
  sandbox::Launcher& launcher = service.launcher();
  isolation_ = launcher.probe(spec_.level);
  supervisor_ = std::thread([this, &launcher, theirs] {
    sandbox::SuperviseHooks hooks;
    hooks.cancel = cancel_;
    hooks.on_held = [this](int pid) { pid_ = pid; };
    // The command has them now; with our copies gone, its end is the end of the streams.
    hooks.on_start = [this, theirs](const sandbox::TreeLocation& tree) {
      interpreter_ = tree.root_pid;
      for (UniqueFd& end : *theirs) end.reset();
    };
    exit_ = launcher.run(spec_, hooks);
    for (UniqueFd& end : *theirs) end.reset();
    over_ = true;
    raise_event(ended_);
  });
  return {};
}

// The cell and what belongs to it; the number that names it.
Result<std::string> SessionProcess::give(const ExecutionRequest& request) {
  const std::string number = std::to_string(++calls_);
  for (const auto& [name, content] : request.files) RH_CHECK(folder_.write(name, content));
  std::error_code ignored;
  fs::remove(folder_.result_file(), ignored);
  json call = {{"echo", request.echo}, {"env", request.env}};
  if (!request.context_json.empty()) call["context"] = json::parse(request.context_json, nullptr, false);
  std::string exports;
  for (const auto& [name, value] : request.env)
    exports += fmt::format("export {}={}\n", name, lossless_shell_quote(value));
  RH_CHECK(write_file(folder_.exchange() / ("cell_" + number), request.code + "\n"));
  RH_CHECK(
      write_file(folder_.exchange() / ("call_" + number), call.dump(-1, ' ', false, json::error_handler_t::replace)));
  RH_CHECK(write_file(folder_.exchange() / ("env_" + number), exports));
  const std::string line = number + "\n";
  if (::send(control_.get(), line.data(), line.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(line.size()))
    return fail_errno("ask the session", number);
  return number;
}

void SessionProcess::interrupt() const {
  if (const int pid = pid_; pid > 0 && !over_) interrupt_tree(pid);
}

void SessionProcess::drain(Call& call) {
  std::string chunk(kChunk, '\0');
  for (auto [fd, into] : {std::pair{&output_, &call.output}, std::pair{&error_, &call.error}})
    for (ssize_t got = 0; (got = ::read(fd->get(), chunk.data(), chunk.size())) > 0;)
      into->take({chunk.data(), static_cast<std::size_t>(got)});
}

// Until the answer, the end of the interpreter, or the end of patience: an interrupt first, then the sandbox.
void SessionProcess::wait(Call& call, const CallContext& context, LiveMetrics& metrics) {
  std::array<pollfd, 5> watched{{{control_.get(), POLLIN, 0},
                                 {output_.get(), POLLIN, 0},
                                 {error_.get(), POLLIN, 0},
                                 {ended_.get(), POLLIN, 0},
                                 {context.cancel.fd, POLLIN, 0}}};
  while (!call.status) {
    const Nanoseconds now = monotonic_now();
    metrics.look(now);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(std::min(call.deadline, metrics.next()) - now);
    const int ready = ::poll(watched.data(), watched.size(), static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (ready < 0 && errno != EINTR) return;
    drain(call);
    if (ready == 0 && monotonic_now() < call.deadline) continue;
    if (ready == 0 || (watched[4].revents & POLLIN) != 0) {
      if (call.broken_off != ErrorKind::none) {
        if (ready != 0) continue;
        raise_event(cancel_);  // it did not react
        watched[4].fd = -1;
        call.deadline = monotonic_now() + std::chrono::minutes(1);
      } else {
        call.broken_off = ready == 0 ? ErrorKind::timeout : ErrorKind::cancelled;
        watched[4].fd = -1;
        call.deadline = monotonic_now() + kInterruptGrace;
        interrupt();
      }
      continue;
    }
    for (const std::size_t i : {std::size_t{1}, std::size_t{2}})
      if ((watched[i].revents & POLLHUP) != 0) watched[i].fd = -1;
    if ((watched[3].revents & POLLIN) != 0) return;
    if ((watched[0].revents & (POLLIN | POLLHUP)) == 0) continue;
    std::array<char, 256> bytes{};
    const ssize_t got = ::recv(control_.get(), bytes.data(), bytes.size(), 0);
    if (got <= 0) {
      watched[0].fd = -1;  // its end follows
      continue;
    }
    call.reply.append(bytes.data(), static_cast<std::size_t>(got));
    if (call.reply.size() > kMaxReply) raise_event(cancel_);
    const std::size_t end = call.reply.find('\n');
    if (end == std::string::npos) continue;
    const auto words = split(std::string_view(call.reply).substr(0, end), ' ');
    if (words.size() >= 2 && words[0] == call.number)
      if (const auto status = parse_u64(words[1])) call.status = static_cast<int>(*status & 255);
    call.exited = words.size() > 2;
    call.reply.erase(0, end + 1);
  }
}

void SessionProcess::measure(ExecutionRecord& record, std::chrono::nanoseconds cpu_before) const {
  model::Execution execution;
  execution.limits = spec_.limits;
  execution.limits.wall = settings_.options.limits.wall;
  execution.usage.wall = record.wall;
  execution.isolation = isolation_;
  if (over_ && exit_ && *exit_) {
    const sandbox::ExitRecord& exit = **exit_;
    execution.isolation = exit.isolation;
    execution.ending = exit.ending;
    execution.ending_detail = exit.ending_detail;
    execution.usage.peak_memory = exit.usage.peak_memory;
  }
  const std::string whole = "of the session's interpreter, since the session began";
  if (const auto figures = tree_figures(pid_)) {
    execution.usage.user_cpu = {figures->cpu - cpu_before, model::Scope::lower_bound, "/proc/PID/stat", {}};
    execution.usage.system_cpu = {std::chrono::nanoseconds(0), model::Scope::lower_bound, "/proc/PID/stat", {}};
    if (figures->peak_memory_bytes)
      execution.usage.peak_memory = {*figures->peak_memory_bytes, model::Scope::lower_bound, "VmHWM " + whole, {}};
  }
  record.execution = std::move(execution);
}

std::chrono::nanoseconds SessionProcess::cpu_time() const {
  const auto figures = tree_figures(pid_);
  return figures ? figures->cpu : std::chrono::nanoseconds(0);
}

std::optional<std::uint64_t> SessionProcess::memory_bytes() const {
  if (over_) return std::nullopt;
  const auto figures = tree_figures(pid_);
  return figures ? figures->memory_bytes : std::nullopt;
}

void SessionProcess::judge(Call& call, ExecutionRecord& record) {
  const auto fail_with = [&](ErrorKind kind, ExecutionStatus status, std::string message) {
    record.error.kind = kind;
    record.error.message = std::move(message);
    record.status = status;
  };
  const std::string kept = over_ ? "; the session has ended with it" : "; the session goes on with what it had";
  if (call.broken_off == ErrorKind::timeout)
    return fail_with(
        ErrorKind::timeout, ExecutionStatus::timeout,
        fmt::format("the time limit of {} ended the code{}",
                    format_duration(settings_.options.limits.wall.value_or(std::chrono::milliseconds(0))), kept));
  if (call.broken_off == ErrorKind::cancelled)
    return fail_with(ErrorKind::cancelled, ExecutionStatus::cancelled, "the code was interrupted" + kept);
  if (!call.status) {
    if (exit_ && *exit_ && record.execution) {
      judge_execution(record);
      if (record.status == ExecutionStatus::completed) record.status = ExecutionStatus::failed;
      if (record.error.kind == ErrorKind::none) record.error.kind = ErrorKind::code_error;
      record.error.message += "; the session has ended with it";
      return;
    }
    return fail_with(ErrorKind::sandbox_error, ExecutionStatus::failed,
                     exit_ && !*exit_ ? exit_->error().message() : "the session's interpreter ended");
  }
  record.exit_code = *call.status;
  record.status = *call.status == 0 ? ExecutionStatus::completed : ExecutionStatus::failed;
  if (*call.status == 0) return;
  const auto lines = split_lines(trim(record.standard_error.bytes));
  fail_with(ErrorKind::code_error, ExecutionStatus::failed,
            fmt::format("exit code {}{}{}", *call.status, lines.empty() ? "" : ": ",
                        lines.empty() ? "" : std::string(trim(lines.back()).substr(0, 500))));
}

void SessionProcess::run(Service& service, const CallContext& context, ExecutionRecord& record) {
  // Limits of time and output are each call's own; the others are those of the session.
  if (const auto settings = settings_of(service, context, record.request, record.method)) {
    settings_.options.limits.wall = settings->options.limits.wall;
    settings_.output_bytes = settings->output_bytes;
  }
  Call call(service, context, settings_.output_bytes);
  drain(call);  // what a process left behind said since the last call
  const std::chrono::nanoseconds cpu_before = cpu_time(), since = time_since_boot();
  call.begin = monotonic_now();
  call.deadline = call.begin + settings_.options.limits.wall.value_or(std::chrono::hours(24));
  const auto number = give(record.request);
  if (number) {
    call.number = *number;
    LiveMetrics metrics(context, record.request.collect_metrics.value_or(true));
    metrics.begin({pid_, {}, {}, {}, false}, cpu_before);
    wait(call, context, metrics);
    record.samples = metrics.take();
    if (call.broken_off != ErrorKind::none && !over_ && interpreter_ > 0)
      end_processes_since(pid_, interpreter_, since);
    if (call.exited) {
      pollfd end{ended_.get(), POLLIN, 0};
      ::poll(&end, 1, static_cast<int>(kInterruptGrace.count()));
    }
  }
  drain(call);
  record.wall = monotonic_now() - call.begin;
  record.runtime = found_.runtime;
  record.standard_output = call.output.finish();
  record.standard_error = call.error.finish();
  if (call.exited && !over_) raise_event(cancel_);
  measure(record, cpu_before);
  leave_out_metrics(record);
  judge(call, record);
  read_result(folder_, record);
  const std::string name = record.request.folder_name.empty() ? record.id : record.request.folder_name;
  if (auto artifacts = folder_.take_artifacts(record.request.artifacts, service.paths().state / "artifacts" / name,
                                              record.diagnostics))
    record.artifacts = *std::move(artifacts);
  check_expected(record);
}

}  // namespace rh::agent
