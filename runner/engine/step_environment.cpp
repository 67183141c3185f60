#include "runner/engine/step_environment.h"

#include <algorithm>

#include <fmt/core.h>

#include "runner/base/file.h"
#include "runner/base/text.h"
#include "runner/engine/repository_walk.h"

namespace rh::engine {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kAlwaysPassed[] = {"PATH",     "HOME", "USER", "LOGNAME", "SHELL", "LANG",
                                              "LANGUAGE", "LC_*", "TZ",   "TERM",    "CI"};

// Toolchains and package caches that live under HOME. They stay visible read-only, so that a test
// may call any of them; credentials beside them (credentials.toml, .npmrc, .netrc) do not.
constexpr std::string_view kToolchainFolders[] = {".pyenv",
                                                  ".rustup",
                                                  ".cargo/bin",
                                                  ".cargo/registry",
                                                  ".cargo/git",
                                                  ".cargo/config.toml",
                                                  ".cargo/config",
                                                  ".cargo/env",
                                                  ".nvm",
                                                  ".volta",
                                                  ".fnm",
                                                  ".asdf",
                                                  ".sdkman",
                                                  ".rbenv",
                                                  ".local/bin",
                                                  ".local/lib",
                                                  ".local/share/uv",
                                                  ".local/share/fnm",
                                                  ".local/share/mise",
                                                  ".local/share/pnpm",
                                                  ".local/share/pipx",
                                                  ".bun/bin",
                                                  ".deno/bin",
                                                  "go/bin",
                                                  "go/pkg",
                                                  "sdk",
                                                  "miniconda3",
                                                  "anaconda3",
                                                  ".config/go",
                                                  ".gitconfig",
                                                  ".config/git/config",
                                                  ".config/git/ignore",
                                                  ".config/git/attributes",
                                                  ".cache/node/corepack"};

// What package clients, clouds and shells keep secrets in. Only needed where HOME itself is the
// workspace (containers with HOME=/app), and so cannot be private as a whole.
constexpr std::string_view kCredentials[] = {".ssh",
                                             ".aws",
                                             ".azure",
                                             ".gnupg",
                                             ".kube",
                                             ".docker/config.json",
                                             ".netrc",
                                             ".git-credentials",
                                             ".config/git/credentials",
                                             ".config/gh",
                                             ".config/gcloud",
                                             ".npmrc",
                                             ".yarnrc.yml",
                                             ".pypirc",
                                             ".config/pip/pip.conf",
                                             ".pip/pip.conf",
                                             ".cargo/credentials.toml",
                                             ".cargo/credentials",
                                             ".terraform.d/credentials.tfrc.json",
                                             ".config/hub",
                                             ".vault-token",
                                             ".pgpass",
                                             ".my.cnf",
                                             ".m2/settings.xml",
                                             ".gem/credentials"};

// What a forge, a CI service, git or this program runs by itself when it finds it.
constexpr std::string_view kGuarded[] = {".git/hooks",
                                         ".git/config",
                                         ".gitmodules",
                                         ".husky",
                                         ".pre-commit-config.yaml",
                                         ".github/workflows",
                                         ".gitlab",
                                         ".gitlab-ci.yml",
                                         ".circleci",
                                         ".travis.yml",
                                         "azure-pipelines.yml",
                                         "bitbucket-pipelines.yml",
                                         "Jenkinsfile",
                                         "runharness.toml",
                                         "runharness.quarantine.toml",
                                         "runharness.baseline.json"};

// HOME first; the account's own home behind it where that is another folder.
std::vector<fs::path> homes_of(const adapters::Host& host) {
  std::vector<fs::path> homes{host.home()};
  if (fs::path account = host.account_home(); account != homes.front() && account != "/nonexistent")
    homes.push_back(std::move(account));
  return homes;
}

fs::path real(const fs::path& path) {
  std::error_code code;
  fs::path found = fs::canonical(path, code);
  return code ? path : found;
}

// "gitdir: PATH" of a .git file, or the plain path of a work tree's back reference.
fs::path read_link_file(const fs::path& file, std::string_view key) {
  constexpr std::uint64_t kLongest = 8192;
  const auto text = is_file(file) ? read_file(file, kLongest) : Result<std::string>(std::string());
  if (!text || text->size() <= key.size() || !text->starts_with(key)) return {};
  return real(file.parent_path() / trim(std::string_view(*text).substr(key.size())));
}

// A linked work tree's or a submodule's .git is a file that names the true store, often elsewhere.
// The file is the repository's own word: a store counts only when it names this work tree as well,
// or is part of the repository around a submodule.
fs::path linked_git_store(const fs::path& git) {
  const fs::path store = read_link_file(git, "gitdir: ");
  if (store.empty()) return {};
  if (read_link_file(store / "gitdir", "") == real(git))
    return store.parent_path().parent_path();  // <store>/worktrees/<name>
  const fs::path around = git_toplevel(git.parent_path().parent_path());
  return !around.empty() && is_below(store, real(around / ".git") / "modules") ? store : fs::path();
}

// Where the repository is larger than the workspace, tools look for configuration and packages above.
// HOME under version control must not make all of HOME visible.
void add_enclosing_repository(const fs::path& root, const std::vector<fs::path>& homes,
                              sandbox::FilesystemPolicy& policy) {
  const fs::path top = git_toplevel(root);
  if (top.empty()) return;
  if (const fs::path store = linked_git_store(top / ".git"); !store.empty()) policy.readable.push_back(store);
  if (top == root) return;
  const bool holds_home =
      std::any_of(homes.begin(), homes.end(), [&](const fs::path& home) { return is_below(real(home), top); });
  policy.readable.push_back(holds_home ? top / ".git" : top);
}

void hide_credentials(const fs::path& home, const std::vector<fs::path>& granted, sandbox::FilesystemPolicy& policy) {
  for (const std::string_view name : kCredentials) {
    const fs::path path = home / name;
    if (std::find(granted.begin(), granted.end(), path) == granted.end()) policy.hidden.push_back(path);
  }
}

void add_tools_on_path(const model::Environment& environment, const fs::path& home, sandbox::FilesystemPolicy& policy) {
  const auto path = environment.find("PATH");
  if (path == environment.end()) return;
  for (const std::string_view entry : split(path->second, ':'))
    if (!entry.empty() && entry.front() == '/' && is_below(fs::path(entry), home) && fs::path(entry) != home)
      policy.readable.emplace_back(entry);
}

// The file itself, not what a link points to.
bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(fs::symlink_status(path, ignored));
}

