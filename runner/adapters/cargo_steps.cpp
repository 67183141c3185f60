#include "runner/adapters/cargo_steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "runner/adapters/cargo_discovery.h"
#include "runner/adapters/cargo_target.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::adapters {

namespace {

namespace fs = std::filesystem;
using model::Access;
using model::Step;
using model::StepKind;

// By name, not "CARGO_*": CARGO_REGISTRY_TOKEN and its like open registries.
const std::vector<std::string> kPassedVariables = {"CARGO_BUILD_*",
                                                   "CARGO_PROFILE_*",
                                                   "CARGO_TARGET_*",
                                                   "CARGO_UNSTABLE_*",
                                                   "CARGO_INCREMENTAL",
                                                   "CARGO_ENCODED_RUSTFLAGS",
                                                   "RUSTFLAGS",
                                                   "RUSTDOCFLAGS",
                                                   "RUSTC",
                                                   "RUSTC_WRAPPER",
                                                   "RUSTC_WORKSPACE_WRAPPER",
                                                   "RUSTC_BOOTSTRAP",
                                                   "RUSTDOC",
                                                   "RUST_*",
                                                   "RUSTUP_TOOLCHAIN",
                                                   "CC",
                                                   "CXX",
                                                   "AR",
                                                   "CFLAGS",
                                                   "CXXFLAGS",
                                                   "LDFLAGS",
                                                   "CMAKE",
                                                   "PKG_CONFIG*",
                                                   "LIBCLANG_PATH",
                                                   "OPENSSL_*",
                                                   "PROTOC",
                                                   "LD_LIBRARY_PATH",
                                                   "XDG_CONFIG_HOME"};
const std::vector<std::string> kDownloadVariables = {
    "CARGO_REGISTR*", "CARGO_HTTP_*", "CARGO_NET_*", "HTTP_PROXY", "HTTPS_PROXY",   "NO_PROXY",     "ALL_PROXY",
    "http_proxy",     "https_proxy",  "no_proxy",    "all_proxy",  "SSL_CERT_FILE", "SSL_CERT_DIR", "SSH_AUTH_SOCK"};

constexpr const char* kCoverageScript = R"(set -e
profdata=$1 cov=$2 out=$3 ignored=$4; shift 4
"$profdata" merge -sparse -failure-mode=all -o "$out/merged.profdata" "$out/profraw"
"$cov" export -format=lcov -instr-profile="$out/merged.profdata" -ignore-filename-regex="$ignored" "$@" > "$out/coverage.lcov"
rm -rf "$out/profraw" "$out/profraw-build")";

std::string detail(const model::Suite& suite, const char* key) {
  const auto found = suite.details.find(key);
  return found == suite.details.end() ? std::string() : found->second;
}

int kind_order(const CargoArtifact& artifact) {
  int order = 0;
  for (const char* kind : {"lib", "proc-macro", "bin", "test", "example", "bench"}) {
    if (artifact.kind == kind) return order;
    ++order;
  }
  return order;
}

// For a POSIX extended regular expression.
std::string regex_quote(std::string_view text) {
  std::string quoted;
  for (const char c : text) {
    if (std::string_view("\\.+*?()|[]{}^$").find(c) != std::string_view::npos) quoted += '\\';
    quoted += c;
  }
  return quoted;
}

// What the caller's variables name; empty: nothing.
fs::path target_of_caller(const StepContext& context) {
  fs::path target;
  for (const char* name : {"CARGO_BUILD_TARGET_DIR", "CARGO_TARGET_DIR"})
    if (const auto found = context.host->environment().find(name);
        found != context.host->environment().end() && !found->second.empty())
      target = (context.suite_dir / found->second).lexically_normal();
  return target;
}

// The target folder when it lies outside of the repository; empty otherwise.
fs::path outer_target(const CargoConfig& config, const StepContext& context) {
  fs::path target = target_of_caller(context);
  if (target.empty()) target = config.target_dir;
  return target.empty() || is_below(target, context.repository_root) ? fs::path() : target;
}

}  // namespace

