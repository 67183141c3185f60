#include "runner/engine/affected/path_rules.h"

#include <algorithm>

#include "runner/base/text.h"
#include "runner/engine/affected/source_shape.h"

namespace rh::engine {
namespace {

constexpr std::string_view kIdle[] = {
    ".gitignore",      ".gitattributes", ".gitlab-ci.yml", ".editorconfig",     ".pre-commit-config.yaml",
    ".travis.yml",     "Jenkinsfile",    "LICENSE*",       "LICENCE*",          "COPYING*",
    "AUTHORS*",        "CONTRIBUTORS*",  "CODEOWNERS",     "CHANGELOG*",        "CHANGES*",
    "HISTORY*",        "NOTICE*",        ".mailmap",       ".readthedocs.y*",   ".dockerignore",
    ".prettierignore", ".eslintignore",  "SECURITY.md",    "CODE_OF_CONDUCT.md"};

constexpr std::string_view kConfiguration[] = {"runharness.toml",
                                               "package.json",
                                               "package-lock.json",
                                               "npm-shrinkwrap.json",
                                               "pnpm-lock.yaml",
                                               "yarn.lock",
                                               "bun.lock*",
                                               ".npmrc",
                                               ".yarnrc*",
                                               "pnpm-workspace.yaml",
                                               "tsconfig*.json",
                                               "jsconfig*.json",
                                               "*.config.js",
                                               "*.config.cjs",
                                               "*.config.mjs",
                                               "*.config.ts",
                                               "*.config.mts",
                                               "*.config.cts",
                                               ".babelrc*",
                                               ".swcrc",
                                               ".mocharc.*",
                                               ".nvmrc",
                                               ".node-version",
                                               "go.mod",
                                               "go.sum",
                                               "go.work",
                                               "go.work.sum",
                                               "Cargo.toml",
                                               "Cargo.lock",
                                               "rust-toolchain*",
                                               "build.rs",
                                               "config.toml",
                                               "pyproject.toml",
                                               "pytest.ini",
                                               ".pytest.ini",
                                               "tox.ini",
                                               "setup.cfg",
                                               "setup.py",
                                               "conftest.py",
                                               "requirements*.txt",
                                               "constraints*.txt",
                                               "poetry.lock",
                                               "uv.lock",
                                               "pdm.lock",
                                               "Pipfile",
                                               "Pipfile.lock",
                                               ".python-version",
                                               ".coveragerc",
                                               "sitecustomize.py",
                                               "usercustomize.py",
                                               "*.pth",
                                               ".env",
                                               ".env.*",
                                               "noxfile.py"};

template <std::size_t N>
bool matches(std::string_view name, const std::string_view (&patterns)[N]) {
  return std::any_of(std::begin(patterns), std::end(patterns),
                     [&](std::string_view pattern) { return glob_match(pattern, name); });
}

bool below_one_of(std::string_view path, std::initializer_list<std::string_view> folders) {
  const std::size_t end = path.rfind('/');
  if (end == std::string_view::npos) return false;
  for (const std::string_view part : split(path.substr(0, end), '/'))
    if (is_one_of(part, folders)) return true;
  return false;
}

bool is_test_file(std::string_view path, std::string_view name, std::string_view ecosystem) {
  if (ecosystem == "pytest") return glob_match("test_*.py", name) || glob_match("*_test.py", name);
  if (ecosystem == "go") return name.ends_with("_test.go");
  if (ecosystem == "cargo") return below_one_of(path, {"tests", "benches"}) && name.ends_with(".rs");
  if (source_kind(path) != SourceKind::script) return false;
  return name.find(".test.") != std::string_view::npos || name.find(".spec.") != std::string_view::npos ||
         name.find("-test.") != std::string_view::npos || name.find("_test.") != std::string_view::npos ||
         name.starts_with("test-") || name.starts_with("test.") || below_one_of(path, {"__tests__"});
}

bool is_own_source(std::string_view path, std::string_view ecosystem) {
  const SourceKind kind = source_kind(path);
  if (ecosystem == "pytest") return kind == SourceKind::python;
  if (ecosystem == "go") return kind == SourceKind::go;
  if (ecosystem == "cargo") return kind == SourceKind::rust;
  return ecosystem == "npm" && kind == SourceKind::script;
}

// Documentation, unless it lies among the data of tests. Crates may include theirs, and its examples are tests.
bool is_documentation(std::string_view path, std::string_view name, std::string_view ecosystem) {
  if (below_one_of(path, {"test", "tests", "testing", "testdata", "fixtures", "__tests__", "spec", "data"}))
    return false;
  const bool text = name.ends_with(".md") || name.ends_with(".rst") || name.ends_with(".adoc");
  if (ecosystem == "cargo" && text) return glob_match("CHANGELOG*", name);
  return text || (path.starts_with("docs/") && source_kind(path) == SourceKind::other);
}

}  // namespace

PathRole role_of(std::string_view path, std::string_view ecosystem) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  if (matches(name, kConfiguration)) return PathRole::configuration;
  if (is_test_file(path, name, ecosystem)) return PathRole::test_file;
  if (is_own_source(path, ecosystem)) return PathRole::source;
  const bool of_ci = path.starts_with(".github/") || path.starts_with(".circleci/") || path.starts_with(".gitlab/");
  if (of_ci || matches(name, kIdle) || is_documentation(path, name, ecosystem)) return PathRole::nobody;
  return PathRole::other;
}

}  // namespace rh::engine
