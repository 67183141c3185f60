// Vitest.
#include <fmt/format.h>

#include "runner/adapters/node_project.h"
#include "runner/adapters/node_reach.h"
#include "runner/adapters/node_runner.h"
#include "runner/adapters/npm_discovery.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::adapters {

namespace {

constexpr unsigned kFirstWithReporterApi = 3;  // onTestCaseResult and its kin

// The package that measures coverage: the installed one, else a declared one.
std::string coverage_provider(const StepContext& context) {
  for (const char* name : {"@vitest/coverage-v8", "@vitest/coverage-istanbul"})
    if (find_installed(context, name)) return name;
  for (const auto& folder : {context.suite_dir, context.repository_root}) {
    const auto text = read_file(folder / "package.json", kManifestLimit);
    const auto manifest = text ? parse_npm_manifest(*text, "package.json") : Result<NpmManifest>(Failure{text.error()});
    if (!manifest) continue;
    for (const char* name : {"@vitest/coverage-v8", "@vitest/coverage-istanbul"})
      if (manifest.value().depends_on(name)) return name;
  }
  return {};
}

class Vitest final : public NodeRunner {
 public:
  std::string package() const override { return "vitest"; }

  Result<model::Step> test_step(const model::Suite& suite, const StepContext& context) const override {
    if (const auto installed = find_installed(context, "vitest");
        installed && major_version(installed->manifest.version) < kFirstWithReporterApi)
      return fail(ErrorKind::unsupported,
                  fmt::format("run vitest {}: its reporter interface is older than that of vitest 3",
                              installed->manifest.version),
                  suite.id.value);
    model::Step step = node_test_step(suite, context);
    std::vector<std::string>& argv = step.command.argv;
    argv = program_command(suite, context, "vitest", "vitest");
    argv.emplace_back("run");
    bool own_reporter = false;
    std::vector<std::string> args;
    for (const std::string& arg : suite.runner_args) {
      if (is_one_of(arg, {"--watch", "-w", "--run", "--ui"})) continue;
      own_reporter = own_reporter || arg == "--reporter" || arg.starts_with("--reporter=");
      args.push_back(arg);
    }
    if (!own_reporter) argv.emplace_back("--reporter=default");
    argv.push_back("--reporter=" + node_support_file(context, "rh_vitest.mjs").string());
    argv.emplace_back("--includeTaskLocation");
    add_coverage(step, suite, context);
    if (context.left_out != nullptr)
      for (const std::string& file : *context.left_out) argv.push_back("--exclude=" + escape_glob(file));
    expect_reporter_lines(step, context);
    append_project_args(step, suite, context, args);
    return step;
  }

  // Titles are joined by " > " in names and by blanks for the pattern.
  std::string rerun(const model::Suite& suite, const model::TestCase& test) const override {
    std::string pattern = escape_regex(test.name);
    for (std::size_t at = pattern.find(" > "); at != std::string::npos; at = pattern.find(" > ", at + 1))
      pattern.replace(at, 3, " ");
    std::vector<std::string> argv{"npx", "vitest", "run"};
    if (!test.file.empty()) argv.push_back(test.file);
    if (test.name != test.file) argv.insert(argv.end(), {"-t", "^" + pattern + "$"});
    return enter_folder(suite.root) + shell_join(argv);
  }

  std::string coverage_problem(const model::Suite&, const StepContext& context) const override {
    const std::string provider = coverage_provider(context);
    if (provider.empty())
      return "neither @vitest/coverage-v8 nor @vitest/coverage-istanbul is installed: add the one of vitest's version";
    const auto vitest = find_installed(context, "vitest");
    const auto installed = find_installed(context, provider);
    if (vitest && installed && vitest->manifest.version != installed->manifest.version)
      return fmt::format("{} {} does not fit vitest {}: both need the same version", provider,
                         installed->manifest.version, vitest->manifest.version);
    return {};
  }

  std::string coverage_tool(const model::Suite&, const StepContext& context) const override {
    const std::string provider = coverage_provider(context);
    const auto installed = provider.empty() ? std::nullopt : find_installed(context, provider);
    return installed ? provider + " " + installed->manifest.version : provider;
  }

  // By file, from the graph of modules that vitest itself keeps.
  std::string test_map_problem(const model::Suite&, const StepContext&) const override { return {}; }
  std::string selection_problem(const model::Suite&, const StepContext&) const override { return {}; }

  std::vector<std::string_view> no_tests_texts() const override { return {"No test files found"}; }
  std::vector<std::string_view> usage_texts() const override { return {"CACError", "Unknown option"}; }

 private:
  void add_coverage(model::Step& step, const model::Suite& suite, const StepContext& context) const {
    if (!context.coverage || !coverage_problem(suite, context).empty()) return;
    std::vector<std::string>& argv = step.command.argv;
    argv.insert(argv.end(), {"--coverage.enabled=true", "--coverage.reporter=lcovonly",
                             "--coverage.reporter=text-summary", "--coverage.reportOnFailure=true",
                             "--coverage.reportsDirectory=" + coverage_folder(context).string()});
    if (coverage_provider(context).ends_with("istanbul")) argv.emplace_back("--coverage.provider=istanbul");
    expect_lcov(step, suite, context);
  }
};

}  // namespace

std::unique_ptr<NodeRunner> make_vitest() { return std::make_unique<Vitest>(); }

}  // namespace rh::adapters
