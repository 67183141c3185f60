// What a change does to the lines of a repository, as git itself tells it, and how much of it is covered.
// changed_files() asks git; join_patch() is a pure function; patch_coverage() is both, with a look at whether the
// coverage data is of the text that the change made. docs/patch-coverage.md says what counts and why.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "runner/adapters/adapter.h"
#include "runner/base/result.h"
#include "runner/model/coverage.h"
#include "runner/model/diagnostic.h"
#include "runner/model/line_range.h"
#include "runner/model/patch.h"

namespace rh::engine {

// One hunk of `git diff -U0`: lines [old_start, old_start + old_count) became [new_start, new_start + new_count).
// As in git's output, the start of an empty side is the line before it (0 at the top of the file).
struct Hunk {
  std::uint32_t old_start = 0, old_count = 0, new_start = 0, new_count = 0;
  bool operator==(const Hunk&) const = default;
};

struct ChangedFile {
  std::string path;      // as seen from the root given to changed_files(); of a deleted file: the old one
  std::string old_path;  // of a renamed or copied file; "../x" when it lies outside of that root
  model::PatchFileKind kind = model::PatchFileKind::modified;
  std::vector<Hunk> hunks;              // sorted; of a copy: against its source
  std::vector<model::LineRange> added;  // lines of the new side that the change made; of a copy: all lines
  std::vector<model::LineRange> idle;   // those of `added` that hold no code: blank, or a comment and nothing else
  std::string old_blob, new_blob;       // git blob ids; empty: there is no such side, or it is not stored in git yet
  bool regular = true;                  // false: a symbolic link or a submodule, which have no lines
  std::string mismatch;                 // why coverage of this path is of another text, when it is; see check_texts()
  bool uncommitted = false;             // HEAD is compared, and the work tree's file differs from it
};

struct ChangedFiles {
  std::string base;                            // as the caller named it, or what was chosen for "auto"
  std::string base_reason;                     // why, when it was chosen
  std::string merge_base;                      // full hash
  std::string head;                            // full hash
  bool dirty = false;                          // the new side is the work tree, not HEAD
  std::vector<ChangedFile> files;              // sorted by path
  std::uint64_t outside = 0;                   // changed files that are not below the root
  std::vector<model::Diagnostic> diagnostics;  // several merge bases, rename detection given up, ...
};

struct ChangeOptions {
  // The new side is the work tree: staged, unstaged and untracked (not ignored) changes count as well.
  bool include_dirty = false;
};

// The base that stands for a guess from the variables of the CI system, see runner/engine/ci_base.h.
constexpr std::string_view kAutoBase = "auto";

// The change from the merge base of `base` and HEAD to HEAD or the work tree. `root` is a work tree or any folder
// in it (changes outside of that folder are counted only), or a bare repository. Nothing is written, no hook, filter
// or driver that the repository's own configuration names is run, nothing is fetched. Errors say what to do:
// git missing, not a repository, owned by somebody else, no such base, shallow or partial clone, no common ancestor.
[[nodiscard]] Result<ChangedFiles> changed_files(const adapters::Host& host, const std::filesystem::path& root,
                                                 const std::string& base, const ChangeOptions& options = {});

// Holds the texts that coverage says it measured (CoverageFile::source_hash) against those of the change, and fills
// `mismatch` where they differ by more than line endings. Coverage that does not say what it measured is taken as it
// is, with a warning when the work tree's file is not the one that is compared.
[[nodiscard]] Result<void> check_texts(const adapters::Host& host, const std::filesystem::path& root,
                                       ChangedFiles& changes, const model::CoverageReport& head);

struct JoinOptions {
  std::vector<std::string> exclude_globs;  // files of which no coverage is expected, besides tests and generated code
};

// Pure. `base` is coverage of the merge base (null: not known, then there are no categories).
[[nodiscard]] model::PatchReport join_patch(const ChangedFiles& changes, const model::CoverageReport& head,
                                            const model::CoverageReport* base, const JoinOptions& options = {});

// The change adds code to this file, it is a kind of file that coverage is expected of, and there is none: no report
// names it, or the data is of another text. `note` says which.
[[nodiscard]] bool missing_from_reports(const model::PatchFile& file);

struct PatchRequest {
  std::filesystem::path root;
  std::string base;
  ChangeOptions changes;
  JoinOptions join;
};

struct PatchOutcome {
  model::PatchReport report;
  std::vector<model::Diagnostic> diagnostics;
};

// changed_files() and join_patch(). Coverage of another text than the change's is never joined: the file's lines are
// then no_data, its note and a diagnostic say why.
[[nodiscard]] Result<PatchOutcome> patch_coverage(const adapters::Host& host, const PatchRequest& request,
                                                  const model::CoverageReport& head, const model::CoverageReport* base);

}  // namespace rh::engine
