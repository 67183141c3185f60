// Test scripts of runners whose results are not read: run as they are, one test, by exit code.
#include "runner/adapters/node_project.h"
#include "runner/adapters/node_runner.h"
#include "runner/adapters/npm_discovery.h"
#include "runner/base/text.h"

namespace rh::adapters {

namespace {

std::string detail(const model::Suite& suite, const char* key, const char* fallback) {
  const auto found = suite.details.find(key);
  return found == suite.details.end() ? fallback : found->second;
}

// The script in the words of its package manager; a runner may sit in a script that `test` calls.
std::vector<std::string> script_command(const model::Suite& suite) {
  const std::string manager = detail(suite, npm_detail::kPackageManager, "npm");
  const std::string script = detail(suite, npm_detail::kScript, "test");
  if (script == "test") return {manager, "test"};
  return {manager, "run", script};
}

class NpmAsIs final : public NodeRunner {
 public:
  std::string package() const override { return {}; }

  Result<model::Step> test_step(const model::Suite& suite, const StepContext& context) const override {
    model::Step step = node_test_step(suite, context);
    const std::vector<std::string> command = script_command(suite);
    std::vector<std::string>& argv = step.command.argv;
    argv = {node_path(suite, context).string(), node_support_file(context, "rh_npm_script.cjs").string(),
            join(command, " ")};
    argv.insert(argv.end(), command.begin(), command.end());
    if (context.extra_args.empty()) return step;
    if (command.front() == "npm") argv.emplace_back("--");
    argv.insert(argv.end(), context.extra_args.begin(), context.extra_args.end());
    return step;
  }

  std::string rerun(const model::Suite& suite, const model::TestCase&) const override {
    return enter_folder(suite.root) + shell_join(script_command(suite));
  }

  std::string coverage_problem(const model::Suite& suite, const StepContext&) const override {
    return "the script `" + detail(suite, npm_detail::kCommand, "npm test") + "` runs as it is, without coverage";
  }

  std::string coverage_tool(const model::Suite&, const StepContext&) const override { return {}; }
  std::vector<std::string_view> no_tests_texts() const override { return {"Missing script: "}; }
  std::vector<std::string_view> usage_texts() const override { return {}; }
};

}  // namespace

std::unique_ptr<NodeRunner> make_npm_as_is() { return std::make_unique<NpmAsIs>(); }

}  // namespace rh::adapters
