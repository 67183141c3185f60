// One interpreter that lives on in its sandbox between the calls of a session. The program of session/support/ runs
// cell after cell in one state: it is asked by a line on its descriptor 0, a socket, and answers on it; what the code
// prints comes through pipes.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "runner/agent/exec/programs.h"
#include "runner/agent/exec/record.h"
#include "runner/agent/exec/runtimes.h"
#include "runner/agent/exec/sandboxed.h"
#include "runner/agent/exec/work_folder.h"
#include "runner/agent/service.h"
#include "runner/agent/tool.h"
#include "runner/base/unique_fd.h"

namespace rh::agent {

// How long code may take to react to its interrupt, before the whole session ends.
constexpr std::chrono::milliseconds kInterruptGrace{2000};

class LiveMetrics;

class SessionProcess {
 public:
  // `request` sets limits, network and working folder for as long as the session lives.
  [[nodiscard]] static Result<std::unique_ptr<SessionProcess>> start(Service& service, const CallContext& context,
                                                                     const ExecutionRequest& request,
                                                                     ExecutionMethod method);
  ~SessionProcess();
  SessionProcess(const SessionProcess&) = delete;

  // Runs the request's code and fills streams, result, status and times of the record.
  void run(Service& service, const CallContext& context, ExecutionRecord& record);
  [[nodiscard]] bool alive() const { return !over_; }
  // Bytes of memory that its first process holds; absent: unknown.
  [[nodiscard]] std::optional<std::uint64_t> memory_bytes() const;
  [[nodiscard]] const Runtime& runtime() const { return found_.runtime; }

 private:
  SessionProcess(WorkFolder folder, FoundRuntime found, RunSettings settings);
  struct Call;
  [[nodiscard]] Result<void> launch(Service& service, const ExecutionRequest& request,
                                    const PreparedPackages& packages);
  [[nodiscard]] Result<std::string> give(const ExecutionRequest& request);
  void wait(Call& call, const CallContext& context, LiveMetrics& metrics);
  void interrupt() const;
  void drain(Call& call);
  void judge(Call& call, ExecutionRecord& record);
  void measure(ExecutionRecord& record, std::chrono::nanoseconds cpu_before) const;
  [[nodiscard]] std::chrono::nanoseconds cpu_time() const;

  WorkFolder folder_;
  FoundRuntime found_;
  RunSettings settings_;
  Language language_ = Language::python;
  sandbox::LaunchSpec spec_;
  model::IsolationReport isolation_;   // as this host gives it; what a run reached is known when it has ended
  UniqueFd control_, output_, error_;  // our ends
  UniqueFd cancel_;                    // readable: the sandbox ends
  UniqueFd ended_;                     // readable: it has ended
  std::thread supervisor_;
  std::atomic<int> pid_{0};          // first process of the sandbox
  std::atomic<int> interpreter_{0};  // its child
  std::atomic<bool> over_{false};
  std::optional<Result<sandbox::ExitRecord>> exit_;  // when `over_`
  std::uint64_t calls_ = 0;
};

}  // namespace rh::agent
