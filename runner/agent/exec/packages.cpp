#include "runner/agent/exec/packages.h"

#include <sys/stat.h>

#include <algorithm>

#include <fmt/core.h>

#include "runner/agent/exec/content_key.h"
#include "runner/agent/exec/package_plan.h"
#include "runner/base/file.h"
#include "runner/base/remove_tree.h"
#include "runner/base/text.h"
#include "runner/engine/step_environment.h"

namespace rh::agent {
namespace {

namespace fs = std::filesystem;
using model::Ending;

constexpr std::chrono::milliseconds kInstallTime{900'000};
constexpr std::uint64_t kInstallMemoryBytes = 2ULL << 30;
constexpr std::uint64_t kInstallFileBytes = 4ULL << 30;
constexpr std::uint64_t kInstallPids = 1024;
constexpr std::uint64_t kInstallOutputBytes = 4000;

// Where registries are, how they are reached, and whose certificates count. Tokens in them stay with the installer.
const std::vector<std::string>& passed_variables() {
  static const std::vector<std::string> names{"*_PROXY",        "*_proxy",      "PIP_*",
                                              "NPM_CONFIG_*",   "npm_config_*", "SSL_CERT_FILE",
                                              "SSL_CERT_DIR",   "*_CA_BUNDLE",  "NODE_EXTRA_CA_CERTS",
                                              "GOPROXY",        "GOSUMDB",      "GONOSUMDB",
                                              "GONOSUMCHECK",   "GOPRIVATE",    "GOINSECURE",
                                              "CARGO_HTTP_*",   "CARGO_NET_*",  "CARGO_REGISTRIES_*",
                                              "CARGO_SOURCE_*", "MAVEN_OPTS"};
  return names;
}

class Installation {
 public:
  Installation(Service& service, const CallContext& context, const ExecutionRequest& request,
               const RunSettings& settings, const FoundRuntime& found)
      : service_(service), context_(context), request_(request), settings_(settings), found_(found) {}

  Result<PreparedPackages> into(const WorkFolder& run) {
    const bool cached = request_.package_cache.value_or(service_.config().package_cache);
    RH_TRY(const std::string key, key_of());
    const fs::path kept = service_.paths().state / "packages" / key;
    if (cached && rh::is_directory(kept)) return prepared(kept, key);
    fs::path target = run.build() / "packages";
    if (cached) {
      target = kept;
      target += fmt::format(".{}", run.build().parent_path().filename().string());
    }
    RH_CHECK(make_directories(target));
    if (auto done = install(target); !done) {
      if (cached) static_cast<void>(remove_tree(target).has_value());
      return Failure{done.error()};
    }
    if (!cached) return prepared(target, key);
    std::error_code problem;
    fs::rename(target, kept, problem);
    // Another run was faster: what it made is the same.
    if (problem && rh::is_directory(kept)) static_cast<void>(remove_tree(target).has_value());
    if (problem && !rh::is_directory(kept)) return fail_errno("keep the packages", kept.string(), problem.value());
    return prepared(kept, key);
  }

 private:
  [[nodiscard]] Result<std::string> key_of() const {
    ContentKey key;
    key.add(name_of(request_.language)).add(found_.runtime.path.string()).add(found_.runtime.version);
    for (const std::string& package : request_.packages) key.add(package);
    if (!request_.requirements.empty()) {
      RH_TRY(const std::string text, read_file(request_.requirements, kMaxManifestBytes));
      key.add(text);
    }
    for (const auto& [name, content] : request_.files)
      if (is_manifest(name)) key.add(name).add(content);
    return key.hex();
  }

  Result<void> install(const fs::path& target) {
    RH_TRY(WorkFolder folder, WorkFolder::make());
    RH_TRY(PackagePlan plan, plan_packages(service_, request_, settings_, found_, target));
    for (const auto& [name, content] : plan.files) RH_CHECK(folder.write(name, content));
    for (SandboxedCommand& command : plan.commands) RH_CHECK(run(folder, target, command, plan.path));
    for (const std::string& name : plan.taken) {
      const auto text = read_file(folder.workspace() / name, kMaxManifestBytes);
      if (text) RH_CHECK(write_file(target / ("taken-" + name), *text));
    }
    return {};
  }

  Result<void> run(const WorkFolder& folder, const fs::path& target, SandboxedCommand& command,
                   const std::vector<fs::path>& path) {
    RunSettings settings = settings_;
    settings.output_bytes = kInstallOutputBytes;
    const model::Environment own = std::move(command.env);
    command.env = base_environment(service_, folder, path);
    for (const auto& [name, value] : engine::passed_environment(service_.host().environment(), passed_variables()))
      command.env.try_emplace(name, value);
    for (const auto& [name, value] : own) command.env[name] = value;
    command.readable.insert(command.readable.end(), found_.readable.begin(), found_.readable.end());
    command.writable.push_back(target);
    command.limits = settings.options.limits;
    command.limits.wall = kInstallTime;
    command.limits.cpu = kInstallTime;
    command.limits.memory_bytes = std::max(command.limits.memory_bytes.value_or(0), kInstallMemoryBytes);
    command.limits.pids = kInstallPids;
    command.limits.file_bytes = kInstallFileBytes;
    command.limits.open_files.reset();
    command.limits.tmp_bytes = kInstallFileBytes;
    command.limits.network = service_.config().install_network;
    command.tell_output = false;
    RH_TRY(const SandboxedRun done, run_sandboxed(service_, context_, settings, folder, command));
    if (done.execution.ending == Ending::exited && done.execution.status.exit_code == 0) return {};
    if (done.execution.ending == Ending::cancelled)
      return fail(rh::ErrorKind::cancelled, "install packages: cancelled");
    return failure(done);
  }

  [[nodiscard]] Failure failure(const SandboxedRun& done) const {
    const std::string said = done.standard_error.bytes + "\n" + done.standard_output.bytes;
    const std::vector<std::string> names = failed_packages(request_, said);
    std::string why;
    for (const std::string_view line : split_lines(said))
      if (why.size() < 600 && !trim(line).empty()) why += fmt::format("{}{}", why.empty() ? "" : " | ", trim(line));
    if (done.execution.ending != Ending::exited) why = fmt::format("{}: {}", engine_ending(done.execution), why);
    const bool no_network = service_.config().install_network == model::NetworkPolicy::none;
    return fail(rh::ErrorKind::process,
                fmt::format("install {}: {}{}", names.empty() ? "the packages" : join(names, ", "), why,
                            no_network ? " (execution.install_network is none)" : ""),
                join(names, "\n"));
  }

  static std::string engine_ending(const model::Execution& execution) {
    return execution.ending_detail.empty() ? "it did not end by itself" : execution.ending_detail;
  }

  [[nodiscard]] Result<PreparedPackages> prepared(const fs::path& target, const std::string& key) const {
    RH_TRY(PreparedPackages packages, find_packages(service_, request_, found_, target));
    packages.key = key;
    return packages;
  }

  Service& service_;
  const CallContext& context_;
  const ExecutionRequest& request_;
  const RunSettings& settings_;
  const FoundRuntime& found_;
};

}  // namespace

Result<PreparedPackages> prepare_packages(Service& service, const CallContext& context, const ExecutionRequest& request,
                                          const RunSettings& settings, const FoundRuntime& found, WorkFolder& folder) {
  if (!needs_packages(request)) return PreparedPackages();
  if (mkdir(folder.build().c_str(), 0755) != 0 && errno != EEXIST)
    return fail_errno("make the folder of the build", folder.build().string());
  if (context.on_progress) context.on_progress({"installing packages", {}, {}});
  return Installation(service, context, request, settings, found).into(folder);
}

}  // namespace rh::agent
