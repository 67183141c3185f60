#include "runner/engine/patch/diff_run.h"

#include <algorithm>
#include <future>
#include <unordered_map>

namespace rh::engine {
namespace {

constexpr std::size_t kFilesOfOneGit = 256;          // fewer are not worth another process
constexpr std::size_t kMaxArgumentBytes = 1U << 20;  // half of what Linux takes as arguments

// Plumbing, so that the user's configuration of looks does not apply. What is a changed line is git's own plain answer:
// a changed line ending is a change.
std::vector<std::string> diff_command(const DiffQuestion& question, bool patch) {
  std::vector<std::string> command{question.head.empty() ? "diff-index" : "diff-tree"};
  if (!question.head.empty()) command.emplace_back("-r");
  for (const char* option :
       {"--raw", "--no-abbrev", "--full-index", "--no-color", "--no-ext-diff", "--no-textconv", "--no-relative",
        "--submodule=short", "--ignore-submodules=dirty", "--inter-hunk-context=0", "--diff-algorithm=default",
        "--indent-heuristic", "--src-prefix=a/", "--dst-prefix=b/"})
    command.emplace_back(option);
  if (patch) command.insert(command.end(), {"-p", "-U0"});
  if (question.renames)
    command.insert(command.end(), {"-M", "-C", "--no-rename-empty"});
  else
    command.emplace_back("--no-renames");
  if (question.as_text) command.emplace_back("--text");
  command.push_back(question.merge_base);
  if (!question.head.empty()) command.push_back(question.head);
  command.emplace_back("--");
  command.insert(command.end(), question.paths.begin(), question.paths.end());
  return command;
}

Result<DiffAnswer> run_one(const Git& git, const DiffQuestion& question, bool patch) {
  DiffReader reader;
  RH_TRY(GitAnswer answer,
         git.stream(diff_command(question, patch), [&](std::string_view piece) { return reader.feed(piece); }));
  if (answer.exit_code != 0) return git_failure(answer, "compare with the base", git.folder());
  DiffAnswer diff;
  diff.warnings = std::move(answer.problem);
  RH_TRY(diff.records, reader.finish());
  return diff;
}

// Who compares what: files that were edited in place stand for themselves, all others go to one git that looks for
// renames and copies, with the files that they may come from.
class Shares {
 public:
  Shares(const std::vector<DiffRecord>& records, const DiffQuestion& question, const std::string& prefix,
         unsigned workers) {
    std::vector<std::string> edited;
    DiffQuestion moved = question;
    for (const DiffRecord& record : records) {
      bytes_ += record.path.size() + record.old_path.size();
      if (record.status == 'M') {
        edited.push_back(seen_from(prefix, record.path));
        continue;
      }
      moved.paths.push_back(seen_from(prefix, record.path));
      if (!record.old_path.empty()) moved.paths.push_back(seen_from(prefix, record.old_path));
    }
    const std::size_t count = std::min<std::size_t>(workers, edited.size() / kFilesOfOneGit);
    if (count < 2) return;
    if (!moved.paths.empty()) questions_.push_back(std::move(moved));
    for (std::size_t i = 0; i < count; ++i) {
      DiffQuestion part = question;
      part.renames = false;
      part.paths.assign(edited.begin() + static_cast<std::ptrdiff_t>(edited.size() * i / count),
                        edited.begin() + static_cast<std::ptrdiff_t>(edited.size() * (i + 1) / count));
      questions_.push_back(std::move(part));
    }
  }

  // Nothing to gain, or more names than a command line takes.
  [[nodiscard]] bool worth_it() const { return questions_.size() > 1 && bytes_ < kMaxArgumentBytes; }
  [[nodiscard]] const std::vector<DiffQuestion>& questions() const { return questions_; }

 private:
  std::vector<DiffQuestion> questions_;
  std::size_t bytes_ = 0;
};

// The parts under the records that the whole has; false when a part disagrees with it.
bool put_together(std::vector<DiffRecord>& whole, std::vector<DiffAnswer> parts) {
  std::unordered_map<std::string, DiffRecord*> by_path;
  for (DiffAnswer& part : parts)
    for (DiffRecord& record : part.records) by_path.insert_or_assign(record.path, &record);
  for (DiffRecord& record : whole) {
    const auto found = by_path.find(record.path);
    if (found == by_path.end()) return false;
    DiffRecord& part = *found->second;
    if (part.status != record.status || part.old_path != record.old_path || part.old_blob != record.old_blob)
      return false;
    record = std::move(part);
  }
  return true;
}

}  // namespace

std::string seen_from(const std::string& prefix, const std::string& path) {
  if (path.empty() || path.starts_with(prefix)) return path.empty() ? path : path.substr(prefix.size());
  std::string up;
  for (const char c : prefix)
    if (c == '/') up += "../";
  return up + path;
}

Result<DiffAnswer> run_diff(const Git& git, const DiffQuestion& question) { return run_one(git, question, true); }

Result<DiffAnswer> run_diffs(const Git& git, const DiffQuestion& question, const std::string& prefix,
                             unsigned workers) {
  if (workers < 2) return run_diff(git, question);
  RH_TRY(DiffAnswer names, run_one(git, question, false));
  const Shares shares(names.records, question, prefix, workers);
  if (!shares.worth_it()) return run_diff(git, question);
  std::vector<std::future<Result<DiffAnswer>>> running;
  for (const DiffQuestion& part : shares.questions())
    running.push_back(std::async(std::launch::async, [&git, &part] { return run_diff(git, part); }));
  std::vector<Result<DiffAnswer>> ended;
  for (auto& part : running) ended.push_back(part.get());
  std::vector<DiffAnswer> parts;
  for (auto& part : ended) {
    if (!part) return Failure{part.error()};
    parts.push_back(*std::move(part));
  }
  // A work tree may change meanwhile, and renames may pair otherwise among fewer files: then one git answers for all.
  if (!put_together(names.records, std::move(parts))) return run_diff(git, question);
  return names;
}

}  // namespace rh::engine
