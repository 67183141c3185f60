#include "runner/agent/exec/sandboxed.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>

#include <fmt/core.h>

#include "runner/agent/audit/private_folder.h"
#include "runner/agent/exec/isolation_check.h"
#include "runner/agent/exec/live_metrics.h"
#include "runner/base/file.h"
#include "runner/base/text.h"
#include "runner/engine/execution.h"
#include "runner/engine/machine.h"
#include "runner/engine/settings.h"
#include "runner/engine/step_environment.h"
#include "sandbox/namespace_trial.h"

namespace rh::agent {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kHardOutputBytes = 64ULL << 20;  // where the preset sets none
constexpr std::string_view kSystemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

Result<engine::RunOptions> preset_options(const std::string& preset) {
  static std::mutex mutex;
  static std::map<std::string, engine::RunOptions> known;
  const std::lock_guard lock(mutex);
  if (const auto at = known.find(preset); at != known.end()) return at->second;
  engine::Settings settings;
  RH_CHECK(settings.set("preset", {preset}, engine::Layer::command_line, "execution.preset"));
  std::vector<model::Diagnostic> ignored;
  const engine::ResolveContext context{false, engine::usable_cores(), engine::usable_memory(), "/"};
  RH_TRY(engine::RunOptions options, engine::resolve_options(settings, {}, context, ignored));
  return known.emplace(preset, std::move(options)).first->second;
}

// Environment profile before configuration; a request before both.
std::chrono::milliseconds timeout_of(const AgentConfig& config, const CallContext& context,
                                     const ExecutionRequest& request, const EnvironmentProfile* profile) {
  if (request.timeout) return *request.timeout;
  if (profile != nullptr && profile->timeout) return *profile->timeout;
  const ExecutionMethod asked = request.method.value_or(config.method);
  if (asked == ExecutionMethod::local) return config.local.timeout;
  if (asked == ExecutionMethod::container) return config.container.timeout;
  return context.over_mcp ? config.tool_timeout : config.timeout;
}

// In memory: nothing of it is on a disk, and it is not a file that could be opened again through /proc.
Result<UniqueFd> input_file(const std::string& text) {
  UniqueFd file(memfd_create("stdin", MFD_CLOEXEC));
  if (!file) return fail_errno("make standard input", "memfd");
  RH_CHECK(write_all(file, text, "stdin"));
  if (lseek(file.get(), 0, SEEK_SET) != 0) return fail_errno("rewind standard input", "memfd");
  return file;
}

// Terminals obey the 32 controls after ASCII, too: U+009B begins what ESC [ does.
std::string without_control(std::string_view bytes) {
  std::string text = strip_ansi(to_valid_utf8(bytes));
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0)
      text.replace(i, 2, "?");
    else if ((byte < 0x20 && byte != '\n' && byte != '\t' && byte != '\r') || byte == 0x7f)
      text[i] = '?';
  }
  return text;
}

}  // namespace

std::vector<NamedSecret> given_secrets(const model::Environment& env) {
  std::vector<NamedSecret> secrets;
  for (const auto& [name, value] : env)
    if (names_a_secret(name)) secrets.push_back({name, value});
  return secrets;
}

OutputWay::OutputWay(const Secrets& caller, const Secrets& given, std::uint64_t kept, const CallContext* context)
    : streams_{Stream{Redactor(caller), Redactor(given), KeptText(kept)},
               Stream{Redactor(caller), Redactor(given), KeptText(kept)}},
      context_(context) {}

void OutputWay::take(model::Stream which, std::string_view bytes) {
  Stream& stream = at(which);
  std::string first, second;
  stream.caller.feed(bytes, first);
  stream.given.feed(first, second);
  pass(which, second);
}

model::CapturedText OutputWay::finish(model::Stream which) {
  Stream& stream = at(which);
  std::string first, second;
  stream.caller.finish(first);
  stream.given.feed(first, second);
  stream.given.finish(second);
  pass(which, second);
  return stream.kept.finish();
}

void OutputWay::pass(model::Stream which, const std::string& bytes) {
  if (bytes.empty()) return;
  at(which).kept.add(bytes);
  if (context_ != nullptr && context_->on_output) context_->on_output(which, bytes);
}

void KeptText::add(std::string_view bytes) {
  total_ += bytes.size();
  const std::uint64_t head = max_bytes_ - max_bytes_ / 4;
  if (head_.size() < head) {
    const auto some = bytes.substr(0, static_cast<std::size_t>(head - head_.size()));
    head_ += some;
    bytes.remove_prefix(some.size());
  }
  tail_ += bytes;
  const auto keep = static_cast<std::size_t>(max_bytes_ / 4);
  if (tail_.size() > 2 * keep + 4096) tail_.erase(0, tail_.size() - keep);
}

model::CapturedText KeptText::finish() {
  model::CapturedText text;
  text.truncated = total_ > max_bytes_;
  if (!text.truncated) {
    text.bytes = without_control(head_ + tail_);
    return text;
  }
  const auto keep = static_cast<std::size_t>(max_bytes_ / 4);
  if (tail_.size() > keep) tail_.erase(0, tail_.size() - keep);
  text.bytes = without_control(head_) +
               fmt::format("\n[... {} bytes left out ...]\n", total_ - head_.size() - tail_.size()) +
               without_control(tail_);
  return text;
}

