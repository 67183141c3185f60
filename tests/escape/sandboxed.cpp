// See sandboxed.h.
#include "tests/escape/sandboxed.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace rh::escape {

namespace fs = std::filesystem;
using model::IsolationLevel;

namespace {

TempDir make_folder() {
  auto made = TempDir::make("rh-escape");
  if (!made) std::abort();
  return *std::move(made);
}

// The interpreter itself, not a version manager's shim, so that its folder can be granted.
fs::path python_executable() {
  for (const char* candidate : {"/usr/bin/python3", "/usr/local/bin/python3"})
    if (access(candidate, X_OK) == 0) return candidate;
  const fs::path versions = "/root/.pyenv/versions";
  std::error_code error;
  for (fs::directory_iterator at(versions, error), end; !error && at != end; at.increment(error))
    if (access((at->path() / "bin/python3").c_str(), X_OK) == 0) return at->path() / "bin/python3";
  return {};
}

}  // namespace

Sandboxed::Sandboxed() : folder_(make_folder()), workspace_(folder_.path() / "repo"), home_(folder_.path() / "home") {
  fs::create_directory(workspace_);
  fs::create_directories(home_ / ".ssh");
  (void)write_file(home_ / ".ssh" / "id_canary", "HOME-CANARY\n");
}

sandbox::LaunchSpec Sandboxed::spec(std::vector<std::string> argv, IsolationLevel level) const {
  sandbox::LaunchSpec spec;
  spec.name = "escape";
  spec.command.argv = std::move(argv);
  spec.command.cwd = workspace_;
  spec.command.env = {{"PATH", "/usr/local/bin:/usr/bin:/bin"}, {"HOME", home_.string()}, {"LC_ALL", "C.UTF-8"}};
  spec.level = level;
  spec.files.writable = {workspace_};
  spec.files.home = home_;
  spec.limits.wall = std::chrono::seconds(5);
  spec.limits.grace = std::chrono::milliseconds(200);
  spec.limits.memory_bytes = 512U << 20;
  spec.limits.pids = 256;
  spec.limits.output_bytes = 1U << 20;
  spec.limits.tmp_bytes = 64U << 20;
  return spec;
}

sandbox::LaunchSpec Sandboxed::shell(const std::string& script, IsolationLevel level) const {
  return spec({"/bin/sh", "-c", script}, level);
}

sandbox::LaunchSpec Sandboxed::python(const std::string& script, IsolationLevel level) const {
  const fs::path executable = python_executable();
  auto made = spec({executable.string(), "-I", "-c", script}, level);
  made.files.readable.push_back(executable.parent_path().parent_path());
  return made;
}

Result Sandboxed::run(const sandbox::LaunchSpec& spec, sandbox::SuperviseHooks hooks) const {
  Result result;
  hooks.on_output = [&](model::Stream stream, std::string_view bytes) {
    (stream == model::Stream::standard_output ? result.out : result.err) += bytes;
  };
  auto record = launcher().run(spec, hooks);
  if (!record)
    ADD_FAILURE() << record.error().message();
  else
    result.record = *std::move(record);
  return result;
}

sandbox::Launcher& Sandboxed::launcher() const {
  static const std::unique_ptr<sandbox::Launcher> launcher = sandbox::make_launcher();
  return *launcher;
}

model::IsolationRow row(const Result& result, std::string_view mechanism) {
  for (const model::IsolationRow& one : result.record.isolation.rows)
    if (one.mechanism == mechanism) return one;
  ADD_FAILURE() << "no row " << mechanism;
  return {};
}

bool namespaces_available() {
  static const bool available = [] {
    const auto report = sandbox::make_launcher()->probe(IsolationLevel::contained);
    return std::any_of(report.rows.begin(), report.rows.end(), [](const model::IsolationRow& one) {
      return one.mechanism == "processes" && one.state == model::MechanismState::enforced;
    });
  }();
  return available;
}

bool running_on_host(const std::string& argument) {
  std::error_code error;
  for (fs::directory_iterator at("/proc", error), end; !error && at != end; at.increment(error)) {
    const auto line = read_file(at->path() / "cmdline");
    if (line && line->find(argument) != std::string::npos && at->path().filename() != std::to_string(getpid()))
      return true;
  }
  return false;
}

}  // namespace rh::escape
