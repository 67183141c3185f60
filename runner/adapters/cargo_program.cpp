// The steps that run test programs without cargo: the environment that cargo would give them, the
// libtest options, and targets that bring their own main function.
#include <fmt/format.h>

#include "runner/adapters/cargo_discovery.h"
#include "runner/adapters/cargo_steps.h"
#include "runner/adapters/cargo_target.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::adapters {

namespace {

namespace fs = std::filesystem;
using model::Step;
using model::StepKind;

// A program with `harness = false` is one test that its exit code decides. $1 is its name, $2 the file of
// results, then the command. A signal (128 + n) leaves the begin without an end, as a dying libtest would.
constexpr const char* kOwnHarnessScript = R"(name=$1 out=$2; shift 2
printf '{"type":"suite","event":"started","test_count":1}\n{"type":"test","event":"started","name":"%s"}\n' "$name" > "$out"
begin=$(date +%s%N); "$@"; code=$?; took=$(( ($(date +%s%N) - begin) / 1000000 ))
[ $code -gt 128 ] && exit $code
event=ok failed=0; [ $code -ne 0 ] && event=failed failed=1
printf '{"type":"test","event":"%s","name":"%s","exec_time":%d.%03d}\n' $event "$name" $((took / 1000)) $((took % 1000)) >> "$out"
printf '{"type":"suite","event":"%s","passed":%d,"failed":%d,"ignored":0,"measured":0,"filtered_out":0}\n' $event $((1 - failed)) $failed >> "$out"
exit $code)";

std::string harness_key(const CargoArtifact& program) {
  return program.kind == "lib" || program.kind == "proc-macro" ? "lib" : program.kind + "/" + program.name;
}

// CARGO_PKG_VERSION_MAJOR and so on from "1.2.3-rc.1+build".
void add_version_parts(model::Environment& env, std::string_view version) {
  version = version.substr(0, version.find('+'));
  const std::size_t dash = version.find('-');
  env["CARGO_PKG_VERSION_PRE"] = dash == std::string_view::npos ? "" : std::string(version.substr(dash + 1));
  const std::vector<std::string_view> parts = split(version.substr(0, dash), '.');
  const char* names[] = {"CARGO_PKG_VERSION_MAJOR", "CARGO_PKG_VERSION_MINOR", "CARGO_PKG_VERSION_PATCH"};
  for (std::size_t i = 0; i < 3; ++i) env[names[i]] = i < parts.size() ? std::string(parts[i]) : "";
}

void add_package_variables(model::Environment& env, const CargoManifest& package, const CargoManifest& workspace,
                           const fs::path& folder) {
  constexpr std::pair<const char*, const char*> kKeys[] = {{"name", "NAME"},
                                                           {"version", "VERSION"},
                                                           {"authors", "AUTHORS"},
                                                           {"description", "DESCRIPTION"},
                                                           {"homepage", "HOMEPAGE"},
                                                           {"repository", "REPOSITORY"},
                                                           {"license", "LICENSE"},
                                                           {"license-file", "LICENSE_FILE"},
                                                           {"rust-version", "RUST_VERSION"},
                                                           {"readme", "README"}};
  for (const auto& [key, variable] : kKeys) env[std::string("CARGO_PKG_") + variable] = package.value(key, workspace);
  if (env["CARGO_PKG_VERSION"].empty()) env["CARGO_PKG_VERSION"] = "0.0.0";  // cargo's default
  add_version_parts(env, env["CARGO_PKG_VERSION"]);
  for (const char* readme : {"README.md", "README.txt", "README"})
    if (env["CARGO_PKG_README"].empty() && is_file(folder / readme)) env["CARGO_PKG_README"] = readme;
}

}  // namespace

CargoManifest CargoSteps::manifest_of(const fs::path& file) const {
  constexpr std::uint64_t kManifestLimit = 4ULL << 20;
  const auto text = read_file(file, kManifestLimit);
  if (!text) return {};
  auto manifest = parse_cargo_manifest(*text, file.string());
  return manifest ? *std::move(manifest) : CargoManifest{};
}