Result<RunSettings> settings_of(const Service& service, const CallContext& context, const ExecutionRequest& request,
                                ExecutionMethod method) {
  const AgentConfig& config = service.config();
  const EnvironmentProfile* profile = nullptr;
  if (!request.environment.empty()) {
    const auto at = config.environments.find(request.environment);
    if (at == config.environments.end())
      return fail(rh::ErrorKind::usage,
                  fmt::format("find the environment '{}': it is not configured", request.environment));
    profile = &at->second;
  }
  RunSettings settings;
  RH_TRY(settings.options, preset_options(config.preset));
  model::Limits& limits = settings.options.limits;
  limits.wall = timeout_of(config, context, request, profile);
  limits.cpu = request.cpu_time.value_or(config.cpu_time);
  limits.memory_bytes = request.memory_bytes.value_or(
      profile != nullptr && profile->memory_bytes ? *profile->memory_bytes : config.memory_bytes);
  if (request.cpus) limits.cpus = request.cpus;
  if (!request.cpus && config.cpus) limits.cpus = config.cpus;
  limits.network = request.network.value_or(config.network);
  if (!limits.output_bytes) limits.output_bytes = kHardOutputBytes;
  settings.output_bytes = request.max_output_bytes.value_or(config.max_output_bytes);
  if (!request.working_folder.empty()) settings.working_folder = request.working_folder;
  if (method == ExecutionMethod::container) settings.root_image = config.container.root_image;
  return settings;
}

model::Environment base_environment(const Service& service, const WorkFolder& folder,
                                    const std::vector<fs::path>& bin) {
  model::Environment env = engine::passed_environment(service.host().environment(), {});
  for (const char* name : {"CI", "SHELL", "TERM"}) env.erase(name);
  std::string path;
  for (const fs::path& one : bin)
    if (path.find(one.string() + ":") == std::string::npos) path += one.string() + ":";
  env["PATH"] = path + std::string(kSystemPath);
  env["HOME"] = folder.home().string();
  env["RUNHARNESS_RESULT"] = folder.result_file().string();
  return env;
}

sandbox::LaunchSpec launch_of(const Service& service, const RunSettings& settings, const WorkFolder& folder,
                              const SandboxedCommand& command) {
  sandbox::LaunchSpec spec;
  spec.name = "exec";
  spec.command.argv = command.argv;
  spec.command.env = command.env;
  spec.command.cwd = folder.workspace();
  spec.limits = command.limits;
  spec.level = settings.options.isolation;
  spec.files.home = service.host().home();
  if (const fs::path account = service.host().account_home(); account != spec.files.home && account != "/nonexistent")
    spec.files.other_homes.push_back(account);
  spec.files.writable = {folder.workspace(), folder.exchange(), folder.home()};
  spec.files.writable.insert(spec.files.writable.end(), command.writable.begin(), command.writable.end());
  spec.files.readable = command.readable;
  spec.files.own_root = true;
  spec.files.root_image = settings.root_image;
  spec.files.names[settings.working_folder] = folder.workspace();
  spec.files.overlays = command.overlays;
  spec.files.bounded = spec.files.writable;
  spec.files.bounded_bytes = std::max(service.config().disk_bytes, command.limits.file_bytes.value_or(0));
  // The key of approvals and the audit log, wherever the account keeps its state.
  if (fs::path hidden = private_folder_path(service.host().environment(), service.paths().project); !hidden.empty())
    spec.files.hidden.push_back(std::move(hidden));
  return spec;
}

Result<SandboxedRun> run_sandboxed(Service& service, const CallContext& context, const RunSettings& settings,
                                   const WorkFolder& folder, const SandboxedCommand& command) {
  sandbox::LaunchSpec spec = launch_of(service, settings, folder, command);
  UniqueFd input;
  if (!command.standard_input.empty()) {
    RH_TRY(input, input_file(command.standard_input));
    spec.streams.input = input;
  }
  const Secrets given(given_secrets(command.env));
  OutputWay way(service.secrets(), given, settings.output_bytes, command.tell_output ? &context : nullptr);
  SandboxedRun run;
  sandbox::SuperviseHooks hooks;
  hooks.cancel = context.cancel;
  // Where namespaces are refused, the first process has none of its own. A second one is held where the first could
  // not be set up: the host has not all that was assumed.
  unsigned held = 0;
  hooks.on_held = [&](int pid) {
    if (++held == 1 ? sandbox::has_own_namespaces(pid) || can_isolate(service) : can_isolate_after_failure(service))
      return;
    run.no_sandbox = true;
    kill(pid, SIGKILL);
  };
  LiveMetrics metrics(context, command.sampled);
  hooks.on_start = [&](const sandbox::TreeLocation& tree) {
    run.started = true;
    metrics.begin(tree);
  };
  hooks.on_tick = [&] { metrics.look(monotonic_now()); };
  hooks.on_output = [&](model::Stream stream, std::string_view bytes) { way.take(stream, bytes); };
  RH_TRY(sandbox::ExitRecord exit, service.launcher().run(spec, hooks));
  run.samples = metrics.take();
  run.execution = engine::execution_of(std::move(exit), spec, settings.options);
  run.standard_output = way.finish(model::Stream::standard_output);
  run.standard_error = way.finish(model::Stream::standard_error);
  return run;
}

}  // namespace rh::agent
