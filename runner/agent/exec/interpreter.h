// One interpreter of Python or JavaScript that is started in a sandbox before there is code for it: what warm pools are
// made of. One call at a time: run() locks. When a limit, a cancellation or the code itself ends the interpreter,
// alive() is false from then on, and every further reply says so.
//
// The driver inside (support/*_driver.*) has a socket as descriptor 0 and speaks lines of JSON on it; output of code
// goes through pipes and is complete when the reply has come. Code can reach the socket and forge a reply: it then lies
// about itself, and to nobody else.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "runner/agent/exec/programs.h"
#include "runner/agent/exec/request.h"
#include "runner/agent/exec/sandboxed.h"
#include "runner/agent/exec/work_folder.h"
#include "runner/agent/service.h"
#include "runner/agent/tool.h"
#include "runner/base/result.h"
#include "runner/base/unique_fd.h"
#include "runner/model/ending.h"

namespace rh::agent {

// What a call has of its own. What one leaves behind is there for the next, unless it says otherwise.
enum class Apart {
  names,    // its variables; modules stay loaded, files and processes stay where they are
  process,  // Python: forked from the warm one, and what it leaves running is killed. JavaScript: the interpreter,
            // which is used once
};

class LiveMetrics;

struct InterpreterCall {
  std::string code;
  std::string name = "<cell>";  // in tracebacks: "<cell 3>", "/workspace/main.py"
  Apart apart = Apart::process;
  std::string context_json;    // the variable `context`; empty: none
  std::string standard_input;  // Python
  std::vector<std::string> arguments;
  std::chrono::milliseconds timeout{30'000};
  std::optional<std::chrono::milliseconds> cpu_time;
  std::uint64_t output_bytes = 10'000;             // kept of each stream
  std::uint64_t output_limit_bytes = 64ULL << 20;  // more ends the interpreter
  LiveMetrics* metrics = nullptr;                  // of the tree while it runs; null: nobody wants them
};

struct InterpreterError {
  std::string name, message;  // "ValueError", "invalid literal..."
  std::vector<std::string> traceback;
};

struct InterpreterReply {
  bool ok = false;                        // ended without an error, exit status 0
  std::optional<int> exit_code;           // sys.exit(), process.exit(), Apart::process
  std::optional<int> signal;              // Apart::process
  std::optional<InterpreterError> error;  // that the code raised
  model::CapturedText standard_output, standard_error;
  std::string result_json;              // of the variable `result`; empty: none
  std::optional<model::Ending> ending;  // a limit, a cancellation or the interpreter's end; absent: none of them
  std::string ending_detail;
  std::chrono::nanoseconds wall{0};
  std::optional<std::chrono::nanoseconds> cpu;     // of the tree where a control group tells, else of the process
  std::optional<std::uint64_t> peak_memory_bytes;  // of the interpreter or, with Apart::process, of the call's process
  std::string memory_source;
};

class Interpreter {
 public:
  struct Options {
    ExecutionMethod method = ExecutionMethod::local;
    std::filesystem::path workspace;  // a folder of this machine that the code works in; empty: one of its own
  };
  // Prepared like a run of `request`: runtime, limits of memory and processes, network, files, packages, environment
  // and context. Its code, time limits and standard input are not used.
  [[nodiscard]] static Result<std::unique_ptr<Interpreter>> start(Service& service, const CallContext& context,
                                                                  const ExecutionRequest& request,
                                                                  const Options& options);
  ~Interpreter();
  Interpreter(const Interpreter&) = delete;

  [[nodiscard]] InterpreterReply run(const CallContext& context, const InterpreterCall& call);
  [[nodiscard]] bool alive() const;
  // Ends it now; what it was about to say is lost.
  void stop();

  [[nodiscard]] WorkFolder& folder() { return folder_; }
  [[nodiscard]] const Runtime& runtime() const { return runtime_; }
  [[nodiscard]] const RunSettings& settings() const { return settings_; }
  [[nodiscard]] Language language() const { return language_; }
  [[nodiscard]] const ExecutionRequest& request() const { return request_; }  // as it was started
  [[nodiscard]] ExecutionMethod method() const { return method_; }
  // What the sandbox knew at its end; absent while it lives.
  [[nodiscard]] std::optional<model::Execution> execution() const;

 private:
  struct Sandbox;
  Interpreter(Service& service, WorkFolder folder);
  [[nodiscard]] Result<void> open(SandboxedCommand command);
  [[nodiscard]] std::string request_line(const InterpreterCall& call);
  void follow(const CallContext& context, const InterpreterCall& call, OutputWay& way, InterpreterReply& reply);
  void take_line(const std::string& line, InterpreterReply& reply);
  void end_of_sandbox(InterpreterReply& reply);

  Service& service_;
  WorkFolder folder_;
  RunSettings settings_;
  Runtime runtime_;
  Language language_ = Language::python;
  ExecutionRequest request_;
  ExecutionMethod method_ = ExecutionMethod::local;
  model::Environment env_;
  std::unique_ptr<Sandbox> sandbox_;
  std::mutex mutex_;
  unsigned next_id_ = 1;
};

}  // namespace rh::agent
