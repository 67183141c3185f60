// Flatter than the report, because scripts and agents read it: one figure is one number, with its unit
// in its name, and members beside it say how it was found.
#include "reporters/json/execution.h"

#include <cstring>

#include <fmt/core.h>

#include "reporters/json/encoder.h"
#include "runner/base/text.h"

namespace rh::reporters {
namespace {

constexpr std::string_view kSchema = "runharness.execution";

std::string signal_name(int number) {
  const char* name = ::sigabbrev_np(number);
  return name == nullptr ? fmt::format("SIG{}", number) : fmt::format("SIG{}", name);
}

// Output that was cut may end within a character; that is no fault of the command.
std::string_view without_cut_character(std::string_view bytes) {
  std::size_t length = bytes.size();
  for (std::size_t back = 1; back <= 3 && back <= bytes.size(); ++back) {
    const auto byte = static_cast<unsigned char>(bytes[bytes.size() - back]);
    if (byte < 0x80) break;
    if (byte < 0xC0) continue;
    const std::size_t wanted = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2;
    if (wanted > back) length = bytes.size() - back;
    break;
  }
  return bytes.substr(0, length);
}

class ExecutionWriter {
 public:
  explicit ExecutionWriter(const model::Execution& execution) : execution_(execution) {}

  std::string write() {
    writer_.open('{');
    text("schema", kSchema);
    member("schema_version", execution_.schema_version);
    write_command();
    write_ending();
    write_output("stdout", execution_.standard_output);
    write_output("stderr", execution_.standard_error);
    write_usage();
    write_processes();
    write_limits();
    write_isolation();
    write_changes();
    write_artifacts();
    member("diagnostics", execution_.diagnostics);
    writer_.close('}');
    return writer_.take() + '\n';
  }

 private:
  template <class T>
  void member(std::string_view name, const T& value) {
    writer_.key(name);
    Encoder(writer_, Density::full, {}).value(value);
  }
  void text(std::string_view name, std::string_view value) {
    writer_.key(name);
    writer_.string(value);
  }
  // What is not known is null, and why stands elsewhere; an empty reason is none.
  void reason(std::string_view name, const std::string& value) {
    writer_.key(name);
    value.empty() ? writer_.null() : writer_.string(value);
  }
  void milliseconds(std::string_view name, std::optional<std::chrono::nanoseconds> span) {
    writer_.key(name);
    if (!span) return writer_.null();
    const auto microseconds = std::chrono::round<std::chrono::microseconds>(*span);
    writer_.literal(fmt::format("{}", static_cast<double>(microseconds.count()) / 1000));
  }
  // "peak_memory_bytes" beside "peak_memory_scope", "peak_memory_source" and "peak_memory_reason".
  void figure(std::string_view name, std::string_view stem, const model::CountFigure& value) {
    member(name, value.value);
    text(fmt::format("{}_scope", stem), model::name_of(value.scope));
    reason(fmt::format("{}_source", stem), value.source);
    reason(fmt::format("{}_reason", stem), value.reason);
  }
  void open(std::string_view name, char bracket) {
    writer_.key(name);
    writer_.open(bracket);
  }

  void write_command() {
    open("command", '{');
    member("argv", execution_.command.argv);
    member("cwd", execution_.command.cwd);
    writer_.close('}');
    text("preset", execution_.preset);
    open("workspace", '{');
    member("path", execution_.workspace);
    text("access", model::name_of(execution_.workspace_access));
    writer_.close('}');
  }

  void write_ending() {
    member("ending", execution_.ending);
    reason("ending_detail", execution_.ending_detail);
    member("exit_code", execution_.status.exit_code);
    member("signal", execution_.status.signal);
    reason("signal_name", execution_.status.signal ? signal_name(*execution_.status.signal) : std::string());
    member("core_dumped", execution_.status.core_dumped);
  }

