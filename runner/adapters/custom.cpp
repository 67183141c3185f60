// Suites that runharness.toml adds: a command of the user's, and optionally the result and coverage
// files that it writes. Their formats are recognised by content.
#include "runner/adapters/adapter.h"
#include "runner/base/text.h"

namespace rh::adapters {
namespace {

using namespace rh::model;

constexpr int kConventionalUsageCode = 2;

class CustomAdapter : public Adapter {
 public:
  std::vector<Suite> discover(const Repository&, const Host&, std::vector<Diagnostic>&) const override { return {}; }

  void probe_tool(Suite& suite, const Repository& repository, const Host& host) const override {
    const std::string& program = suite.runner_args.front();
    if (program.find('/') != std::string::npos) {
      suite.tool.path = (repository.absolute(suite.root) / program).lexically_normal();
    } else if (const auto found = host.find_tool(program)) {
      suite.tool.path = *found;
    } else {
      suite.tool.problem = "'" + program + "' is not on PATH: install it or name it with its folder";
    }
  }

  Result<std::vector<Step>> first_steps(const Suite& suite, const StepContext& context) const override {
    Step step;
    step.name = shell_join(suite.runner_args);
    step.command = {suite.runner_args, context.suite_dir, {}};
    step.command.argv.insert(step.command.argv.end(), context.extra_args.begin(), context.extra_args.end());
    if (const std::string results = detail(suite, "results"); !results.empty())
      step.results.push_back({detail(suite, "results_format"), context.suite_dir / results, true, true, {}});
    if (const std::string coverage = detail(suite, "coverage"); !coverage.empty() && context.coverage)
      step.coverage.push_back({{}, context.suite_dir / coverage, context.suite_dir, {}, {}, false});
    return std::vector<Step>{step};
  }

  Result<std::vector<Step>> next_steps(const Suite&, const StepContext&, const Step&, const StepEnd&,
                                       bool) const override {
    return std::vector<Step>{};
  }

  StepMeaning interpret(const Step& step, const StepEnd& end) const override {
    const int code = end.status.exit_code.value_or(-1);
    if (code == 0) return step.results.empty() || end.tests_finished > 0 ? StepMeaning::ok : StepMeaning::no_tests;
    // Against its results the exit code wins: the engine names the contradiction.
    if (end.tests_finished > 0) return StepMeaning::tests_failed;
    return code == kConventionalUsageCode ? StepMeaning::usage : StepMeaning::broken;
  }

  std::string rerun_command(const Suite& suite, const TestCase&) const override {
    return "cd " + lossless_shell_quote(suite.root) + " && " + shell_join(suite.runner_args);
  }

  std::string coverage_problem(const Suite& suite, const StepContext&) const override {
    return detail(suite, "coverage").empty() ? "no coverage file is configured for this suite" : "";
  }

  std::string coverage_tool(const Suite&, const StepContext&) const override { return {}; }
  std::vector<SupportFile> support_files() const override { return {}; }

 private:
  static std::string detail(const Suite& suite, const std::string& key) {
    const auto found = suite.details.find(key);
    return found == suite.details.end() ? std::string() : found->second;
  }
};

}  // namespace

std::unique_ptr<Adapter> make_custom_adapter() { return std::make_unique<CustomAdapter>(); }

}  // namespace rh::adapters
