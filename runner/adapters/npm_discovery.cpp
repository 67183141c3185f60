#include "runner/adapters/npm_discovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "runner/adapters/npm_script.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::adapters {

namespace {

using model::Suite;

constexpr std::uint64_t kSourceLimit = 1ULL << 20;  // of a test file that is searched for `node:test`
constexpr std::size_t kMaxSearchedFiles = 200;

std::string runner_name(const ScriptSegment& segment) {
  if (segment.kind == SegmentKind::unknown_test) return "npm-script";
  return is_one_of(segment.runner, {"react-scripts", "craco"}) ? "jest" : segment.runner;
}

void set_detail(Suite& suite, const char* key, const std::string& text) {
  if (!text.empty()) suite.details[key] = text;
}

bool is_source(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  return dot != std::string_view::npos &&
         is_one_of(name.substr(dot), {".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".jsx", ".tsx"});
}

bool is_test_file(std::string_view folder, std::string_view name) {
  if (!is_source(name)) return false;
  const std::string_view stem = name.substr(0, name.rfind('.'));
  if (is_one_of(stem, {"test", "tests", "spec"}) || stem.starts_with("test-")) return true;
  for (const std::string_view ending : {".test", ".spec", "-test", "_test", "-spec", "_spec"})
    if (stem.ends_with(ending)) return true;
  for (const std::string_view part : split(folder, '/'))
    if (is_one_of(part, {"test", "tests", "__tests__", "spec"})) return true;
  return false;
}

bool is_inside(const std::string& folder, const std::string& above) {
  return above == "." ? folder != "." : folder.starts_with(above + "/");
}

class PackageSuites {
 public:
  PackageSuites(const model::Repository& repository, const NpmPackage& package,
                std::vector<model::Diagnostic>& diagnostics)
      : repository_(repository), package_(package), diagnostics_(diagnostics) {}

  // `covered` are runners that an enclosing package already runs.
  std::vector<Suite> find(const std::set<std::string>& covered) {
    const std::string script = test_script();
    if (!script.empty()) {
      read_script(script);
      return std::move(suites_);
    }
    const std::string runner = runner_by_files();
    if (!runner.empty() && !covered.contains(runner)) {
      ScriptSegment segment;
      segment.kind = SegmentKind::test;
      segment.runner = runner;
      add(segment, reason_);
    }
    return std::move(suites_);
  }

 private:
  [[nodiscard]] std::string test_script() const {
    const auto& scripts = package_.manifest.scripts;
    for (const char* name : {"test", "test:unit", "unit", "tests", "test-unit", "test:node", "test:ci", "test:run"})
      if (scripts.contains(name) && !is_placeholder(name)) return name;
    return {};
  }

  [[nodiscard]] bool is_placeholder(const std::string& name) const {
    const std::vector<ScriptSegment> segments = expand_script(package_.manifest, name);
    return std::any_of(segments.begin(), segments.end(),
                       [](const ScriptSegment& segment) { return segment.kind == SegmentKind::placeholder; });
  }

  void read_script(const std::string& name) {
    const std::vector<ScriptSegment> segments = expand_script(package_.manifest, name);
    std::vector<std::string> build, checks;
    bool delegates = false;
    for (const ScriptSegment& segment : segments) {
      if (segment.kind == SegmentKind::test || segment.kind == SegmentKind::unknown_test) {
        add(segment, fmt::format("script \"{}\" runs `{}`", segment.script, segment.text));
        set_detail(suites_.back(), npm_detail::kBuild, join(build, "\n"));
      } else if (segment.kind == SegmentKind::check) {
        checks.push_back(segment.text);
      } else if (segment.kind == SegmentKind::delegate) {
        delegates = true;
      } else if (segment.before_tests || suites_.empty()) {
        build.push_back(segment.text);
      }
    }
    for (Suite& suite : suites_) set_detail(suite, npm_detail::kSkippedChecks, join(checks, "\n"));
    if (suites_.empty() && !delegates && !build.empty() && !only_node_tests(build)) add_as_is(name);
  }

  // `node test.js` where that file uses node:test runs under the runner like any other.
  bool only_node_tests(const std::vector<std::string>& commands) {
    const std::vector<ShellCommand> last = split_shell(commands.back());
    if (last.size() != 1 || last[0].words.size() < 2 || last[0].words[0].value != "node") return false;
    const std::string& file = last[0].words.back().value;
    if (last[0].words.size() != 2 || !uses_node_test(package_.folder, file)) return false;
    ScriptSegment segment;
    segment.kind = SegmentKind::test;
    segment.runner = "node:test";
    segment.runner_args = {file};
    segment.text = commands.back();
    add(segment, fmt::format("`{}` uses node:test", commands.back()));
    set_detail(suites_.back(), npm_detail::kBuild,
               join(std::vector<std::string>(commands.begin(), commands.end() - 1), "\n"));
    return true;
  }

  void add_as_is(const std::string& script) {
    ScriptSegment segment;
    segment.kind = SegmentKind::unknown_test;
    segment.script = script;
    segment.text = package_.manifest.scripts.at(script);
    add(segment, fmt::format("package.json has a script \"{}\"", script));
  }

  void add(const ScriptSegment& segment, std::string reason) {
    Suite suite;
    suite.ecosystem = "npm";
    suite.runner = runner_name(segment);
    suite.root = package_.folder;
    if (segment.kind == SegmentKind::unknown_test) {
      // The whole script runs as it is, once, however many such commands it has.
      if (std::any_of(suites_.begin(), suites_.end(), [](const Suite& one) { return one.runner == "npm-script"; }))
        return;
    }
    const std::string base = package_.folder + ":" + suite.runner;
    const unsigned number = ++numbers_[base];
    suite.id.value = number == 1 ? base : fmt::format("{}#{}", base, number);
    suite.reason = std::move(reason);
    suite.tool.name = "node";
    suite.env = segment.env;
    suite.runner_args = segment.runner_args;
    suite.details[npm_detail::kPackageManager] = package_.package_manager;
    suite.details[npm_detail::kInstallFolder] = package_.install_folder;
    set_detail(suite, npm_detail::kScript, segment.script);
    set_detail(suite, npm_detail::kCommand, segment.text);
    set_detail(suite, npm_detail::kShellArgs, segment.shell_args);
    set_detail(suite, npm_detail::kNodeArgs, join(segment.node_args, "\n"));
    set_detail(suite, npm_detail::kCoverageWrapper, join(segment.coverage_wrapper, "\n"));
    if (is_one_of(segment.runner, {"react-scripts", "craco"})) suite.details["launcher"] = segment.runner;
    if (segment.kind == SegmentKind::unknown_test)
      diagnostics_.push_back(
          {model::Severity::info, "no-per-test-results",
           fmt::format("the results of `{}` are not read test by test: its exit code decides", segment.text),
           model::join_relative(package_.folder, "package.json"), suite.id});
    suites_.push_back(std::move(suite));
  }

  [[nodiscard]] bool has_config(std::string_view stem) const {
    const auto found = repository_.folders.find(package_.folder);
    return found != repository_.folders.end() &&
           std::any_of(found->second.begin(), found->second.end(),
                       [&](const std::string& file) { return file.starts_with(stem); });
  }

  [[nodiscard]] bool uses_node_test(const std::string& folder, const std::string& file) const {
    const auto source = read_file(repository_.absolute(folder, file), kSourceLimit);
    return source &&
           (source->find("'node:test'") != std::string::npos || source->find("\"node:test\"") != std::string::npos);
  }

  // Test files of this package, those of nested packages left out.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> test_files() const {
    std::vector<std::pair<std::string, std::string>> found;
    for (const auto& [folder, files] : repository_.folders) {
      if (folder != package_.folder && !is_inside(folder, package_.folder)) continue;
      if (folder != package_.folder && repository_.has(folder, "package.json")) continue;
      for (const std::string& file : files)
        if (found.size() < kMaxSearchedFiles && is_test_file(folder, file)) found.emplace_back(folder, file);
    }
    return found;
  }

  std::string runner_by_files() {
    const NpmManifest& manifest = package_.manifest;
    const auto files = test_files();
    if (files.empty()) return {};
    if (has_config("vitest.config.") || manifest.depends_on("vitest")) reason_ = "vitest is configured";
    if (!reason_.empty()) return "vitest";
    if (has_config("jest.config.") || manifest.has_jest_config || manifest.depends_on("jest"))
      reason_ = "jest is configured";
    if (!reason_.empty()) return "jest";
    if (has_config(".mocharc.") || manifest.has_mocha_config || manifest.depends_on("mocha"))
      reason_ = "mocha is configured";
    if (!reason_.empty()) return "mocha";
    if (std::none_of(files.begin(), files.end(),
                     [&](const auto& file) { return uses_node_test(file.first, file.second); }))
      return {};
    reason_ = "test files use node:test";
    return "node:test";
  }

  const model::Repository& repository_;
  const NpmPackage& package_;
  std::vector<model::Diagnostic>& diagnostics_;
  std::vector<Suite> suites_;
  std::map<std::string, unsigned> numbers_;
  std::string reason_;
};

}  // namespace

std::vector<Suite> npm_suites(const model::Repository& repository, std::vector<model::Diagnostic>& diagnostics) {
  const std::map<std::string, NpmPackage> packages = find_npm_packages(repository, diagnostics);
  std::vector<Suite> suites;
  for (const auto& [folder, package] : packages) {  // a folder comes before those inside it
    std::set<std::string> covered;
    for (const Suite& suite : suites)
      if (is_inside(folder, suite.root)) covered.insert(suite.runner);
    for (Suite& suite : PackageSuites(repository, package, diagnostics).find(covered))
      suites.push_back(std::move(suite));
  }
  return suites;
}

std::vector<std::string> detail_list(const Suite& suite, const char* key) {
  std::vector<std::string> list;
  const auto found = suite.details.find(key);
  if (found == suite.details.end() || found->second.empty()) return list;
  for (const std::string_view line : split(found->second, '\n')) list.emplace_back(line);
  return list;
}

}  // namespace rh::adapters
