#include "runner/agent/deps/dependencies.h"

#include <algorithm>
#include <set>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "runner/agent/deps/imports.h"
#include "runner/agent/deps/package_names.h"
#include "runner/agent/exec/runtimes.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr auto kAskTime = std::chrono::milliseconds(20'000);
constexpr std::uint64_t kMaxManifest = 4ULL << 20;

// Finding a module does not run it. Names of distributions from 3.10 on.
constexpr std::string_view kPythonQuestion = R"(
import importlib.util, json, sys
try:
    from importlib import metadata
    owners = metadata.packages_distributions() if hasattr(metadata, "packages_distributions") else {}
except Exception:
    metadata, owners = None, {}
answer = {}
for name in sys.argv[1:]:
    top = name.split(".")[0]
    try:
        found = importlib.util.find_spec(top) is not None
    except Exception:
        found = False
    version = ""
    if found and metadata:
        try:
            version = metadata.version(owners.get(top, [top])[0])
        except Exception:
            pass
    answer[name] = {"found": found, "version": version}
print(json.dumps(answer))
)";

std::string top_of(Language language, std::string_view name) {
  if (language == Language::python) return std::string(name.substr(0, name.find('.')));
  return std::string(name);
}

bool is_own(const fs::path& project, Language language, const std::string& import) {
  std::error_code ignored;
  if (language == Language::python) {
    const std::string top = top_of(language, import);
    for (const fs::path& folder : {project, project / "src"})
      if (fs::exists(folder / (top + ".py"), ignored) || fs::exists(folder / top / "__init__.py", ignored)) return true;
  }
  if (language == Language::java) {
    std::string path = import;
    std::replace(path.begin(), path.end(), '.', '/');
    return fs::exists(project / (path + ".java"), ignored) ||
           fs::exists(project / "src/main/java" / (path + ".java"), ignored);
  }
  return false;
}

void ask_python(Service& service, Dependencies& dependencies) {
  ExecutionRequest request;
  request.language = Language::python;
  const auto runtime = find_runtime(service, request, ExecutionMethod::local);
  if (!runtime) {
    dependencies.problem = runtime.error().message();
    return;
  }
  std::vector<std::string> argv{runtime->runtime.path.string(), "-I", "-c", std::string(kPythonQuestion)};
  for (const Dependency& one : dependencies.all)
    if (one.state == DependencyState::unknown) argv.push_back(one.import);
  const auto answer = service.host().run_helper({std::move(argv), "/", {}}, kAskTime);
  const json found = answer ? json::parse(answer->standard_output, nullptr, false) : json();
  if (!found.is_object()) {
    dependencies.problem =
        answer ? "the interpreter did not answer: " + std::string(trim(answer->standard_error)).substr(0, 300)
               : answer.error().message();
    return;
  }
  for (Dependency& one : dependencies.all) {
    if (one.state != DependencyState::unknown || !found.contains(one.import)) continue;
    one.state = found[one.import]["found"].get<bool>() ? DependencyState::installed : DependencyState::missing;
    one.version = found[one.import]["version"].get<std::string>();
  }
}

void ask_node(const fs::path& project, Dependency& one) {
  one.state = DependencyState::missing;
  for (fs::path folder = project;; folder = folder.parent_path()) {
    const fs::path manifest = folder / "node_modules" / one.package / "package.json";
    if (const auto text = read_file(manifest, kMaxManifest)) {
      const json package = json::parse(*text, nullptr, false);
      one.state = DependencyState::installed;
      if (package.is_object() && package.contains("version") && package["version"].is_string())
        one.version = package["version"].get<std::string>();
      return;
    }
    if (folder == folder.parent_path()) return;
  }
}

// A word of the manifest: "require github.com/x/y v1.2.3", "serde = ...".
bool names_package(std::string_view manifest, std::string_view package, bool dashes) {
  for (const std::string_view line : split_lines(manifest)) {
    std::string text(trim(line.substr(0, line.find("//"))));
    std::string wanted(package);
    if (dashes) {
      std::replace(text.begin(), text.end(), '-', '_');
      std::replace(wanted.begin(), wanted.end(), '-', '_');
    }
    if (text.starts_with("require ")) text = std::string(trim(text.substr(8)));
    if (text.starts_with(wanted) &&
        (text.size() == wanted.size() || std::string_view(" \t=.").find(text[wanted.size()]) != std::string_view::npos))
      return true;
    if (text.starts_with("[dependencies." + wanted + "]")) return true;
  }
  return false;
}

