// Makes the paths of coverage data repository-relative. Tools write them relative to where they ran,
// absolute in another container, or as import paths; a path that could mean two files is never
// guessed.
#include <algorithm>
#include <map>
#include <set>
#include <system_error>

#include "collectors/coverage/file_builder.h"
#include "collectors/coverage/merge.h"
#include "runner/base/text.h"

namespace rh::collectors {
namespace {

namespace fs = std::filesystem;

// Code that was installed and not written here: its file names say nothing about the repository's.
constexpr std::string_view kInstalledFolders[] = {"node_modules", "site-packages", "dist-packages", ".cargo", "rustc"};

bool is_absolute(std::string_view path) {
  const bool drive = path.size() > 2 && path[1] == ':' && path[2] == '/';
  return path.starts_with('/') || drive;
}

// "a/./b/../c" becomes "a/c"; leading ".." stay.
std::string normalized(std::string_view path) {
  std::string text = fs::path(path).lexically_normal().generic_string();
  if (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

// `suffix` equals `path` or is a tail of it that starts at a '/'.
bool has_path_suffix(std::string_view path, std::string_view suffix) {
  if (!path.ends_with(suffix)) return false;
  return path.size() == suffix.size() || path[path.size() - suffix.size() - 1] == '/';
}

bool is_installed(std::string_view path) {
  const std::vector<std::string_view> parts = split(path, '/');
  return std::find_first_of(parts.begin(), parts.end(), std::begin(kInstalledFolders), std::end(kInstalledFolders)) !=
         parts.end();
}

enum class Fate { found, unresolved, outside };

struct Resolution {
  Fate fate = Fate::unresolved;
  std::string path;  // repository-relative when found
};

class PathResolver {
 public:
  explicit PathResolver(const PathMapping& mapping)
      : mapping_(mapping), known_(mapping.repository_files.begin(), mapping.repository_files.end()) {
    std::error_code ignored;
    roots_.push_back(normalized(mapping.repository_root.generic_string()));
    const fs::path real = fs::weakly_canonical(mapping.repository_root, ignored);
    if (!real.empty() && normalized(real.generic_string()) != roots_[0])
      roots_.push_back(normalized(real.generic_string()));
    for (const std::string& file : mapping.repository_files) by_name_[file.substr(file.rfind('/') + 1)].push_back(file);
  }

  [[nodiscard]] Resolution resolve(std::string_view written) const {
    const std::string path = normalized(source_path(written));
    if (path.empty() || path == ".") return {};
    if (const auto mapped = by_prefix(path)) {
      const auto relative = below_root(*mapped);
      return relative ? Resolution{Fate::found, *relative} : Resolution{};
    }
    if (!is_absolute(path)) {
      if (const auto based = by_base(path)) return {Fate::found, *based};
      return by_suffix(path);
    }
    if (const auto relative = below_root(path)) return {Fate::found, *relative};
    return by_suffix(path);
  }

 private:
  // The longest matching prefix decides, at a '/' boundary.
  [[nodiscard]] std::optional<std::string> by_prefix(const std::string& path) const {
    std::size_t longest = 0;
    std::optional<std::string> mapped;
    for (const auto& [written_prefix, folder] : mapping_.prefixes) {
      const std::string prefix = normalized(source_path(written_prefix));
      if (prefix.empty() || prefix.size() < longest || !path.starts_with(prefix)) continue;
      const bool whole = path.size() == prefix.size() || prefix == "/" || path[prefix.size()] == '/';
      if (!whole) continue;
      longest = prefix.size();
      const std::size_t rest = std::min(path.size(), prefix == "/" ? 1 : prefix.size() + 1);
      mapped = normalized((absolute(folder) / path.substr(rest)).generic_string());
    }
    return mapped;
  }

  [[nodiscard]] fs::path absolute(const fs::path& folder) const {
    return folder.is_absolute() ? folder : mapping_.repository_root / folder;
  }

  [[nodiscard]] std::optional<std::string> below_root(const std::string& path) const {
    for (const std::string& root : roots_) {
      const std::string folder = root.ends_with('/') ? root : root + "/";
      if (path.size() > folder.size() && path.starts_with(folder)) return path.substr(folder.size());
    }
    return std::nullopt;
  }

  // Accepted when the repository has the file, or generated files on disk, or its list is not known.
  [[nodiscard]] std::optional<std::string> by_base(const std::string& path) const {
    const fs::path full = absolute(mapping_.base) / path;
    const auto relative = below_root(normalized(full.generic_string()));
    if (!relative) return std::nullopt;
    std::error_code ignored;
    const bool there = known_.empty() || known_.contains(*relative) || fs::is_regular_file(full, ignored);
    return there ? relative : std::nullopt;
  }

  // The only file of the repository whose path ends like this one, or that this one ends with.
  [[nodiscard]] Resolution by_suffix(const std::string& path) const {
    const bool foreign = is_absolute(path);
    const Resolution none{foreign ? Fate::outside : Fate::unresolved, {}};
    std::string_view tail = path;
    while (tail.starts_with("../")) tail.remove_prefix(3);
    const bool climbs = tail.size() != path.size();  // its head is no folder of the repository
    const auto candidates = by_name_.find(std::string(tail.substr(tail.rfind('/') + 1)));
    if (candidates == by_name_.end()) return none;
    const bool installed = is_installed(tail) || path.starts_with("/usr/lib/") || path.starts_with("/usr/include/");
    const std::string* only = nullptr;
    for (const std::string& file : candidates->second) {
      const bool matches =
          has_path_suffix(file, tail) || (!climbs && has_path_suffix(tail, file) && (!installed || is_installed(file)));
      if (!matches) continue;
      if (only != nullptr) return {};  // ambiguous, also for an absolute path: a person should know
      only = &file;
    }
    return only == nullptr ? none : Resolution{Fate::found, *only};
  }

  const PathMapping& mapping_;
  std::set<std::string> known_;
  std::vector<std::string> roots_;  // as given, and with its links resolved
  std::map<std::string, std::vector<std::string>> by_name_;
};

}  // namespace

model::CoverageReport resolve_paths(std::vector<model::CoverageFile> files, const PathMapping& mapping) {
  const PathResolver resolver(mapping);
  model::CoverageReport report;
  std::set<std::string> unresolved;
  for (model::CoverageFile& file : files) {
    const Resolution resolution = resolver.resolve(file.path);
    const bool found = resolution.fate == Fate::found;
    if (resolution.fate == Fate::unresolved) unresolved.insert(source_path(file.path));
    if (!found && !mapping.keep_unresolved) continue;
    file.path = found ? resolution.path : source_path(file.path);
    const bool excluded = std::any_of(mapping.exclude_globs.begin(), mapping.exclude_globs.end(),
                                      [&](const std::string& glob) { return glob_match(glob, file.path); });
    if (excluded) continue;
    report.files.push_back(std::move(file));
  }
  report.files = gather_files(std::move(report.files));
  report.totals = totals_of(report.files);
  report.unresolved.assign(unresolved.begin(), unresolved.end());
  return report;
}

}  // namespace rh::collectors
