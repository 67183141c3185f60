// Jest, and the launchers that hide it (react-scripts, craco).
#include <algorithm>

#include "runner/adapters/node_project.h"
#include "runner/adapters/node_reach.h"
#include "runner/adapters/node_runner.h"
#include "runner/adapters/npm_discovery.h"
#include "runner/base/text.h"

namespace rh::adapters {

namespace {

bool has_flag(const std::vector<std::string>& args, std::initializer_list<std::string_view> names) {
  return std::any_of(args.begin(), args.end(),
                     [&](const std::string& arg) { return is_one_of(arg.substr(0, arg.find('=')), names); });
}

constexpr unsigned kNewestKnown = 30;

class Jest final : public NodeRunner {
 public:
  std::string package() const override { return "jest"; }

  Result<model::Step> test_step(const model::Suite& suite, const StepContext& context) const override {
    model::Step step = node_test_step(suite, context);
    step.command.argv = launcher(step, suite, context);
    std::vector<std::string>& argv = step.command.argv;
    std::vector<std::string> args;
    for (const std::string& arg : suite.runner_args)
      if (!is_one_of(arg, {"--watch", "--watchAll", "--watch=true", "--watchAll=true"})) args.push_back(arg);
    if (suite.details.contains("launcher")) argv.emplace_back("--watchAll=false");
    // With "=": array options in two words would swallow the paths behind them.
    if (!has_flag(args, {"--reporters"})) argv.emplace_back("--reporters=default");
    argv.push_back("--reporters=" + node_support_file(context, "rh_jest.cjs").string());
    argv.emplace_back("--testLocationInResults");
    // One worker means jest's own process, where a test's usage can be told exactly.
    if (!has_flag(args, {"-i", "--runInBand", "-w", "--maxWorkers"}))
      argv.push_back("--maxWorkers=" + std::to_string(std::max(1U, context.jobs)));
    if (context.coverage && coverage_problem(suite, context).empty()) {
      argv.insert(argv.end(), {"--coverage=true", "--coverageReporters=lcovonly", "--coverageReporters=text-summary",
                               "--coverageDirectory=" + coverage_folder(context).string()});
      // Thresholds of the configuration hold for the project's own coverage runs only.
      if (!has_flag(args, {"--coverage", "--collectCoverage", "--coverageThreshold"}))
        argv.emplace_back("--coverageThreshold={}");
      expect_lcov(step, suite, context);
    }
    if (context.left_out != nullptr) {
      argv.push_back("--filter=" + node_support_file(context, "rh_jest_filter.cjs").string());
      const auto installed = find_installed(context, "jest");
      step.command.env["RUNHARNESS_JEST_MAJOR"] =
          std::to_string(installed ? major_version(installed->manifest.version) : kNewestKnown);
    }
    expect_reporter_lines(step, context);
    append_project_args(step, suite, context, args);
    return step;
  }

  std::string rerun(const model::Suite& suite, const model::TestCase& test) const override {
    const auto own = suite.details.find("launcher");
    std::vector<std::string> argv{"npx"};
    if (own == suite.details.end())
      argv.emplace_back("jest");
    else
      argv.insert(argv.end(), {own->second, "test", "--watchAll=false"});
    if (!test.file.empty()) argv.push_back(test.file);
    if (test.name != test.file) argv.insert(argv.end(), {"-t", "^" + escape_regex(test.name) + "$"});
    std::string options;
    if (const auto node_args = detail_list(suite, npm_detail::kNodeArgs); !node_args.empty())
      options = "NODE_OPTIONS=" + lossless_shell_quote(join(node_args, " ")) + " ";
    return enter_folder(suite.root) + options + shell_join(argv);
  }

  std::string coverage_problem(const model::Suite& suite, const StepContext&) const override {
    const bool refused = has_flag(suite.runner_args, {"--no-coverage"});
    return refused ? "the project's own command turns coverage off (--no-coverage)" : "";
  }

  std::string coverage_tool(const model::Suite&, const StepContext& context) const override {
    const auto installed = find_installed(context, "jest");
    return installed ? "jest " + installed->manifest.version : "jest";
  }

  // Jest hands the coverage of each test file to its reporters.
  std::string test_map_problem(const model::Suite& suite, const StepContext& context) const override {
    if (!context.coverage) return "coverage was switched off, and jest's coverage tells which test file reaches what";
    return coverage_problem(suite, context);
  }

  std::string selection_problem(const model::Suite& suite, const StepContext&) const override {
    return has_flag(suite.runner_args, {"--filter"}) ? "the project's own command has a --filter" : "";
  }

  std::vector<std::string_view> no_tests_texts() const override { return {"No tests found, exiting with code 1"}; }
  std::vector<std::string_view> usage_texts() const override {
    return {"Unrecognized CLI Parameter", "Unrecognized option", "Validation Error"};
  }

 private:
  static std::vector<std::string> launcher(model::Step& step, const model::Suite& suite, const StepContext& context) {
    const auto own = suite.details.find("launcher");
    const std::string name = own == suite.details.end() ? "jest" : own->second;
    const std::string package = name == "craco" ? "@craco/craco" : name;
    std::vector<std::string> argv = program_command(suite, context, package, name);
    const std::vector<std::string> node_args = detail_list(suite, npm_detail::kNodeArgs);
    if (argv.size() == 2)
      argv.insert(argv.begin() + 1, node_args.begin(), node_args.end());
    else if (!node_args.empty())
      add_node_option(step, suite, context, join(node_args, " "));
    if (name != "jest") argv.emplace_back("test");
    return argv;
  }
};

}  // namespace

std::unique_ptr<NodeRunner> make_jest() { return std::make_unique<Jest>(); }

}  // namespace rh::adapters