  void write_output(const std::string& name, const model::CapturedText& output) {
    const std::string_view kept = output.truncated ? without_cut_character(output.bytes) : output.bytes;
    const std::string valid = to_valid_utf8(kept);
    text(name, valid);
    member(name + "_truncated", output.truncated);
    text(name + "_encoding", valid == kept ? "utf-8" : "lossy");
  }

  void write_usage() {
    const model::ProcessUsage& usage = execution_.usage;
    const model::CpuFigure cpu = total_cpu(usage);
    milliseconds("wall_ms", usage.wall);
    milliseconds("cpu_ms", cpu.value);
    open("cpu", '{');
    milliseconds("user_ms", usage.user_cpu.value);
    milliseconds("system_ms", usage.system_cpu.value);
    text("scope", model::name_of(cpu.scope));
    reason("source", cpu.source);
    reason("reason", cpu.reason);
    member("lower_bound", cpu.scope == model::Scope::lower_bound);
    writer_.close('}');
    figure("peak_memory_bytes", "peak_memory", usage.peak_memory);
    figure("max_processes", "max_processes", usage.max_processes);
  }

  void write_processes() {
    member("oom_kills", execution_.oom_kills);
    member("leftover_processes", execution_.leftovers);
    open("signals_sent", '[');
    for (const int number : execution_.signals_sent) writer_.string(signal_name(number));
    writer_.close(']');
    open("sources", '{');
    reason("oom_kills", execution_.sources.oom_kills);
    reason("leftover_processes", execution_.sources.leftover_processes);
    reason("signals_sent", execution_.sources.signals_sent);
    writer_.close('}');
  }

  void write_limits() {
    const model::Limits& limits = execution_.limits;
    open("limits", '{');
    milliseconds("wall_ms", limits.wall);
    milliseconds("cpu_ms", limits.cpu);
    milliseconds("grace_ms", limits.grace);
    member("cpus", limits.cpus);
    member("memory_bytes", limits.memory_bytes);
    member("pids", limits.pids);
    member("open_files", limits.open_files);
    member("file_bytes", limits.file_bytes);
    member("tmp_bytes", limits.tmp_bytes);
    member("output_bytes", limits.output_bytes);
    member("network", limits.network);
    writer_.close('}');
  }

  void write_isolation() {
    open("isolation", '{');
    member("requested", execution_.isolation.requested);
    member("reached", execution_.isolation.reached);
    member("mechanisms", execution_.isolation.rows);
    writer_.close('}');
  }

  void write_changes() {
    if (!execution_.changes) {
      writer_.key("changes");
      return writer_.null();
    }
    const model::ChangesRecord& changes = *execution_.changes;
    open("changes", '{');
    for (const model::FileChangeKind kind :
         {model::FileChangeKind::added, model::FileChangeKind::changed, model::FileChangeKind::deleted})
      write_changes_of(kind);
    member("truncated", changes.truncated);
    member("applied", changes.applied);
    reason("reason", changes.reason);
    reason("copied_to", changes.copied_to.native());
    member("left_out", changes.left_out);
    writer_.close('}');
  }

  void write_changes_of(model::FileChangeKind kind) {
    open(model::name_of(kind), '[');
    for (const model::FileChange& change : execution_.changes->list) {
      if (change.kind != kind) continue;
      writer_.open('{');
      member("path", change.path);
      member("type", change.type);
      if (change.type == model::FileType::regular && kind != model::FileChangeKind::deleted)
        member("size_bytes", change.size_bytes);
      writer_.close('}');
    }
    writer_.close(']');
  }

  void write_artifacts() {
    open("artifacts", '[');
    for (const model::CollectedFile& file : execution_.artifacts) {
      writer_.open('{');
      member("path", file.path);
      text("state", model::name_of(file.state));
      member("size_bytes", file.size_bytes);
      reason("detail", file.detail);
      writer_.close('}');
    }
    writer_.close(']');
  }

  const model::Execution& execution_;
  // A line for each member, and one for each mechanism, change and process.
  JsonWriter writer_{3};
};

}  // namespace

std::string execution_to_json(const model::Execution& execution) { return ExecutionWriter(execution).write(); }

}  // namespace rh::reporters
