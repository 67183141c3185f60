#include "runner/adapters/go_discovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "runner/adapters/go_manifest.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::adapters {

namespace {

namespace fs = std::filesystem;
using model::Repository;
using model::Suite;

constexpr std::uint64_t kManifestLimit = 4ULL << 20;  // go.mod, go.work
constexpr std::uint64_t kSumLimit = 32ULL << 20;      // go.sum of large monorepos reaches megabytes

// What `./...` leaves out.
bool is_ignored_folder(const std::string& folder) {
  if (folder == ".") return false;
  for (const std::string_view part : split(folder, '/'))
    if (part == "vendor" || part == "testdata" || part.starts_with('_') || part.starts_with('.')) return true;
  return false;
}

std::string parent_of(const std::string& folder) {
  const std::size_t slash = folder.rfind('/');
  return slash == std::string::npos ? "." : folder.substr(0, slash);
}

// The nearest folder of `candidates` that holds `folder`.
std::optional<std::string> enclosing(const std::set<std::string>& candidates, std::string folder) {
  for (;;) {
    if (candidates.contains(folder)) return folder;
    if (folder == ".") return std::nullopt;
    folder = parent_of(folder);
  }
}

// The folder of a `use` line, relative to the repository; nullopt when it lies outside.
std::optional<std::string> use_folder(const Repository& repository, const std::string& workspace,
                                      const std::string& use) {
  const fs::path path = (repository.absolute(workspace) / use).lexically_normal();
  std::string relative = path.lexically_relative(repository.root).generic_string();
  while (relative.ends_with('/')) relative.pop_back();
  if (relative.empty() || relative == ".." || relative.starts_with("../")) return std::nullopt;
  return relative;
}

class Discovery {
 public:
  Discovery(const Repository& repository, std::vector<model::Diagnostic>& diagnostics)
      : repository_(repository), diagnostics_(diagnostics) {}

  std::vector<Suite> find() {
    for (const auto& [folder, files] : repository_.folders) {
      if (is_ignored_folder(folder)) continue;
      if (repository_.has(folder, "go.mod")) modules_.insert(folder);
      if (repository_.has(folder, "go.work")) read_workspace(folder);
    }
    count_tests();
    std::vector<Suite> suites;
    for (const std::string& folder : modules_)
      if (test_files_[folder] > 0) suites.push_back(suite_of(folder));
    return suites;
  }

 private:
  void read_workspace(const std::string& folder) {
    const fs::path file = repository_.absolute(folder, "go.work");
    workspaces_.insert(folder);
    const auto text = read_file(file, kManifestLimit);
    if (!text) return unreadable(file, text.error());
    for (const std::string& use : parse_go_work(*text).use) {
      const auto member = use_folder(repository_, folder, use);
      if (!member) continue;
      members_[folder].insert(*member);
      if (!repository_.has(*member, "go.mod"))
        diagnostics_.push_back({model::Severity::warning,
                                "go-work-member-missing",
                                fmt::format("go.work uses {}, which has no go.mod", use),
                                file.string(),
                                {}});
    }
  }

  void unreadable(const fs::path& file, const Error& error) {
    diagnostics_.push_back({model::Severity::error, "bad-manifest", error.message(), file.string(), {}});
  }

  void count_tests() {
    std::set<std::string> loose;
    for (const auto& [folder, files] : repository_.folders) {
      if (is_ignored_folder(folder)) continue;
      const auto tests = std::count_if(files.begin(), files.end(), [](const std::string& name) {
        return name.ends_with("_test.go") && name.front() != '_' && name.front() != '.';
      });
      if (tests == 0) continue;
      if (const auto module = enclosing(modules_, folder))
        test_files_[*module] += static_cast<std::size_t>(tests);
      else
        loose.insert(folder);
    }
    if (loose.empty()) return;
    diagnostics_.push_back(
        {model::Severity::warning,
         "go-without-module",
         fmt::format("Go tests in {} ({} folder(s) in all) belong to no module and are not run: run `go mod "
                     "init` there",
                     *loose.begin(), loose.size()),
         *loose.begin(),
         {}});
  }

