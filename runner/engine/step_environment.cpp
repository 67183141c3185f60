#include "runner/engine/step_environment.h"

#include <algorithm>

#include "runner/base/file.h"
#include "runner/base/text.h"
#include "runner/engine/repository_walk.h"

namespace rh::engine {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kAlwaysPassed[] = {"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "LC_*", "TZ", "TERM", "CI"};

// Toolchains and package caches that live under HOME. They stay visible read-only, so that a test
// may call any of them; credentials beside them (credentials.toml, .npmrc, .netrc) do not.
constexpr std::string_view kToolchainFolders[] = {
    ".pyenv", ".rustup", ".cargo/bin", ".cargo/registry", ".cargo/git", ".cargo/config.toml", ".cargo/config", ".cargo/env",
    ".nvm", ".volta", ".fnm", ".asdf", ".sdkman", ".rbenv", ".local/bin", ".local/lib", ".local/share/uv", ".local/share/fnm",
    ".local/share/mise", ".local/share/pnpm", ".local/share/pipx", ".bun/bin", ".deno/bin", "go/bin", "go/pkg", "sdk", "miniconda3",
    "anaconda3", ".config/go", ".gitconfig", ".config/git", ".cache/node/corepack"};

bool name_matches(std::string_view pattern, std::string_view name) { return glob_match(pattern, name); }

}  // namespace

model::Environment step_environment(const model::Environment& caller, const model::Suite& suite, const model::Step& step,
                                    const std::vector<std::string>& pass_env) {
  model::Environment environment;
  for (const auto& [name, value] : caller) {
    const auto matches = [&, &key = name](const auto& pattern) { return name_matches(pattern, key); };
    if (std::any_of(std::begin(kAlwaysPassed), std::end(kAlwaysPassed), matches) ||
        std::any_of(step.pass_env.begin(), step.pass_env.end(), matches) || std::any_of(pass_env.begin(), pass_env.end(), matches))
      environment[name] = value;
  }
  environment["TMPDIR"] = "/tmp";
  environment["RUNHARNESS"] = "1";
  environment["RUNHARNESS_SUITE"] = suite.id.value;
  for (const auto& [name, value] : step.command.env) environment[name] = value;
  for (const auto& [name, value] : suite.env) environment[name] = value;
  return environment;
}

sandbox::FilesystemPolicy filesystem_policy(const RunContext& context, const model::Step& step, const StepFolders& folders) {
  sandbox::FilesystemPolicy policy;
  const fs::path home = context.host.home();
  policy.home = home;
  policy.writable = {context.repository.root, folders.out, folders.cache};
  policy.readable = {context.paths.support};
  if (const fs::path top = git_toplevel(context.repository.root); !top.empty() && top != context.repository.root)
    policy.readable.push_back(top);
  for (const std::string_view folder : kToolchainFolders) policy.readable.push_back(home / folder);
  const auto path = context.host.environment().find("PATH");
  if (path != context.host.environment().end()) {
    for (const std::string_view entry : split(path->second, ':'))
      if (!entry.empty() && entry.front() == '/' && is_below(fs::path(entry), home) && fs::path(entry) != home)
        policy.readable.emplace_back(entry);
  }
  for (const model::PathGrant& grant : step.grants)
    (grant.access == model::Access::read_write ? policy.writable : policy.readable).push_back(grant.path);
  // The run's own records: a suite must not rewrite what is reported about it.
  policy.protected_ = {context.paths.state, context.paths.run, context.repository.root / ".git/hooks", context.repository.root / ".git/config"};
  return policy;
}

}  // namespace rh::engine
