// Reads names first and contents only where a name promises something: one qualifying file per
// folder is enough, so a repository of many tests costs one bounded read per folder.
#include "runner/adapters/pytest_discovery.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>

#include "runner/adapters/pytest_config.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::adapters {

namespace {

constexpr std::uint64_t kMaxTestFileBytes = 4 << 20;

using model::Repository;

std::string parent_of(const std::string& folder) {
  const std::size_t slash = folder.rfind('/');
  return slash == std::string::npos ? "." : folder.substr(0, slash);
}

std::string name_of_folder(const std::string& folder) { return folder.substr(folder.rfind('/') + 1); }

bool is_inside(const std::string& folder, const std::string& outer) {
  return outer == "." || folder == outer || folder.starts_with(outer + "/");
}

std::string inside_path(const std::string& folder, const std::string& outer) {
  return outer == "." ? folder : folder.substr(outer.size() + 1);
}

bool is_test_folder_name(std::string_view name) {
  return is_one_of(name, {"tests", "test", "testing", "unit", "unittests", "integration", "functional", "e2e"});
}

bool is_test_file_name(std::string_view name) {
  if (!name.ends_with(".py")) return false;
  return name.starts_with("test_") || name.ends_with("_test.py");
}

// Projects that are the input of other tests: below a test folder, in a folder named like data.
bool is_test_data(const std::string& folder) {
  bool below_tests = false;
  for (const std::string_view part : split(folder, '/')) {
    if (below_tests && is_one_of(part, {"fixtures", "fixture", "__fixtures__", "data", "testdata", "test_data",
                                        "example_scripts", "resources"}))
      return true;
    below_tests |= is_test_folder_name(part) || part == "testdata";
  }
  return false;
}

// A folder that no person wrote, should the walk have entered one.
bool is_foreign(const Repository& repository, const std::string& folder) {
  for (std::string at = folder; at != "."; at = parent_of(at)) {
    const std::string name = name_of_folder(at);
    if (is_one_of(name, {"node_modules", "site-packages", "dist-packages", "__pycache__", ".tox", ".nox", ".venv"}))
      return true;
    if (repository.has(at, "pyvenv.cfg")) return true;
  }
  return false;
}

bool holds_tests(const Repository& repository, const std::string& folder, const std::string& file) {
  const auto text = read_file(repository.absolute(folder, file), kMaxTestFileBytes);
  if (!text) return false;
  return text->find("def test") != std::string::npos || text->find("class Test") != std::string::npos ||
         text->find("unittest") != std::string::npos;
}

// Folder -> its first file with tests in it.
std::map<std::string, std::string> find_test_folders(const Repository& repository) {
  std::map<std::string, std::string> found;
  for (const auto& [folder, files] : repository.folders) {
    if (is_foreign(repository, folder) || is_test_data(folder)) continue;
    for (const std::string& file : files) {
      if (!is_test_file_name(file) || !holds_tests(repository, folder, file)) continue;
      found.emplace(folder, file);
      break;
    }
  }
  return found;
}

std::map<std::string, std::string> find_configured(const Repository& repository,
                                                   std::vector<model::Diagnostic>& diagnostics) {
  std::map<std::string, std::string> found;
  for (const auto& [folder, files] : repository.folders) {
    if (std::none_of(files.begin(), files.end(), may_configure_pytest)) continue;
    if (is_foreign(repository, folder) || is_test_data(folder)) continue;
    const PytestConfig config = read_pytest_config(repository.absolute(folder), folder, diagnostics);
    if (!config.reason.empty()) found.emplace(folder, config.reason);
  }
  return found;
}

bool has_requirements(const Repository& repository, const std::string& folder) {
  const auto files = repository.folders.find(folder);
  if (files == repository.folders.end()) return false;
  return std::any_of(files->second.begin(), files->second.end(), [](const std::string& file) {
    return file.starts_with("requirements") && file.ends_with(".txt");
  });
}

struct Marked {
  std::string folder;
  std::string marker;
};

// The project that holds a test folder: by a manifest, else by a requirements file, which a folder
// of tests may have for itself.
std::optional<Marked> find_project(const Repository& repository, const std::string& test_folder) {
  for (std::string at = test_folder;; at = parent_of(at)) {
    for (const char* manifest : {"pyproject.toml", "setup.py", "setup.cfg"})
      if (repository.has(at, manifest)) return Marked{at, manifest};
    if (at == ".") break;
  }
  for (std::string at = test_folder;; at = parent_of(at)) {
    if (has_requirements(repository, at) && (at == "." || !is_test_folder_name(name_of_folder(at))))
      return Marked{at, "a requirements file"};
    if (at == ".") return std::nullopt;
  }
}

std::string common_folder(const std::string& left, const std::string& right) {
  std::string common = left;
  while (!is_inside(right, common)) common = parent_of(common);
  return common;
}

// Tests import what lies beside their folder, so the root is above folders named like tests and
// above packages.
std::string climb_to_root(const Repository& repository, std::string folder) {
  while (folder != "." && (is_test_folder_name(name_of_folder(folder)) || repository.has(folder, "__init__.py")))
    folder = parent_of(folder);
  return folder;
}

std::string nearest_root(const std::map<std::string, std::string>& roots, const std::string& folder) {
  for (std::string at = folder;; at = parent_of(at)) {
    if (roots.contains(at)) return at;
    if (at == ".") return {};
  }
}

}  // namespace

std::vector<PytestRoot> find_pytest_roots(const Repository& repository, std::vector<model::Diagnostic>& diagnostics) {
  std::map<std::string, std::string> roots = find_configured(repository, diagnostics);
  const std::map<std::string, std::string> configured = roots;
  std::string loose;  // common folder of tests without any project
  std::string loose_example;
  for (const auto& [folder, file] : find_test_folders(repository)) {
    if (!nearest_root(configured, folder).empty()) continue;
    const std::string example = model::join_relative(folder, file);
    if (const auto project = find_project(repository, folder)) {
      roots.emplace(project->folder, fmt::format("{} holds tests, {} marks the project", example, project->marker));
    } else {
      loose = loose_example.empty() ? folder : common_folder(loose, folder);
      if (loose_example.empty()) loose_example = example;
    }
  }
  if (!loose_example.empty()) roots.emplace(climb_to_root(repository, loose), loose_example + " holds tests");

  std::vector<PytestRoot> found;
  for (const auto& [folder, reason] : roots) found.push_back({folder, reason, {}});
  for (PytestRoot& outer : found)
    for (const PytestRoot& inner : found)
      if (inner.folder != outer.folder && is_inside(inner.folder, outer.folder))
        outer.nested.push_back(inside_path(inner.folder, outer.folder));
  return found;
}

}  // namespace rh::adapters