  Suite suite_of(const std::string& folder) {
    Suite suite;
    suite.id.value = folder + ":go";
    suite.ecosystem = "go";
    suite.runner = "go";
    suite.root = folder;
    suite.tool.name = "go";
    const fs::path file = repository_.absolute(folder, "go.mod");
    if (const auto text = read_file(file, kManifestLimit)) {
      if (const std::string module = parse_go_mod(*text).module; !module.empty())
        suite.details[go_detail::kModule] = module;
    } else {
      unreadable(file, text.error());
    }
    suite.reason = fmt::format("go.mod and {} _test.go file(s)", test_files_[folder]);
    if (const auto workspace = enclosing(workspaces_, folder)) {
      if (members_[*workspace].contains(folder)) {
        suite.details[go_detail::kWorkspace] = *workspace;
        suite.reason += fmt::format(", used by {}", model::join_relative(*workspace, "go.work"));
      } else {
        suite.details[go_detail::kOutside] = *workspace;
      }
    }
    return suite;
  }

  const Repository& repository_;
  std::vector<model::Diagnostic>& diagnostics_;
  std::set<std::string> modules_, workspaces_;
  std::map<std::string, std::set<std::string>> members_;  // workspace -> modules
  std::map<std::string, std::size_t> test_files_;         // by module
};

// Decides by the files of one module, or of all members of its workspace, what has to be in the cache.
class Requirements {
 public:
  void add_module(const fs::path& folder) {
    const auto text = read_file(folder / "go.mod", kManifestLimit);
    if (!text) return;
    const GoMod mod = parse_go_mod(*text);
    own_.insert(mod.module);
    // Before 1.17 go.mod names direct dependencies only; go.sum has the rest, and old versions too.
    const bool complete = !mod.go.empty() && compare_go_versions(mod.go, "1.17") >= 0;
    const auto sums = read_sum(folder / "go.sum");
    for (const GoModuleVersion& needed : complete ? mod.require : sums) need(needed);
    for (const GoReplacement& replacement : mod.replace) replacements_.push_back(replacement);
  }

  std::vector<GoModuleVersion> read_sum(const fs::path& file) {
    const auto text = read_file(file, kSumLimit);
    if (!text) return {};
    std::vector<GoModuleVersion> versions = parse_go_sum(*text);
    vouched_.insert(versions.begin(), versions.end());
    return versions;
  }

  void add_replacements(const std::vector<GoReplacement>& replacements) {
    replacements_.insert(replacements_.end(), replacements.begin(), replacements.end());
  }

  [[nodiscard]] std::vector<std::string> missing(const fs::path& cache) const {
    std::vector<std::string> names;
    for (const auto& [path, version] : needed_) {
      if (own_.contains(path)) continue;
      GoModuleVersion module{path, version};
      for (const GoReplacement& replacement : replacements_)
        if (replacement.path == path && (replacement.version.empty() || replacement.version == version))
          module = replacement.by;
      // Without a sum of its content nothing of the module is needed to build (or go.sum is
      // incomplete, which go itself reports best).
      if (module.version.empty() || !vouched_.contains(module)) continue;
      const std::string name = escape_module_path(module.path) + "@" + escape_module_path(module.version);
      if (!rh::is_directory(cache / name)) names.push_back(module.path + "@" + module.version);
    }
    return names;
  }

 private:
  void need(const GoModuleVersion& module) {
    std::string& version = needed_[module.path];
    if (version.empty() || compare_go_versions(version, module.version) < 0) version = module.version;
  }

  std::map<std::string, std::string> needed_;  // path -> highest version
  std::set<GoModuleVersion> vouched_;
  std::set<std::string> own_;
  std::vector<GoReplacement> replacements_;
};

}  // namespace

std::vector<Suite> go_suites(const Repository& repository, std::vector<model::Diagnostic>& diagnostics) {
  return Discovery(repository, diagnostics).find();
}

std::vector<std::string> missing_go_modules(const Suite& suite, const fs::path& repository_root,
                                            const GoToolchain& go) {
  const fs::path folder = suite.root == "." ? repository_root : repository_root / suite.root;
  const auto workspace = suite.details.find(go_detail::kWorkspace);
  Requirements requirements;
  if (workspace == suite.details.end()) {
    if (is_file(folder / "vendor/modules.txt")) return {};
    requirements.add_module(folder);
    return requirements.missing(go.module_cache);
  }
  const fs::path root = workspace->second == "." ? repository_root : repository_root / workspace->second;
  if (is_file(root / "vendor/modules.txt")) return {};
  if (const auto text = read_file(root / "go.work", kManifestLimit)) {
    const GoWork work = parse_go_work(*text);
    for (const std::string& use : work.use) requirements.add_module((root / use).lexically_normal());
    requirements.add_replacements(work.replace);
  }
  requirements.read_sum(root / "go.work.sum");
  return requirements.missing(go.module_cache);
}

}  // namespace rh::adapters
