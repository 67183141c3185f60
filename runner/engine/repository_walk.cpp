#include "runner/engine/repository_walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>

#include <fmt/core.h>

#include "runner/base/file.h"
#include "runner/base/text.h"
#include "runner/engine/gitignore.h"

namespace rh::engine {
namespace {

namespace fs = std::filesystem;

// Folders that hold dependencies, build products or other tools' state, never a suite of the
// repository itself. They are skipped even when no .gitignore names them.
bool is_never_entered(std::string_view name) {
  return is_one_of(name, {".git",          ".hg",          ".svn",
                          ".tox",          ".nox",         ".venv",
                          "venv",          "node_modules", "target",
                          "vendor",        "__pycache__",  "site-packages",
                          ".pytest_cache", ".mypy_cache",  ".ruff_cache",
                          ".cache",        ".runharness",  ".next",
                          ".nuxt",         ".turbo",       ".yarn",
                          ".pnpm-store",   ".gradle",      ".idea",
                          ".vscode",       ".eggs",        "bower_components"}) ||
         (name.size() > 9 && name.ends_with(".egg-info"));
}

struct DirCloser {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

class Walk {
 public:
  Walk(model::Repository& repository, std::vector<model::Diagnostic>& diagnostics)
      : repository_(repository), diagnostics_(diagnostics) {}

  void read_outer_rules(const fs::path& toplevel) {
    if (toplevel.empty()) return;
    const auto below = [&](const fs::path& folder) {
      return folder == repository_.root ? std::string() : relative_to(repository_.root, folder);
    };
    add_rules(".", toplevel / ".git/info/exclude", below(toplevel));
    std::vector<fs::path> outer;  // outermost first, so that inner rules win
    for (fs::path folder = repository_.root; folder != toplevel;) outer.push_back(folder = folder.parent_path());
    for (auto folder = outer.rbegin(); folder != outer.rend(); ++folder)
      add_rules(".", *folder / ".gitignore", below(*folder));
  }

  void enter(const std::string& folder, std::size_t depth) {
    if (depth > kMaxWalkDepth) {
      note("walk-too-deep", fmt::format("folders deeper than {} levels were not searched for suites", kMaxWalkDepth),
           folder);
      return;
    }
    std::vector<std::string> folders, files;
    if (!list(folder, folders, files)) return;
    if (std::binary_search(files.begin(), files.end(), "pyvenv.cfg")) return;  // a virtual environment
    if (std::binary_search(files.begin(), files.end(), ".gitignore"))
      add_rules(folder, repository_.absolute(folder, ".gitignore"));
    std::erase_if(files,
                  [&](const std::string& name) { return rules_.ignored(model::join_relative(folder, name), false); });
    repository_.folders[folder] = std::move(files);
    for (const std::string& name : folders) {
      const std::string inner = model::join_relative(folder, name);
      if (!is_never_entered(name) && !rules_.ignored(inner, true)) enter(inner, depth + 1);
      if (entries_ > kMaxWalkEntries) return;
    }
  }

 private:
  bool list(const std::string& folder, std::vector<std::string>& folders, std::vector<std::string>& files) {
    const std::string path = repository_.absolute(folder).string();
    const std::unique_ptr<DIR, DirCloser> dir(::opendir(path.c_str()));
    if (!dir) {
      repository_.unreadable.push_back(folder);
      note("unreadable-folder", Error{ErrorKind::io, "list folder", path, errno}.message(), folder);
      return false;
    }
    while (const dirent* entry = ::readdir(dir.get())) {
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      if (++entries_ > kMaxWalkEntries) {
        note("walk-too-large", fmt::format("more than {} files: the rest was not searched for suites", kMaxWalkEntries),
             folder);
        break;
      }
      const unsigned char type =
          entry->d_type == DT_UNKNOWN || entry->d_type == DT_LNK ? type_of(dir.get(), entry) : entry->d_type;
      if (type == DT_DIR) folders.emplace_back(name);
      if (type == DT_REG) files.emplace_back(name);
    }
    std::sort(folders.begin(), folders.end());
    std::sort(files.begin(), files.end());
    return true;
  }

  // A symlink counts as the file that it names, never as a folder: links to folders can form cycles.
  static unsigned char type_of(DIR* dir, const dirent* entry) {
    struct stat info {};
    if (::fstatat(::dirfd(dir), entry->d_name, &info, 0) != 0) return DT_UNKNOWN;
    if (S_ISREG(info.st_mode)) return DT_REG;
    return S_ISDIR(info.st_mode) && entry->d_type != DT_LNK ? DT_DIR : DT_UNKNOWN;
  }

  void add_rules(const std::string& folder, const fs::path& file, const std::string& below = {}) {
    if (auto text = read_file(file, 4U << 20)) rules_.add(folder, *text, below);
  }

  void note(std::string code, std::string message, std::string subject) {
    diagnostics_.push_back({model::Severity::warning, std::move(code), std::move(message), std::move(subject), {}});
  }

  model::Repository& repository_;
  std::vector<model::Diagnostic>& diagnostics_;
  IgnoreRules rules_;
  std::size_t entries_ = 0;
};

Result<fs::path> real_folder(const fs::path& path) {
  std::error_code code;
  const fs::path real = fs::canonical(path, code);
  if (code) return fail_errno("open the path to test", path.string(), code.value());
  if (!rh::is_directory(real))
    return fail(ErrorKind::usage, "open the path to test: it is a file; name the folder of a project", path.string());
  return real;
}

fs::path common_folder(const fs::path& a, const fs::path& b) {
  fs::path common = a;
  while (!is_below(b, common)) common = common.parent_path();
  return common;
}

}  // namespace

fs::path git_toplevel(const fs::path& path) {
  std::error_code ignored;
  for (fs::path folder = path; !folder.empty(); folder = folder.parent_path()) {
    if (fs::exists(folder / ".git", ignored)) return folder;
    if (folder == folder.root_path()) break;
  }
  return {};
}

Result<model::Repository> walk_repository(const std::vector<fs::path>& paths,
                                          std::vector<model::Diagnostic>& diagnostics) {
  model::Repository repository;
  std::vector<fs::path> starts;
  for (const fs::path& path : paths) {
    RH_TRY(auto real, real_folder(path));
    if (repository.root.empty()) repository.root = real;
    repository.root = common_folder(repository.root, real);
    starts.push_back(std::move(real));
  }
  Walk walk(repository, diagnostics);
  walk.read_outer_rules(git_toplevel(repository.root));
  std::sort(starts.begin(), starts.end());
  for (std::size_t i = 0; i < starts.size(); ++i) {
    if (i > 0 && is_below(starts[i], starts[i - 1])) continue;
    const std::string relative = relative_to(starts[i], repository.root);
    walk.enter(relative.empty() ? "." : relative, 0);
    const bool readable = repository.folders.count(relative) > 0 || repository.unreadable.empty() ||
                          repository.unreadable.back() != relative;
    if (!readable) return fail_errno("list folder", starts[i].string(), EACCES);
  }
  return repository;
}

}  // namespace rh::engine
