#include "runner/app/artifacts.h"

#include <algorithm>
#include <iterator>

#include "runner/base/file.h"
#include "sandbox/collect_files.h"

namespace rh::app {
namespace {

namespace fs = std::filesystem;
using model::CollectedFile;
using model::CollectState;
using Files = std::vector<CollectedFile>;

bool is_found(const CollectedFile& file) { return file.state != CollectState::missing; }

// Whether the command's own version of it counts.
bool is_changed(const std::string& path, const sandbox::FileChanges& changes) {
  return std::any_of(changes.list().begin(), changes.list().end(), [&](const model::FileChange& change) {
    if (change.kind == model::FileChangeKind::changed || change.kind == model::FileChangeKind::added)
      return change.path == path;
    return is_below(path, change.path);
  });
}

// What one pattern finds in the workspace and the command left as it was; of what is no regular file
// only the row.
Result<Files> collect_unchanged(const fs::path& workspace, const sandbox::FileChanges& changes,
                                const std::string& pattern, const fs::path& destination) {
  RH_TRY(const Files all, sandbox::collect_files(workspace, {pattern}, {}, std::nullopt));
  Files files;
  std::vector<std::string> wanted;
  for (const CollectedFile& file : all) {
    if (!is_found(file) || is_changed(file.path, changes)) continue;
    if (file.state == CollectState::collected)
      wanted.push_back(file.path);
    else
      files.push_back(file);
  }
  if (wanted.empty()) return files;
  RH_TRY(const Files copied, sandbox::collect_files(workspace, wanted, {}, destination));
  files.insert(files.end(), copied.begin(), copied.end());
  return files;
}

}  // namespace

Result<Files> collect_artifacts(const fs::path& workspace, sandbox::FileChanges* changes,
                                const std::vector<std::string>& patterns, const fs::path& destination) {
  if (changes == nullptr) return sandbox::collect_files(workspace, patterns, {}, destination);
  RH_TRY(const auto layer, TempDir::make("runharness-changes-"));
  RH_CHECK(changes->copy_to(layer.path()));
  Files files;
  for (const std::string& pattern : patterns) {
    RH_TRY(const Files unchanged, collect_unchanged(workspace, *changes, pattern, destination));
    RH_TRY(const Files fresh, sandbox::collect_files(layer.path(), {pattern}, {}, destination));
    files.insert(files.end(), unchanged.begin(), unchanged.end());
    // That nothing was changed there is no news where something was found as it was.
    std::copy_if(fresh.begin(), fresh.end(), std::back_inserter(files),
                 [&](const CollectedFile& file) { return is_found(file) || unchanged.empty(); });
  }
  std::stable_sort(files.begin(), files.end(),
                   [](const CollectedFile& a, const CollectedFile& b) { return a.path < b.path; });
  const auto same = [](const CollectedFile& a, const CollectedFile& b) { return a.path == b.path; };
  files.erase(std::unique(files.begin(), files.end(), same), files.end());
  return files;
}

}  // namespace rh::app
