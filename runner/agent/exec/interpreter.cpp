#include "runner/agent/exec/interpreter.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/exec/call_loop.h"
#include "runner/agent/exec/live_metrics.h"
#include "runner/agent/exec/packages.h"
#include "runner/agent/exec/tree_cpu.h"
#include "runner/base/clock.h"
#include "runner/base/embedded.h"
#include "runner/base/file.h"
#include "runner/base/text.h"
#include "runner/engine/execution.h"

RH_EMBEDDED(rh_python_after)
RH_EMBEDDED(rh_python_driver)
RH_EMBEDDED(rh_node_driver)

namespace rh::agent {
namespace {

namespace fs = std::filesystem;
using model::Ending;
using nlohmann::json;
using std::chrono::milliseconds;

constexpr Nanoseconds kEndGrace = milliseconds(5000);  // for the sandbox to be gone
constexpr milliseconds kIdleTick{10'000};              // the sandbox has nothing to look at while nobody asks

struct Pipe {
  UniqueFd read, write;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return fail_errno("make a pipe for output", "pipe2");
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

std::string text_of(const json& object, const char* name) {
  const auto at = object.find(name);
  return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

template <class T>
std::optional<T> number_of(const json& object, const char* name) {
  const auto at = object.find(name);
  if (at == object.end() || !at->is_number()) return std::nullopt;
  return at->get<T>();
}

}  // namespace

// The thread that supervises the sandbox, and what leads into it. The sandbox lives as long as that thread.
struct Interpreter::Sandbox {
  sandbox::LaunchSpec spec;
  UniqueFd control, child_control, cancel, ended;
  Pipe out, err;
  std::thread thread;
  std::mutex mutex;
  sandbox::TreeLocation tree;
  bool started = false, gone = false;
  std::optional<sandbox::ExitRecord> record;
  std::string problem;
  std::string partial;  // of a reply's line

  void supervise(sandbox::Launcher& launcher) {
    sandbox::SuperviseHooks hooks;
    hooks.cancel = cancel;
    hooks.tick = kIdleTick;
    hooks.on_start = [this](const sandbox::TreeLocation& location) {
      const std::lock_guard lock(mutex);
      tree = location;
      started = true;
      child_control.reset();
      out.write.reset();
      err.write.reset();
    };
    auto exit = launcher.run(spec, hooks);
    {
      const std::lock_guard lock(mutex);
      gone = true;
      child_control.reset();
      out.write.reset();
      err.write.reset();
      if (exit)
        record = *std::move(exit);
      else
        problem = exit.error().message();
    }
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t told = ::write(ended.get(), &one, sizeof one);
  }
  void end() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t told = ::write(cancel.get(), &one, sizeof one);
  }
  sandbox::TreeLocation location() {
    const std::lock_guard lock(mutex);
    return tree;
  }
  std::optional<Nanoseconds> cpu() {
    const std::lock_guard lock(mutex);
    return started ? tree_cpu(tree) : std::nullopt;
  }
};

Result<std::unique_ptr<Interpreter>> Interpreter::start(Service& service, const CallContext& context,
                                                        const ExecutionRequest& request, const Options& options) {
  if (request.language != Language::python && request.language != Language::javascript)
    return fail(rh::ErrorKind::usage, fmt::format("keep an interpreter of {}: only python and javascript have one",
                                                  name_of(request.language)));
  RH_TRY(WorkFolder folder, WorkFolder::make(options.workspace));
  std::unique_ptr<Interpreter> made(new Interpreter(service, std::move(folder)));
  RH_TRY(made->settings_, settings_of(service, context, request, options.method));
  RH_TRY(FoundRuntime found, find_runtime(service, request, options.method));
  if (!found.root.empty()) made->settings_.root_image = found.root;
  made->runtime_ = found.runtime;
  made->language_ = request.language;
  made->request_ = request;
  made->request_.code.clear();
  made->method_ = options.method;
  ExecutionRequest shape = request;
  shape.code = request.language == Language::javascript ? "0" : ":";
  RH_TRY(PreparedPackages packages, prepare_packages(service, context, request, made->settings_, found, made->folder_));
  RH_TRY(Program program, make_program(service, shape, made->settings_, std::move(found), made->folder_, packages));
  std::error_code ignored;
  fs::remove(made->folder_.workspace() / program.source, ignored);
  RH_CHECK(made->open(std::move(program.run)));
  return made;
}

Result<void> Interpreter::open(SandboxedCommand command) {
  sandbox_ = std::make_unique<Sandbox>();
  const std::string program = runtime_.path.string();
  if (language_ == Language::python) {
    command.argv = {program,
                    "-S",
                    "-s",
                    "-c",
                    std::string(RH_EMBEDDED_TEXT(rh_python_driver)),
                    std::string(RH_EMBEDDED_TEXT(rh_python_after)),
                    settings_.working_folder};
  } else {
    const fs::path driver = folder_.exchange() / "driver.cjs";
    RH_CHECK(write_file(driver, RH_EMBEDDED_TEXT(rh_node_driver)));
    command.argv = {program, driver.string()};
  }
  env_ = command.env;
  sandbox_->spec = launch_of(service_, settings_, folder_, command);
  sandbox_->spec.limits = settings_.options.limits;
  sandbox_->spec.limits.wall.reset();
  sandbox_->spec.limits.cpu.reset();
  sandbox_->spec.limits.output_bytes.reset();
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return fail_errno("make a socket pair for the interpreter", "socketpair");
  sandbox_->control = UniqueFd(ends[0]);
  sandbox_->child_control = UniqueFd(ends[1]);
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  RH_TRY(sandbox_->out, make_pipe());
  RH_TRY(sandbox_->err, make_pipe());
  sandbox_->cancel = UniqueFd(eventfd(0, EFD_CLOEXEC));
  sandbox_->ended = UniqueFd(eventfd(0, EFD_CLOEXEC));
  sandbox_->spec.streams = {sandbox_->child_control, sandbox_->out.write, sandbox_->err.write};
  sandbox::Launcher& launcher = service_.launcher();
  sandbox_->thread = std::thread([this, &launcher] { sandbox_->supervise(launcher); });
  return {};
}

Interpreter::Interpreter(Service& service, WorkFolder folder) : service_(service), folder_(std::move(folder)) {}

Interpreter::~Interpreter() { stop(); }

void Interpreter::stop() {
  if (!sandbox_) return;
  sandbox_->end();
  if (sandbox_->thread.joinable()) sandbox_->thread.join();
}

bool Interpreter::alive() const {
  if (!sandbox_) return false;
  const std::lock_guard lock(sandbox_->mutex);
  return !sandbox_->gone;
}

std::optional<model::Execution> Interpreter::execution() const {
  if (!sandbox_) return std::nullopt;
  const std::lock_guard lock(sandbox_->mutex);
  if (!sandbox_->record) return std::nullopt;
  sandbox::ExitRecord copy = *sandbox_->record;
  return engine::execution_of(std::move(copy), sandbox_->spec, settings_.options);
}

std::string Interpreter::request_line(const InterpreterCall& call) {
  json line = {{"id", next_id_++},
               {"code", call.code},
               {"name", call.name},
               {"apart", call.apart == Apart::names ? "names" : "process"},
               {"arguments", call.arguments}};
  if (!call.context_json.empty()) line["context"] = json::parse(call.context_json, nullptr, false);
  if (!call.standard_input.empty()) line["stdin"] = call.standard_input;
  if (call.cpu_time) line["cpu"] = (call.cpu_time->count() + 999) / 1000;
  return line.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

InterpreterReply Interpreter::run(const CallContext& context, const InterpreterCall& call) {
  const std::lock_guard lock(mutex_);
  InterpreterReply reply;
  const Nanoseconds begin = monotonic_now();
  const Secrets given(given_secrets(env_));
  OutputWay way(service_.secrets(), given, call.output_bytes, &context);
  const auto cpu_before = sandbox_->cpu();
  if (call.metrics != nullptr) call.metrics->begin(sandbox_->location(), cpu_before);
  follow(context, call, way, reply);
  reply.wall = monotonic_now() - begin;
  if (!reply.cpu)
    if (const auto after = sandbox_->cpu(); after && cpu_before) reply.cpu = *after - *cpu_before;
  reply.standard_output = way.finish(model::Stream::standard_output);
  reply.standard_error = way.finish(model::Stream::standard_error);
  return reply;
}

namespace {

struct StopRow {
  CallLoop::Stop stop;
  Ending ending;
};
constexpr StopRow kStops[] = {{CallLoop::Stop::timeout, Ending::wall_time},
                              {CallLoop::Stop::cpu, Ending::cpu_time},
                              {CallLoop::Stop::output, Ending::output_limit},
                              {CallLoop::Stop::cancelled, Ending::cancelled}};

std::string stop_text(CallLoop::Stop stop, const InterpreterCall& call) {
  switch (stop) {
    case CallLoop::Stop::timeout:
      return fmt::format("wall clock: {} passed", format_duration(call.timeout));
    case CallLoop::Stop::cpu:
      return fmt::format("CPU time: {} used", format_duration(*call.cpu_time));
    case CallLoop::Stop::output:
      return fmt::format("more than {} of output", format_size(call.output_limit_bytes));
    default:
      return "cancelled by the caller";
  }
}

}  // namespace

void Interpreter::follow(const CallContext& context, const InterpreterCall& call, OutputWay& way,
                         InterpreterReply& reply) {
  Sandbox& box = *sandbox_;
  CallLoop loop({box.control.get(), box.out.read.get(), box.err.read.get(), box.ended.get(), context.cancel.fd},
                request_line(call), call, way, box.partial);
  const auto cpu = [&box] { return box.cpu(); };
  const CallLoop::Stop stop = loop.wait(monotonic_now() + call.timeout, cpu, true);
  if (stop == CallLoop::Stop::replied) take_line(loop.reply(), reply);
  for (const StopRow& row : kStops)
    if (row.stop == stop) {
      reply.ok = false;
      reply.ending = row.ending;
      reply.ending_detail = stop_text(stop, call);
    }
  if (stop == CallLoop::Stop::replied) return;
  if (stop != CallLoop::Stop::gone) {
    box.end();
    CallLoop last({box.control.get(), box.out.read.get(), box.err.read.get(), box.ended.get(), -1}, {}, call, way,
                  box.partial);
    while (last.wait(
               monotonic_now() + kEndGrace, [] { return std::optional<Nanoseconds>(); }, false) ==
           CallLoop::Stop::replied) {
    }
  }
  end_of_sandbox(reply);
}

void Interpreter::take_line(const std::string& line, InterpreterReply& reply) {
  const json said = json::parse(line, nullptr, false);
  if (!said.is_object()) {
    reply.ending = Ending::internal;
    reply.ending_detail = "the interpreter's driver gave no valid answer";
    return;
  }
  reply.exit_code = number_of<int>(said, "exit");
  reply.signal = number_of<int>(said, "signal");
  if (const auto cpu = number_of<double>(said, "cpu")) reply.cpu = Nanoseconds(static_cast<std::int64_t>(*cpu * 1e9));
  if (const auto peak = number_of<std::uint64_t>(said, "peak")) {
    reply.peak_memory_bytes = *peak;
    reply.memory_source = "ru_maxrss of the call's process";
  }
  if (const auto at = said.find("error"); at != said.end() && at->is_object()) {
    reply.error = InterpreterError{text_of(*at, "name"), text_of(*at, "message"), {}};
    if (const auto lines = at->find("traceback"); lines != at->end() && lines->is_array())
      for (const json& one : *lines)
        if (one.is_string()) reply.error->traceback.push_back(one.get<std::string>());
  }
  const std::string result = text_of(said, "result");
  if (!json::parse(result, nullptr, false).is_discarded()) reply.result_json = result;
  reply.ok = !reply.error && !reply.signal && reply.exit_code.value_or(0) == 0;
}

void Interpreter::end_of_sandbox(InterpreterReply& reply) {
  if (sandbox_->thread.joinable()) sandbox_->thread.join();
  reply.ok = false;
  const std::lock_guard lock(sandbox_->mutex);
  if (!sandbox_->record) {
    reply.ending = Ending::internal;
    reply.ending_detail = sandbox_->problem;
    return;
  }
  const sandbox::ExitRecord& record = *sandbox_->record;
  if (record.usage.peak_memory.value) {
    reply.peak_memory_bytes = record.usage.peak_memory.value;
    reply.memory_source = record.usage.peak_memory.source;
  }
  if (reply.ending) return;
  reply.ending = record.ending;
  reply.ending_detail = record.ending_detail;
  reply.exit_code = record.status.exit_code;
  reply.signal = record.status.signal;
  reply.ok = record.ending == Ending::exited && reply.exit_code.value_or(1) == 0;
}

}  // namespace rh::agent
