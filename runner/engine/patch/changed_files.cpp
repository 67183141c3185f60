// The questions to git in their order, and its answers as ChangedFiles.
#include <algorithm>

#include <fmt/core.h>

#include "runner/base/text.h"
#include "runner/engine/ci_base.h"
#include "runner/engine/machine.h"
#include "runner/engine/patch/changed_text.h"
#include "runner/engine/patch/diff_run.h"
#include "runner/engine/patch/git.h"
#include "runner/engine/patch/merge_base.h"
#include "runner/engine/patch/patch.h"

namespace rh::engine {

using namespace rh::model;

namespace {

constexpr unsigned kTypeMask = 0170000, kRegular = 0100000, kSubmodule = 0160000;
constexpr unsigned kMaxGits = 4;               // side by side
constexpr std::size_t kMaxForcedTexts = 1000;  // source files that git calls binary and that are looked at again

bool is_type(unsigned mode, unsigned type) { return (mode & kTypeMask) == type; }

// Attributes (`*.py -diff`), which the change itself may bring, make git call a source file binary; that must not hide
// it. So such files are asked for again, as text.
Result<void> read_hidden_texts(const Git& git, DiffQuestion question, const std::string& prefix, ChangedFiles& changes,
                               std::vector<DiffRecord>& records) {
  std::vector<DiffRecord*> hidden;
  for (DiffRecord& record : records)
    if (record.binary && is_type(record.new_mode, kRegular) && language_of(record.path) != nullptr)
      hidden.push_back(&record);
  if (hidden.empty()) return {};
  if (hidden.size() > kMaxForcedTexts) {
    changes.diagnostics.push_back(
        {Severity::warning,
         "patch-binary-sources",
         fmt::format("git calls {} changed source files binary: their lines are not judged", hidden.size()),
         {},
         {}});
    return {};
  }
  question.as_text = true;
  for (const DiffRecord* record : hidden)
    for (const std::string& path : {record->path, record->old_path})
      if (!path.empty()) question.paths.push_back(seen_from(prefix, path));
  RH_TRY(const DiffAnswer texts, run_diff(git, question));
  for (const DiffRecord& text : texts.records)
    for (DiffRecord* record : hidden)
      if (record->path == text.path && record->status == text.status && !text.hunks.empty()) {
        record->hunks = text.hunks;
        record->idle = text.idle;
        record->binary = false;
      }
  return {};
}

PatchFileKind kind_of(const DiffRecord& record) {
  if (is_type(record.new_mode, kSubmodule) || is_type(record.old_mode, kSubmodule)) return PatchFileKind::submodule;
  switch (record.status) {
    case 'D':
      return PatchFileKind::deleted;
    case 'T':
      return PatchFileKind::type_changed;
    default:
      break;
  }
  if (record.binary) return PatchFileKind::binary;
  switch (record.status) {
    case 'A':
      return PatchFileKind::added;
    case 'R':
      return PatchFileKind::renamed;
    case 'C':
      return PatchFileKind::copied;
    default:
      return record.hunks.empty() && record.old_mode != record.new_mode ? PatchFileKind::mode_changed
                                                                        : PatchFileKind::modified;
  }
}

// Files of the work tree whose dates changed and nothing else: git lists them until its index is refreshed.
bool is_untouched(const DiffRecord& record, bool dirty) {
  return dirty && record.status == 'M' && record.hunks.empty() && !record.binary &&
         record.old_mode == record.new_mode && !is_type(record.new_mode, kSubmodule);
}

ChangedFile changed_file(DiffRecord record, const std::string& prefix) {
  ChangedFile file;
  file.kind = kind_of(record);
  file.path = seen_from(prefix, record.path);
  file.old_path = seen_from(prefix, record.old_path);
  file.regular = is_type(record.status == 'D' ? record.old_mode : record.new_mode, kRegular);
  for (const Hunk& hunk : record.hunks)
    if (hunk.new_count > 0) file.added.push_back({hunk.new_start, hunk.new_start + hunk.new_count - 1});
  file.hunks = std::move(record.hunks);
  file.idle = std::move(record.idle);
  file.old_blob = std::move(record.old_blob);
  file.new_blob = std::move(record.new_blob);
  return file;
}

void take_records(ChangedFiles& changes, std::vector<DiffRecord> records, const std::string& prefix) {
  changes.files.reserve(records.size());
  for (DiffRecord& record : records) {
    if (is_untouched(record, changes.dirty)) continue;
    if (!record.path.starts_with(prefix)) {
      ++changes.outside;
      continue;
    }
    changes.files.push_back(changed_file(std::move(record), prefix));
  }
}

// Coverage is measured in the work tree: what is not committed there is not in the comparison.
Result<void> mark_uncommitted(const Git& git, const std::string& prefix, ChangedFiles& changes) {
  RH_TRY(const GitAnswer answer, git.run({"status", "--porcelain=v1", "-z", "--untracked-files=no", "--no-renames",
                                          "--ignore-submodules=all"}));
  if (answer.exit_code != 0) return git_failure(answer, "look for uncommitted changes", git.folder());
  std::vector<std::string> paths;
  for (const std::string_view entry : split(answer.output, '\0'))
    if (entry.size() > 3) paths.push_back(seen_from(prefix, std::string(entry.substr(3))));
  std::sort(paths.begin(), paths.end());
  for (ChangedFile& file : changes.files) file.uncommitted = std::binary_search(paths.begin(), paths.end(), file.path);
  return {};
}

// A file that is in the work tree but no longer in the index comes twice: as deleted, and as untracked.
void sort_files(ChangedFiles& changes) {
  std::vector<ChangedFile>& files = changes.files;
  std::stable_sort(files.begin(), files.end(), [](const ChangedFile& a, const ChangedFile& b) {
    return std::pair(std::string_view(a.path), a.kind == PatchFileKind::deleted) <
           std::pair(std::string_view(b.path), b.kind == PatchFileKind::deleted);
  });
  const auto same = [](const ChangedFile& a, const ChangedFile& b) { return a.path == b.path; };
  files.erase(std::unique(files.begin(), files.end(), same), files.end());
}

void note_others(ChangedFiles& changes, const MergeBase& base, const std::string& warning) {
  if (!base.others.empty())
    changes.diagnostics.push_back(
        {Severity::warning,
         "patch-merge-bases",
         fmt::format(
             "HEAD and {} have {} merge bases ({}, and {}); the first is compared with, as `git diff {}...HEAD` does",
             changes.base, base.others.size() + 1, base.commit, rh::join(base.others, ", "), changes.base),
         {},
         {}});
  if (warning.find("rename detection was skipped") != std::string::npos)
    changes.diagnostics.push_back({Severity::warning,
                                   "patch-renames",
                                   "so many files were added and deleted that git looked for renames by equal content "
                                   "only; a file that was moved and edited counts as new",
                                   {},
                                   {}});
}

}  // namespace

Result<ChangedFiles> changed_files(const adapters::Host& host, const std::filesystem::path& root,
                                   const std::string& base, const ChangeOptions& options) {
  RH_TRY(Git git, Git::open(host, root));
  RH_TRY(const RepositoryFacts facts, repository_facts(git));
  if (options.include_dirty && facts.bare)
    return fail(ErrorKind::usage, "compare the work tree: the repository is bare, it has none", root.string());
  ChangedFiles changes;
  changes.base = base;
  changes.head = facts.head;
  changes.dirty = options.include_dirty;
  if (base == kAutoBase) {
    RH_TRY(const BaseGuess guess, guess_base(host.environment(), git, facts));
    changes.base = guess.base;
    changes.base_reason = guess.why;
  }
  RH_TRY(const std::string commit, base_commit(git, facts, changes.base));
  RH_TRY(const MergeBase parted, merge_base(git, facts, changes.base, commit));
  changes.merge_base = parted.commit;
  if (!facts.bare) RH_CHECK(git.distrust_filters());

  const DiffQuestion question{changes.merge_base, changes.dirty ? std::string() : changes.head, {}};
  RH_TRY(DiffAnswer diff, run_diffs(git, question, facts.prefix, std::min(usable_cores(), kMaxGits)));
  RH_CHECK(read_hidden_texts(git, question, facts.prefix, changes, diff.records));
  take_records(changes, std::move(diff.records), facts.prefix);
  RH_CHECK(read_copies(git, root, changes));
  if (changes.dirty)
    RH_CHECK(add_untracked(git, root, changes));
  else if (!facts.bare)
    RH_CHECK(mark_uncommitted(git, facts.prefix, changes));
  note_others(changes, parted, diff.warnings);
  sort_files(changes);
  return changes;
}

}  // namespace rh::engine
