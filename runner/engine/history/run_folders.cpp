#include "runner/engine/history/run_folders.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <vector>

#include <fmt/core.h>

#include "runner/base/clock.h"
#include "runner/base/file.h"
#include "runner/base/remove_tree.h"
#include "runner/base/unique_fd.h"

namespace rh::engine {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::minutes kJustBegun{1};  // a run makes its folder a moment before it locks its log
constexpr std::size_t kMaxFolders = 1'000'000;

struct RunFolder {
  fs::path path;
  std::chrono::system_clock::time_point started;
};

// The time within a UUID version 7; nullopt for what is none.
std::optional<std::chrono::system_clock::time_point> time_of_id(const std::string& name) {
  if (name.size() != 36 || name[8] != '-' || name[14] != '7') return std::nullopt;
  std::uint64_t milliseconds = 0;
  for (const char c : name.substr(0, 8) + name.substr(9, 4)) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit && (c < 'a' || c > 'f')) return std::nullopt;
    milliseconds = milliseconds * 16 + static_cast<std::uint64_t>(digit ? c - '0' : c - 'a' + 10);
  }
  return std::chrono::system_clock::time_point(std::chrono::milliseconds(milliseconds));
}

Result<std::vector<RunFolder>> run_folders(const fs::path& runs) {
  std::vector<RunFolder> folders;
  std::error_code code;
  fs::directory_iterator entries(runs, code);
  if (code == std::errc::no_such_file_or_directory) return folders;
  if (code) return fail_errno("list the run directories", runs.string(), code.value());
  for (; entries != fs::directory_iterator() && folders.size() < kMaxFolders; entries.increment(code)) {
    if (code) return fail_errno("list the run directories", runs.string(), code.value());
    std::error_code ignored;
    if (!fs::is_directory(entries->symlink_status(ignored))) continue;
    if (const auto started = time_of_id(entries->path().filename().string()))
      folders.push_back({entries->path(), *started});
  }
  std::sort(folders.begin(), folders.end(), [](const auto& a, const auto& b) { return a.path > b.path; });
  return folders;
}

std::uint64_t disk_bytes(const fs::path& folder) {
  std::uint64_t bytes = 0;
  std::error_code code;
  const auto options = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator entries(folder, options, code), end; !code && entries != end;
       entries.increment(code)) {
    std::error_code gone;
    if (entries->is_regular_file(gone) && !entries->is_symlink(gone)) {
      const std::uintmax_t size = entries->file_size(gone);
      if (!gone) bytes += size;
    }
  }
  return bytes;
}

// Held while the folder is removed, so that no new run takes it over in between.
Result<UniqueFd> lock_log(const fs::path& folder) {
  UniqueFd log(::open((folder / "events.jsonl").c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!log) {
    if (errno == ENOENT) return log;  // killed before it wrote anything
    return fail_errno("open the event log", (folder / "events.jsonl").string());
  }
  if (::flock(log.get(), LOCK_EX | LOCK_NB) != 0)
    return fail(ErrorKind::usage, "remove it: the run is still going", folder.string());
  return log;
}

}  // namespace

Result<void> prune_run_folders(const fs::path& runs, const HistoryLimits& limits, bool dry_run, model::Pruned& pruned) {
  RH_TRY(const std::vector<RunFolder> folders, run_folders(runs));
  const auto now = wall_now();
  for (std::size_t i = 1; i < folders.size(); ++i) {
    const RunFolder& folder = folders[i];
    const bool too_many = i >= std::max<std::uint64_t>(1, limits.runs);
    const bool too_old = limits.age && now - folder.started > *limits.age;
    if (!too_many && !too_old) continue;
    if (now - folder.started < kJustBegun) {
      pruned.kept_folders.push_back(folder.path.filename().string() + ": it began within the last minute");
      continue;
    }
    const auto lock = lock_log(folder.path);
    if (!lock) {
      pruned.kept_folders.push_back(fmt::format("{}: {}", folder.path.filename().string(), lock.error().what));
      continue;
    }
    const std::uint64_t bytes = disk_bytes(folder.path);
    if (!dry_run)
      if (auto removed = remove_tree(folder.path); !removed) {
        pruned.kept_folders.push_back(
            fmt::format("{}: {}", folder.path.filename().string(), removed.error().message()));
        continue;
      }
    ++pruned.folders;
    pruned.folder_bytes += bytes;
  }
  return {};
}

}  // namespace rh::engine
