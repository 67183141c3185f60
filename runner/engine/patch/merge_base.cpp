#include "runner/engine/patch/merge_base.h"

#include <algorithm>

#include <fmt/core.h>

#include "runner/base/text.h"

namespace rh::engine {
namespace {

constexpr std::size_t kMaxRefsLookedAt = 20'000;

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  for (const std::string_view line : split_lines(text))
    if (!line.empty()) lines.emplace_back(line);
  return lines;
}

// "origin/main" is branch main of origin; nothing for a hash or a tag.
struct RemoteBranch {
  std::string remote, branch;
};

Result<std::vector<std::string>> remotes_of(const Git& git) {
  RH_TRY(const GitAnswer answer, git.run({"remote"}));
  return lines_of(answer.output);
}

RemoteBranch split_remote(const std::string& base, const std::vector<std::string>& remotes) {
  for (const std::string& remote : remotes)
    if (base.starts_with(remote + "/")) return {remote, base.substr(remote.size() + 1)};
  return {remotes.empty() ? "origin" : remotes.front(), {}};
}

bool looks_like_hash(std::string_view text) {
  return text.size() >= 7 && text.size() <= 64 &&
         text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

std::string fetch_command(const std::string& base, const std::vector<std::string>& remotes) {
  const RemoteBranch named = split_remote(base, remotes);
  if (looks_like_hash(base)) return fmt::format("git fetch {} {}", named.remote, base);
  const std::string& branch = named.branch.empty() ? base : named.branch;
  return fmt::format("git fetch {0} +refs/heads/{1}:refs/remotes/{0}/{1}", named.remote, branch);
}

// A branch of a remote with that very name, else the nearest name that there is.
std::string suggestion(const std::string& base, const std::vector<std::string>& refs) {
  for (const std::string& ref : refs)
    if (ref.ends_with("/" + base)) return ref;
  return closest(base, refs).value_or(std::string());
}

Result<std::string> unknown_base(const Git& git, const RepositoryFacts& facts, const std::string& base) {
  RH_TRY(const GitAnswer answer, git.run({"for-each-ref", fmt::format("--count={}", kMaxRefsLookedAt),
                                          "--format=%(refname:short)", "refs/heads", "refs/remotes", "refs/tags"}));
  RH_TRY(const std::vector<std::string> remotes, remotes_of(git));
  const std::string nearest = suggestion(base, lines_of(answer.output));
  std::string what = "find the base of the change: there is no commit, branch or tag of that name here";
  if (!nearest.empty()) what += fmt::format("; did you mean {}?", nearest);
  const bool certain = nearest.ends_with("/" + base);  // the branch as a remote has it
  if (!certain && !remotes.empty())
    what += fmt::format("{} fetch it first: {}{}", nearest.empty() ? ";" : " Otherwise", fetch_command(base, remotes),
                        facts.shallow ? " (the clone is shallow: GitHub's checkout needs `fetch-depth: 0`, GitLab's "
                                        "`GIT_DEPTH: 0`)"
                                      : "");
  return fail(ErrorKind::not_found, std::move(what), base);
}

Failure cut_off(const Git& git, const std::string& base, const std::vector<std::string>& remotes) {
  std::uint64_t depth = 0;
  if (const auto count = git.run({"rev-list", "--count", "HEAD"}); count && count->exit_code == 0)
    depth = parse_u64(trim(count->output)).value_or(0);
  const RemoteBranch named = split_remote(base, remotes);
  const std::uint64_t more = std::max<std::uint64_t>(100, depth * 10);
  std::string deepen = fmt::format("git fetch --deepen={} {}", more, named.remote);
  if (!named.branch.empty()) deepen += " " + named.branch;
  return fail(
      ErrorKind::not_found,
      fmt::format("find where HEAD and the base parted: the clone is shallow, of HEAD's history only {} "
                  "commit{} here and the common ancestor is not among them; set the depth to 0, which is all "
                  "of it (GitHub: `fetch-depth: 0` of actions/checkout; GitLab: `GIT_DEPTH: 0`), or fetch more: "
                  "{} (again when that is not enough; all: git fetch --unshallow)",
                  depth, depth == 1 ? " is" : "s are", deepen),
      base);
}

}  // namespace

Result<RepositoryFacts> repository_facts(const Git& git) {
  constexpr std::string_view kDoing = "look at the repository";
  RH_TRY(const GitAnswer answer, git.run({"rev-parse", "--is-bare-repository", "--is-shallow-repository",
                                          "--is-inside-work-tree", "--show-prefix"}));
  if (answer.exit_code != 0) return git_failure(answer, kDoing, git.folder());
  RepositoryFacts facts;
  bool inside = false;
  std::string_view rest = answer.output;
  for (bool* fact : {&facts.bare, &facts.shallow, &inside}) {
    const std::size_t end = rest.find('\n');
    *fact = rest.substr(0, end) == "true";
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  if (rest.ends_with('\n')) rest.remove_suffix(1);  // the prefix itself may hold one
  facts.prefix = rest;
  if (!inside && !facts.bare)
    return fail(ErrorKind::usage, "look at the repository: this is git's own folder, not the work tree",
                git.folder().string());
  RH_TRY(const GitAnswer head, git.run({"rev-parse", "--verify", "--quiet", "HEAD^{commit}"}));
  if (head.exit_code != 0)
    return fail(ErrorKind::not_found, "look at the repository: it has no commit yet, so there is nothing to compare",
                git.folder().string());
  facts.head = trim(head.output);
  return facts;
}

Result<std::string> base_commit(const Git& git, const RepositoryFacts& facts, const std::string& base) {
  const bool odd =
      base.empty() || base.starts_with('-') || base.find_first_of(std::string_view("\0\n", 2)) != std::string::npos;
  if (odd) return fail(ErrorKind::usage, "find the base of the change: that is no name of a commit", base);
  if (base.find("..") != std::string::npos)
    return fail(
        ErrorKind::usage,
        "find the base of the change: name one commit, not a range; the comparison always starts where HEAD and "
        "the base parted",
        base);
  RH_TRY(const GitAnswer answer, git.run({"rev-parse", "--verify", "--quiet", "--end-of-options", base + "^{commit}"}));
  if (answer.exit_code == 0) return std::string(trim(answer.output));
  return unknown_base(git, facts, base);
}

Result<MergeBase> merge_base(const Git& git, const RepositoryFacts& facts, const std::string& base,
                             const std::string& commit) {
  RH_TRY(const GitAnswer answer, git.run({"merge-base", "--all", commit, facts.head}));
  std::vector<std::string> found = lines_of(answer.output);
  if (answer.exit_code == 0 && !found.empty()) {
    MergeBase result{found.front(), {}};
    result.others.assign(found.begin() + 1, found.end());
    return result;
  }
  if (facts.shallow) {
    RH_TRY(const std::vector<std::string> remotes, remotes_of(git));
    return cut_off(git, base, remotes);
  }
  if (answer.exit_code > 1) return git_failure(answer, "find where HEAD and the base parted", git.folder());
  return fail(ErrorKind::not_found,
              "find where HEAD and the base parted: they have no common ancestor (unrelated histories), so there is no "
              "change to judge; name another base",
              base);
}

}  // namespace rh::engine
