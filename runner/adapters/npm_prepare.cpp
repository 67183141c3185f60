#include "runner/adapters/npm_prepare.h"

#include <nlohmann/json.hpp>

#include "runner/adapters/node_project.h"
#include "runner/adapters/npm_discovery.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::adapters {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

std::string detail(const model::Suite& suite, const char* key) {
  const auto found = suite.details.find(key);
  return found == suite.details.end() ? std::string() : found->second;
}

fs::path install_folder(const model::Suite& suite, const fs::path& root) {
  const std::string folder = detail(suite, npm_detail::kInstallFolder);
  return folder.empty() || folder == "." ? root : root / folder;
}

std::optional<NpmManifest> manifest_in(const fs::path& folder) {
  const auto text = read_file(folder / "package.json", kManifestLimit);
  if (!text) return std::nullopt;
  auto manifest = parse_npm_manifest(*text, "package.json");
  return manifest ? std::optional(*std::move(manifest)) : std::nullopt;
}

std::optional<Json> lock_packages(const fs::path& file) {
  const auto text = read_file(file);
  if (!text) return std::nullopt;
  const Json lock = Json::parse(*text, nullptr, false);
  if (!lock.is_object() || !lock.contains("packages") || !lock["packages"].is_object()) return std::nullopt;
  return lock["packages"];
}

std::string version_of(const Json& entry) {
  if (!entry.is_object()) return {};
  const auto found = entry.find("version");
  return found != entry.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// Links are members of the workspace; optional packages may not be for this platform.
bool is_required(const std::string& name, const Json& entry) {
  if (name.empty() || !entry.is_object() || name.find("node_modules/") == std::string::npos) return false;
  for (const char* flag : {"optional", "devOptional", "peer", "link"})
    if (const auto found = entry.find(flag); found != entry.end() && *found == true) return false;
  return true;
}

// node_modules/.package-lock.json is npm's own note of what it installed.
std::string stale_by_npm_lock(const fs::path& folder) {
  const fs::path lock =
      is_file(folder / "npm-shrinkwrap.json") ? folder / "npm-shrinkwrap.json" : folder / "package-lock.json";
  const auto wanted = lock_packages(lock);
  const auto installed = lock_packages(folder / "node_modules/.package-lock.json");
  if (!wanted || !installed) return {};
  for (const auto& [name, entry] : wanted->items()) {
    if (!is_required(name, entry)) continue;
    const auto found = installed->find(name);
    if (found == installed->end()) return name + " of the lock file is not installed";
    if (version_of(*found) != version_of(entry))
      return name + " is installed in another version than the lock file says";
  }
  return {};
}

std::string stale_by_copy(const fs::path& lock, const fs::path& copy) {
  const auto wanted = read_file(lock);
  const auto installed = read_file(copy);
  if (!wanted || !installed || *wanted == *installed) return {};
  return lock.filename().string() + " has changed since the last install";
}

std::string missing_dependency(const model::Suite& suite, const fs::path& folder, const fs::path& root) {
  const auto manifest = manifest_in(folder);
  if (!manifest) return {};
  const auto text = read_file(folder / "package.json", kManifestLimit);
  const Json document = Json::parse(*text, nullptr, false);
  for (const char* kind : {"dependencies", "devDependencies"}) {
    if (!document.contains(kind) || !document[kind].is_object()) continue;
    for (const auto& [name, range] : document[kind].items())
      if (!rh::is_directory(folder / "node_modules" / name) && !find_installed(folder, root, name) &&
          (!document.contains("optionalDependencies") || !document["optionalDependencies"].contains(name)))
        return name + ", on which " + suite.root + " depends, is not in node_modules";
  }
  return {};
}

std::vector<std::string> install_command(const std::string& manager, const fs::path& folder) {
  if (manager == "pnpm")
    return is_file(folder / "pnpm-lock.yaml") ? std::vector<std::string>{"pnpm", "install", "--frozen-lockfile"}
                                              : std::vector<std::string>{"pnpm", "install"};
  if (manager == "yarn") {
    if (!is_file(folder / "yarn.lock")) return {"yarn", "install"};
    // Yarn 2 and later keep a .yarnrc.yml and call it --immutable.
    return {"yarn", "install", is_file(folder / ".yarnrc.yml") ? "--immutable" : "--frozen-lockfile"};
  }
  if (manager == "bun") return {"bun", "install", "--frozen-lockfile"};
  if (is_file(folder / "package-lock.json") || is_file(folder / "npm-shrinkwrap.json"))
    return {"npm", "ci", "--no-audit", "--no-fund"};
  return {"npm", "install", "--no-audit", "--no-fund", "--no-package-lock"};
}

// HOME is private in the sandbox: what the package clients keep there is named one by one.
void grant_client_folders(model::Step& step, const StepContext& context) {
  const fs::path home = context.host == nullptr ? fs::path() : context.host->home();
  if (home.empty()) return;
  for (const char* file : {".npmrc", ".yarnrc", ".yarnrc.yml", ".config/pnpm/rc"})
    step.grants.push_back({home / file, model::Access::read_only});
  for (const char* folder : {".npm", ".cache/yarn", ".yarn", ".local/share/pnpm", ".cache/pnpm", ".cache/node", ".bun"})
    step.grants.push_back({home / folder, model::Access::read_write});
  const bool cache = rh::is_directory(home / ".npm");
  step.command.env["npm_config_cache"] = cache ? (home / ".npm").string() : (context.cache_dir / "npm").string();
  if (is_file(home / ".npmrc")) step.command.env["npm_config_userconfig"] = (home / ".npmrc").string();
}

}  // namespace

std::string install_reason(const model::Suite& suite, const fs::path& repository_root) {
  const fs::path folder = install_folder(suite, repository_root);
  const fs::path own = suite.root == "." ? repository_root : repository_root / suite.root;
  if (const std::string missing = missing_dependency(suite, own, repository_root); !missing.empty()) return missing;
  const std::string manager = detail(suite, npm_detail::kPackageManager);
  if (!rh::is_directory(folder / "node_modules")) return {};
  if (manager == "npm") return stale_by_npm_lock(folder);
  if (manager == "pnpm") return stale_by_copy(folder / "pnpm-lock.yaml", folder / "node_modules/.pnpm/lock.yaml");
  return {};
}

std::optional<model::Step> install_step(const model::Suite& suite, const StepContext& context) {
  if (install_reason(suite, context.repository_root).empty()) return std::nullopt;
  const fs::path folder = install_folder(suite, context.repository_root);
  const std::vector<std::string> command = install_command(detail(suite, npm_detail::kPackageManager), folder);
  model::Step step = node_step(suite, context, command[0] + " " + command[1], model::StepKind::prepare);
  step.command.argv = command;
  step.command.cwd = folder;
  step.command.env.erase("CI");
  for (const auto& [name, value] : suite.env) step.command.env.erase(name);
  step.pass_env = {"HTTP_PROXY",   "HTTPS_PROXY",  "NO_PROXY",     "ALL_PROXY",           "http_proxy",
                   "https_proxy",  "no_proxy",     "all_proxy",    "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE",
                   "SSL_CERT_DIR", "npm_config_*", "NPM_CONFIG_*", "NPM_TOKEN",           "NODE_AUTH_TOKEN",
                   "YARN_*",       "PNPM_HOME",    "COREPACK_*"};
  grant_client_folders(step, context);
  return step;
}

}  // namespace rh::adapters