CargoSteps::CargoSteps(const model::Suite& suite, const StepContext& context)
    : suite_(suite),
      context_(context),
      folders_(cargo_folders(*context.host)),
      config_(read_cargo_config(context.suite_dir, context.repository_root, folders_.cargo_home,
                                detail(suite, cargo_detail::kHost))),
      arguments_(split_cargo_test_arguments(context.extra_args)),
      llvm_(find_llvm_tools(suite, *context.host)),
      coverage_(context.coverage && llvm_.problem.empty()),
      outer_target_(outer_target(config_, context)),
      private_target_(context.private_caches ||
                      (config_.target_dir_of_repository && target_of_caller(context).empty())) {}

Result<std::vector<Step>> CargoSteps::first() const {
  std::vector<Step> steps;
  RH_TRY(const bool download, needs_download());
  if (download) {
    RH_TRY(Step step, download_step());
    steps.push_back(std::move(step));
  }
  if (!coverage_ && !outer_target_.empty() && !private_target_) RH_CHECK(make_directories(outer_target_));
  steps.push_back(build_step());
  return steps;
}

Result<bool> CargoSteps::needs_download() const {
  if (config_.replaces_sources) return false;
  const fs::path lock = context_.suite_dir / "Cargo.lock";
  if (!is_file(lock)) return detail(suite_, cargo_detail::kExternal) == "yes";
  return !missing_crates(lock, folders_.cargo_home).empty();
}

// The parts of CARGO_HOME, not the folder itself: credentials.toml lies there too.
Step CargoSteps::base_step(StepKind kind) const {
  Step step;
  step.kind = kind;
  step.command.cwd = context_.suite_dir;
  step.command.env = {{"CARGO_HOME", folders_.cargo_home.string()},
                      {"RUSTUP_HOME", folders_.rustup_home.string()},
                      {"RUSTUP_AUTO_INSTALL", "0"},
                      {"CARGO_TERM_COLOR", "never"}};
  step.pass_env = kPassedVariables;
  for (const char* part : {"bin", "config.toml", "config"})
    step.grants.push_back({folders_.cargo_home / part, Access::read_only});
  step.grants.push_back({folders_.rustup_home, Access::read_only});
  if (const std::string sysroot = detail(suite_, cargo_detail::kSysroot); !sysroot.empty())
    step.grants.push_back({sysroot, Access::read_only});
  if (kind == StepKind::prepare) return step;
  step.command.env["CARGO_NET_OFFLINE"] = "true";
  for (const char* part : {"registry", "git"}) step.grants.push_back({folders_.cargo_home / part, Access::read_only});
  return step;
}

// The repository's .cargo/config.toml can make cargo start programs even here, so CARGO_HOME/bin stays read-only.
Result<Step> CargoSteps::download_step() const {
  Step step = base_step(StepKind::prepare);
  step.name = "cargo fetch";
  step.command.argv = {suite_.tool.path.string(), "fetch"};
  if (is_file(context_.suite_dir / "Cargo.lock")) step.command.argv.emplace_back("--locked");
  if (const std::string host = detail(suite_, cargo_detail::kHost); !host.empty())
    step.command.argv.insert(step.command.argv.end(), {"--target", host});
  step.pass_env.insert(step.pass_env.end(), kDownloadVariables.begin(), kDownloadVariables.end());
  for (const char* part : {"registry", "git"}) {
    RH_CHECK(make_directories(folders_.cargo_home / part));  // a grant of a missing folder has no effect
    step.grants.push_back({folders_.cargo_home / part, Access::read_write});
  }
  for (const char* part : {".package-cache", ".package-cache-mutate"})
    step.grants.push_back({folders_.cargo_home / part, Access::read_write});
  for (const char* part : {"credentials.toml", "credentials"})
    step.grants.push_back({folders_.cargo_home / part, Access::read_only});
  for (const char* file : {".netrc", ".gitconfig", ".config/git", ".git-credentials"})
    step.grants.push_back({context_.host->home() / file, Access::read_only});
  return step;
}

