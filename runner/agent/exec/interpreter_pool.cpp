#include "runner/agent/exec/interpreter_pool.h"

#include <signal.h>

#include <algorithm>
#include <map>

#include "runner/agent/exec/content_key.h"
#include "runner/agent/exec/live_metrics.h"
#include "runner/agent/exec/pipeline.h"
#include "runner/agent/exec/source_scan.h"
#include "runner/base/clock.h"

namespace rh::agent {
namespace {

using model::Ending;

// Everything that is settled when an interpreter is started.
std::string shape_of(const Service& service, const ExecutionRequest& request, ExecutionMethod method) {
  const AgentConfig& config = service.config();
  ContentKey key;
  key.add(name_of(request.language)).add(request.runtime).add(request.environment).add(request.working_folder);
  key.add(std::to_string(static_cast<int>(method)));
  key.add(std::to_string(request.memory_bytes.value_or(config.memory_bytes)));
  key.add(std::to_string(request.cpus.value_or(config.cpus.value_or(0))));
  key.add(std::to_string(static_cast<int>(request.network.value_or(config.network))));
  key.add(std::to_string(static_cast<int>(request.mode.value_or(config.mode))));
  return key.hex();
}

std::string owner_of(const CallContext& context, const ExecutionRequest& request) {
  return context.caller + "\n" + request.session + "\n" + request.user;
}

struct Pools {
  std::mutex mutex;
  std::map<const Service*, std::unique_ptr<InterpreterPool>> by_service;
};

Pools& pools() {
  static Pools all;
  return all;
}

InterpreterCall call_of(const RunSettings& settings, const ExecutionRecord& record) {
  const ExecutionRequest& request = record.request;
  InterpreterCall call;
  call.code = request.code;
  call.name = settings.working_folder + "/" + source_name(request);
  call.apart = record.mode == ExecutionMode::exec ? Apart::names : Apart::process;
  call.context_json = request.context_json;
  call.standard_input = request.standard_input;
  call.arguments = request.arguments;
  call.timeout = *settings.options.limits.wall;
  call.cpu_time = settings.options.limits.cpu;
  call.output_bytes = settings.output_bytes;
  call.output_limit_bytes = settings.options.limits.output_bytes.value_or(call.output_limit_bytes);
  return call;
}

model::Execution execution_of(const InterpreterReply& reply, const RunSettings& settings,
                              const model::IsolationReport& isolation) {
  model::Execution execution;
  execution.limits = settings.options.limits;
  execution.isolation = isolation;
  execution.preset = settings.options.preset;
  execution.usage.wall = reply.wall;
  if (reply.cpu) {
    execution.usage.user_cpu = {reply.cpu, model::Scope::exact_window, "the interpreter, during the call", {}};
    execution.usage.system_cpu = {std::chrono::nanoseconds(0), model::Scope::exact_window, "counted as user time", {}};
  } else {
    execution.usage.user_cpu = model::CpuFigure::unknown("no control group counts it on this host");
  }
  if (reply.peak_memory_bytes)
    execution.usage.peak_memory = {reply.peak_memory_bytes, model::Scope::exact_window, reply.memory_source, {}};
  else
    execution.usage.peak_memory =
        model::BytesFigure::unknown("the warm interpreter is shared by the calls of its session");
  execution.status.exit_code = reply.exit_code;
  execution.status.signal = reply.signal;
  execution.ending_detail = reply.ending_detail;
  if (reply.ending)
    execution.ending = *reply.ending;
  else if (reply.signal == SIGXCPU)
    execution.ending = Ending::cpu_time, execution.ending_detail = "SIGXCPU: the limit of one process is used up";
  else
    execution.ending = reply.signal ? Ending::signaled : Ending::exited;
  if (execution.ending == Ending::exited && !execution.status.exit_code)
    execution.status.exit_code = reply.error ? 1 : 0;
  return execution;
}

}  // namespace

InterpreterPool::~InterpreterPool() = default;

InterpreterPool::Lease::~Lease() {
  if (slot_) pool_->give_back(slot_);
}

const model::IsolationReport& InterpreterPool::isolation(model::IsolationLevel level) {
  const std::lock_guard lock(probe_mutex_);
  const auto at = isolation_.find(level);
  return at != isolation_.end() ? at->second
                                : isolation_.emplace(level, service_.launcher().probe(level)).first->second;
}

std::shared_ptr<InterpreterPool::Slot> InterpreterPool::start(const CallContext& context,
                                                              const ExecutionRequest& request, ExecutionMethod method,
                                                              const std::string& shape) {
  ExecutionRequest plain = request;
  plain.files.clear();
  plain.context_json.clear();
  auto made = Interpreter::start(service_, context, plain, {method, {}});
  if (!made) return nullptr;
  auto slot = std::make_shared<Slot>();
  slot->interpreter = *std::move(made);
  slot->shape = shape;
  return slot;
}

std::optional<InterpreterPool::Lease> InterpreterPool::take(const CallContext& context, const ExecutionRequest& request,
                                                            ExecutionMethod method) {
  const std::string shape = shape_of(service_, request, method);
  const std::string owner = owner_of(context, request);
  // What clears up between runs relies on namespaces of its own.
  if (isolation(model::IsolationLevel::contained).reached == model::IsolationLevel::none) return std::nullopt;
  std::shared_ptr<Slot> oldest;  // stopped outside of the lock
  const std::lock_guard lock(mutex_);
  std::erase_if(slots_, [](const auto& slot) { return !slot->busy && !slot->interpreter->alive(); });
  std::shared_ptr<Slot> slot;
  for (const auto& one : slots_)
    if (!one->busy && one->shape == shape && (one->owner == owner || one->owner.empty())) slot = one;
  if (!slot && slots_.size() >= size_) {
    const auto idle = std::min_element(slots_.begin(), slots_.end(), [](const auto& a, const auto& b) {
      return std::pair(a->busy, a->last_used) < std::pair(b->busy, b->last_used);
    });
    if (idle == slots_.end() || (*idle)->busy) return std::nullopt;
    oldest = *idle;
    slots_.erase(idle);
  }
  if (!slot) {
    slot = start(context, request, method, shape);
    if (!slot) return std::nullopt;
    slots_.push_back(slot);
  }
  slot->owner = owner;
  slot->busy = slot->used = true;
  return Lease(*this, slot);
}

void InterpreterPool::give_back(const std::shared_ptr<Slot>& slot) {
  const bool once = slot->interpreter->language() != Language::python;
  const bool good = slot->interpreter->alive() && !once && slot->interpreter->folder().clear().has_value();
  std::shared_ptr<Slot> gone;
  {
    const std::lock_guard lock(mutex_);
    slot->busy = false;
    slot->last_used = monotonic_now();
    if (good) return;
    gone = slot;
    std::erase(slots_, slot);
  }
  // One in its place, for whoever comes next.
  if (!once) return;
  ExecutionRequest request = gone->interpreter->request();
  const ExecutionMethod method = gone->interpreter->method();
  auto next = start(CallContext(), request, method, gone->shape);
  const std::lock_guard lock(mutex_);
  if (next && slots_.size() < size_) slots_.push_back(std::move(next));
}

bool fits_warm(const AgentConfig& config, const ExecutionRequest& request, ExecutionMode mode) {
  if (config.warm_pool == 0 && mode != ExecutionMode::exec) return false;
  const bool has_language =
      request.language == Language::python || (request.language == Language::javascript && !is_es_module(request.code));
  return has_language && request.packages.empty() && request.requirements.empty() && request.env.empty() &&
         request.script.empty() && (request.language == Language::python || request.standard_input.empty());
}

InterpreterPool& interpreters_of(Service& service) {
  const std::lock_guard lock(pools().mutex);
  auto& pool = pools().by_service[&service];
  if (!pool) pool = std::make_unique<InterpreterPool>(service, std::max(service.config().warm_pool, 1U));
  return *pool;
}

void forget_interpreters(Service& service) {
  std::unique_ptr<InterpreterPool> gone;
  const std::lock_guard lock(pools().mutex);
  if (const auto at = pools().by_service.find(&service); at != pools().by_service.end()) {
    gone = std::move(at->second);
    pools().by_service.erase(at);
  }
}

void run_warm(const CallContext& context, const RunSettings& settings, InterpreterPool& pool,
              InterpreterPool::Lease& lease, ExecutionRecord& record) {
  Interpreter& interpreter = lease.interpreter();
  for (const auto& [name, content] : record.request.files)
    if (const auto written = interpreter.folder().write(name, content); !written) {
      record.error = {ErrorKind::invalid_request, written.error().message(), {}};
      return;
    }
  LiveMetrics metrics(context, record.request.collect_metrics.value_or(true));
  InterpreterCall call = call_of(settings, record);
  call.metrics = &metrics;
  InterpreterReply reply = interpreter.run(context, call);
  record.samples = metrics.take();
  record.standard_output = std::move(reply.standard_output);
  record.standard_error = std::move(reply.standard_error);
  if (reply.error)
    for (const std::string& line : reply.error->traceback)
      record.standard_error.bytes += pool.service().secrets().redact(line) + "\n";
  record.execution = execution_of(reply, settings, pool.isolation(settings.options.isolation));
  record.result_json = reply.result_json;
  judge_execution(record);
}

}  // namespace rh::agent
