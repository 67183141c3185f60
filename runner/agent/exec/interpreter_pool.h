// Interpreters that a server keeps warm (execution.warm_pool), so that a run costs a call and not a start. Each belongs
// to the first caller and session that uses it and is never given to another; at most `size` live at a time, the one
// that was unused longest makes room. Python forks a process for each run; JavaScript has no fork, so each interpreter
// is used once and another one is started in its place. What a run leaves behind is gone before the next: processes,
// its folders, /tmp. With the mode `exec`, which is for code that its caller trusts, the folders of the run alone are.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "runner/agent/exec/interpreter.h"
#include "runner/agent/exec/record.h"
#include "runner/model/isolation.h"

namespace rh::agent {

class InterpreterPool {
 public:
  InterpreterPool(Service& service, std::size_t size) : service_(service), size_(size) {}
  ~InterpreterPool();
  InterpreterPool(const InterpreterPool&) = delete;

  struct Slot {
    std::unique_ptr<Interpreter> interpreter;
    std::string shape, owner;  // owner empty: nobody has used it
    bool busy = false, used = false;
    std::chrono::nanoseconds last_used{};
  };
  // One run's hold on an interpreter; what it leaves is cleared when it ends.
  class Lease {
   public:
    Lease(InterpreterPool& pool, std::shared_ptr<Slot> slot) : pool_(&pool), slot_(std::move(slot)) {}
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease();
    [[nodiscard]] Interpreter& interpreter() const { return *slot_->interpreter; }

   private:
    InterpreterPool* pool_;
    std::shared_ptr<Slot> slot_;
  };

  // Absent: every interpreter is in use by somebody else, or this one cannot be had; the run starts its own.
  [[nodiscard]] std::optional<Lease> take(const CallContext& context, const ExecutionRequest& request,
                                          ExecutionMethod method);
  [[nodiscard]] Service& service() const { return service_; }
  // What the host allows of the sandbox, found once.
  [[nodiscard]] const model::IsolationReport& isolation(model::IsolationLevel level);

 private:
  std::shared_ptr<Slot> start(const CallContext& context, const ExecutionRequest& request, ExecutionMethod method,
                              const std::string& shape);
  void give_back(const std::shared_ptr<Slot>& slot);

  Service& service_;
  std::size_t size_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<Slot>> slots_;
  std::mutex probe_mutex_;
  std::map<model::IsolationLevel, model::IsolationReport> isolation_;
};

// Whether this request can be served by a warm interpreter: no packages, no environment and runtime of its own...
[[nodiscard]] bool fits_warm(const AgentConfig& config, const ExecutionRequest& request, ExecutionMode mode);

// The pool of a service, made when it is asked for first; gone with forget_interpreters, which the service's end calls.
[[nodiscard]] InterpreterPool& interpreters_of(Service& service);
void forget_interpreters(Service& service);

// Runs the record's code there and fills what running fills: output, times, figures, status and error.
void run_warm(const CallContext& context, const RunSettings& settings, InterpreterPool& pool,
              InterpreterPool::Lease& lease, ExecutionRecord& record);

}  // namespace rh::agent
