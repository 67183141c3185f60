// One command of a run in the sandbox: limits of the preset with those of the request over them, output captured,
// redacted and cut, and told to the caller while it comes.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "runner/agent/config.h"
#include "runner/agent/exec/record.h"
#include "runner/agent/exec/request.h"
#include "runner/agent/exec/work_folder.h"
#include "runner/agent/service.h"
#include "runner/agent/tool.h"
#include "runner/engine/run_options.h"
#include "runner/model/execution.h"

namespace rh::agent {

// What holds for all commands of one execution.
struct RunSettings {
  engine::RunOptions options;  // of the preset, with the request's limits
  std::uint64_t output_bytes = 10'000;
  std::string working_folder = "/workspace";  // the name of the workspace inside
  std::filesystem::path root_image;           // empty: the host's system folders
};

[[nodiscard]] Result<RunSettings> settings_of(const Service& service, const CallContext& context,
                                              const ExecutionRequest& request, ExecutionMethod method);

struct SandboxedCommand {
  std::vector<std::string> argv;
  model::Environment env;
  std::string standard_input;
  std::vector<std::filesystem::path> readable, writable, overlays;
  model::Limits limits;
  bool tell_output = true;  // to CallContext::on_output
  bool sampled = false;     // CPU and memory while it runs
};

struct SandboxedRun {
  model::Execution execution;
  model::CapturedText standard_output, standard_error;
  RunSamples samples;
  bool started = false;
  bool no_sandbox = false;  // this host has none: nothing was started
};

// PATH of `bin` and the system, HOME, locale and temporary folder; nothing else of the caller's environment.
[[nodiscard]] model::Environment base_environment(const Service& service, const WorkFolder& folder,
                                                  const std::vector<std::filesystem::path>& bin);

// The launch of `command` with the folders of the run: workspace, exchange and home are writable.
[[nodiscard]] sandbox::LaunchSpec launch_of(const Service& service, const RunSettings& settings,
                                            const WorkFolder& folder, const SandboxedCommand& command);

[[nodiscard]] Result<SandboxedRun> run_sandboxed(Service& service, const CallContext& context,
                                                 const RunSettings& settings, const WorkFolder& folder,
                                                 const SandboxedCommand& command);

// A stream as a record keeps it: the begin and the end of what is longer than `max_bytes`, with a mark between, and
// without control characters.
class KeptText {
 public:
  explicit KeptText(std::uint64_t max_bytes) : max_bytes_(max_bytes) {}
  void add(std::string_view bytes);
  [[nodiscard]] model::CapturedText finish();

 private:
  std::uint64_t max_bytes_;
  std::uint64_t total_ = 0;
  std::string head_, tail_;
};

// Both streams on their way to the record and to whoever watches. Two filters: what the caller's environment holds, and
// what the request itself brings under a name that says that it is a secret.
class OutputWay {
 public:
  // `context`: told what comes; null: nobody.
  OutputWay(const Secrets& caller, const Secrets& given, std::uint64_t kept, const CallContext* context);
  void take(model::Stream which, std::string_view bytes);
  [[nodiscard]] model::CapturedText finish(model::Stream which);

 private:
  struct Stream {
    Redactor caller, given;
    KeptText kept;
  };
  Stream& at(model::Stream which) { return streams_[which == model::Stream::standard_output ? 0 : 1]; }
  void pass(model::Stream which, const std::string& bytes);

  Stream streams_[2];
  const CallContext* context_;
};

// Variables whose names say that they hold a secret.
[[nodiscard]] std::vector<NamedSecret> given_secrets(const model::Environment& env);

}  // namespace rh::agent
