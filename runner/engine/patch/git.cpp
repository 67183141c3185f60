#include "runner/engine/patch/git.h"

#include <array>

#include <fmt/core.h>

#include "runner/base/file.h"
#include "runner/base/text.h"
#include "runner/engine/patch/git_process.h"

namespace rh::engine {
namespace {

// Variables of git that say where its configuration and objects are. All others are dropped: a hook's GIT_DIR and
// GIT_INDEX_FILE mean another repository or a passing state, GIT_DIFF_OPTS and GIT_EXTERNAL_DIFF change what is asked.
constexpr std::string_view kKeptVariables[] = {"GIT_CONFIG_GLOBAL",
                                               "GIT_CONFIG_SYSTEM",
                                               "GIT_CONFIG_NOSYSTEM",
                                               "GIT_CONFIG_PARAMETERS",
                                               "GIT_CONFIG_COUNT",
                                               "GIT_EXEC_PATH",
                                               "GIT_CEILING_DIRECTORIES",
                                               "GIT_OBJECT_DIRECTORY",
                                               "GIT_ALTERNATE_OBJECT_DIRECTORIES",
                                               "GIT_QUARANTINE_PATH",
                                               "GIT_DISCOVERY_ACROSS_FILESYSTEM"};

// Given on the command line, because that is stronger than every file.
constexpr std::string_view kSettings[] = {
    "core.fsmonitor=false",         // may name a program
    "core.hooksPath=/dev/null",     //
    "core.sshCommand=false",        // a partial clone would fetch what it lacks
    "protocol.allow=never",         //
    "core.quotePath=false",         // how paths are written
    "diff.renameLimit=1000",        // git's own default
    "core.deltaBaseCacheLimit=8m",  // of 96 MB by default: each content is looked at once
    "diff.suppressBlankEmpty=false", "diff.orderFile=/dev/null",
};

bool is_kept(std::string_view name) {
  if (!name.starts_with("GIT_")) return true;
  if (name.starts_with("GIT_CONFIG_KEY_") || name.starts_with("GIT_CONFIG_VALUE_")) return true;
  return std::find(std::begin(kKeptVariables), std::end(kKeptVariables), name) != std::end(kKeptVariables);
}

// The programs of Git LFS, as `git lfs install --local` writes them.
bool is_git_lfs(std::string_view command) {
  return is_one_of(trim(command), {"git-lfs clean -- %f", "git-lfs filter-process"});
}

struct ScopedSetting {
  std::string_view scope, key, value;
};

// `git config -z --show-scope --get-regexp` writes SCOPE NUL KEY LF VALUE NUL.
std::vector<ScopedSetting> read_settings(std::string_view text) {
  std::vector<ScopedSetting> settings;
  const std::vector<std::string_view> parts = split(text, '\0');
  for (std::size_t i = 0; i + 1 < parts.size(); i += 2) {
    const std::size_t line = parts[i + 1].find('\n');
    const bool has_value = line != std::string_view::npos;
    settings.push_back(
        {parts[i], parts[i + 1].substr(0, line), has_value ? parts[i + 1].substr(line + 1) : std::string_view()});
  }
  return settings;
}

}  // namespace

Git::Git(std::filesystem::path program, std::filesystem::path folder, const model::Environment& caller)
    : program_(std::move(program)), folder_(std::move(folder)) {
  for (const auto& [name, value] : caller)
    if (is_kept(name)) environment_.emplace(name, value);
  environment_["LC_ALL"] = "C";  // its messages are looked at
  environment_.erase("LANGUAGE");
  environment_["GIT_OPTIONAL_LOCKS"] = "0";   // the index is not refreshed on disk
  environment_["GIT_TERMINAL_PROMPT"] = "0";  // nobody answers
  environment_["GIT_NO_LAZY_FETCH"] = "1";    // since 2.44; protocol.allow does it for older ones
  environment_["GIT_LITERAL_PATHSPECS"] = "1";
}

Result<Git> Git::open(const adapters::Host& host, std::filesystem::path folder) {
  const auto program = host.find_tool("git");
  if (!program)
    return fail(ErrorKind::not_found, "ask git for the change: it is not on PATH; install git, or leave out --base",
                "git");
  if (!rh::is_directory(folder))
    return fail(ErrorKind::not_found, "ask git for the change: no such folder", folder.string());
  return Git(*program, std::move(folder), host.environment());
}

Result<GitAnswer> Git::stream(const std::vector<std::string>& arguments, const Take& take,
                              std::string_view input) const {
  model::Command command;
  command.argv = {program_.string(), "--no-pager"};
  for (const std::string_view setting : kSettings)
    command.argv.insert(command.argv.end(), {"-c", std::string(setting)});
  command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
  command.cwd = folder_;
  command.env = environment_;
  RH_TRY(ProcessEnd end, stream_process(command, input, {kMaxGitStream, kMaxGitProblem, kGitPatience}, take));
  return GitAnswer{end.exit_code, {}, std::move(end.problem)};
}

Result<GitAnswer> Git::run(const std::vector<std::string>& arguments, std::string_view input) const {
  std::string output;
  const auto keep = [&](std::string_view piece) -> Result<void> {
    if (output.size() + piece.size() > kMaxGitAnswer)
      return fail(ErrorKind::limit,
                  fmt::format("read the answer of git: it has more than {}", format_size(kMaxGitAnswer)),
                  "git " + shell_join(arguments));
    output.append(piece);
    return {};
  };
  RH_TRY(GitAnswer answer, stream(arguments, keep, input));
  answer.output = std::move(output);
  return answer;
}

void Git::add_setting(const std::string& key, const std::string& value) {
  std::string& count = environment_["GIT_CONFIG_COUNT"];
  const std::uint64_t number = parse_u64(count).value_or(0);
  environment_[fmt::format("GIT_CONFIG_KEY_{}", number)] = key;
  environment_[fmt::format("GIT_CONFIG_VALUE_{}", number)] = value;
  count = std::to_string(number + 1);
}

Result<void> Git::distrust_filters() {
  RH_TRY(const GitAnswer answer,
         run({"config", "-z", "--show-scope", "--get-regexp", R"(^filter\..*\.(clean|smudge|process)$)"}));
  if (answer.exit_code > 1) return git_failure(answer, "read the configuration of git", folder_);  // 1: there are none
  for (const ScopedSetting& setting : read_settings(answer.output)) {
    if (!is_one_of(setting.scope, {"local", "worktree"}) || is_git_lfs(setting.value)) continue;
    add_setting(std::string(setting.key), "");
    add_setting(std::string(setting.key.substr(0, setting.key.rfind('.'))) + ".required", "false");
  }
  return {};
}

Failure git_failure(const GitAnswer& answer, std::string_view doing, const std::filesystem::path& folder) {
  const std::string_view problem = trim(answer.problem);
  const auto says = [&](std::string_view words) { return problem.find(words) != std::string_view::npos; };
  if (says("dubious ownership") || says("unsafe repository"))
    return fail(
        ErrorKind::config,
        fmt::format("{}: git refuses a repository that belongs to another user, as checkouts in containers often "
                    "do; run first: git config --global --add safe.directory {}",
                    doing, lossless_shell_quote(folder.string())),
        folder.string());
  if (says("not a git repository"))
    return fail(ErrorKind::not_found,
                fmt::format("{}: it is not in a git repository; check out with git, or leave out --base", doing),
                folder.string());
  if (says("promisor remote") || says("lazy fetching disabled") || says("transport '"))
    return fail(ErrorKind::not_found,
                fmt::format("{}: the clone is partial (--filter) and lacks contents that the comparison needs; clone "
                            "without --filter, or let git fetch them once: git diff BASE...HEAD > /dev/null",
                            doing),
                folder.string());
  if (problem.empty())
    return fail(ErrorKind::process, fmt::format("{}: git ended with exit code {}", doing, answer.exit_code),
                folder.string());
  return fail(ErrorKind::process, fmt::format("{}: git says: {}", doing, to_valid_utf8(problem.substr(0, 2000))),
              folder.string());
}

}  // namespace rh::engine
