#include "runner/engine/affected/snapshot.h"

#include <sys/stat.h>

#include <fmt/format.h>

#include "runner/base/file.h"
#include "runner/base/text.h"
#include "runner/engine/affected/blob_id.h"
#include "runner/engine/patch/git.h"
#include "runner/engine/patch/merge_base.h"

namespace rh::engine {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kHexDigits = 40;

std::string id_of_file(const fs::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return {};
  if (S_ISLNK(status.st_mode)) {
    std::error_code ignored;
    return blob_id(fs::read_symlink(path, ignored).string());
  }
  if (!S_ISREG(status.st_mode)) return {};
  if (static_cast<std::uint64_t>(status.st_size) <= kMaxHashedBytes)
    if (const auto text = read_file(path, kMaxHashedBytes)) return blob_id(*text);
  return fmt::format("{} bytes at {}.{:09}", status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

std::vector<std::string_view> null_ended(std::string_view text) {
  std::vector<std::string_view> parts = split(text, '\0');
  if (!parts.empty() && parts.back().empty()) parts.pop_back();
  return parts;
}

// "100644 <id> 0\tpath"; of a conflict the last stage is kept, and the work tree's file counts anyway.
void read_index(std::string_view output, const std::function<bool(const std::string&)>& include, Snapshot& snapshot) {
  for (const std::string_view entry : null_ended(output)) {
    const std::size_t tab = entry.find('\t');
    const std::size_t space = entry.find(' ');
    if (tab == std::string_view::npos || space == std::string_view::npos) continue;
    std::string path(entry.substr(tab + 1));
    if (!include(path)) continue;
    snapshot.files[path] = std::string(entry.substr(space + 1, kHexDigits));
    snapshot.tracked.insert(std::move(path));
  }
}

bool ask_git(const adapters::Host& host, const model::Repository& repository,
             const std::function<bool(const std::string&)>& include, Snapshot& snapshot) {
  auto git = Git::open(host, repository.root);
  if (!git || !git->distrust_filters()) return false;
  const auto index = git->run({"ls-files", "-s", "-z"});
  if (!index || index->exit_code != 0) return false;
  const auto others = git->run({"ls-files", "-z", "--modified", "--deleted", "--others", "--exclude-standard"});
  if (!others || others->exit_code != 0) return false;
  read_index(index->output, include, snapshot);
  for (const std::string_view each : null_ended(others->output)) {
    std::string path(each);
    if (!include(path)) continue;
    const std::string id = id_of_file(repository.root / path);
    if (id.empty())
      snapshot.files.erase(path);
    else
      snapshot.files[path] = id;
  }
  const auto head = git->run({"rev-parse", "--verify", "--quiet", "HEAD^{commit}"});
  if (head && head->exit_code == 0) snapshot.commit = trim(head->output);
  return true;
}

}  // namespace

Snapshot take_snapshot(const adapters::Host& host, const model::Repository& repository,
                       const std::function<bool(const std::string&)>& include) {
  Snapshot snapshot;
  if (ask_git(host, repository, include, snapshot)) return snapshot;
  snapshot = {};
  for (const auto& [folder, files] : repository.folders) {
    for (const std::string& file : files) {
      const std::string path = model::join_relative(folder, file);
      if (!include(path)) continue;
      if (std::string id = id_of_file(repository.root / path); !id.empty()) snapshot.files[path] = std::move(id);
    }
  }
  return snapshot;
}

void add_files(Snapshot& snapshot, const fs::path& root, const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    if (snapshot.files.contains(path)) continue;
    if (std::string id = id_of_file(root / path); !id.empty()) snapshot.files[path] = std::move(id);
  }
}

Result<BaseSnapshot> base_snapshot(const adapters::Host& host, const fs::path& root, const std::string& ref) {
  RH_TRY(const Git git, Git::open(host, root));
  RH_TRY(const RepositoryFacts facts, repository_facts(git));
  RH_TRY(const std::string commit, base_commit(git, facts, ref));
  RH_TRY(const MergeBase parted, merge_base(git, facts, ref, commit));
  BaseSnapshot base;
  base.commit = parted.commit;
  RH_TRY(const GitAnswer tree, git.run({"ls-tree", "-r", "-z", base.commit}));
  if (tree.exit_code != 0) return git_failure(tree, "list the files of the merge base", root);
  for (const std::string_view entry : null_ended(tree.output)) {  // "100644 blob <id>\tpath"
    const std::size_t tab = entry.find('\t');
    if (tab == std::string_view::npos || tab < kHexDigits) continue;
    base.files[std::string(entry.substr(tab + 1))] = std::string(entry.substr(tab - kHexDigits, kHexDigits));
  }
  return base;
}

std::map<std::string, std::string> stored_texts(const adapters::Host& host, const fs::path& root,
                                                const std::set<std::string>& ids) {
  std::map<std::string, std::string> texts;
  std::string input;
  for (const std::string& id : ids)
    if (id.size() == kHexDigits) input += id + '\n';
  if (input.empty()) return texts;
  const auto git = Git::open(host, root);
  if (!git) return texts;
  const auto answer = git->run({"cat-file", "--batch"}, input);
  if (!answer || answer->exit_code != 0) return texts;
  // "<id> blob <size>\n<bytes>\n", or "<id> missing\n".
  const std::string_view output = answer->output;
  for (std::size_t at = 0; at < output.size();) {
    const std::size_t end = output.find('\n', at);
    if (end == std::string_view::npos) break;
    const std::vector<std::string_view> head = split(output.substr(at, end - at), ' ');
    at = end + 1;
    if (head.size() != 3) continue;
    const auto size = parse_u64(head[2]);
    if (!size || *size > output.size() - at) break;
    texts[std::string(head[0])] = std::string(output.substr(at, *size));
    at += *size + 1;
  }
  return texts;
}

bool is_left_behind(std::string_view path) {
  for (const std::string_view part : split(path, '/')) {
    if (is_one_of(part, {".runharness", ".git",        ".hg",       "node_modules", "__pycache__",   ".pytest_cache",
                         ".mypy_cache", ".ruff_cache", ".tox",      ".nox",         ".venv",         "venv",
                         ".hypothesis", ".nyc_output", ".coverage", ".eggs",        "site-packages", ".DS_Store",
                         ".idea",       ".vscode",     "target"}))
      return true;
    if (part.ends_with(".egg-info") || part.ends_with(".pyc") || part.ends_with(".profraw") || part.ends_with("~") ||
        part.starts_with(".coverage."))
      return true;
  }
  return false;
}

}  // namespace rh::engine
