// Virtual environments by their pyvenv.cfg, pyenv by its version files, installed packages by their
// *.dist-info folders (rules of PEP 405, pyenv's documentation and PEP 376).
#include "runner/adapters/python_environment.h"

#include <unistd.h>

#include <algorithm>

#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::adapters {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kMaxConfigBytes = 64 << 10;
constexpr std::size_t kMaxSiteEntries = 20'000;  // largest site-packages seen: 1,400

bool is_executable(const fs::path& path) { return is_file(path) && ::access(path.c_str(), X_OK) == 0; }

fs::path resolved(const fs::path& path) {
  std::error_code error;
  const fs::path real = fs::weakly_canonical(path, error);
  return error ? path : real;
}

std::vector<fs::path> entries_of(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code error;
  for (fs::directory_iterator each(folder, error), end; !error && each != end && entries.size() < kMaxSiteEntries;
       each.increment(error))
    entries.push_back(each->path());
  std::sort(entries.begin(), entries.end());
  return entries;
}

// "home = /usr/bin" of pyvenv.cfg.
std::string config_value(std::string_view text, std::string_view key) {
  for (const std::string_view line : split_lines(text)) {
    const std::size_t equals = line.find('=');
    if (equals != std::string_view::npos && trim(line.substr(0, equals)) == key)
      return std::string(trim(line.substr(equals + 1)));
  }
  return {};
}

// "3.11" of "3.11.7"; the whole when it has no second dot.
std::string minor_version(std::string_view version) {
  const std::size_t first = version.find('.');
  const std::size_t second = first == std::string_view::npos ? first : version.find('.', first + 1);
  return std::string(version.substr(0, second));
}

// A program named python3.11 tells its version.
std::string version_of_name(const std::string& name) {
  constexpr std::string_view stem = "python";
  const bool told = name.starts_with(stem) && name.find('.') != std::string::npos;
  return told ? name.substr(stem.size()) : std::string();
}

void add_site_folders(PythonEnvironment& python, const fs::path& prefix) {
  const std::string minor = minor_version(python.version);
  for (const char* library : {"lib", "lib64"}) {
    if (std::error_code error; fs::is_symlink(prefix / library, error)) continue;  // lib64 -> lib
    for (const fs::path& folder : entries_of(prefix / library)) {
      const std::string name = folder.filename().string();
      if (!name.starts_with("python3")) continue;
      if (!minor.empty() && name != "python" + minor && name != "python3" && name != "python" + minor + "t") continue;
      for (const char* site : {"site-packages", "dist-packages"})
        if (rh::is_directory(folder / site)) python.site_folders.push_back(folder / site);
    }
  }
}

void add_installation_folders(PythonEnvironment& python, const Host& host) {
  const std::string minor = minor_version(python.version);
  if (variable(host.environment(), "PYTHONNOUSERSITE").empty() && !minor.empty()) {
    const fs::path user = host.home() / ".local/lib" / ("python" + minor) / "site-packages";
    if (rh::is_directory(user)) python.site_folders.push_back(user);
  }
  if (python.base_prefix == "/usr") add_site_folders(python, "/usr/local");
  add_site_folders(python, python.base_prefix);
}

std::vector<std::string> pyenv_versions(const fs::path& root, const fs::path& folder,
                                        const model::Environment& environment) {
  std::string text = variable(environment, "PYENV_VERSION");
  std::replace(text.begin(), text.end(), ':', '\n');
  for (fs::path at = folder; text.empty() && !at.empty(); at = at.parent_path()) {
    if (is_file(at / ".python-version")) text = read_file(at / ".python-version", kMaxConfigBytes).value_or("");
    if (at == at.parent_path()) break;
  }
  if (text.empty()) text = read_file(root / "version", kMaxConfigBytes).value_or("system");
  std::vector<std::string> versions;
  for (const std::string_view line : split_lines(text)) {
    std::string_view name = trim(line.substr(0, line.find('#')));
    if (name.starts_with("python-")) name.remove_prefix(7);
    if (!name.empty() && name.find('/') == std::string_view::npos && name != "..") versions.emplace_back(name);
  }
  return versions;
}

// pyenv takes "3.11" for the newest installed 3.11.x.
fs::path newest_version(const fs::path& versions, const std::string& wanted) {
  if (is_executable(versions / wanted / "bin/python3")) return versions / wanted / "bin/python3";
  fs::path best;
  std::uint64_t best_patch = 0;
  for (const fs::path& each : entries_of(versions)) {
    const std::string name = each.filename().string();
    if (!name.starts_with(wanted + ".") || !is_executable(each / "bin/python3")) continue;
    const auto patch = parse_u64(std::string_view(name).substr(wanted.size() + 1));
    if (!patch || (!best.empty() && *patch < best_patch)) continue;
    best = each / "bin/python3";
    best_patch = *patch;
  }
  return best;
}

std::optional<fs::path> venv_python(const fs::path& folder) {
  if (!is_file(folder / "pyvenv.cfg")) return std::nullopt;
  for (const char* name : {"bin/python", "bin/python3"})
    if (is_executable(folder / name)) return folder / name;
  return std::nullopt;
}

