// node:test, the runner that comes with node.
#include <fmt/format.h>

#include "runner/adapters/node_project.h"
#include "runner/adapters/node_reach.h"
#include "runner/adapters/node_runner.h"
#include "runner/adapters/npm_discovery.h"
#include "runner/base/text.h"

namespace rh::adapters {

namespace {

constexpr unsigned kFirstWithLcov = 20;  // `--test-reporter=lcov` came with 20.11

// NODE_OPTIONS is split at blanks; quotes and backslashes protect.
std::string quote_option(const std::string& path) {
  std::string quoted = "\"";
  for (const char c : path) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

// The reporters of the project's own command, as pairs of name and destination.
struct OwnReporters {
  std::vector<std::string> names, destinations, other_args;
};

OwnReporters split_reporters(const std::vector<std::string>& args) {
  OwnReporters own;
  for (std::size_t i = 0; i < args.size(); ++i) {
    const std::string& arg = args[i];
    const std::size_t equals = arg.find('=');
    const std::string flag = arg.substr(0, equals);
    if (flag != "--test-reporter" && flag != "--test-reporter-destination") {
      if (arg != "--watch") own.other_args.push_back(arg);
      continue;
    }
    std::string value = equals == std::string::npos && i + 1 < args.size() ? args[++i] : arg.substr(equals + 1);
    (flag == "--test-reporter" ? own.names : own.destinations).push_back(std::move(value));
  }
  if (own.names.empty()) own.names.emplace_back("spec");
  while (own.destinations.size() < own.names.size()) own.destinations.emplace_back("stdout");
  return own;
}

class NodeTest final : public NodeRunner {
 public:
  std::string package() const override { return {}; }

  Result<model::Step> test_step(const model::Suite& suite, const StepContext& context) const override {
    model::Step step = node_test_step(suite, context);
    OwnReporters own = split_reporters(detail_list(suite, npm_detail::kNodeArgs));
    const bool wrapped = context.coverage && !detail_list(suite, npm_detail::kCoverageWrapper).empty();
    const bool native = context.coverage && !wrapped && coverage_problem(suite, context).empty();
    own.names.push_back(node_support_file(context, "rh_node_reporter.mjs").string());
    own.destinations.push_back((context.out_dir / "reporter.txt").string());
    if (native) {
      own.names.emplace_back("lcov");
      own.destinations.push_back((coverage_folder(context) += ".lcov").string());
    }
    std::vector<std::string>& argv = step.command.argv;
    argv = {node_path(suite, context).string(), "--test"};
    argv.insert(argv.end(), own.other_args.begin(), own.other_args.end());
    if (native) argv.emplace_back("--experimental-test-coverage");
    for (std::size_t i = 0; i < own.names.size(); ++i) {
      argv.push_back("--test-reporter=" + own.names[i]);
      argv.push_back("--test-reporter-destination=" + own.destinations[i]);
    }
    if (wrapped) wrap_in_coverage(step, suite, context);
    if (context.test_map) [[maybe_unused]]
      const auto raw = measure_processes(step, context, wrapped);
    append_project_args(step, suite, context, suite.runner_args);
    add_preload(step, suite, context);
    if (native) {
      expect_lcov(step, suite, context);
      step.coverage.back().path = coverage_folder(context) += ".lcov";
    }
    return step;
  }

  std::string rerun(const model::Suite& suite, const model::TestCase& test) const override {
    const std::size_t last = test.name.rfind(" > ");
    // Up to Node 20 the pattern is held against each part of the name, later against the parts joined by blanks.
    const std::string pattern = last == std::string::npos ? "^" + escape_regex(test.name) + "$"
                                                          : escape_regex(test.name.substr(last + 3)) + "$";
    std::vector<std::string> argv{"node", "--test"};
    for (const std::string& arg : detail_list(suite, npm_detail::kNodeArgs)) argv.push_back(arg);
    if (test.name != test.file) argv.push_back("--test-name-pattern=" + pattern);
    if (!test.file.empty()) argv.push_back(test.file);
    return enter_folder(suite.root) + shell_join(argv);
  }

  std::string coverage_problem(const model::Suite& suite, const StepContext&) const override {
    if (!detail_list(suite, npm_detail::kCoverageWrapper).empty()) return {};
    const unsigned version = major_version(suite.tool.version);
    if (version == 0 || version >= kFirstWithLcov) return {};
    return fmt::format("node {} has no lcov coverage of its own tests: use node 20.11 or later, or c8",
                       suite.tool.version);
  }

  std::string coverage_tool(const model::Suite& suite, const StepContext& context) const override {
    if (!detail_list(suite, npm_detail::kCoverageWrapper).empty()) return coverage_wrapper_name(suite, context);
    return "node --experimental-test-coverage";
  }

  std::string test_map_problem(const model::Suite& suite, const StepContext&) const override {
    const std::vector<std::string> wrapper = detail_list(suite, npm_detail::kCoverageWrapper);
    if (!wrapper.empty() && wrapper.front() == "nyc")
      return "nyc measures otherwise than V8, which tells process from process";
    return process_problem(suite);
  }

  std::string selection_problem(const model::Suite& suite, const StepContext&) const override {
    return process_problem(suite);
  }

  std::vector<model::Step> lines_steps(const model::Suite& suite, const StepContext& context,
                                       const model::Step& test) const override {
    const auto own = test.command.env.find("NODE_V8_COVERAGE");
    const std::filesystem::path raw =
        own != test.command.env.end() ? std::filesystem::path(own->second) : coverage_folder(context) / "raw";
    return {node_lines_step(suite, context, raw)};
  }

  std::vector<std::string_view> no_tests_texts() const override { return {"Could not find '"}; }
  std::vector<std::string_view> usage_texts() const override { return {": bad option: ", "requires an argument"}; }

 private:
  static std::string process_problem(const model::Suite& suite) {
    for (const std::string& arg : detail_list(suite, npm_detail::kNodeArgs))
      if (arg.find("test-isolation=none") != std::string::npos)
        return "all test files run in one process (" + arg + ")";
    return {};
  }

  // Programs that tests start get the environment back as it was without the preload.
  static void add_preload(model::Step& step, const model::Suite& suite, const StepContext& context) {
    add_node_option(step, suite, context,
                    "--require=" + quote_option(node_support_file(context, "rh_node_preload.cjs").string()));
    const std::string& all = step.command.env["NODE_OPTIONS"];
    const std::size_t own = all.rfind("--require=");
    if (own > 0) step.command.env["RUNHARNESS_NODE_OPTIONS"] = all.substr(0, own - 1);
  }
};

}  // namespace

std::unique_ptr<NodeRunner> make_node_test() { return std::make_unique<NodeTest>(); }

}  // namespace rh::adapters
