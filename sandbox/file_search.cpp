// Folders wait in a list by their path and are opened from the top: no recursion, no descriptor held,
// and a folder that became a link meanwhile is not entered.
#include "sandbox/file_search.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include <fmt/core.h>

#include "runner/base/text.h"

namespace rh::sandbox {
namespace {

using model::CollectedFile;
using model::CollectState;

constexpr std::size_t kMaxVisited = 2'000'000;  // entries of folders, for all patterns together
constexpr std::size_t kMaxLevels = 128;

std::size_t levels_of(std::string_view path) {
  return path.empty() ? 0 : static_cast<std::size_t>(std::count(path.begin(), path.end(), '/')) + 1;
}

bool has_wildcard(std::string_view text) { return text.find_first_of("*?") != std::string_view::npos; }

// "./a//b/" -> "a/b"; ".." stays and is refused later.
std::string plain(std::string_view path) {
  std::string text(path.starts_with('/') ? "/" : "");
  for (const std::string_view part : split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (!text.empty() && text != "/") text += '/';
    text += part;
  }
  return text;
}

// The folders of a pattern before its first wildcard: "dist/x*/y" -> "dist".
std::string fixed_part(const std::string& pattern) {
  const std::size_t wildcard = pattern.find_first_of("*?");
  const std::size_t slash = pattern.rfind('/', wildcard);
  return slash == std::string::npos ? std::string() : pattern.substr(0, slash);
}

class Search {
 public:
  Search(const Beneath& folder, std::size_t most) : folder_(folder), most_(most) {}

  void find(const std::string& wanted) {
    const std::string name = plain(wanted);
    const auto seen = folder_.look_at(name);
    struct stat info {};
    const bool is_folder = seen && ::fstat(seen->get(), &info) == 0 && S_ISDIR(info.st_mode);
    const std::size_t before = matches_;
    if (is_folder)
      search(name, {});
    else if (!seen && has_wildcard(name))
      search(fixed_part(name), name);
    else
      add(name);
    if (matches_ == before)
      result_.unfounded.push_back(
          {wanted, CollectState::missing, 0, 0, is_folder ? "the folder has no files" : "no file matches"});
  }

  FoundFiles take() {
    if (dropped_)
      note(*result_.paths.rbegin(), CollectState::too_large,
           fmt::format("more files follow this one: at most {} are collected", most_));
    return std::move(result_);
  }

 private:
  struct Scope {
    std::string pattern;      // empty: everything matches
    std::size_t deepest = 0;  // level of the files that may match
    bool any_depth = false;
  };

  void search(const std::string& start, const std::string& pattern) {
    Scope scope{pattern, levels_of(pattern), pattern.empty() || pattern.find("**") != std::string::npos};
    if (scope.any_depth) scope.deepest = levels_of(start) + kMaxLevels;
    std::vector<std::string> waiting{start};
    while (!waiting.empty() && visited_ <= kMaxVisited) {
      const std::string path = std::move(waiting.back());
      waiting.pop_back();
      list(path, scope, waiting);
    }
  }

  void list(const std::string& path, const Scope& scope, std::vector<std::string>& waiting) {
    auto fd = folder_.open_folder(path);
    if (!fd) {
      // A pattern's own folder that is not there simply holds no match.
      if (fd.error().sys_errno != ENOENT && fd.error().sys_errno != ENOTDIR)
        note(path, fd.error().sys_errno == ELOOP ? CollectState::symlink : CollectState::unreadable,
             fd.error().message());
      return;
    }
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(fd->get()), ::closedir);
    if (!stream) return note(path, CollectState::unreadable, fail_errno("list", path).error.message());
    [[maybe_unused]] const int given = fd->release();
    while (const dirent* entry = ::readdir(stream.get())) {
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      if (++visited_ > kMaxVisited)
        return note(path, CollectState::unreadable,
                    fmt::format("the search ended here: it saw {} entries, which is its limit", kMaxVisited));
      std::string inner = path.empty() ? std::string(name) : path + "/" + std::string(name);
      if (is_folder(::dirfd(stream.get()), *entry)) {
        enter(std::move(inner), scope, waiting);
      } else if (scope.pattern.empty() || glob_match(scope.pattern, inner)) {
        add(std::move(inner));
      }
    }
  }

  void enter(std::string path, const Scope& scope, std::vector<std::string>& waiting) {
    if (levels_of(path) < scope.deepest)
      waiting.push_back(std::move(path));
    else if (scope.any_depth)
      note(path, CollectState::unreadable, fmt::format("more than {} levels deep: not searched", kMaxLevels));
  }

  static bool is_folder(int folder, const dirent& entry) {
    if (entry.d_type != DT_UNKNOWN) return entry.d_type == DT_DIR;
    struct stat info {};
    return ::fstatat(folder, entry.d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(info.st_mode);
  }

  void add(std::string path) {
    ++matches_;
    if (!result_.paths.insert(std::move(path)).second || result_.paths.size() <= most_) return;
    dropped_ = true;
    result_.paths.erase(std::prev(result_.paths.end()));
  }

  void note(const std::string& path, CollectState state, std::string detail) {
    ++matches_;
    result_.unfounded.push_back({path.empty() ? "." : path, state, 0, 0, std::move(detail)});
  }

  const Beneath& folder_;
  std::size_t most_;
  FoundFiles result_;
  std::size_t visited_ = 0, matches_ = 0;
  bool dropped_ = false;
};

}  // namespace

FoundFiles find_files(const Beneath& folder, const std::vector<std::string>& patterns, std::size_t most) {
  Search search(folder, most);
  for (const std::string& pattern : patterns) search.find(pattern);
  return search.take();
}

}  // namespace rh::sandbox
