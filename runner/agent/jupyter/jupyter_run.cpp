#include "runner/agent/jupyter/jupyter_run.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/exec/pipeline.h"
#include "runner/agent/exec/sandboxed.h"
#include "runner/agent/jupyter/jupyter_client.h"
#include "runner/agent/jupyter/jupyter_events.h"
#include "runner/agent/jupyter/jupyter_request.h"
#include "runner/agent/mcp/base64.h"
#include "runner/agent/notebook/read.h"
#include "runner/agent/notebook/run.h"
#include "runner/base/beneath.h"
#include "runner/base/clock.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

using model::Ending;
using model::Stream;
using nlohmann::json;

constexpr std::string_view kUnmeasured = "the code ran on a Jupyter server, which tells no such figure";
constexpr std::size_t kMaxFigures = 100;

std::string text_of(const json& object, const char* name) {
  const auto at = object.find(name);
  return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

// Data of a MIME bundle: a text or lines of one.
std::string data_of(const json& bundle, const char* type) {
  const auto at = bundle.find(type);
  if (at == bundle.end()) return {};
  if (at->is_string()) return at->get<std::string>();
  std::string text;
  if (at->is_array())
    for (const json& line : *at)
      if (line.is_string()) text += line.get_ref<const std::string&>();
  return text;
}

void warn(ExecutionRecord& record, const char* code, std::string message) {
  record.diagnostics.push_back({model::Severity::warning, code, std::move(message), {}, {}});
}

void stop(ExecutionRecord& record, ErrorKind kind, std::string message) {
  record.status = kind == ErrorKind::cancelled ? ExecutionStatus::cancelled : ExecutionStatus::failed;
  record.error.kind = kind;
  record.error.message = std::move(message);
}

// The answer of the server as it comes, on its way into the record.
class Hearing {
 public:
  Hearing(Service& service, const CallContext& context, const RunSettings& settings, WorkFolder& folder,
          ExecutionRecord& record)
      : service_(service),
        folder_(folder),
        record_(record),
        given_(given_secrets(record.request.env)),
        way_(service.secrets(), given_, settings.output_bytes, &context) {}

  void take(const json& event) {
    const std::string kind = text_of(event, "event");
    if (kind == "started") begin(event);
    if (kind == "cell") told_ += json{{"begin", event["index"]}}.dump() + "\n";
    if (kind == "output") take_output(event["output"]);
    if (kind == "end") end_of_cell(event);
    if (kind == "piece") take_piece(event["piece"]);
    if (kind == "done") done_ = event, wall_ = monotonic_now() - begin_;
    if (kind == "left") warn(record_, "kernel-left", text_of(event, "message"));
    if (kind == "problem") problem_ = event;
  }

  // After the last event.
  void finish(const RunSettings& settings, const Result<void>& heard) {
    record_.standard_output = way_.finish(Stream::standard_output);
    record_.standard_error = way_.finish(Stream::standard_error);
    if (!record_.request.notebook_text.empty()) keep(std::string(kNotebookOutputs), told_);
    if (!problem_.is_null()) {
      const std::string kind = text_of(problem_, "kind");
      return stop(record_,
                  kind == "runtime"     ? ErrorKind::runtime_missing
                  : kind == "cancelled" ? ErrorKind::cancelled
                                        : ErrorKind::service_unavailable,
                  text_of(problem_, "message"));
    }
    if (done_.is_null())
      return stop(record_, ErrorKind::service_unavailable,
                  heard ? "runharness-jupyter ended without an answer" : heard.error().message());
    judge(settings);
  }

 private:
  void begin(const json& event) {
    begin_ = monotonic_now();
    record_.runtime = {text_of(event, "kernel"), text_of(event, "version"), {}};
  }

  void take_output(const json& output) {
    outputs_.push_back(output);
    const std::string type = text_of(output, "output_type");
    if (type == "stream")
      way_.take(text_of(output, "name") == "stderr" ? Stream::standard_error : Stream::standard_output,
                text_of(output, "text"));
    const std::string error = text_of(output, "ename");
    if (type == "error" && error != "SystemExit") {
      std::string text = data_of(output, "traceback");
      if (const auto lines = output.find("traceback"); lines != output.end() && lines->is_array()) {
        text.clear();
        for (const json& line : *lines) text += line.is_string() ? line.get<std::string>() + "\n" : "";
      }
      way_.take(Stream::standard_error, text);
    }
    if (type == "clear_output") outputs_.clear();
    if (const auto data = output.find("data"); data != output.end() && data->is_object()) take_figure(*data);
  }

  // A picture that is shown is a file of the run.
  void take_figure(const json& data) {
    const auto png = mcp::bytes_of_base64(without_space(data_of(data, "image/png")));
    const std::string svg = data_of(data, "image/svg+xml");
    if ((!png || png->empty()) && svg.empty()) return;
    if (figures_ >= kMaxFigures) return;
    const bool is_png = png && !png->empty();
    keep(fmt::format("figure_{}.{}", ++figures_, is_png ? "png" : "svg"), is_png ? *png : svg);
  }
  static std::string without_space(std::string text) {
    std::erase_if(text, [](char c) { return c == '\n' || c == '\r' || c == ' '; });
    return text;
  }

  void end_of_cell(const json& event) {
    json line = {{"end", event["index"]},
                 {"outputs", outputs_},
                 {"execution_count", event.value("execution_count", json())},
                 {"failed", event.value("failed", false)}};
    told_ += service_.secrets().redact(line.dump(-1, ' ', false, json::error_handler_t::replace)) + "\n";
    outputs_ = json::array();
  }

  // A part of a file that the code made, or its result.
  void take_piece(const json& piece) {
    if (const std::string problem = text_of(piece, "problem"); !problem.empty())
      warn(record_, "artifacts-not-taken", "files and results could not be taken from the Jupyter server: " + problem);
    if (const std::string result = text_of(piece, "result"); !result.empty())
      if (const auto written = write_file(folder_.result_file(), result); !written)
        warn(record_, "result-unreadable", written.error().message());
    if (const std::string name = text_of(piece, "name"); !name.empty()) {
      if (name != file_) keep_file();
      file_ = name;
      if (const auto bytes = mcp::bytes_of_base64(text_of(piece, "data"))) content_ += *bytes;
    }
    for (const json& name : piece.value("left_out", json::array()))
      warn(record_, "artifact-left-out", fmt::format("{} is not taken: it is too large", to_valid_utf8(name.dump())));
    if (piece.value("done", true)) keep_file();
  }
  void keep_file() {
    if (!file_.empty()) keep(file_, content_);
    file_.clear();
    content_.clear();
  }
  void keep(const std::string& name, const std::string& content) {
    const auto beneath = Beneath::open(folder_.workspace());
    const auto written = beneath ? beneath->write(name, content) : Result<void>(Failure{beneath.error()});
    if (!written) warn(record_, "artifact-left-out", written.error().message());
  }

  void judge(const RunSettings& settings) {
    model::Execution execution;
    execution.limits = {};
    execution.limits.wall = settings.options.limits.wall;
    execution.limits.output_bytes = settings.options.limits.output_bytes;
    execution.limits.network = model::NetworkPolicy::host;
    execution.usage.wall = wall_;
    execution.usage.user_cpu = execution.usage.system_cpu = model::CpuFigure::unknown(std::string(kUnmeasured));
    execution.usage.peak_memory = model::BytesFigure::unknown(std::string(kUnmeasured));
    const std::string ending = text_of(done_, "ending");
    execution.ending = ending == "timeout"        ? Ending::wall_time
                       : ending == "cancelled"    ? Ending::cancelled
                       : ending == "output_limit" ? Ending::output_limit
                                                  : Ending::exited;
    execution.ending_detail = text_of(done_, "detail");
    if (execution.ending == Ending::wall_time && execution.limits.wall)
      execution.ending_detail = fmt::format("wall clock: {} passed", format_duration(*execution.limits.wall));
    const int code = exit_code();
    if (execution.ending == Ending::exited && ending != "died" && ending != "lost") execution.status.exit_code = code;
    record_.samples.reason = kUnmeasured;
    record_.execution = std::move(execution);
    judge_execution(record_);
    if (ending == "died")
      stop(record_, ErrorKind::code_error,
           "the kernel died while the code ran: it ended itself or was killed, as for want of memory; the Jupyter "
           "server does not say which");
    if (ending == "lost")
      stop(record_, ErrorKind::service_unavailable,
           "the Jupyter server was lost while the code ran: " + text_of(done_, "detail"));
  }

  // As a program of its own would have ended: a kernel has no exit codes.
  [[nodiscard]] int exit_code() const {
    if (text_of(done_, "ending") != "error") return 0;
    if (text_of(done_, "ename") != "SystemExit") return 1;
    const std::string value = text_of(done_, "evalue");
    if (value.empty() || value == "None") return 0;
    const auto number = parse_u64(value);
    return number ? static_cast<int>(*number & 255) : 1;
  }

  Service& service_;
  WorkFolder& folder_;
  ExecutionRecord& record_;
  const Secrets given_;
  OutputWay way_;
  json outputs_ = json::array(), done_, problem_;
  std::string told_;  // of the notebook's cells
  std::string file_, content_;
  std::size_t figures_ = 0;
  Nanoseconds begin_{}, wall_{};
};

// The kernel of the access mode where the configuration names one itself, the request's runtime, or the notebook's.
void choose_kernel(const ExecutionRecord& record, JupyterWish& wish) {
  const ExecutionRequest& request = record.request;
  wish.kernel = record.kernel_name;
  // The names that access modes have without a configuration are wishes.
  wish.must_exist = !wish.kernel.empty() && !is_one_of(wish.kernel, {"python3-readonly", "python3-write"});
  if (wish.must_exist) return;
  if (!request.runtime.empty()) {
    wish.kernel = request.runtime;
    wish.must_exist = true;
  } else if (!request.notebook_text.empty()) {
    if (const auto notebook = read_notebook(request.notebook_text, request.script.string()))
      wish.kernel = notebook->kernel;
  }
}

void tell_what_is_not_held(ExecutionRecord& record) {
  const ExecutionRequest& request = record.request;
  std::vector<std::string> names;
  if (request.memory_bytes) names.emplace_back("memory_limit");
  if (request.cpus) names.emplace_back("cpus");
  if (request.cpu_time) names.emplace_back("cpu_time");
  if (request.network == model::NetworkPolicy::none) names.emplace_back("network");
  if (!names.empty())
    warn(record, "limits-not-enforced",
         fmt::format("{}: the Jupyter server's own limits hold there, not those of the request", join(names, ", ")));
}

}  // namespace

