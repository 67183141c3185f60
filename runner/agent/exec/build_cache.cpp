#include "runner/agent/exec/build_cache.h"

#include <algorithm>

#include <fmt/core.h>

#include "runner/agent/exec/content_key.h"
#include "runner/agent/exec/source_scan.h"
#include "runner/base/file.h"
#include "runner/base/remove_tree.h"

namespace rh::agent {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxPrograms = 64;
constexpr std::uint64_t kLibraryMemoryBytes = 2ULL << 30;
constexpr std::chrono::milliseconds kLibraryTime{600'000};

bool copy_outputs(const Program& program, const fs::path& from, const fs::path& to) {
  constexpr auto kHow =
      fs::copy_options::recursive | fs::copy_options::skip_symlinks | fs::copy_options::overwrite_existing;
  for (const fs::path& output : program.outputs) {
    std::error_code problem;
    fs::create_directories((to / output).parent_path(), problem);
    if (!problem) fs::copy(from / output, to / output, kHow, problem);
    if (problem) return false;
  }
  return true;
}

// Of the standard library: the first part of the path has no dot, and it is no package of the module itself.
bool is_standard(const std::string& path) {
  const std::string first = path.substr(0, path.find('/'));
  return !first.empty() && first.find('.') == std::string::npos && first != "main" && first != "C" && first != "unsafe";
}

std::vector<std::string> standard_imports(const ExecutionRequest& request) {
  std::vector<std::string> imports = go_imports(request.code);
  for (const auto& [name, content] : request.files)
    if (name.ends_with(".go"))
      for (std::string& path : go_imports(content)) imports.push_back(std::move(path));
  std::erase_if(imports, [](const std::string& path) { return !is_standard(path); });
  std::sort(imports.begin(), imports.end());
  imports.erase(std::unique(imports.begin(), imports.end()), imports.end());
  return imports;
}

bool compile_library(Service& service, const CallContext& context, const RunSettings& settings,
                     const FoundRuntime& found, const std::vector<std::string>& imports, const fs::path& cache) {
  auto folder = WorkFolder::make();
  if (!folder) return false;
  std::string program = "package main\n";
  for (const std::string& path : imports) program += fmt::format("import _ \"{}\"\n", path);
  program += "func main() {}\n";
  if (!folder->write("go.mod", "module main\n\ngo 1.21\n") || !folder->write("main.go", program)) return false;
  SandboxedCommand command;
  command.argv = {found.runtime.path.string(), "build", "-buildvcs=false", "-o", "/dev/null", "."};
  command.env = base_environment(service, *folder, {found.runtime.path.parent_path()});
  for (const auto& [name, value] :
       {std::pair{"GOCACHE", cache.string()}, std::pair{"GOROOT", found.home.string()},
        std::pair{"GOTOOLCHAIN", std::string("local")}, std::pair{"GOTELEMETRY", std::string("off")},
        std::pair{"GOPROXY", std::string("off")}})
    command.env[name] = value;
  command.readable = found.readable;
  command.writable = {cache};
  command.limits = settings.options.limits;
  command.limits.memory_bytes = std::max(command.limits.memory_bytes.value_or(0), kLibraryMemoryBytes);
  command.limits.wall = command.limits.cpu = kLibraryTime;
  command.limits.pids = 512;
  command.limits.network = model::NetworkPolicy::none;
  command.tell_output = false;
  const auto run = run_sandboxed(service, context, settings, *folder, command);
  return run && run->execution.ending == model::Ending::exited && run->execution.status.exit_code == 0;
}

}  // namespace

bool BuildCache::restore(const Program& program, const WorkFolder& folder) const {
  if (program.build_key.empty()) return false;
  const fs::path kept = folder_ / program.build_key;
  if (!rh::is_directory(kept)) return false;
  std::error_code ignored;
  fs::last_write_time(kept, fs::file_time_type::clock::now(), ignored);
  return copy_outputs(program, kept, folder.build());
}

void BuildCache::keep(const Program& program, const WorkFolder& folder) const {
  if (program.build_key.empty()) return;
  const fs::path kept = folder_ / program.build_key;
  fs::path making = kept;
  making += "." + folder.build().parent_path().filename().string();
  std::error_code problem;
  if (copy_outputs(program, folder.build(), making)) fs::rename(making, kept, problem);
  static_cast<void>(remove_tree(making).has_value());  // gone already where it was renamed
  make_room();
}

void BuildCache::make_room() const {
  std::vector<std::pair<fs::file_time_type, fs::path>> programs;
  std::error_code problem;
  for (fs::directory_iterator at(folder_, problem), end; !problem && at != end; at.increment(problem)) {
    std::error_code unread;
    programs.emplace_back(at->last_write_time(unread), at->path());
  }
  if (programs.size() <= kMaxPrograms) return;
  std::sort(programs.begin(), programs.end());
  for (std::size_t i = 0; i + kMaxPrograms < programs.size(); ++i)
    static_cast<void>(remove_tree(programs[i].second).has_value());
}

void share_go_library(Service& service, const CallContext& context, const ExecutionRequest& request,
                      const RunSettings& settings, const FoundRuntime& found, PreparedPackages& packages) {
  const std::vector<std::string> imports = standard_imports(request);
  const std::string& version = found.runtime.version;
  if (version.empty() || imports.empty() || !settings.root_image.empty()) return;
  const fs::path cache = service.paths().state / "go-library" / version;
  ContentKey key;
  for (const std::string& path : imports) key.add(path);
  const fs::path done = cache / ("compiled-" + key.hex());
  if (!is_file(done)) {
    if (context.on_progress) context.on_progress({"compiling the standard library of Go, once", {}, {}});
    if (!make_directories(cache) || !compile_library(service, context, settings, found, imports, cache)) return;
    if (!write_file(done, "")) return;
  }
  packages.env["GOCACHE"] = cache.string();
  packages.overlays.push_back(cache);
}

}  // namespace rh::agent
