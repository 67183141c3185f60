#include "runner/engine/step_environment.h"

#include <algorithm>

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

void hide_credentials(const fs::path& home, const model::Step& step, sandbox::FilesystemPolicy& policy) {
  for (const std::string_view name : kCredentials) {
    const fs::path path = home / name;
    const bool granted = std::any_of(step.grants.begin(), step.grants.end(),
                                     [&](const model::PathGrant& grant) { return grant.path == path; });
    if (!granted) policy.hidden.push_back(path);
  }
}

void add_tools_on_path(const model::Environment& environment, const fs::path& home, sandbox::FilesystemPolicy& policy) {
  const auto path = environment.find("PATH");
  if (path == environment.end()) return;
  for (const std::string_view entry : split(path->second, ':'))
    if (!entry.empty() && entry.front() == '/' && is_below(fs::path(entry), home) && fs::path(entry) != home)
      policy.readable.emplace_back(entry);
}

bool name_matches(std::string_view pattern, std::string_view name) { return glob_match(pattern, name); }

}  // namespace

model::Environment step_environment(const model::Environment& caller, const model::Suite& suite,
                                    const model::Step& step, const std::vector<std::string>& pass_env) {
  model::Environment environment;
  for (const auto& [name, value] : caller) {
    const auto matches = [&, &key = name](const auto& pattern) { return name_matches(pattern, key); };
    if (std::any_of(std::begin(kAlwaysPassed), std::end(kAlwaysPassed), matches) ||
        std::any_of(step.pass_env.begin(), step.pass_env.end(), matches) ||
        std::any_of(pass_env.begin(), pass_env.end(), matches))
      environment[name] = value;
  }
  environment["TMPDIR"] = "/tmp";
  environment["RUNHARNESS"] = "1";
  environment["RUNHARNESS_SUITE"] = suite.id.value;
  for (const auto& [name, value] : step.command.env) environment[name] = value;
  for (const auto& [name, value] : suite.env) environment[name] = value;
  return environment;
}

sandbox::FilesystemPolicy filesystem_policy(const RunContext& context, const model::Step& step,
                                            const StepFolders& folders) {
  sandbox::FilesystemPolicy policy;
  const std::vector<fs::path> homes = homes_of(context.host);
  policy.home = homes.front();
  policy.other_homes.assign(homes.begin() + 1, homes.end());
  policy.writable = {context.repository.root, folders.out, folders.cache};
  policy.readable = {context.paths.support};
  add_enclosing_repository(context.repository.root, homes, policy);
  for (const fs::path& home : homes) {
    for (const std::string_view folder : kToolchainFolders) policy.readable.push_back(home / folder);
    if (is_below(real(home), context.repository.root)) hide_credentials(home, step, policy);
    add_tools_on_path(context.host.environment(), home, policy);
  }
  for (const model::PathGrant& grant : step.grants)
    (grant.access == model::Access::read_write ? policy.writable : policy.readable).push_back(grant.path);
  // The run's own records: a suite must not rewrite what is reported about it.
  policy.protected_ = {context.paths.state, context.paths.run, context.repository.root / ".git/hooks",
                       context.repository.root / ".git/config"};
  return policy;
}

}  // namespace rh::engine