std::vector<std::string> CargoSteps::cargo_argv(std::vector<std::string> command) const {
  command.insert(command.begin(), {suite_.tool.path.string(), "test"});
  command.emplace_back("--offline");
  if (context_.jobs > 1) command.push_back(fmt::format("--jobs={}", context_.jobs));
  command.insert(command.end(), arguments_.build.begin(), arguments_.build.end());
  return command;
}

Step CargoSteps::build_step() const {
  Step step = base_step(StepKind::build);
  step.name = "cargo test --no-run";
  step.quiet_output = true;
  step.command.argv = cargo_argv({"--no-run", "--message-format=json-render-diagnostics"});
  std::vector<std::string>& argv = step.command.argv;
  if (arguments_.packages.empty()) argv.emplace_back("--workspace");
  argv.insert(argv.end(), arguments_.packages.begin(), arguments_.packages.end());
  argv.insert(argv.end(), arguments_.targets.begin(), arguments_.targets.end());
  add_compiler(step);
  // Build scripts and procedural macros are instrumented too and would drop default.profraw files where they run.
  if (coverage_) step.command.env["LLVM_PROFILE_FILE"] = (context_.out_dir / "profraw-build/%p-%m.profraw").string();
  return step;
}

// What all calls of cargo must agree on, or it would build everything again.
void CargoSteps::add_compiler(Step& step) const {
  if (coverage_) {
    std::vector<std::string> flags = user_rustflags(config_, context_.host->environment());
    flags.insert(flags.end(), {"-C", "instrument-coverage"});
    step.command.env["CARGO_ENCODED_RUSTFLAGS"] = join(flags, "\x1f");
    step.command.env["CARGO_TARGET_DIR"] = (context_.cache_dir / "target-coverage").string();
  } else if (!outer_target_.empty() && private_target_) {
    step.command.env["CARGO_TARGET_DIR"] = (context_.cache_dir / "target").string();
  } else if (!outer_target_.empty()) {
    step.grants.push_back({outer_target_, Access::read_write});
  }
}

// Process ids repeat in the private pid namespace of each step: the file name needs the program's name.
void CargoSteps::add_instrumentation(Step& step, const std::string& profile_name) const {
  if (coverage_)
    step.command.env["LLVM_PROFILE_FILE"] = (context_.out_dir / "profraw" / (profile_name + "-%p-%m.profraw")).string();
  else if (!outer_target_.empty() && !private_target_)
    step.grants.push_back({outer_target_, Access::read_write});
}

Result<std::vector<Step>> CargoSteps::after_build(std::string_view messages) const {
  const CargoBuild build = parse_cargo_messages(messages);
  if (!build.finished)
    return fail(ErrorKind::parse, "read cargo's messages: the last one is missing, the output was cut",
                suite_.id.value);
  std::vector<CargoArtifact> programs;
  for (const CargoArtifact& artifact : build.artifacts)
    if (artifact.is_test && !artifact.executable.empty() && !arguments_.only_doctests) programs.push_back(artifact);
  // Cargo reports programs as they get ready; a run's order should not depend on that.
  std::sort(programs.begin(), programs.end(), [](const CargoArtifact& a, const CargoArtifact& b) {
    return std::tuple(a.manifest, kind_order(a), a.name) < std::tuple(b.manifest, kind_order(b), b.name);
  });
  std::vector<Step> steps;
  for (const CargoArtifact& program : programs) steps.push_back(program_step(build, program));
  const std::size_t count = steps.size();
  for (std::size_t i = 0; i < count && context_.test_map; ++i) {
    if (has_own_harness(programs[i])) continue;
    RH_TRY(Step lines, lines_step(steps[i], build, programs[i]));
    steps.push_back(std::move(lines));
  }
  if (arguments_.targets.empty())
    for (const auto& [package, specification] : doctested_packages(build))
      steps.push_back(doctest_step(package, specification));
  if (coverage_ && !programs.empty()) steps.push_back(coverage_step(build, programs));
  return steps;
}

