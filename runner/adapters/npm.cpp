// The npm ecosystem: packages with a package.json, whatever their package manager and test runner.
#include <fmt/format.h>

#include <map>

#include "runner/adapters/adapter.h"
#include "runner/adapters/node_project.h"
#include "runner/adapters/node_reach.h"
#include "runner/adapters/node_runner.h"
#include "runner/adapters/npm_discovery.h"
#include "runner/adapters/npm_prepare.h"
#include "runner/base/beneath.h"
#include "runner/base/embedded.h"
#include "runner/base/text.h"

RH_EMBEDDED(rh_jest_filter_cjs)
RH_EMBEDDED(rh_left_out_cjs)
RH_EMBEDDED(rh_node_lines_mjs)
RH_EMBEDDED(rh_node_preload_cjs)
RH_EMBEDDED(rh_node_reporter_mjs)
RH_EMBEDDED(rh_process_usage_cjs)
RH_EMBEDDED(rh_vitest_mjs)
RH_EMBEDDED(rh_vitest_lines_mjs)
RH_EMBEDDED(rh_jest_cjs)
RH_EMBEDDED(rh_mocha_cjs)
RH_EMBEDDED(rh_mocha_lines_mjs)
RH_EMBEDDED(rh_npm_script_cjs)

namespace rh::adapters {

namespace {

using model::StepKind;
using model::StepMeaning;

constexpr std::uint64_t kTailBytes = 64 * 1024;  // of captured output that is searched for messages
constexpr std::uint64_t kOutputLimit = 256ULL << 20;
constexpr std::chrono::seconds kVersionTimeout{20};
constexpr int kNodeUsageError = 9;

std::string tail_of(const std::filesystem::path& file) {
  const auto text = read_beneath({}, file, kOutputLimit);
  if (!text) return {};
  const std::string_view all = *text;
  return strip_ansi(all.size() > kTailBytes ? all.substr(all.size() - kTailBytes) : all);
}

bool contains_any(const std::string& text, const std::vector<std::string_view>& needles) {
  for (const std::string_view needle : needles)
    if (text.find(needle) != std::string::npos) return true;
  return false;
}

class NpmAdapter final : public Adapter {
 public:
  NpmAdapter() {
    runners_["node:test"] = make_node_test();
    runners_["vitest"] = make_vitest();
    runners_["jest"] = make_jest();
    runners_["mocha"] = make_mocha();
    runners_["npm-script"] = make_npm_as_is();
  }

  std::vector<model::Suite> discover(const model::Repository& repository, const Host& host,
                                     std::vector<model::Diagnostic>& diagnostics) const override {
    std::vector<model::Suite> suites = npm_suites(repository, diagnostics);
    const auto node = suites.empty() ? std::nullopt : host.find_tool("node");
    for (model::Suite& suite : suites) {
      if (node)
        suite.tool.path = *node;
      else
        suite.tool.problem = "node is not on PATH: install Node.js 18 or later";
    }
    return suites;
  }

  void probe_tool(model::Suite& suite, const model::Repository& repository, const Host& host) const override {
    if (suite.tool.path.empty()) return;
    const model::Command command{{suite.tool.path.string(), "--version"}, repository.root, {}};
    const auto output = host.run_helper(command, kVersionTimeout);
    if (!output || output.value().exit_code != 0) {
      suite.tool.problem = fmt::format("{} --version fails: {}", suite.tool.path.string(),
                                       output ? output.value().standard_error : output.error().message());
      return;
    }
    std::string_view version = trim(output.value().standard_output);
    if (version.starts_with("v")) version.remove_prefix(1);
    suite.tool.version = version;
    add_runner_version(suite, repository);
    check_package_manager(suite, repository, host);
  }

  Result<std::vector<model::Step>> first_steps(const model::Suite& suite, const StepContext& context) const override {
    if (auto install = install_step(suite, context)) return std::vector<model::Step>{*std::move(install)};
    return run_steps(suite, context);
  }

  // Only when the dependencies are there can be told which coverage tool and which version of the runner will serve.
  Result<std::vector<model::Step>> next_steps(const model::Suite& suite, const StepContext& context,
                                              const model::Step& finished, const model::StepEnd&, bool) const override {
    if (finished.kind != StepKind::prepare) return std::vector<model::Step>();
    return run_steps(suite, context);
  }

  StepMeaning interpret(const model::Step& step, const model::StepEnd& end) const override {
    const bool exited = end.ending == model::Ending::exited && end.status.exit_code.has_value();
    if (step.kind != StepKind::test)
      return exited && *end.status.exit_code == 0 ? StepMeaning::ok : StepMeaning::broken;
    if (!exited) return StepMeaning::crashed;
    if (end.tests_failed > 0) return StepMeaning::tests_failed;
    const int code = *end.status.exit_code;
    if (code == 0) return end.tests_finished > 0 ? StepMeaning::ok : StepMeaning::no_tests;
    return meaning_of_failure(step, end, code);
  }

  std::string rerun_command(const model::Suite& suite, const model::TestCase& test) const override {
    return runner_of(suite).rerun(suite, test);
  }

  std::string coverage_problem(const model::Suite& suite, const StepContext& context) const override {
    return runner_of(suite).coverage_problem(suite, context);
  }

  std::string coverage_tool(const model::Suite& suite, const StepContext& context) const override {
    return runner_of(suite).coverage_tool(suite, context);
  }

