// Which folder `test` is given for the paths of a call, and what pytest is given beside it.
#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "runner/agent/project/test_run.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::agent {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 11> kManifests{
    "runharness.toml", "pyproject.toml", "pytest.ini", "setup.py",   "setup.cfg", "tox.ini",
    "conftest.py",     "package.json",   "go.mod",     "Cargo.toml", ".git"};
constexpr std::size_t kMaxSearched = 5000;

bool has_manifest(const fs::path& folder) {
  std::error_code ignored;
  return std::any_of(kManifests.begin(), kManifests.end(), [&](std::string_view name) {
    return name != "conftest.py" && fs::exists(folder / name, ignored);
  });
}

bool is_python_test(const fs::path& file) {
  const std::string name = file.filename().string();
  return name.ends_with(".py") && (name.starts_with("test") || name.ends_with("_test.py"));
}

bool holds_python_tests(const fs::path& path) {
  if (is_file(path)) return path.extension() == ".py";
  std::error_code problem;
  std::size_t seen = 0;
  for (fs::recursive_directory_iterator at(path, fs::directory_options::skip_permission_denied, problem), end;
       !problem && at != end && ++seen < kMaxSearched; at.increment(problem))
    if (is_python_test(at->path())) return true;
  return false;
}

// The nearest folder upwards that is a project of its own, `project` at the latest.
fs::path root_of(const fs::path& path, const fs::path& project) {
  fs::path folder = rh::is_directory(path) ? path : path.parent_path();
  while (folder != project && !has_manifest(folder) && folder.has_parent_path() && is_below(folder, project))
    folder = folder.parent_path();
  return folder;
}

bool takes_value(std::string_view word) {
  return is_one_of(word, {"--cov-report", "--cov-config", "--cov-context", "--cov-fail-under"});
}

}  // namespace

Result<TestTarget> test_target(const std::vector<std::string>& paths, const fs::path& project) {
  TestTarget target;
  if (paths.empty()) target.roots.push_back(project);
  for (const std::string& text : paths) {
    const std::size_t part = text.find("::");  // pytest's node id
    std::error_code problem;
    const fs::path path = fs::canonical(project / text.substr(0, part), problem);
    if (problem) return fail(rh::ErrorKind::usage, "find the path to test: it is not there", text);
    if (path != project && !is_below(path, project))
      return fail(rh::ErrorKind::usage, "test the path: it lies outside of the served folder " + project.string(),
                  text);
    const fs::path root = root_of(path, project);
    const bool whole =
        path == root || (rh::is_directory(path) && part == std::string::npos && !holds_python_tests(path));
    const fs::path& start = whole ? path : root;
    if (std::find(target.roots.begin(), target.roots.end(), start) == target.roots.end()) target.roots.push_back(start);
    if (is_file(path) && path.extension() != ".py")
      return fail(rh::ErrorKind::usage, "test one file: that is possible for Python; name its folder", text);
    if (!whole)
      target.narrowed.push_back(relative_to(path, root) + (part == std::string::npos ? "" : text.substr(part)));
  }
  if (!target.narrowed.empty() && target.roots.size() > 1)
    return fail(rh::ErrorKind::usage, "test these paths: they belong to several projects; ask for one after the other");
  return target;
}

PytestArguments without_coverage_options(const std::vector<std::string>& words) {
  PytestArguments arguments;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--no-cov") {
      arguments.coverage = false;
    } else if (word.starts_with("--cov")) {
      arguments.coverage = true;
      const std::size_t equals = word.find('=');
      std::string value = equals == std::string::npos ? std::string() : word.substr(equals + 1);
      if (equals == std::string::npos && takes_value(word) && i + 1 < words.size()) value = words[++i];
      if (word.starts_with("--cov-fail-under")) arguments.threshold = parse_double(value);
    } else {
      arguments.words.push_back(word);
    }
  }
  return arguments;
}

}  // namespace rh::agent
