#include "runner/app/workspace.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include <fmt/core.h>

#include "runner/app/registry.h"
#include "runner/base/beneath.h"
#include "runner/base/file.h"
#include "runner/base/text.h"
#include "runner/base/unique_fd.h"
#include "runner/engine/machine.h"
#include "runner/engine/repository_walk.h"
#include "runner/engine/step_environment.h"
#include "runner/model/names.h"

namespace rh::app {
namespace {

namespace fs = std::filesystem;
using engine::Layer;

std::string variable(const model::Environment& environment, const std::string& name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

Result<void> add_environment(engine::Settings& settings, const model::Environment& environment, bool run) {
  for (const engine::OptionRow& row : engine::option_rows()) {
    if (row.environment.empty() || (run && row.used_by == engine::UsedBy::test)) continue;
    const std::string name(row.environment), value = variable(environment, name);
    if (!value.empty()) RH_CHECK(settings.set(row.key, {value}, Layer::environment, name));
  }
  return {};
}

Result<void> add_config_file(const CommandLine& line, const fs::path& root, ResolvedSettings& resolved) {
  if (line.no_config) return {};
  std::optional<fs::path> file;
  if (!line.config_file.empty())
    file = fs::absolute(line.config_file);
  else
    file = engine::find_config(root);
  if (!file || file->extension() == ".yaml" || file->extension() == ".yml") return {};  // for agents only
  auto text = read_file(*file, 1U << 20);
  if (!text) return Failure{Error{ErrorKind::config, "read configuration", file->string(), text.error().sys_errno}};
  RH_TRY(resolved.config, engine::read_config(*text, *file, resolved.settings));
  return {};
}

bool in_ci(const model::Environment& environment) {
  const std::string ci = variable(environment, "CI");
  return !ci.empty() && !is_one_of(ci, {"0", "false", "FALSE", "False"});
}

Result<void> fill_settings(const CommandLine& line, const fs::path& root, const fs::path& here, Workspace& workspace) {
  const SettingsPlace place{root, here, workspace.machine.cores, workspace.machine.memory_bytes};
  RH_TRY(auto resolved, resolve_settings(line, place, workspace.host.environment(), workspace.diagnostics));
  workspace.settings = std::move(resolved.settings);
  workspace.config = std::move(resolved.config);
  workspace.options = std::move(resolved.options);
  workspace.options.extra_args = line.extra_args;
  return check_report_names(workspace.options.reports);
}

std::vector<fs::path> paths_of(const CommandLine& line, const fs::path& here) {
  std::vector<fs::path> paths;
  for (const std::string& path : line.paths) paths.push_back(here / path);
  if (paths.empty()) paths.push_back(here);
  return paths;
}

std::unique_ptr<Workspace> empty_workspace() {
  return std::unique_ptr<Workspace>(new Workspace{engine::MachineHost(engine::current_environment()),
                                                  engine::describe_machine(),
                                                  {},
                                                  {},
                                                  {},
                                                  {},
                                                  {},
                                                  engine::AdapterSet(registry()),
                                                  {}});
}

}  // namespace

Result<fs::path> working_directory() {
  std::error_code code;
  fs::path path = fs::current_path(code);
  if (code) return fail_errno("find the working directory", ".", code.value());
  return path;
}

Result<ResolvedSettings> resolve_settings(const CommandLine& line, const SettingsPlace& place,
                                          const model::Environment& environment,
                                          std::vector<model::Diagnostic>& diagnostics) {
  ResolvedSettings resolved;
  for (const auto& [key, values] : line.settings)
    RH_CHECK(resolved.settings.set(key, values, Layer::command_line, line.flags.at(key)));
  RH_CHECK(add_environment(resolved.settings, environment, line.command == CommandName::run));
  RH_CHECK(add_config_file(line, place.root, resolved));
  const engine::ResolveContext context{in_ci(environment), place.cores, place.memory_bytes, place.here};
  RH_TRY(resolved.options, engine::resolve_options(resolved.settings, resolved.config, context, diagnostics));
  RH_CHECK(engine::check_paths(resolved.options.paths, place.root));
  return resolved;
}

Result<std::unique_ptr<Workspace>> open_settings(const CommandLine& line) {
  auto workspace = empty_workspace();
  RH_TRY(const fs::path here, working_directory());
  std::error_code code;
  const fs::path root = fs::canonical(paths_of(line, here).front(), code);
  if (code) return fail_errno("open the path", paths_of(line, here).front().string(), code.value());
  RH_CHECK(fill_settings(line, root, here, *workspace));
  return workspace;
}

Result<std::unique_ptr<Workspace>> open_workspace(const CommandLine& line) {
  auto workspace = empty_workspace();
  RH_TRY(const fs::path here, working_directory());
  RH_TRY(workspace->repository, engine::walk_repository(paths_of(line, here), workspace->diagnostics));
  RH_CHECK(fill_settings(line, workspace->repository.root, here, *workspace));
  RH_TRY(workspace->suites, engine::discover_suites(workspace->repository, workspace->adapters, workspace->host,
                                                    workspace->options, workspace->diagnostics));
  return workspace;
}

reporters::TerminalOptions terminal_options(const CommandLine& line, const model::Environment& environment, int fd) {
  reporters::TerminalOptions options;
  options.tty = ::isatty(fd) == 1 && variable(environment, "TERM") != "dumb";
  const std::string force = variable(environment, "CLICOLOR_FORCE");
  options.color = variable(environment, "NO_COLOR").empty() && (options.tty || (!force.empty() && force != "0"));
  options.quiet = line.quiet;
  options.verbose = line.verbose;
  constexpr unsigned kLogColumns = 160;  // a CI log has no edge at which names would have to be cut
  if (!options.tty) options.columns = kLogColumns;
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    options.columns = size.ws_col;
    if (size.ws_row > 0) options.rows = size.ws_row;
  }
  return options;
}

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

void print_error(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

void print_diagnostics(const std::vector<model::Diagnostic>& diagnostics) {
  for (const model::Diagnostic& each : diagnostics)
    print_error(fmt::format("{}: {}{}\n", model::name_of(each.severity), each.message,
                            each.subject.empty() ? "" : " (" + each.subject + ")"));
}

Result<void> check_report_names(const std::vector<engine::ReportTarget>& targets) {
  std::vector<std::string> known;
  for (const reporters::Reporter& row : registry().reporters) known.emplace_back(row.name);
  for (const engine::ReportTarget& target : targets) {
    if (registry().reporter(target.name) != nullptr) continue;
    const auto near = closest(target.name, known);
    return fail(ErrorKind::usage,
                fmt::format("find the report '{}': there are {}{}", target.name, join(known, ", "),
                            near ? fmt::format("; did you mean '{}'?", *near) : ""),
                "--report");
  }
  return {};
}

namespace {

Result<void> append_to(const fs::path& path, std::string_view bytes) {
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!file) return fail_errno("write report", path.string(), errno);
  while (!bytes.empty()) {
    const ssize_t count = ::write(file.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail_errno("write report", path.string(), errno);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

}  // namespace

bool prints_report(const std::vector<engine::ReportTarget>& targets) {
  return std::any_of(targets.begin(), targets.end(), [](const engine::ReportTarget& target) {
    return target.path.filename() == "-" && target.name != "github";
  });
}

Result<void> write_report(const model::RunReport& report, const engine::ReportTarget& target) {
  const reporters::Reporter& reporter = *registry().reporter(target.name);
  RH_TRY(const std::string bytes, reporter.render(report));
  if (target.path.filename() == "-") {
    print(bytes);
    return {};
  }
  if (reporter.appends) return append_to(target.path, bytes);
  // Suites may have changed their workspace while they ran: no link in it leads a report elsewhere.
  const fs::path root = report.run.repository_root;
  if (!root.empty() && target.path.is_absolute() && is_below(target.path, root)) {
    RH_TRY(const Beneath repository, Beneath::open(root));
    return repository.write(relative_to(target.path, root), bytes);
  }
  if (target.path.has_parent_path()) RH_CHECK(make_directories(target.path.parent_path()));
  return write_file(target.path, bytes);
}

Result<std::shared_ptr<const model::RunReport>> read_base_report(const std::filesystem::path& file) {
  constexpr std::uint64_t kMaxBaseReport = 512ULL << 20;
  if (file.empty()) return std::shared_ptr<const model::RunReport>();
  RH_TRY(const std::string text, read_file(file, kMaxBaseReport));
  auto report = reporters::parse_json_report(text);
  if (!report) return fail(ErrorKind::parse, report.error().what, file.string());
  return std::make_shared<const model::RunReport>(std::move(*report));
}

}  // namespace rh::app