// The folders that cargo puts before LD_LIBRARY_PATH: of build scripts, of the build, of the toolchain.
std::string CargoSteps::library_path(const CargoBuild& build, const CargoArtifact& program) const {
  const fs::path deps = program.executable.parent_path();
  const fs::path target = deps.parent_path();
  std::vector<std::string> folders;
  for (const std::string& folder : build.library_folders)
    if (is_below(folder, target)) folders.push_back(folder);
  folders.push_back(target.string());
  folders.push_back(deps.string());
  const auto sysroot = suite_.details.find(cargo_detail::kSysroot);
  const auto host = suite_.details.find(cargo_detail::kHost);
  if (sysroot != suite_.details.end() && host != suite_.details.end()) {
    folders.push_back(sysroot->second + "/lib/rustlib/" + host->second + "/lib");
    folders.push_back(sysroot->second + "/lib");
  }
  const auto& caller = context_.host->environment();
  if (const auto own = caller.find("LD_LIBRARY_PATH"); own != caller.end() && !own->second.empty())
    folders.push_back(own->second);
  return join(folders, ":");
}

void CargoSteps::add_program_environment(model::Environment& env, const CargoBuild& build,
                                         const CargoArtifact& program) const {
  const fs::path folder = program.manifest.parent_path();
  const fs::path real_cargo =
      fs::path(suite_.details.contains(cargo_detail::kSysroot) ? suite_.details.at(cargo_detail::kSysroot) : "") /
      "bin/cargo";
  env["CARGO"] = is_file(real_cargo) ? real_cargo.string() : suite_.tool.path.string();
  env["CARGO_MANIFEST_DIR"] = folder.string();
  env["CARGO_MANIFEST_PATH"] = program.manifest.string();
  add_package_variables(env, manifest_of(program.manifest), manifest_of(context_.suite_dir / "Cargo.toml"), folder);
  if (const auto script = build.script_env.find(program.package_id); script != build.script_env.end())
    for (const auto& [name, value] : script->second) env[name] = value;
  if (program.kind == "test" || program.kind == "bench")
    for (const CargoArtifact& other : build.artifacts)
      if (other.kind == "bin" && !other.is_test && other.package_id == program.package_id)
        env["CARGO_BIN_EXE_" + other.name] = other.executable.string();
  env["LD_LIBRARY_PATH"] = library_path(build, program);
  const auto& caller = context_.host->environment();
  for (const auto& [name, variable] : config_.env) {
    const auto own = caller.find(name);
    env[name] = own != caller.end() && !variable.force ? own->second : variable.value;
  }
}

bool CargoSteps::has_own_harness(const CargoArtifact& program) const {
  return manifest_of(program.manifest).without_harness.contains(harness_key(program));
}

Step CargoSteps::program_step(const CargoBuild& build, const CargoArtifact& program) const {
  Step step = base_step(StepKind::test);
  const CargoManifest manifest = manifest_of(program.manifest);
  step.name = target_scope(manifest.name(), program);
  step.stop_on_failure = false;
  step.command.env.erase("CARGO_TERM_COLOR");  // cargo's own business, which a test may look at
  step.command.cwd = program.manifest.parent_path();
  add_program_environment(step.command.env, build, program);
  add_instrumentation(step, program.executable.filename().string());
  if (context_.jobs > 1 && !context_.host->environment().contains("RUST_TEST_THREADS"))
    step.command.env["RUST_TEST_THREADS"] = std::to_string(context_.jobs);
  if (manifest.without_harness.contains(harness_key(program))) {
    const fs::path results = context_.out_dir / (program.executable.filename().string() + ".json");
    step.command.argv = {
        "/bin/sh", "-c", kOwnHarnessScript, "sh", program.name, results.string(), program.executable.string()};
    step.results.push_back({"libtest-json", results, true, true, step.name});
  } else {
    // libtest looks at the variable when it runs; stable rustc never sees it.
    step.command.env["RUSTC_BOOTSTRAP"] = "1";
    step.command.argv = {program.executable.string(), "-Z", "unstable-options", "--format", "json", "--report-time"};
    step.results.push_back({"libtest-json", {}, true, true, step.name});
    step.quiet_output = true;
  }
  step.command.argv.insert(step.command.argv.end(), arguments_.program.begin(), arguments_.program.end());
  if (!has_own_harness(program)) leave_out(step);
  return step;
}

}  // namespace rh::adapters
