#include "runner/adapters/cargo_target.h"

#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::adapters {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kDoctests = "doctests";

struct Target {
  std::string kind, name;
  bool operator==(const Target&) const = default;
};

// Where cargo looks for targets that no manifest names.
std::optional<Target> conventional(const std::string& package, std::string_view file) {
  if (file == "src/lib.rs") return Target{"lib", ""};
  if (file == "src/main.rs") return Target{"bin", package};
  struct Folder {
    std::string_view prefix;
    const char* kind;
  };
  for (const Folder& folder :
       {Folder{"src/bin/", "bin"}, {"tests/", "test"}, {"benches/", "bench"}, {"examples/", "example"}}) {
    if (!file.starts_with(folder.prefix)) continue;
    std::string_view name = file.substr(folder.prefix.size());
    if (name.ends_with("/main.rs"))
      name.remove_suffix(8);
    else if (name.ends_with(".rs"))
      name.remove_suffix(3);
    else
      return std::nullopt;
    if (!name.empty() && name.find('/') == std::string_view::npos) return Target{folder.kind, std::string(name)};
  }
  return std::nullopt;
}

Target target_of(const CargoArtifact& artifact) {
  if (artifact.kind == "lib" || artifact.kind == "proc-macro") return {"lib", ""};
  return {artifact.kind, artifact.name};
}

std::vector<std::string> options_of(const Target& target) {
  if (target.kind == "lib") return {"--lib"};
  return {"--" + target.kind, target.name};
}

// "(test odd name)" -> kind and name.
std::optional<Target> explicit_target(std::string_view text) {
  const std::size_t blank = text.find(' ');
  const Target target{std::string(text.substr(0, blank)),
                      blank == std::string_view::npos ? "" : std::string(text.substr(blank + 1))};
  if (!is_one_of(target.kind, {"lib", "bin", "test", "bench", "example"})) return std::nullopt;
  return target;
}

}  // namespace

std::string target_scope(const std::string& package, const CargoArtifact& artifact) {
  const std::string file = relative_to(artifact.source, artifact.manifest.parent_path());
  const Target target = target_of(artifact);
  if (conventional(package, file) == target) return package + " " + file;
  return package + " " + file + " (" + target.kind + (target.name.empty() ? "" : " " + target.name) + ")";
}

std::string doctest_scope(const std::string& package) { return package + " " + std::string(kDoctests); }

std::optional<CargoSelection> parse_target_scope(std::string_view scope) {
  const std::size_t blank = scope.find(' ');
  if (blank == std::string_view::npos) return std::nullopt;
  CargoSelection selection{std::string(scope.substr(0, blank)), {}};
  const std::string_view rest = scope.substr(blank + 1);
  if (rest == kDoctests) {
    selection.options = {"--doc"};
    return selection;
  }
  std::optional<Target> target = conventional(selection.package, rest);
  if (const std::size_t open = rest.rfind(" ("); rest.ends_with(')') && open != std::string_view::npos)
    target = explicit_target(rest.substr(open + 2, rest.size() - open - 3));
  if (!target) return std::nullopt;
  selection.options = options_of(*target);
  return selection;
}

}  // namespace rh::adapters
