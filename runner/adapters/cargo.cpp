// The cargo adapter: builds once, then runs each test program by itself, because only the programs'
// own streams tell which test was running when one of them died.
#include <fmt/format.h>

#include "runner/adapters/adapter.h"
#include "runner/adapters/cargo_discovery.h"
#include "runner/adapters/cargo_steps.h"
#include "runner/adapters/cargo_target.h"
#include "runner/base/beneath.h"
#include "runner/base/text.h"

namespace rh::adapters {

namespace {

using model::Step;
using model::StepKind;
using model::StepMeaning;
using model::Suite;

constexpr std::uint64_t kMessagesLimit = 256ULL << 20;
constexpr int kFailed = 101;  // of cargo and of libtest

// rustdoc splits its filters at blanks and takes a test that matches any of them, so that of
// "src/lib.rs - evaluate (line 22)" only "22)" singles out the test.
std::string doctest_filter(std::string_view name) {
  const std::size_t line = name.rfind("(line ");
  if (line == std::string_view::npos) return std::string(name);
  const std::string_view number = name.substr(line + 6);
  return std::string(number.substr(0, number.find(')') + 1));
}

class CargoAdapter : public Adapter {
 public:
  std::vector<Suite> discover(const model::Repository& repository, const Host& host,
                              std::vector<model::Diagnostic>& diagnostics) const override {
    std::vector<Suite> suites = cargo_suites(repository, diagnostics);
    const auto cargo = host.find_tool("cargo");
    for (Suite& suite : suites) {
      if (cargo)
        suite.tool.path = *cargo;
      else if (suite.tool.problem.empty())
        suite.tool.problem =
            "cargo is not on PATH: install Rust from https://rustup.rs or as your distribution's package `cargo`";
    }
    return suites;
  }

  void probe_tool(Suite& suite, const model::Repository&, const Host& host) const override {
    if (!suite.tool.path.empty() && suite.runnable()) probe_rust(suite, host);
  }

  Result<std::vector<Step>> first_steps(const Suite& suite, const StepContext& context) const override {
    return CargoSteps(suite, context).first();
  }

  Result<std::vector<Step>> next_steps(const Suite& suite, const StepContext& context, const Step& finished,
                                       const model::StepEnd& end, bool) const override {
    if (finished.kind != StepKind::build || interpret(finished, end) != StepMeaning::ok) return std::vector<Step>{};
    RH_TRY(const std::string messages, read_beneath({}, end.stdout_path, kMessagesLimit));
    return CargoSteps(suite, context).after_build(messages);
  }

  std::string test_map_problem(const Suite& suite, const StepContext& context) const override {
    return CargoSteps(suite, context).map_problem();
  }

  std::string selection_problem(const Suite& suite, const StepContext& context) const override {
    return CargoSteps(suite, context).selection_problem();
  }

  StepMeaning interpret(const Step& step, const model::StepEnd& end) const override {
    const bool tests = step.kind == StepKind::test;
    if (end.ending != model::Ending::exited || !end.status.exit_code)
      return tests ? StepMeaning::crashed : StepMeaning::broken;
    const int code = *end.status.exit_code;
    // A program without tests is no news: the suite is empty only when all of them are.
    if (code == 0) return StepMeaning::ok;
    if (step.kind == StepKind::build) return code == kFailed ? StepMeaning::broken : StepMeaning::usage;
    if (!tests) return StepMeaning::broken;
    if (end.tests_failed > 0 && (code == kFailed || has_own_harness(step))) return StepMeaning::tests_failed;
    return is_doctest(step) ? StepMeaning::broken : StepMeaning::crashed;
  }

  std::string rerun_command(const Suite& suite, const model::TestCase& test) const override {
    const std::string start = suite.root == "." ? "" : "cd " + lossless_shell_quote(suite.root) + " && ";
    std::vector<std::string> argv = {"cargo", "test"};
    const auto selection = parse_target_scope(test.classname);
    if (selection) {
      // The only package of its folder needs no name, which a dependency of the same name would make ambiguous.
      const auto packages = suite.details.find(cargo_detail::kPackages);
      if (packages == suite.details.end() || packages->second != ".")
        argv.insert(argv.end(), {"-p", selection->package});
      argv.insert(argv.end(), selection->options.begin(), selection->options.end());
    } else {
      argv.emplace_back("--workspace");
    }
    if (selection && selection->options.front() == "--doc")
      argv.insert(argv.end(), {"--", doctest_filter(test.name)});
    else
      argv.insert(argv.end(), {"--", "--exact", test.name});
    return start + shell_join(argv);
  }

  std::string coverage_problem(const Suite& suite, const StepContext& context) const override {
    return find_llvm_tools(suite, *context.host).problem;
  }

  std::string coverage_tool(const Suite& suite, const StepContext&) const override {
    const auto version = suite.details.find(cargo_detail::kLlvm);
    return version == suite.details.end() ? "llvm-cov" : "llvm-cov " + version->second;
  }

  std::vector<SupportFile> support_files() const override { return {}; }

 private:
  static bool is_doctest(const Step& step) {
    return !step.results.empty() && step.results.front().format == "libtest-text";
  }
  static bool has_own_harness(const Step& step) { return !step.results.empty() && !step.results.front().path.empty(); }
};

}  // namespace

std::unique_ptr<Adapter> make_cargo_adapter() { return std::make_unique<CargoAdapter>(); }

}  // namespace rh::adapters
