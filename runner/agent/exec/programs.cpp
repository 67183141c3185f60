#include "runner/agent/exec/programs.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include <fmt/core.h>

#include "runner/agent/exec/content_key.h"
#include "runner/agent/exec/source_scan.h"
#include "runner/base/embedded.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

RH_EMBEDDED(rh_python_boot)
RH_EMBEDDED(rh_python_after)
RH_EMBEDDED(rh_node_preload)

namespace rh::agent {
namespace {

namespace fs = std::filesystem;

// A compiler needs more than most programs; what the request allows beyond that is left to it.
constexpr std::uint64_t kBuildMemoryBytes = 2ULL << 30;
constexpr std::uint64_t kBuildPids = 512;
constexpr std::uint64_t kBuildFileBytes = 1ULL << 30;
constexpr std::chrono::milliseconds kBuildCpu{600'000};
constexpr std::size_t kMaxModuleScan = 1 << 20;
constexpr std::uint64_t kMaxDriverBytes = 1 << 20;

struct Making {
  const Service& service;
  const ExecutionRequest& request;
  const RunSettings& settings;
  WorkFolder& folder;
  const PreparedPackages& packages;
  Program program;

  // From the working folder, which has another name where there is no mount namespace.
  [[nodiscard]] static std::string in_folder(const std::string& name) { return "./" + name; }
  [[nodiscard]] fs::path bin() const { return program.found.runtime.path.parent_path(); }

  // Only a program that is built has a folder for it: what is made must be removed, which costs more than making it.
  Result<void> add_build(std::vector<std::string> argv) {
    if (mkdir(folder.build().c_str(), 0755) != 0 && errno != EEXIST)
      return fail_errno("make the folder of the build", folder.build().string());
    SandboxedCommand command = program.run;
    command.argv = std::move(argv);
    command.limits.memory_bytes = std::max(command.limits.memory_bytes.value_or(0), kBuildMemoryBytes);
    command.limits.pids = std::max(command.limits.pids.value_or(0), kBuildPids);
    command.limits.file_bytes = std::max(command.limits.file_bytes.value_or(0), kBuildFileBytes);
    command.limits.cpu = std::max(command.limits.cpu.value_or(kBuildCpu), kBuildCpu);
    command.limits.network = model::NetworkPolicy::none;
    command.writable.push_back(folder.build());
    command.tell_output = false;
    program.build.push_back(std::move(command));
    program.run.readable.push_back(folder.build());
    return {};
  }
  void run_with(std::vector<std::string> argv) {
    program.run.argv = std::move(argv);
    program.run.argv.insert(program.run.argv.end(), request.arguments.begin(), request.arguments.end());
  }
  // The outputs belong to exactly this source, these files, packages and compiler.
  void keep_outputs(std::vector<fs::path> outputs) {
    program.outputs = std::move(outputs);
    ContentKey key;
    key.add(name_of(request.language)).add(program.found.runtime.path.string()).add(program.found.runtime.version);
    key.add(settings.working_folder).add(request.code).add(packages.key);
    for (const auto& [name, content] : request.files) key.add(name).add(content);
    program.build_key = key.hex();
  }
};

// Neither site-packages nor what is kept beside the output: the driver would be a start-up cost for nothing.
bool runs_alone(const Making& making) {
  const ExecutionRequest& request = making.request;
  return request.driver.empty() && request.files.empty() && request.context_json.empty() &&
         making.packages.readable.empty() && !making.program.source.starts_with('-') && is_plain_python(request.code);
}

Result<void> make_python(Making& making) {
  std::vector<std::string> argv{making.program.found.runtime.path.string(), "-S", "-s"};
  if (runs_alone(making)) {
    argv.push_back(making.program.source);
  } else {
    const auto driver = read_file(making.program.found.driver, kMaxDriverBytes);
    if (driver && !driver->empty()) {
      const fs::path compiled = making.folder.exchange() / "driver.pyc";
      RH_CHECK(write_file(compiled, *driver));
      argv.push_back(compiled.string());
    } else {
      argv.insert(argv.end(), {"-c", std::string(RH_EMBEDDED_TEXT(rh_python_boot))});
    }
    argv.insert(argv.end(), {std::string(RH_EMBEDDED_TEXT(rh_python_after)), making.in_folder(making.program.source)});
  }
  making.run_with(std::move(argv));
  making.program.run.env["MPLBACKEND"] = "Agg";
  making.program.run.env["PYTHONDONTWRITEBYTECODE"] = "1";
  return {};
}

Result<void> make_javascript(Making& making) {
  const fs::path preload = making.folder.exchange() / "preload.cjs";
  RH_CHECK(write_file(preload, RH_EMBEDDED_TEXT(rh_node_preload)));
  making.program.run.env["RUNHARNESS_PROGRAM"] = making.in_folder(making.program.source);
  making.run_with({making.program.found.runtime.path.string(), "--require", preload.string(),
                   making.in_folder(making.program.source)});
  return {};
}

Result<void> make_bash(Making& making) {
  making.run_with({making.program.found.runtime.path.string(), making.in_folder(making.program.source)});
  return {};
}

Result<void> make_go(Making& making) {
  if (!has_file(making.request, "go.mod") && !fs::exists(making.folder.workspace() / "go.mod")) {
    const std::string& version = making.program.found.runtime.version;
    const std::string minor = version.substr(0, version.find('.', version.find('.') + 1));
    RH_CHECK(making.folder.write("go.mod", fmt::format("module main\n\ngo {}\n", minor.empty() ? "1.21" : minor)));
  }
  const fs::path program = making.folder.build() / "program";
  model::Environment& env = making.program.run.env;
  env["GOROOT"] = making.program.found.home.string();
  env["GOTOOLCHAIN"] = "local";
  env["GOTELEMETRY"] = "off";
  env.try_emplace("GOCACHE", (making.folder.build() / "go-cache").string());
  env.try_emplace("GOPROXY", "off");
  env.try_emplace("GOMODCACHE", (making.folder.build() / "go-modules").string());
  env.try_emplace("GOFLAGS", "-mod=mod");
  RH_CHECK(making.add_build(
      {making.program.found.runtime.path.string(), "build", "-buildvcs=false", "-o", program.string(), "."}));
  making.run_with({program.string()});
  making.keep_outputs({"program"});
  return {};
}

// "name" of [package], which cargo calls the program; empty: not told.
std::string cargo_package_name(std::string_view manifest) {
  bool in_package = false;
  for (const std::string_view raw : split_lines(manifest)) {
    const std::string_view line = trim(raw);
    if (line.starts_with('[')) in_package = line == "[package]";
    if (!in_package || !line.starts_with("name")) continue;
    const std::size_t from = line.find_first_of("\"'");
    const std::size_t to = line.find_last_of("\"'");
    if (from != std::string_view::npos && to > from) return std::string(line.substr(from + 1, to - from - 1));
  }
  return {};
}

Result<void> make_cargo(Making& making) {
  const auto manifest = read_file(making.folder.workspace() / "Cargo.toml", kMaxModuleScan);
  const std::string name = manifest ? cargo_package_name(*manifest) : std::string();
  if (name.empty())
    return fail(rh::ErrorKind::usage, "read the request: 'files' has a Cargo.toml without a package name");
  const fs::path target = making.folder.build() / "target";
  model::Environment& env = making.program.run.env;
  env["CARGO_TARGET_DIR"] = target.string();
  env.try_emplace("CARGO_HOME", (making.folder.build() / "cargo").string());
  env["RUSTC"] = making.program.found.runtime.path.string();
  RH_CHECK(making.add_build(
      {(making.bin() / "cargo").string(), "build", "--release", "--offline", "--quiet", "--color", "never"}));
  making.run_with({(target / "release" / name).string()});
  making.keep_outputs({fs::path("target") / "release" / name});
  return {};
}

Result<void> make_rust(Making& making) {
  if (fs::exists(making.folder.workspace() / "Cargo.toml")) return make_cargo(making);
  const fs::path program = making.folder.build() / "program";
  RH_CHECK(making.add_build({making.program.found.runtime.path.string(), "--edition", "2021", "-C", "opt-level=1", "-C",
                             "debuginfo=0", "--color", "never", "-o", program.string(),
                             making.in_folder(making.program.source)}));
  making.run_with({program.string()});
  making.keep_outputs({"program"});
  return {};
}

std::vector<std::string> java_sources(const Making& making) {
  std::vector<std::string> sources{making.in_folder(making.program.source)};
  for (const auto& [name, content] : making.request.files)
    if (name.ends_with(".java") && name != making.program.source) sources.push_back(making.in_folder(name));
  return sources;
}

Result<void> make_java(Making& making) {
  const JavaMain main = find_java_main(making.request.code);
  const fs::path classes = making.folder.build() / "classes";
  const fs::path compiler = making.bin() / "javac";
  if (!is_file(compiler) && making.program.found.root.empty())
    return fail(rh::ErrorKind::not_found, "find javac beside java: the runtime is no development kit",
                compiler.string());
  std::vector<std::string> path = making.packages.class_path;
  path.insert(path.begin(), classes.string());
  const std::string class_path = join(path, ":");
  std::vector<std::string> compile{compiler.string(),
                                   "-J-XX:+UseSerialGC",
                                   "-J-XX:TieredStopAtLevel=1",
                                   "-Xlint:none",
                                   "-encoding",
                                   "UTF-8",
                                   "-d",
                                   classes.string(),
                                   "-cp",
                                   class_path};
  for (std::string& source : java_sources(making)) compile.push_back(std::move(source));
  RH_CHECK(making.add_build(std::move(compile)));
  // The machine sees the whole memory of the host; the heap leaves room for what else the process needs.
  const std::uint64_t memory = making.program.run.limits.memory_bytes.value_or(2ULL << 30);
  making.run_with({making.program.found.runtime.path.string(),
                   fmt::format("-Xmx{}m", std::max<std::uint64_t>(memory * 6 / 10 >> 20, 8)), "-XX:+UseSerialGC",
                   "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-XX:+ExitOnOutOfMemoryError",
                   "-Dfile.encoding=UTF-8", "-cp", class_path + ":.",
                   main.package.empty() ? main.name : main.package + "." + main.name});
  making.keep_outputs({"classes"});
  return {};
}

struct LanguageMaker {
  Language language;
  Result<void> (*make)(Making&);
};
constexpr LanguageMaker kMakers[] = {{Language::python, make_python}, {Language::javascript, make_javascript},
                                     {Language::bash, make_bash},     {Language::go, make_go},
                                     {Language::rust, make_rust},     {Language::java, make_java}};

Result<void> write_sources(Making& making) {
  for (const auto& [name, content] : making.request.files)
    if (auto written = making.folder.write(name, content); !written)
      return fail(rh::ErrorKind::usage, fmt::format("write the file '{}': {}", name, written.error().message()));
  // Manifests as installing left them: with what was resolved, also where the request has none.
  for (const auto& [name, content] : making.packages.files) RH_CHECK(making.folder.write(name, content));
  // import looks for modules beside the code only, whatever NODE_PATH says.
  for (const auto& [name, target] : making.packages.links) {
    const fs::path link = making.folder.workspace() / name;
    if (symlink(target.c_str(), link.c_str()) != 0 && errno != EEXIST)
      return fail_errno("link the packages", link.string());
    making.folder.leave_out(name);
  }
  std::string code = making.request.driver.empty() ? making.request.code : making.request.driver;
  // A blank line before a script's first line is no harm, but its kernel would not know the interpreter.
  if (making.request.language == Language::bash) code.erase(0, code.find_first_not_of("\r\n"));
  RH_CHECK(making.folder.write(making.program.source, code));
  making.folder.leave_out(making.program.source);
  for (const char* made : {"go.mod", "go.sum", "Cargo.lock", "package.json", "package-lock.json"})
    if (!has_file(making.request, made)) making.folder.leave_out(made);
  return {};
}

}  // namespace

bool has_file(const ExecutionRequest& request, std::string_view name) {
  return request.files.find(std::string(name)) != request.files.end();
}

std::string source_name(const ExecutionRequest& request) {
  std::string name(row_of(request.language).source_name);
  if (request.language == Language::javascript && (request.script.extension() == ".mjs" || is_es_module(request.code)))
    name = "main.mjs";
  const bool has_crates = has_file(request, "Cargo.toml") || !request.packages.empty() || !request.requirements.empty();
  if (request.language == Language::rust && has_crates) name = "src/main.rs";
  if (request.language == Language::java) {
    const JavaMain main = find_java_main(request.code);
    if (!main.file.empty()) name = main.file + ".java";
  }
  if (!request.script.empty() && request.language != Language::java && name != "src/main.rs")
    name = request.script.filename().string();
  // The caller's own file keeps its name; go wants one package in the folder, so that both are of the program.
  return has_file(request, name) ? "inline_" + name : name;
}

Result<Program> make_program(const Service& service, const ExecutionRequest& request, const RunSettings& settings,
                             FoundRuntime found, WorkFolder& folder, const PreparedPackages& packages) {
  Making making{service, request, settings, folder, packages, {}};
  Program& program = making.program;
  program.found = std::move(found);
  program.source = source_name(request);
  RH_CHECK(write_sources(making));
  std::vector<fs::path> bin{program.found.runtime.path.parent_path()};
  bin.insert(bin.begin(), packages.path.begin(), packages.path.end());
  program.run.env = base_environment(service, folder, bin);
  for (const auto& [name, value] : packages.env) program.run.env[name] = value;
  if (!request.context_json.empty()) {
    RH_CHECK(write_file(folder.context_file(), request.context_json));
    program.run.env["RUNHARNESS_CONTEXT"] = folder.context_file().string();
  }
  program.run.readable = program.found.readable;
  program.run.readable.insert(program.run.readable.end(), packages.readable.begin(), packages.readable.end());
  program.run.overlays = packages.overlays;
  program.run.limits = settings.options.limits;
  program.run.standard_input = request.standard_input;
  for (const LanguageMaker& maker : kMakers)
    if (maker.language == request.language) RH_CHECK(maker.make(making));
  // Last: what the caller sets is the caller's.
  for (const auto& [name, value] : request.env) {
    program.run.env[name] = value;
    for (SandboxedCommand& build : program.build) build.env[name] = value;
  }
  return std::move(program);
}

}  // namespace rh::agent