void ask_manifest(const Service& service, Language language, Dependency& one) {
  const fs::path& project = service.paths().project;
  if (language == Language::java) {
    const std::size_t colon = one.package.find(':');
    if (colon == std::string::npos) return;
    std::string group = one.package.substr(0, colon);
    std::replace(group.begin(), group.end(), '.', '/');
    one.state = rh::is_directory(service.host().home() / ".m2/repository" / group / one.package.substr(colon + 1))
                    ? DependencyState::installed
                    : DependencyState::missing;
    return;
  }
  const auto manifest = read_file(project / (language == Language::go ? "go.mod" : "Cargo.toml"), kMaxManifest);
  one.state = manifest && names_package(*manifest, one.package, language == Language::rust) ? DependencyState::installed
                                                                                            : DependencyState::missing;
}

void ask(Service& service, Dependencies& dependencies) {
  const bool any = std::any_of(dependencies.all.begin(), dependencies.all.end(),
                               [](const Dependency& one) { return one.state == DependencyState::unknown; });
  if (!any) return;
  if (dependencies.language == Language::python) return ask_python(service, dependencies);
  for (Dependency& one : dependencies.all) {
    if (one.state != DependencyState::unknown) continue;
    if (dependencies.language == Language::javascript)
      ask_node(service.paths().project, one);
    else if (dependencies.language == Language::bash)
      one.state = service.host().find_tool(one.import) ? DependencyState::installed : DependencyState::missing;
    else
      ask_manifest(service, dependencies.language, one);
    if (one.state == DependencyState::unknown && dependencies.problem.empty())
      dependencies.problem = "it cannot be told which package has " + one.import;
  }
}

}  // namespace

std::string_view name_of(DependencyState state) {
  constexpr std::string_view kNames[]{"standard", "installed", "missing", "local", "unknown"};
  return kNames[static_cast<std::size_t>(state)];
}

std::vector<std::string> Dependencies::missing_packages() const {
  std::set<std::string> packages;
  for (const Dependency& one : all)
    if (one.state == DependencyState::missing && !one.package.empty() && one.near.empty()) packages.insert(one.package);
  return {packages.begin(), packages.end()};
}

Dependencies analyse_dependencies(Service& service, Language language, std::string_view code, bool installed) {
  Dependencies dependencies;
  dependencies.language = language;
  for (const Import& import : imports_of(language, code)) {
    Dependency one;
    one.import = import.name;
    one.line = import.line;
    one.optional = import.optional;
    if (import.local || is_own(service.paths().project, language, import.name)) {
      one.state = DependencyState::local;
    } else if (is_standard(language, import.name)) {
      one.state = DependencyState::standard;
    } else {
      one.package = package_of_import(language, import.name).value_or("");
    }
    dependencies.all.push_back(std::move(one));
  }
  if (!installed) {
    dependencies.problem = "it was not asked what is installed";
    return dependencies;
  }
  ask(service, dependencies);
  for (Dependency& one : dependencies.all)
    if (one.state == DependencyState::missing)
      one.near = near_import(language, top_of(language, one.import)).value_or("");
  return dependencies;
}

std::string install_command(Language language, const std::vector<std::string>& packages) {
  if (packages.empty()) return {};
  switch (language) {
    case Language::python:
      return "pip install " + shell_join(packages);
    case Language::javascript:
      return "npm install " + shell_join(packages);
    case Language::bash:
      return "apt-get install " + shell_join(packages);
    case Language::go:
      return "go get " + shell_join(packages);
    case Language::rust:
      return "cargo add " + shell_join(packages);
    case Language::java:
      return "add to pom.xml: " + join(packages, ", ");
  }
  return {};
}

json to_json(const Dependencies& dependencies) {
  json record = {{"success", true}, {"language", name_of(dependencies.language)}};
  for (const char* list : {"standard", "installed", "missing", "local", "unknown"}) record[list] = json::array();
  record["dependencies"] = json::array();
  for (const Dependency& one : dependencies.all) {
    record[std::string(name_of(one.state))].push_back(one.import);
    json row = {{"import", one.import},
                {"state", name_of(one.state)},
                {"line", one.line},
                {"optional", one.optional},
                {"package", one.package.empty() ? json() : json(one.package)},
                {"version", one.version.empty() ? json() : json(one.version)}};
    if (!one.near.empty()) row["did_you_mean"] = one.near;
    record["dependencies"].push_back(std::move(row));
  }
  const auto missing = dependencies.missing_packages();
  record["missing_packages"] = missing;
  record["install_command"] = missing.empty() ? json() : json(install_command(dependencies.language, missing));
  if (!dependencies.problem.empty()) record["problem"] = dependencies.problem;
  return record;
}

}  // namespace rh::agent
