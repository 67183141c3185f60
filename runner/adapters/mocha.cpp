// Mocha.
#include "runner/adapters/node_project.h"
#include "runner/adapters/node_reach.h"
#include "runner/adapters/node_runner.h"
#include "runner/adapters/npm_discovery.h"
#include "runner/base/text.h"

namespace rh::adapters {

namespace {

// Mocha takes one reporter: ours, which calls the one that the project asked for.
std::string take_reporter(std::vector<std::string>& args) {
  std::string reporter;
  for (std::size_t i = 0; i < args.size();) {
    const std::size_t equals = args[i].find('=');
    if (!is_one_of(args[i].substr(0, equals), {"-R", "--reporter"})) {
      ++i;
      continue;
    }
    const bool two_words = equals == std::string::npos && i + 1 < args.size();
    reporter = two_words ? args[i + 1] : args[i].substr(equals + 1);
    args.erase(args.begin() + static_cast<std::ptrdiff_t>(i),
               args.begin() + static_cast<std::ptrdiff_t>(i + (two_words ? 2 : 1)));
  }
  return reporter;
}

class Mocha final : public NodeRunner {
 public:
  std::string package() const override { return "mocha"; }

  Result<model::Step> test_step(const model::Suite& suite, const StepContext& context) const override {
    model::Step step = node_test_step(suite, context);
    add_program(step, suite, context);
    std::vector<std::string> args = project_args(suite);
    if (const std::string reporter = take_reporter(args); !reporter.empty())
      step.command.env["RUNHARNESS_MOCHA_REPORTER"] = reporter;
    if (context.left_out != nullptr)
      for (const std::string& file : *context.left_out)
        for (const std::string& path : {file, "./" + file, (context.suite_dir / file).string()})
          step.command.argv.push_back("--ignore=" + escape_glob(path));
    const bool coverage = context.coverage && coverage_problem(suite, context).empty();
    if (coverage) wrap_in_coverage(step, suite, context);
    append_project_args(step, suite, context, args);
    place_reporter(step, suite, context);
    return step;
  }

  std::string rerun(const model::Suite& suite, const model::TestCase& test) const override {
    std::vector<std::string> argv{"npx", "mocha"};
    if (!test.file.empty()) argv.push_back(test.file);
    argv.insert(argv.end(), {"-g", "^" + escape_regex(test.name) + "$"});
    return enter_folder(suite.root) + shell_join(argv);
  }

  std::string coverage_problem(const model::Suite& suite, const StepContext& context) const override {
    return coverage_wrapper_problem(suite, context);
  }

  std::string coverage_tool(const model::Suite& suite, const StepContext& context) const override {
    const std::string name = coverage_wrapper_name(suite, context);
    const auto installed = find_installed(context, name);
    return installed ? name + " " + installed->manifest.version : name;
  }

  std::string test_map_problem(const model::Suite&, const StepContext&) const override { return {}; }
  std::string selection_problem(const model::Suite&, const StepContext&) const override { return {}; }

  // All files share one process, so that each one runs once more, alone.
  std::vector<model::Step> lines_steps(const model::Suite& suite, const StepContext& context,
                                       const model::Step& test) const override {
    model::Step mocha = node_test_step(suite, context);
    add_program(mocha, suite, context);
    std::vector<std::string> args = project_args(suite);
    [[maybe_unused]] const std::string reporter = take_reporter(args);
    append_project_args(mocha, suite, context, args);
    model::Step step = node_lines_step(suite, context, context.out_dir / "v8");
    step.name = "who tests what, file by file";
    step.grants = test.grants;
    step.command.env = mocha.command.env;
    step.command.env.erase("RUNHARNESS_EVENTS");
    step.command.argv[1] = node_support_file(context, "rh_mocha_lines.mjs").string();
    step.command.argv.insert(step.command.argv.end(), mocha.command.argv.begin(), mocha.command.argv.end());
    return {std::move(step)};
  }

  std::vector<std::string_view> no_tests_texts() const override {
    return {"No test files found", "No spec files found", "all files excluded"};
  }
  std::vector<std::string_view> usage_texts() const override {
    return {"Unknown argument", "Unknown arguments", "Not enough arguments following", "invalid or missing"};
  }

 private:
  static void add_program(model::Step& step, const model::Suite& suite, const StepContext& context) {
    std::vector<std::string>& argv = step.command.argv;
    argv = program_command(suite, context, "mocha", "mocha");
    const std::vector<std::string> node_args = detail_list(suite, npm_detail::kNodeArgs);
    if (argv.size() == 2)
      argv.insert(argv.begin() + 1, node_args.begin(), node_args.end());
    else if (!node_args.empty())
      add_node_option(step, suite, context, join(node_args, " "));
  }

  static std::vector<std::string> project_args(const model::Suite& suite) {
    std::vector<std::string> args;
    for (const std::string& arg : suite.runner_args)
      if (!is_one_of(arg, {"--watch", "-w"})) args.push_back(arg);
    return args;
  }

  // Behind the project's arguments: mocha takes the last of several.
  static void place_reporter(model::Step& step, const model::Suite& suite, const StepContext& context) {
    const std::string option = "--reporter=" + node_support_file(context, "rh_mocha.cjs").string();
    std::vector<std::string>& argv = step.command.argv;
    if (suite.details.contains(npm_detail::kShellArgs))
      argv[2] += " " + lossless_shell_quote(option);
    else
      argv.push_back(option);
  }
};

}  // namespace

std::unique_ptr<NodeRunner> make_mocha() { return std::make_unique<Mocha>(); }

}  // namespace rh::adapters
