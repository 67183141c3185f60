// One interpreter that is kept running in a sandbox and is given code again and again: what sessions, notebooks and
// warm pools are made of.
//
//   auto interpreter = Interpreter::start(service, request, Interpreter::Options{});   // limits, files, packages of
//   request InterpreterCall call; call.code = "x = 2\nx * 21";                                                      //
//   variables stay: Keep::all InterpreterReply reply = (*interpreter)->run(context, call);                      //
//   reply.value: "42" if (!(*interpreter)->alive()) ...                                                 // reply.ending
//   tells why
//
// One call at a time: run() locks. When a limit, a cancellation or the code itself ends the interpreter, its state is
// lost, alive() is false from then on, and every further reply says so. Python and JavaScript give the value of a last
// expression and what was displayed; bash has output and exit status only.
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

enum class Keep {
  all,      // variables stay for the next call
  nothing,  // a namespace of its own; modules stay loaded
  process,  // python: a process of its own, forked from the warm interpreter; what it leaves running is killed
};

class LiveMetrics;

struct InterpreterCall {
  std::string code;
  std::string name = "<cell>";  // in tracebacks: "<cell 3>", "/workspace/main.py"
  Keep keep = Keep::all;
  bool show_last = true;       // give the value of a last expression, as notebooks do
  std::string context_json;    // the variable `context`; empty: as it was
  std::string standard_input;  // python and bash
  std::vector<std::string> arguments;
  std::chrono::milliseconds timeout{30'000};
  std::optional<std::chrono::milliseconds> cpu_time;
  std::uint64_t output_bytes = 10'000;             // kept of each stream
  std::uint64_t output_limit_bytes = 64ULL << 20;  // more ends the interpreter
  LiveMetrics* metrics = nullptr;                  // of the tree while it runs; null: nobody wants them
};

// What display() or the last expression showed: mime type -> content; pictures in base64.
struct Displayed {
  std::map<std::string, std::string> data;
  bool is_value = false;  // of the last expression
};

struct InterpreterError {
  std::string name, message;  // "ValueError", "invalid literal..."
  std::vector<std::string> traceback;
};

struct InterpreterReply {
  bool ok = false;                        // ended without an error, exit status 0
  std::optional<int> exit_code;           // bash, sys.exit(), process.exit(), Keep::process
  std::optional<int> signal;              // Keep::process
  std::optional<InterpreterError> error;  // that the code raised
  model::CapturedText standard_output, standard_error;
  std::string value;                    // text of the last expression; empty: none, or None
  std::string result_json;              // of the variable `result`; empty: none
  std::vector<Displayed> displayed;     // in order; figures of matplotlib are among them
  std::optional<model::Ending> ending;  // a limit, a cancellation or the interpreter's end; absent: none of them
  std::string ending_detail;
  std::chrono::nanoseconds wall{0};
  std::optional<std::chrono::nanoseconds> cpu;     // of the tree where a control group tells, else of the process
  std::optional<std::uint64_t> peak_memory_bytes;  // of the interpreter or, with Keep::process, of the call's process
  std::string memory_source;
};

class Interpreter {
 public:
  struct Options {
    ExecutionMethod method = ExecutionMethod::local;
    std::filesystem::path workspace;  // a folder of this machine that the code works in; empty: one of its own
  };
  // Prepared like a run of `request`: runtime, limits of memory and processes, network, files, packages, environment
  // and context. Its code, time limits and standard input are not used. python, javascript and bash.
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