bool is_lifted(const fs::path& guarded, const fs::path& workspace, const std::vector<fs::path>& lifted) {
  return std::any_of(lifted.begin(), lifted.end(), [&](const fs::path& given) {
    std::error_code ignored;
    const fs::path path = fs::weakly_canonical(given, ignored);
    if (path == workspace || !is_below(path, workspace)) return false;
    return is_below(guarded, path) || (!is_there(guarded) && is_below(path, guarded));
  });
}

// A rule for a path inside of what may be written takes something away there; elsewhere it adds.
void add_rules(const PathRules& rules, sandbox::FilesystemPolicy& policy) {
  policy.writable.insert(policy.writable.end(), rules.rw.begin(), rules.rw.end());
  for (const fs::path& path : rules.ro) {
    const auto holds = [&](const fs::path& folder) { return is_below(real(path), real(folder)); };
    const bool inside = std::any_of(policy.writable.begin(), policy.writable.end(), holds) ||
                        std::any_of(policy.overlays.begin(), policy.overlays.end(), holds);
    (inside ? policy.protected_ : policy.readable).push_back(path);
  }
  policy.hidden.insert(policy.hidden.end(), rules.hidden.begin(), rules.hidden.end());
}

}  // namespace

model::Environment passed_environment(const model::Environment& caller, const std::vector<std::string>& passed) {
  model::Environment environment;
  for (const auto& [name, value] : caller) {
    const auto matches = [&, &key = name](std::string_view pattern) { return glob_match(pattern, key); };
    if (std::any_of(std::begin(kAlwaysPassed), std::end(kAlwaysPassed), matches) ||
        std::any_of(passed.begin(), passed.end(), matches))
      environment[name] = value;
  }
  environment["TMPDIR"] = "/tmp";
  environment["RUNHARNESS"] = "1";
  return environment;
}

