#include "runner/adapters/cargo_discovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "runner/adapters/cargo_manifest.h"
#include "runner/adapters/cargo_source_scan.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::adapters {

namespace {

namespace fs = std::filesystem;
using model::Repository;
using model::Suite;

constexpr std::uint64_t kManifestLimit = 4ULL << 20;
constexpr std::uint64_t kLockLimit = 64ULL << 20;

bool is_ignored_folder(const std::string& folder) {
  if (folder == ".") return false;
  for (const std::string_view part : split(folder, '/'))
    if (part == "target" || part == "vendor" || part == "node_modules" || part.starts_with('.')) return true;
  return false;
}

std::string parent_of(const std::string& folder) {
  const std::size_t slash = folder.rfind('/');
  return slash == std::string::npos ? "." : folder.substr(0, slash);
}

// `folder` + a path as written in a manifest, both relative to the repository; nullopt outside of it.
std::optional<std::string> resolve(const std::string& folder, const std::string& path) {
  if (path.starts_with('/')) return std::nullopt;
  std::string normal = (fs::path(folder) / path).lexically_normal().generic_string();
  while (normal.ends_with('/')) normal.pop_back();
  if (normal == ".." || normal.starts_with("../")) return std::nullopt;
  return normal.empty() ? "." : normal;
}

bool is_below_folder(const std::string& folder, const std::string& above) {
  return above == "." || folder == above || folder.starts_with(above + "/");
}

class Discovery {
 public:
  Discovery(const Repository& repository, std::vector<model::Diagnostic>& diagnostics)
      : repository_(repository), diagnostics_(diagnostics) {}

  std::vector<Suite> find() {
    for (const auto& [folder, files] : repository_.folders)
      if (!is_ignored_folder(folder) && repository_.has(folder, "Cargo.toml")) read(folder);
    for (const auto& [folder, manifest] : manifests_)
      if (manifest.has_workspace) claim_members(folder, manifest);
    std::vector<Suite> suites;
    for (const auto& [folder, manifest] : manifests_) add_suite(folder, manifest, suites);
    for (const auto& [folder, problem] : broken_) add_broken(folder, problem, suites);
    std::sort(suites.begin(), suites.end(), [](const Suite& a, const Suite& b) { return a.root < b.root; });
    return suites;
  }

 private:
  void read(const std::string& folder) {
    const fs::path file = repository_.absolute(folder, "Cargo.toml");
    const std::string subject = model::join_relative(folder, "Cargo.toml");
    const auto text = read_file(file, kManifestLimit);
    auto manifest = text ? parse_cargo_manifest(*text, subject) : Result<CargoManifest>(Failure{text.error()});
    if (manifest) {
      manifests_.emplace(folder, *std::move(manifest));
      return;
    }
    broken_[folder] = fmt::format("{}: {}", manifest.error().subject, manifest.error().what);
    diagnostics_.push_back(
        {model::Severity::error, "bad-manifest", manifest.error().message(), manifest.error().subject, {}});
  }

  // As cargo does: what `members` names, the root package, and path dependencies of those inside the folder.
  void claim_members(const std::string& root, const CargoManifest& workspace) {
    std::vector<std::string> waiting;
    if (workspace.has_package) waiting.push_back(root);
    for (const std::string& folder : all_folders())
      if (is_named_member(root, workspace, folder)) waiting.push_back(folder);
    while (!waiting.empty()) {
      const std::string folder = waiting.back();
      waiting.pop_back();
      if (!owner_.emplace(folder, root).second) continue;
      const auto manifest = manifests_.find(folder);
      if (manifest == manifests_.end()) continue;
      for (const std::string& path : manifest->second.path_dependencies) {
        const auto dependency = resolve(folder, path);
        if (dependency && is_below_folder(*dependency, root) && !is_excluded(root, workspace, *dependency))
          waiting.push_back(*dependency);
      }
    }
  }

  [[nodiscard]] std::vector<std::string> all_folders() const {
    std::vector<std::string> folders;
    for (const auto& [folder, manifest] : manifests_) folders.push_back(folder);
    for (const auto& [folder, problem] : broken_) folders.push_back(folder);
    return folders;
  }

  static bool is_named_member(const std::string& root, const CargoManifest& workspace, const std::string& folder) {
    if (folder == root || is_excluded(root, workspace, folder)) return false;
    return std::any_of(workspace.members.begin(), workspace.members.end(), [&](const std::string& member) {
      const auto pattern = resolve(root, member);
      return pattern && glob_match(*pattern, folder);
    });
  }

  static bool is_excluded(const std::string& root, const CargoManifest& workspace, const std::string& folder) {
    return std::any_of(workspace.exclude.begin(), workspace.exclude.end(), [&](const std::string& exclude) {
      const auto path = resolve(root, exclude);
      return path && (is_below_folder(folder, *path) || glob_match(*path, folder));
    });
  }

  // Cargo refuses a package below a workspace that neither names nor excludes it.
  [[nodiscard]] std::optional<std::string> refusing_workspace(const std::string& folder) const {
    for (std::string above = folder; above != ".";) {
      above = parent_of(above);
      const auto manifest = manifests_.find(above);
      if (manifest == manifests_.end() || !manifest->second.has_workspace) continue;
      if (is_excluded(above, manifest->second, folder)) return std::nullopt;
      return above;
    }
    return std::nullopt;
  }

