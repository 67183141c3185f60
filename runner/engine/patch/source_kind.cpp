#include "runner/engine/patch/source_kind.h"

#include <algorithm>

#include "runner/base/text.h"

namespace rh::engine {
namespace {

// Folders whose files are tests, their data, or written elsewhere.
constexpr std::string_view kExemptFolders[] = {
    "test",     "tests",         "__tests__", "__mocks__", "__snapshots__", "__fixtures__", "spec",
    "specs",    "testdata",      "fixtures",  "e2e",       "node_modules",  "vendor",       "third_party",
    "3rdparty", "site-packages", ".venv",     "venv",      "benches"};

// Names of tests, of generated code and of configuration; matched against the last part of the path.
constexpr std::string_view kExemptNames[] = {
    "test_*.py",      "*_test.py",        "tests.py",          "conftest.py",
    "setup.py",       "noxfile.py",       "*_pb2.py",          "*_pb2_grpc.py",
    "*_test.go",      "*.pb.go",          "*.pb.gw.go",        "*_gen.go",
    "*_generated.go", "zz_generated*.go", "*.test.*",          "*.spec.*",
    "*.stories.*",    "*.config.js",      "*.config.cjs",      "*.config.mjs",
    "*.config.ts",    "*.config.mts",     ".*rc.js",           ".*rc.cjs",
    ".*rc.mjs",       "*.d.ts",           "*.d.mts",           "*.d.cts",
    "*.min.js",       "*.min.mjs",        "*.bundle.js",       "gulpfile.js",
    "Gruntfile.js",   "build.rs",         "tests.rs",          "*_test.c",
    "*_test.cc",      "*_test.cpp",       "*_test.cxx",        "*_unittest.cc",
    "*_unittest.cpp", "test_*.c",         "test_*.cpp",        "*.pb.cc",
    "*.pb.h",         "*Test.java",       "*Tests.java",       "*IT.java",
    "*Test.kt",       "*Tests.kt",        "package-info.java", "module-info.java",
    "*Test.scala",    "*Spec.scala",      "*Spec.groovy",      "*_test.rb",
    "*_spec.rb",      "*Test.php",        "*Tests.cs",         "*Test.cs",
    "*.Designer.cs",  "*.g.cs",           "*.generated.cs",    "AssemblyInfo.cs",
    "*Tests.swift",   "*Test.swift",      "*_test.dart",       "*.g.dart",
    "*_test.exs"};

}  // namespace

const std::vector<Language>& languages() {
  static const std::vector<Language> kLanguages = {
      {"Python", {".py", ".pyx"}, {"#"}},
      {"JavaScript", {".js", ".jsx", ".mjs", ".cjs", ".vue", ".svelte"}, {"//", "/*", "*/", "* "}},
      {"TypeScript", {".ts", ".tsx", ".mts", ".cts"}, {"//", "/*", "*/", "* "}},
      {"Go", {".go"}, {"//"}},
      {"Rust", {".rs"}, {"//"}},
      {"C", {".c"}, {"//", "/*", "*/", "* "}},
      {"C++", {".cc", ".cpp", ".cxx", ".c++", ".hh", ".hpp", ".hxx"}, {"//", "/*", "*/", "* "}},
      {"Objective-C", {".m", ".mm"}, {"//", "/*", "*/", "* "}},
      {"Java", {".java"}, {"//", "/*", "*/", "* "}},
      {"Kotlin", {".kt"}, {"//", "/*", "*/", "* "}},
      {"Scala", {".scala"}, {"//", "/*", "*/", "* "}},
      {"Groovy", {".groovy"}, {"//", "/*", "*/", "* "}},
      {"C#", {".cs"}, {"//", "/*", "*/", "* "}},
      {"F#", {".fs"}, {"//"}},
      {"Visual Basic", {".vb"}, {"'"}},
      {"Swift", {".swift"}, {"//", "/*", "*/", "* "}},
      {"PHP", {".php"}, {"//", "#", "/*", "*/", "* "}},
      {"Ruby", {".rb"}, {"#"}},
      {"Dart", {".dart"}, {"//", "/*", "*/", "* "}},
      {"Elixir", {".ex"}, {"#"}},
      {"Erlang", {".erl"}, {"%"}},
      {"Perl", {".pl", ".pm"}, {"#"}},
      {"Fortran", {".f90", ".f95", ".f03", ".f08"}, {"!"}},
      {"D", {".d"}, {"//", "/*", "*/", "* "}},
  };
  return kLanguages;
}

const Language* language_of(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return nullptr;
  std::string extension(name.substr(dot));
  for (char& c : extension)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  for (const Language& language : languages())
    if (std::find(language.extensions.begin(), language.extensions.end(), extension) != language.extensions.end())
      return &language;
  return nullptr;
}

bool is_exempt(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  const std::string_view name = path.substr(slash + 1);
  const auto names = [&](std::string_view pattern) { return glob_match(pattern, name); };
  if (std::any_of(std::begin(kExemptNames), std::end(kExemptNames), names)) return true;
  if (slash == std::string_view::npos) return false;
  const std::vector<std::string_view> folders = split(path.substr(0, slash), '/');
  return std::find_first_of(folders.begin(), folders.end(), std::begin(kExemptFolders), std::end(kExemptFolders)) !=
         folders.end();
}

bool is_expected_source(std::string_view path, const std::vector<std::string>& exclude_globs) {
  if (language_of(path) == nullptr || is_exempt(path)) return false;
  return std::none_of(exclude_globs.begin(), exclude_globs.end(),
                      [&](const std::string& glob) { return glob_match(glob, path); });
}

bool is_idle_line(std::string_view line, const Language* language) {
  const std::string_view text = trim(line);
  if (text.empty()) return true;
  if (language == nullptr) return false;
  return std::any_of(language->comment_marks.begin(), language->comment_marks.end(), [&](std::string_view mark) {
    // A '*' of its own is the middle of a block comment; "* x" at the start of a line is no expression that a
    // formatter would leave.
    if (mark == "/*") {
      const std::size_t end = text.find("*/");  // code behind the comment's end is code
      return text.starts_with(mark) && (end == std::string_view::npos || end + 2 == text.size());
    }
    if (mark == "*/") return text == "*/";
    return text.starts_with(mark) || (mark == "* " && text == "*");
  });
}

}  // namespace rh::engine
