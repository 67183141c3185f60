#include "runner/adapters/npm_workspace.h"

#include <fmt/format.h>

#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::adapters {

namespace {

constexpr std::size_t kMaxPackages = 5000;

// Manifests that tests read, not packages with tests of their own.
bool is_fixture(const std::string& folder) {
  for (const std::string_view part : split(folder, '/'))
    if (is_one_of(part, {"node_modules", "fixtures", "fixture", "__fixtures__", "test-fixtures", "testdata",
                         "__mocks__", "templates", "bower_components"}))
      return true;
  return false;
}

std::string parent_of(const std::string& folder) {
  if (folder == ".") return {};
  const std::size_t slash = folder.rfind('/');
  return slash == std::string::npos ? "." : folder.substr(0, slash);
}

std::string below(const std::string& folder, const std::string& root) {
  return root == "." ? folder : folder.substr(root.size() + 1);
}

std::string manager_by_files(const model::Repository& repository, const NpmPackage& package) {
  const std::string& field = package.manifest.package_manager;
  if (!field.empty()) return field.substr(0, field.find('@'));
  for (const auto& [file, manager] : {std::pair{"package-lock.json", "npm"},
                                      {"npm-shrinkwrap.json", "npm"},
                                      {"pnpm-lock.yaml", "pnpm"},
                                      {"yarn.lock", "yarn"},
                                      {"bun.lock", "bun"},
                                      {"bun.lockb", "bun"}})
    if (repository.has(package.folder, file)) return manager;
  return {};
}

std::vector<std::string> workspace_patterns(const model::Repository& repository, const NpmPackage& package) {
  if (!repository.has(package.folder, "pnpm-workspace.yaml")) return package.manifest.workspaces;
  const auto yaml = read_file(repository.absolute(package.folder, "pnpm-workspace.yaml"), kManifestLimit);
  return yaml ? parse_pnpm_workspace(*yaml) : std::vector<std::string>();
}

void join_workspace(const model::Repository& repository, std::map<std::string, NpmPackage>& packages,
                    NpmPackage& package) {
  for (std::string above = parent_of(package.folder); !above.empty(); above = parent_of(above)) {
    const auto root = packages.find(above);
    if (root == packages.end() || !root->second.workspace_root) continue;
    if (!is_workspace_member(workspace_patterns(repository, root->second), below(package.folder, above))) continue;
    package.workspace_member = true;
    package.install_folder = above;
    package.package_manager = root->second.package_manager;
    return;
  }
}

}  // namespace

bool is_workspace_member(const std::vector<std::string>& patterns, const std::string& folder) {
  bool member = false;
  for (std::string pattern : patterns) {
    const bool negated = pattern.starts_with("!");
    if (negated) pattern.erase(0, 1);
    if (pattern.starts_with("./")) pattern.erase(0, 2);
    while (pattern.ends_with("/")) pattern.pop_back();
    if (glob_match(pattern, folder)) member = !negated;
  }
  return member;
}

std::map<std::string, NpmPackage> find_npm_packages(const model::Repository& repository,
                                                    std::vector<model::Diagnostic>& diagnostics) {
  std::map<std::string, NpmPackage> packages;
  for (const auto& [folder, files] : repository.folders) {
    if (!repository.has(folder, "package.json") || is_fixture(folder) || packages.size() >= kMaxPackages) continue;
    const std::string subject = model::join_relative(folder, "package.json");
    const auto text = read_file(repository.absolute(folder, "package.json"), kManifestLimit);
    auto manifest = text ? parse_npm_manifest(*text, subject) : Result<NpmManifest>(Failure{text.error()});
    if (!manifest) {
      diagnostics.push_back({model::Severity::error,
                             "bad-manifest",
                             fmt::format("package.json cannot be used: {}", manifest.error().message()),
                             manifest.error().subject,
                             {}});
      continue;
    }
    NpmPackage package{
        .folder = folder, .manifest = *std::move(manifest), .install_folder = folder, .package_manager = {}};
    package.package_manager = manager_by_files(repository, package);
    package.workspace_root = !workspace_patterns(repository, package).empty();
    packages.emplace(folder, std::move(package));
  }
  for (auto& [folder, package] : packages) {
    join_workspace(repository, packages, package);
    if (package.package_manager.empty()) package.package_manager = "npm";
  }
  return packages;
}

}  // namespace rh::adapters