  void add_suite(const std::string& folder, const CargoManifest& manifest, std::vector<Suite>& suites) {
    const auto owner = owner_.find(folder);
    if (owner != owner_.end() && owner->second != folder) return;
    if (!manifest.has_workspace && manifest.package.contains("workspace")) return;
    if (!manifest.has_workspace) {
      if (const auto workspace = refusing_workspace(folder)) {
        diagnostics_.push_back(
            {model::Severity::info,
             "cargo-outside-workspace",
             fmt::format("{} is no member of the workspace {} around it, and cargo refuses to test it: add it to "
                         "`members` or `exclude`",
                         folder, *workspace),
             model::join_relative(folder, "Cargo.toml"),
             {}});
        return;
      }
    }
    const std::vector<std::string> packages = packages_of(folder, manifest);
    const bool tested = std::any_of(packages.begin(), packages.end(), [&](const std::string& package) {
      const auto found = manifests_.find(package);
      return (found != manifests_.end() && !found->second.without_harness.empty()) ||
             package_has_tests(repository_, package);
    });
    if (!tested) return;
    Suite suite = suite_of(folder);
    suite.reason = manifest.has_workspace && packages.size() > 1
                       ? fmt::format("Cargo.toml has a [workspace] of {} packages", packages.size())
                       : "Cargo.toml has a [package] with tests";
    describe(suite, folder, packages);
    suites.push_back(std::move(suite));
  }

  [[nodiscard]] std::vector<std::string> packages_of(const std::string& folder, const CargoManifest& manifest) const {
    if (!manifest.has_workspace) return {folder};
    std::vector<std::string> packages;
    for (const auto& [member, owner] : owner_)
      if (owner == folder && manifests_.contains(member)) packages.push_back(member);
    return packages;
  }

  void describe(Suite& suite, const std::string& folder, const std::vector<std::string>& packages) const {
    std::vector<std::string> folders;
    bool external = manifests_.at(folder).external_dependencies;
    for (const std::string& package : packages) {
      folders.push_back(fs::path(package).lexically_relative(folder).generic_string());
      external = external || manifests_.at(package).external_dependencies;
    }
    suite.details[cargo_detail::kPackages] = join(folders, "\n");
    if (external) suite.details[cargo_detail::kExternal] = "yes";
    if (const std::string channel = toolchain_of(folder); !channel.empty())
      suite.details[cargo_detail::kToolchain] = channel;
  }

  [[nodiscard]] std::string toolchain_of(std::string folder) const {
    for (;; folder = parent_of(folder)) {
      for (const char* name : {"rust-toolchain", "rust-toolchain.toml"}) {
        if (!repository_.has(folder, name)) continue;
        const auto text = read_file(repository_.absolute(folder, name), kManifestLimit);
        return text ? parse_toolchain_channel(*text) : std::string();
      }
      if (folder == ".") return {};
    }
  }

  void add_broken(const std::string& folder, const std::string& problem, std::vector<Suite>& suites) {
    if (owner_.contains(folder)) return;  // the workspace's build fails and says why
    Suite suite = suite_of(folder);
    suite.reason = "Cargo.toml";
    suite.tool.problem = problem;
    suites.push_back(std::move(suite));
  }

  static Suite suite_of(const std::string& folder) {
    Suite suite;
    suite.id.value = folder + ":cargo";
    suite.ecosystem = "cargo";
    suite.runner = "cargo";
    suite.root = folder;
    suite.tool.name = "cargo";
    return suite;
  }

  const Repository& repository_;
  std::vector<model::Diagnostic>& diagnostics_;
  std::map<std::string, CargoManifest> manifests_;
  std::map<std::string, std::string> broken_;  // folder -> problem
  std::map<std::string, std::string> owner_;   // package -> folder of its workspace
};

// One listing of CARGO_HOME/registry/src/*: name-version of every unpacked crate.
std::set<std::string> unpacked_crates(const fs::path& cargo_home) {
  std::set<std::string> crates;
  std::error_code code;
  for (fs::directory_iterator registry(cargo_home / "registry/src", code), end; !code && registry != end;
       registry.increment(code)) {
    std::error_code inner;
    for (fs::directory_iterator crate(registry->path(), inner), last; !inner && crate != last; crate.increment(inner))
      crates.insert(crate->path().filename().string());
  }
  return crates;
}

// "git+https://host/path/name.git?branch=x#rev": is there a checkout of that revision?
bool has_checkout(const std::string& source, const fs::path& cargo_home) {
  const std::size_t hash = source.rfind('#');
  if (hash == std::string::npos) return false;
  const std::string revision = source.substr(hash + 1, 7);
  std::error_code code;
  for (fs::directory_iterator repository(cargo_home / "git/checkouts", code), end; !code && repository != end;
       repository.increment(code))
    if (rh::is_directory(repository->path() / revision)) return true;
  return false;
}

}  // namespace

std::vector<Suite> cargo_suites(const Repository& repository, std::vector<model::Diagnostic>& diagnostics) {
  return Discovery(repository, diagnostics).find();
}

std::vector<std::string> missing_crates(const fs::path& lock_file, const fs::path& cargo_home) {
  const auto text = read_file(lock_file, kLockLimit);
  if (!text) return {};
  std::optional<std::set<std::string>> unpacked;
  std::vector<std::string> missing;
  for (const LockedPackage& package : parse_cargo_lock(*text)) {
    const std::string name = package.name + "-" + package.version;
    if (package.source.starts_with("git+")) {
      if (!has_checkout(package.source, cargo_home)) missing.push_back(name);
    } else if (!package.source.empty()) {
      if (!unpacked) unpacked = unpacked_crates(cargo_home);
      if (!unpacked->contains(name)) missing.push_back(name);
    }
  }
  return missing;
}

}  // namespace rh::adapters
