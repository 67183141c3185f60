// The half that looks at the world: whether the coverage is of the text that the change made, and the whole in one
// call.
#include "runner/engine/patch/patch.h"

#include <sys/stat.h>

#include <algorithm>

#include <fmt/core.h>

#include "runner/base/text.h"
#include "runner/engine/patch/git.h"

namespace rh::engine {

using namespace rh::model;

namespace {

constexpr std::size_t kShownHash = 12;
constexpr std::size_t kMaxNamed = 5;  // files that one warning names

struct Suspect {
  ChangedFile* change = nullptr;
  const CoverageFile* coverage = nullptr;
  std::string raw, stored;  // id of the work tree's bytes, and of what git would store of them
};

std::vector<std::pair<ChangedFile*, const CoverageFile*>> measured_changes(ChangedFiles& changes,
                                                                           const CoverageReport& head) {
  std::vector<std::pair<ChangedFile*, const CoverageFile*>> pairs;
  auto coverage = head.files.begin();
  for (ChangedFile& change : changes.files) {
    while (coverage != head.files.end() && coverage->path < change.path) ++coverage;
    if (coverage != head.files.end() && coverage->path == change.path && change.kind != PatchFileKind::deleted)
      pairs.emplace_back(&change, &*coverage);
  }
  return pairs;
}

bool is_hashable(const std::filesystem::path& root, const std::string& path) {
  struct stat facts {};
  return path.find('\n') == std::string::npos && !path.starts_with('"') &&
         ::lstat((root / path).c_str(), &facts) == 0 && S_ISREG(facts.st_mode);
}

// One id a suspect, in their order; `filtered`: with the conversion of line endings that git is configured for.
Result<std::vector<std::string>> hash_all(const Git& git, const std::vector<Suspect>& suspects, bool filtered) {
  std::string paths;
  for (const Suspect& suspect : suspects) paths += suspect.change->path + "\n";
  std::vector<std::string> command{"hash-object", "--stdin-paths"};
  if (!filtered) command.emplace_back("--no-filters");
  RH_TRY(const GitAnswer answer, git.run(command, paths));
  if (answer.exit_code != 0) return git_failure(answer, "hash changed files", git.folder());
  std::vector<std::string> ids;
  for (const std::string_view line : split_lines(answer.output))
    if (!line.empty()) ids.emplace_back(line);
  if (ids.size() != suspects.size())
    return fail(ErrorKind::parse, "hash changed files: git gives too few ids", "git hash-object");
  return ids;
}

void refuse(ChangedFiles& changes, Suspect& suspect) {
  const std::string& measured = suspect.coverage->source_hash;
  suspect.change->mismatch = fmt::format(
      "the coverage is of another text: it measured {}, this is {}", measured.substr(0, kShownHash),
      suspect.change->new_blob.empty() ? std::string("in no commit") : suspect.change->new_blob.substr(0, kShownHash));
  const bool local = !changes.dirty && suspect.raw == measured;
  changes.diagnostics.push_back(
      {Severity::warning,
       "patch-stale-coverage",
       fmt::format("{}; {}", suspect.change->mismatch,
                   local ? "the file has uncommitted changes: commit them, or let the work tree be compared (--dirty)"
                         : "run the tests again with coverage"),
       suspect.change->path,
       {}});
}

void note_uncommitted(ChangedFiles& changes, const std::vector<std::string>& paths) {
  if (paths.empty()) return;
  const std::vector<std::string> named(paths.begin(),
                                       paths.begin() + static_cast<std::ptrdiff_t>(std::min(kMaxNamed, paths.size())));
  changes.diagnostics.push_back(
      {Severity::warning,
       "patch-uncommitted",
       fmt::format("{} changed and measured {} uncommitted changes ({}{}): coverage measured in this work tree is of "
                   "another text than HEAD; commit them, or let the work tree be compared (--dirty)",
                   paths.size(), paths.size() == 1 ? "file has" : "files have", rh::join(named, ", "),
                   paths.size() > kMaxNamed ? ", ..." : ""),
       paths.front(),
       {}});
}

}  // namespace

Result<void> check_texts(const adapters::Host& host, const std::filesystem::path& root, ChangedFiles& changes,
                         const CoverageReport& head) {
  std::vector<Suspect> suspects, unhashed;
  std::vector<std::string> uncommitted;
  for (const auto& [change, coverage] : measured_changes(changes, head)) {
    if (coverage->source_hash.empty()) {
      if (change->uncommitted) uncommitted.push_back(change->path);
    } else if (coverage->source_hash != change->new_blob) {
      (is_hashable(root, change->path) ? suspects : unhashed).push_back({change, coverage, {}, {}});
    }
  }
  note_uncommitted(changes, uncommitted);
  for (Suspect& suspect : unhashed) refuse(changes, suspect);
  if (suspects.empty()) return {};
  RH_TRY(Git git, Git::open(host, root));
  RH_CHECK(git.distrust_filters());
  RH_TRY(const std::vector<std::string> raw, hash_all(git, suspects, false));
  RH_TRY(const std::vector<std::string> stored, hash_all(git, suspects, true));
  for (std::size_t i = 0; i < suspects.size(); ++i) {
    Suspect& suspect = suspects[i];
    suspect.raw = raw[i];
    suspect.stored = stored[i];
    const bool measured_here = suspect.raw == suspect.coverage->source_hash;
    if (!measured_here || (!changes.dirty && suspect.stored != suspect.change->new_blob)) refuse(changes, suspect);
  }
  return {};
}

Result<PatchOutcome> patch_coverage(const adapters::Host& host, const PatchRequest& request, const CoverageReport& head,
                                    const CoverageReport* base) {
  RH_TRY(ChangedFiles changes, changed_files(host, request.root, request.base, request.changes));
  RH_CHECK(check_texts(host, request.root, changes, head));
  PatchOutcome outcome;
  outcome.report = join_patch(changes, head, base, request.join);
  outcome.diagnostics = std::move(changes.diagnostics);
  return outcome;
}

}  // namespace rh::engine