// Pythons on the PATH, shims resolved, each once.
std::vector<fs::path> pythons_on_path(const fs::path& suite_dir, const model::Environment& environment) {
  std::vector<fs::path> found;
  const auto add = [&](const fs::path& python) {
    if (std::find(found.begin(), found.end(), python) == found.end()) found.push_back(python);
  };
  const std::string path = variable(environment, "PATH");
  for (const char* name : {"python3", "python"}) {
    for (const std::string_view part : split(path, ':')) {
      const fs::path python = fs::path(part) / name;
      if (!python.is_absolute() || !is_executable(python)) continue;
      if (python.parent_path().filename() != "shims") {
        add(python);
      } else if (const auto real = resolve_pyenv_shim(python, suite_dir, environment)) {
        add(*real);
      }
    }
  }
  return found;
}

}  // namespace

std::string variable(const model::Environment& environment, const std::string& name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

std::optional<std::string> PythonEnvironment::find_package(std::string_view distribution,
                                                           std::string_view module) const {
  for (const fs::path& folder : site_folders) {
    for (const fs::path& entry : entries_of(folder)) {
      const std::string name = entry.filename().string();
      const std::string_view extension = name.ends_with(".dist-info") ? ".dist-info" : ".egg-info";
      if (!name.starts_with(distribution) || !name.ends_with(extension)) continue;
      const std::string_view rest =
          std::string_view(name).substr(distribution.size(), name.size() - distribution.size() - extension.size());
      if (rest.empty()) return std::string();
      // "pytest-9.0.1", not "pytest-cov-7.0": a version starts with a digit.
      if (rest.size() > 1 && rest[0] == '-' && rest[1] >= '0' && rest[1] <= '9')
        return std::string(rest.substr(1, rest.find('-', 1) - 1));
    }
    if (is_file(folder / module / "__init__.py")) return std::string();
  }
  return std::nullopt;
}

std::optional<fs::path> resolve_pyenv_shim(const fs::path& shim, const fs::path& folder,
                                           const model::Environment& environment) {
  fs::path root = variable(environment, "PYENV_ROOT");
  if (root.empty()) root = shim.parent_path().parent_path();
  for (const std::string& version : pyenv_versions(root, folder, environment))
    if (const fs::path python = newest_version(root / "versions", version); !python.empty()) return python;
  return std::nullopt;
}

PythonEnvironment inspect_python(const fs::path& path, const fs::path& repository_root, const Host& host) {
  PythonEnvironment python;
  python.python = path;
  python.prefix = python.base_prefix = path.parent_path().parent_path();
  const fs::path real = resolved(path);
  if (is_file(python.prefix / "pyvenv.cfg")) {
    python.is_venv = true;
    python.in_repository = is_below(resolved(python.prefix), repository_root);
    const std::string config = read_file(python.prefix / "pyvenv.cfg", kMaxConfigBytes).value_or("");
    python.version = config_value(config, "version");
    if (python.version.empty()) python.version = config_value(config, "version_info");  // uv, virtualenv
    python.version.resize(std::min(python.version.size(), python.version.find(".final")));
    const std::string home = config_value(config, "home");
    python.base_prefix = home.empty() ? real.parent_path().parent_path() : fs::path(home).parent_path();
    add_site_folders(python, python.prefix);
    if (config_value(config, "include-system-site-packages") == "true") add_installation_folders(python, host);
    return python;
  }
  // A link such as ~/.local/bin/python3 leads to its installation.
  python.prefix = python.base_prefix = real.parent_path().parent_path();
  python.in_repository = is_below(real, repository_root);
  const std::string folder = python.prefix.filename().string();
  const bool versioned =
      !folder.empty() && folder[0] >= '2' && folder[0] <= '9' && folder.find('.') != std::string::npos;
  python.version = versioned ? folder : version_of_name(real.filename().string());
  add_installation_folders(python, host);
  return python;
}

std::optional<PythonEnvironment> choose_python(const fs::path& suite_dir, const fs::path& repository_root,
                                               const Host& host) {
  for (fs::path folder = suite_dir;; folder = folder.parent_path()) {
    for (const char* name : {".venv", "venv"}) {
      if (const auto found = venv_python(folder / name)) {
        PythonEnvironment python = inspect_python(*found, repository_root, host);
        python.origin = name;
        return python;
      }
    }
    if (folder == repository_root || !is_below(folder, repository_root)) break;
  }
  std::optional<PythonEnvironment> first;
  const auto consider = [&](const fs::path& path, std::string_view origin) {
    PythonEnvironment python = inspect_python(path, repository_root, host);
    python.origin = origin;
    const bool usable = python.find_package("pytest", "pytest").has_value();
    if (!first || usable) first = std::move(python);
    return usable;
  };
  if (const std::string active = variable(host.environment(), "VIRTUAL_ENV"); !active.empty())
    if (const auto found = venv_python(active); found && consider(*found, "VIRTUAL_ENV")) return first;
  for (const fs::path& path : pythons_on_path(suite_dir, host.environment()))
    if (consider(path, "PATH")) return first;
  return first;
}

}  // namespace rh::adapters