model::Environment step_environment(const model::Environment& caller, const model::Suite& suite,
                                    const model::Step& step, const std::vector<std::string>& pass_env,
                                    const model::Environment& set) {
  std::vector<std::string> passed = step.pass_env;
  passed.insert(passed.end(), pass_env.begin(), pass_env.end());
  model::Environment environment = passed_environment(caller, passed);
  environment["RUNHARNESS_SUITE"] = suite.id.value;
  for (const model::Environment* layer : {&step.command.env, &suite.env, &set})
    for (const auto& [name, value] : *layer) environment[name] = value;
  return environment;
}

std::vector<fs::path> guarded_paths(const fs::path& workspace, const std::vector<fs::path>& lifted) {
  std::vector<fs::path> guarded;
  // Without a repository there is nothing in .git to guard, and an empty one in its place would end
  // `go build` and other tools that ask git about their folder.
  const bool repository = is_there(workspace / ".git");
  for (const std::string_view name : kGuarded) {
    if (!repository && name.starts_with(".git/")) continue;
    fs::path path = workspace / name;
    // Where the folder is missing it is what must not come into being; a .git file leads elsewhere.
    if (const fs::path parent = path.parent_path(); parent != workspace && !rh::is_directory(parent)) path = parent;
    if (is_lifted(path, workspace, lifted)) continue;
    if (std::find(guarded.begin(), guarded.end(), path) == guarded.end()) guarded.push_back(std::move(path));
  }
  return guarded;
}

sandbox::FilesystemPolicy workspace_policy(const adapters::Host& host, const fs::path& workspace,
                                           model::WorkspaceAccess access, const PathRules& rules,
                                           const std::vector<model::PathGrant>& grants) {
  sandbox::FilesystemPolicy policy;
  const std::vector<fs::path> homes = homes_of(host);
  policy.home = homes.front();
  policy.other_homes.assign(homes.begin() + 1, homes.end());
  using Access = model::WorkspaceAccess;
  auto& into = access == Access::rw ? policy.writable : access == Access::ro ? policy.readable : policy.overlays;
  into.push_back(workspace);
  if (access != Access::ro) policy.guarded = guarded_paths(workspace, rules.rw);
  add_enclosing_repository(workspace, homes, policy);
  std::vector<fs::path> granted = rules.rw;
  granted.insert(granted.end(), rules.ro.begin(), rules.ro.end());
  for (const model::PathGrant& grant : grants) {
    granted.push_back(grant.path);
    (grant.access == model::Access::read_write ? policy.writable : policy.readable).push_back(grant.path);
  }
  for (const fs::path& home : homes) {
    for (const std::string_view folder : kToolchainFolders) policy.readable.push_back(home / folder);
    if (is_below(real(home), workspace)) hide_credentials(home, granted, policy);
    add_tools_on_path(host.environment(), home, policy);
  }
  add_rules(rules, policy);
  return policy;
}

Result<void> check_paths(const PathRules& rules, const fs::path& workspace) {
  for (const auto& [flag, paths] : {std::pair{"--rw", &rules.rw}, std::pair{"--ro", &rules.ro}})
    for (const fs::path& path : *paths) {
      // In the workspace it may be about a guarded path that is to come into being.
      const bool may_be_missing = paths == &rules.rw && is_below(path, workspace);
      if (!may_be_missing && !is_there(path))
        return fail(ErrorKind::usage, fmt::format("find the path of {}: no such file or folder", flag), path.string());
    }
  return {};
}

sandbox::FilesystemPolicy filesystem_policy(const RunContext& context, const model::Step& step,
                                            const StepFolders& folders) {
  sandbox::FilesystemPolicy policy = workspace_policy(context.host, context.repository.root, model::WorkspaceAccess::rw,
                                                      context.options.paths, step.grants);
  policy.writable.insert(policy.writable.end(), {folders.out, folders.cache});
  policy.readable.push_back(context.paths.support);
  // The run's own records: a suite must not rewrite what is reported about it.
  policy.protected_.insert(policy.protected_.end(), {context.paths.state, context.paths.run});
  return policy;
}

}  // namespace rh::engine