  std::string test_map_problem(const model::Suite& suite, const StepContext& context) const override {
    return runner_of(suite).test_map_problem(suite, context);
  }

  std::string selection_problem(const model::Suite& suite, const StepContext& context) const override {
    return runner_of(suite).selection_problem(suite, context);
  }

  // What npm and its kin note about the packages that they installed.
  std::string installed(const model::Suite& suite, const StepContext& context) const override {
    return installed_packages(suite, context);
  }

  std::vector<SupportFile> support_files() const override {
    const std::pair<const char*, std::string_view> files[] = {
        {"rh_jest_filter.cjs", RH_EMBEDDED_TEXT(rh_jest_filter_cjs)},
        {"rh_left_out.cjs", RH_EMBEDDED_TEXT(rh_left_out_cjs)},
        {"rh_node_lines.mjs", RH_EMBEDDED_TEXT(rh_node_lines_mjs)},
        {"rh_node_preload.cjs", RH_EMBEDDED_TEXT(rh_node_preload_cjs)},
        {"rh_node_reporter.mjs", RH_EMBEDDED_TEXT(rh_node_reporter_mjs)},
        {"rh_process_usage.cjs", RH_EMBEDDED_TEXT(rh_process_usage_cjs)},
        {"rh_vitest.mjs", RH_EMBEDDED_TEXT(rh_vitest_mjs)},
        {"rh_vitest_lines.mjs", RH_EMBEDDED_TEXT(rh_vitest_lines_mjs)},
        {"rh_jest.cjs", RH_EMBEDDED_TEXT(rh_jest_cjs)},
        {"rh_mocha_lines.mjs", RH_EMBEDDED_TEXT(rh_mocha_lines_mjs)},
        {"rh_mocha.cjs", RH_EMBEDDED_TEXT(rh_mocha_cjs)},
        {"rh_npm_script.cjs", RH_EMBEDDED_TEXT(rh_npm_script_cjs)}};
    std::vector<SupportFile> support;
    for (const auto& [name, contents] : files)
      support.push_back({std::string(kNodeSupportFolder) + "/" + name, contents});
    return support;
  }

 private:
  [[nodiscard]] const NodeRunner& runner_of(const model::Suite& suite) const {
    const auto found = runners_.find(suite.runner);
    RH_ASSERT(found != runners_.end());
    return *found->second;
  }

  [[nodiscard]] Result<std::vector<model::Step>> run_steps(const model::Suite& suite,
                                                           const StepContext& context) const {
    std::vector<model::Step> steps;
    for (const std::string& command : detail_list(suite, npm_detail::kBuild)) {
      if (suite.runner == "npm-script") break;  // its script does that itself
      model::Step build = node_step(suite, context, command, StepKind::build);
      build.command.argv = {"/bin/sh", "-c", command};
      steps.push_back(std::move(build));
    }
    RH_TRY(model::Step test, runner_of(suite).test_step(suite, context));
    RH_CHECK(add_node_left_out(test, context));
    std::vector<model::Step> lines;
    if (context.test_map) lines = runner_of(suite).lines_steps(suite, context, test);
    steps.push_back(std::move(test));
    steps.insert(steps.end(), lines.begin(), lines.end());
    return steps;
  }

  // No test failed, and yet the runner did.
  [[nodiscard]] StepMeaning meaning_of_failure(const model::Step& step, const model::StepEnd& end, int code) const {
    const std::string output = tail_of(end.stdout_path) + tail_of(end.stderr_path);
    const auto runner = runners_.find(step.name);
    if (end.tests_finished == 0) {
      if (runner != runners_.end() && contains_any(output, runner->second->no_tests_texts()))
        return StepMeaning::no_tests;
      if (runner != runners_.end() && contains_any(output, runner->second->usage_texts())) return StepMeaning::usage;
      return code == kNodeUsageError ? StepMeaning::usage : StepMeaning::broken;
    }
    // The project's own coverage threshold, in the words of c8, nyc, vitest and jest.
    if (contains_any(output, {"does not meet", "threshold for"})) return StepMeaning::tests_failed;
    return StepMeaning::crashed;
  }

  void add_runner_version(model::Suite& suite, const model::Repository& repository) const {
    const std::string package = runner_of(suite).package();
    if (package.empty()) return;
    const auto installed = find_installed(repository.absolute(suite.root), repository.root, package);
    if (installed) suite.tool.version += fmt::format(", {} {}", package, installed->manifest.version);
  }

  static void check_package_manager(model::Suite& suite, const model::Repository& repository, const Host& host) {
    const std::string& manager = suite.details[npm_detail::kPackageManager];
    if (repository.has(suite.details[npm_detail::kInstallFolder], ".pnp.cjs")) {
      suite.tool.problem = "Yarn Plug'n'Play installs are not supported: set nodeLinker to node-modules";
      return;
    }
    const bool needed = suite.runner == "npm-script" || !install_reason(suite, repository.root).empty();
    if (needed && !host.find_tool(manager))
      suite.tool.problem = fmt::format("dependencies have to be installed with {}, which is not on PATH", manager);
  }

  std::map<std::string, std::unique_ptr<NodeRunner>> runners_;
};

}  // namespace

std::unique_ptr<Adapter> make_npm_adapter() { return std::make_unique<NpmAdapter>(); }

}  // namespace rh::adapters
