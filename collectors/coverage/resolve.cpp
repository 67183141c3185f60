// Makes the paths of coverage data repository-relative. Tools write them relative to where they ran,
// absolute in another container, or as import paths; a path that could mean two files is never
// guessed.
#include <algorithm>
#include <set>
#include <system_error>
#include <unordered_map>

#include "collectors/coverage/file_builder.h"
#include "collectors/coverage/merge.h"
#include "collectors/coverage/suffix_index.h"
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

bool is_installed(std::string_view path) {
  const std::vector<std::string_view> parts = split(path, '/');
  return std::find_first_of(parts.begin(), parts.end(), std::begin(kInstalledFolders), std::end(kInstalledFolders)) !=
         parts.end();
}

enum class Fate { found, unresolved, outside };

struct Resolution {
  Fate fate = Fate::unresolved;
  std::string path;  // repository-relative when found
  // Files that the path ends with, when there are several: "/app/src/a.js" ends with src/a.js and with a.js.
  std::vector<std::string> nested{};
};

// In the order in which a path may be understood: what the caller said, what is below the root, what the data's own
// roots lead to, modules, and a tail that only one file has.
class PathResolver {
 public:
  explicit PathResolver(const PathMapping& mapping)
      : mapping_(mapping),
        index_(mapping.repository_files),
        given_(normal_prefixes(mapping.given)),
        modules_(normal_prefixes(mapping.prefixes)) {
    std::error_code ignored;
    roots_.push_back(normalized(mapping.repository_root.generic_string()));
    const fs::path real = fs::weakly_canonical(mapping.repository_root, ignored);
    if (!real.empty() && normalized(real.generic_string()) != roots_[0])
      roots_.push_back(normalized(real.generic_string()));
  }

  [[nodiscard]] Resolution resolve(std::string_view written) {
    const std::string path = normalized(source_path(written));
    if (path.empty() || path == ".") return {};
    if (const auto given = by_prefix(given_, path)) {
      const auto relative = below_root(*given);
      return relative && is_there(*relative) ? Resolution{Fate::found, *relative} : Resolution{};
    }
    const auto module = in_module(path);
    if (is_absolute(path)) {
      if (const auto relative = below_root(path)) return {Fate::found, *relative};
    } else if (const auto based = below_root(normalized((absolute(mapping_.base) / path).generic_string()));
               based && is_there(*based) && (!module || is_known(*based))) {
      return {Fate::found, *based};
    }
    if (module) return {Fate::found, *module};
    return by_suffix(path);
  }

  // Of several files that a path ends with, the one whose head another path of the data has for certain: with
  // "/app/src/b.js" found as src/b.js, "/app" is the root. Two heads of which both are known leave it open.
  [[nodiscard]] Resolution settle(std::string_view written, const Resolution& open) const {
    const std::string path = normalized(source_path(written));
    const std::string* only = nullptr;
    for (const std::string& file : open.nested) {
      if (!heads_.contains(path.substr(0, path.size() - file.size()))) continue;
      if (only != nullptr) return open;
      only = &file;
    }
    return only == nullptr ? open : Resolution{Fate::found, *only};
  }

 private:
  using Prefixes = std::unordered_map<std::string, fs::path>;

  static Prefixes normal_prefixes(const std::vector<std::pair<std::string, fs::path>>& written) {
    Prefixes prefixes;
    for (const auto& [prefix, folder] : written)
      if (std::string normal = normalized(source_path(prefix)); !normal.empty())
        prefixes.emplace(std::move(normal), folder);
    return prefixes;
  }

  // The longest matching prefix decides, at a '/' boundary.
  [[nodiscard]] std::optional<std::string> by_prefix(const Prefixes& prefixes, const std::string& path) const {
    if (prefixes.empty()) return std::nullopt;
    const auto mapped = [&](const fs::path& folder, std::size_t from) {
      return normalized((absolute(folder) / path.substr(std::min(path.size(), from))).generic_string());
    };
    for (std::size_t end = path.size(); end != std::string::npos && end > 0; end = path.rfind('/', end - 1))
      if (const auto found = prefixes.find(path.substr(0, end)); found != prefixes.end())
        return mapped(found->second, end + 1);
    const auto top = path.starts_with('/') ? prefixes.find("/") : prefixes.end();
    return top == prefixes.end() ? std::nullopt : std::optional(mapped(top->second, 1));
  }

  [[nodiscard]] std::optional<std::string> in_module(const std::string& path) const {
    const auto mapped = by_prefix(modules_, path);
    const auto relative = mapped ? below_root(*mapped) : std::nullopt;
    return relative && is_there(*relative) ? relative : std::nullopt;
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

  // The repository has the file, or it is generated and on disk.
  [[nodiscard]] bool is_known(const std::string& relative) const {
    std::error_code ignored;
    return index_.has(relative) || fs::is_regular_file(mapping_.repository_root / relative, ignored);
  }
  // The same, or the list of files is not known.
  [[nodiscard]] bool is_there(const std::string& relative) const {
    return mapping_.repository_files.empty() || is_known(relative);
  }

  // The only file of the repository whose path ends like this one, or that this one ends with.
  [[nodiscard]] Resolution by_suffix(const std::string& path) {
    const bool foreign = is_absolute(path);
    const Resolution none{foreign ? Fate::outside : Fate::unresolved, {}};
    std::string_view tail = path;
    while (tail.starts_with("../")) tail.remove_prefix(3);
    SuffixIndex::Matches matches = index_.find(tail);
    if (matches.several_longer) return {};  // ambiguous, also for an absolute path: a person should know
    if (tail.size() != path.size()) matches.shorter.clear();  // it climbs: its head is no folder of the repository
    if (is_installed(tail) || path.starts_with("/usr/lib/") || path.starts_with("/usr/include/"))
      std::erase_if(matches.shorter, [](std::string_view file) { return !is_installed(file); });
    if (matches.longer != nullptr)
      std::erase_if(matches.shorter, [&](std::string_view file) { return file == *matches.longer; });
    const std::size_t count = matches.shorter.size() + (matches.longer != nullptr ? 1 : 0);
    if (count == 0) return none;
    if (count > 1) {
      Resolution open;
      if (matches.longer == nullptr) open.nested.assign(matches.shorter.begin(), matches.shorter.end());
      return open;
    }
    if (matches.longer != nullptr) return {Fate::found, *matches.longer};
    const std::string_view file = matches.shorter.front();
    heads_.insert(path.substr(0, path.size() - file.size()));
    return {Fate::found, std::string(file)};
  }

  const PathMapping& mapping_;
  SuffixIndex index_;
  Prefixes given_, modules_;
  std::vector<std::string> roots_;  // as given, and with its links resolved
  std::set<std::string> heads_;     // what stood before paths that could only mean one file
};

}  // namespace

model::CoverageReport resolve_paths(std::vector<model::CoverageFile> files, const PathMapping& mapping) {
  PathResolver resolver(mapping);
  std::vector<Resolution> resolutions;
  resolutions.reserve(files.size());
  for (const model::CoverageFile& file : files) resolutions.push_back(resolver.resolve(file.path));
  model::CoverageReport report;
  std::set<std::string> unresolved;
  for (std::size_t i = 0; i < files.size(); ++i) {
    model::CoverageFile& file = files[i];
    const Resolution resolution = resolver.settle(file.path, resolutions[i]);
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