bool runs_on_jupyter(const AgentConfig& config, ExecutionMethod method) {
  return method == ExecutionMethod::container && !config.container.jupyter_host.empty();
}

void run_on_jupyter(Service& service, const CallContext& context, WorkFolder& folder, ExecutionRecord& record) {
  const ContainerSettings& container = service.config().container;
  record.mode = ExecutionMode::subprocess;
  JupyterWish wish;
  auto place = jupyter_place(container.jupyter_host, container.jupyter_port);
  if (!place) return stop(record, ErrorKind::invalid_request, place.error().message());
  wish.place = *std::move(place);
  record.server = wish.place.url();
  const auto token = service.host().environment().find("JUPYTER_TOKEN");
  if (token != service.host().environment().end()) wish.place.token = token->second;
  const auto settings = settings_of(service, context, record.request, record.method);
  if (!settings) return stop(record, ErrorKind::internal_error, settings.error().message());
  if (settings->options.limits.wall) wish.timeout = *settings->options.limits.wall;
  if (settings->options.limits.output_bytes) wish.output_bytes = *settings->options.limits.output_bytes;
  choose_kernel(record, wish);
  const auto request = jupyter_request(record.request, wish);
  if (!request) return stop(record, ErrorKind::invalid_request, request.error().message());
  tell_what_is_not_held(record);
  const auto helper = jupyter_program(service.paths().program);
  if (helper.empty())
    return stop(record, ErrorKind::service_unavailable,
                "running code on a Jupyter server is not built in: runharness-jupyter is neither beside runharness nor "
                "in ../libexec/runharness");
  Hearing hearing(service, context, *settings, folder, record);
  const auto patience = wish.timeout + kJupyterAsk * 3 + kJupyterStart + kJupyterGrace + kJupyterAfter;
  const auto heard = converse_with_jupyter(helper, *request, context.cancel, patience,
                                           [&](const json& event) { hearing.take(event); });
  hearing.finish(*settings, heard);
}

}  // namespace rh::agent