// A name alone is ambiguous when a dependency brings an older version of the same crate; ids of cargo
// before 1.77 ("calc 0.1.0 (path+...)") are no specifications.
std::map<std::string, std::string> CargoSteps::doctested_packages(const CargoBuild& build) const {
  std::set<fs::path> own, tested;
  const std::string folders = detail(suite_, cargo_detail::kPackages);
  for (const std::string_view folder : split_lines(folders))
    own.insert((context_.suite_dir / folder / "Cargo.toml").lexically_normal());
  for (const CargoArtifact& artifact : build.artifacts)
    if (artifact.is_test) tested.insert(artifact.manifest);
  std::map<std::string, std::string> packages;
  for (const CargoArtifact& artifact : build.artifacts) {
    const bool chosen =
        arguments_.packages.empty() ? own.contains(artifact.manifest) : tested.contains(artifact.manifest);
    if (!artifact.doctest || !chosen) continue;
    const std::string name = manifest_of(artifact.manifest).name();
    packages[name] = artifact.package_id.find(' ') == std::string::npos ? artifact.package_id : name;
  }
  return packages;
}

Step CargoSteps::doctest_step(const std::string& package, const std::string& specification) const {
  Step step = base_step(StepKind::test);
  step.name = doctest_scope(package);
  step.stop_on_failure = false;
  step.command.argv = cargo_argv({"--doc", "--package", specification, "--no-fail-fast"});
  if (!arguments_.program.empty()) step.command.argv.emplace_back("--");
  step.command.argv.insert(step.command.argv.end(), arguments_.program.begin(), arguments_.program.end());
  add_compiler(step);
  add_instrumentation(step, "doctests-" + package);
  step.results.push_back({"libtest-text", {}, true, true, step.name});
  return step;
}

// Sources that are no product of the repository: crates, the standard library, generated files, and
// the tests' own folders (`#[cfg(test)]` code inside src is counted, as llvm-cov counts it).
std::string CargoSteps::ignored_sources(const CargoBuild& build, bool product_only) const {
  std::string pattern = "^/rustc/|/lib/rustlib/src/|^" + regex_quote(folders_.cargo_home.string()) +
                        "/(registry|git)/|^" + regex_quote((context_.cache_dir / "target-coverage").string()) + "/";
  std::set<std::string> folders;
  for (const CargoArtifact& artifact : build.artifacts) {
    const fs::path folder = artifact.manifest.parent_path();
    if (!is_below(folder, context_.repository_root)) continue;
    const bool own = artifact.package_id.find("path+") != std::string::npos;
    if (own && !product_only) continue;
    folders.insert("|^" + regex_quote(folder.string()) + (own ? "/(tests|benches|examples)/" : "/"));
  }
  for (const std::string& folder : folders) pattern += folder;
  return pattern;
}

Step CargoSteps::coverage_step(const CargoBuild& build, const std::vector<CargoArtifact>& programs) const {
  Step step = base_step(StepKind::coverage);
  step.name = "llvm-cov";
  step.stop_on_failure = false;
  step.command.argv = {"/bin/sh",
                       "-c",
                       kCoverageScript,
                       "sh",
                       llvm_.profdata.string(),
                       llvm_.cov.string(),
                       context_.out_dir.string(),
                       ignored_sources(build, true)};
  std::vector<std::string>& argv = step.command.argv;
  argv.push_back(programs.front().executable.string());
  const auto add_object = [&](const CargoArtifact& program) {
    argv.insert(argv.end(), {"-object", program.executable.string()});
  };
  std::for_each(programs.begin() + 1, programs.end(), add_object);
  // Programs that integration tests start count as well.
  for (const CargoArtifact& artifact : build.artifacts)
    if (artifact.kind == "bin" && !artifact.is_test && !artifact.executable.empty()) add_object(artifact);
  model::CoverageSource source{"lcov", context_.out_dir / "coverage.lcov", context_.suite_dir, {}, {}, false};
  // llvm-cov counts a line once for each function that covers it; its own total is the one to quote.
  source.native_totals = true;
  step.coverage.push_back(std::move(source));
  return step;
}

}  // namespace rh::adapters
