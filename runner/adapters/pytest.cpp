// The pytest adapter: `PY -m pytest` in the suite's folder with our plugin injected through the
// environment, so that the project's own command line stays as it is. Facts about exit codes and
// options were checked with pytest 6 to 9.
#include <fmt/core.h>

#include <algorithm>

#include "runner/adapters/adapter.h"
#include "runner/adapters/pytest_config.h"
#include "runner/adapters/pytest_coverage.h"
#include "runner/adapters/pytest_discovery.h"
#include "runner/adapters/pytest_reach.h"
#include "runner/adapters/python_editable.h"
#include "runner/adapters/python_environment.h"
#include "runner/base/beneath.h"
#include "runner/base/embedded.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

RH_EMBEDDED(rh_pytest_plugin_py)
RH_EMBEDDED(rh_pytest_process_py)
RH_EMBEDDED(rh_pytest_lines_py)
RH_EMBEDDED(rh_pytest_reach_py)
RH_EMBEDDED(rh_pytest_recorder_py)
RH_EMBEDDED(rh_pytest_reports_py)

namespace rh::adapters {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kMaxErrorBytes = 1 << 20;
constexpr std::chrono::milliseconds kHelperTimeout{10'000};

std::string tool_version(const PythonEnvironment& python, const std::string& pytest) {
  const std::string first = python.version.empty() ? "python" : python.version;
  return pytest.empty() ? first + ", pytest" : fmt::format("{}, pytest {}", first, pytest);
}

// A lock file tells which command would make the missing environment.
std::string missing_pytest(const PythonEnvironment& python, const fs::path& suite_dir, const fs::path& root) {
  std::string advice = "install it there, or create .venv with it";
  for (fs::path folder = suite_dir;; folder = folder.parent_path()) {
    if (is_file(folder / "uv.lock"))
      advice = "run `uv sync` to create .venv";
    else if (is_file(folder / "poetry.lock"))
      advice = "run `poetry install` and start runharness in `poetry run`";
    else if (is_file(folder / "Pipfile.lock"))
      advice = "run `pipenv install --dev` and start runharness in `pipenv run`";
    if (folder == root || !is_below(folder, root)) break;
  }
  return fmt::format("pytest is not importable by {}: {}", python.python.string(), advice);
}

// How a person names the interpreter from the suite's folder.
std::string python_word(const PythonEnvironment& python, const fs::path& suite_dir, const fs::path& root) {
  if (!is_below(python.python, root)) return python.python.string();
  return python.python.lexically_relative(suite_dir).generic_string();
}

void add_grants(model::Step& step, const PythonEnvironment& python, const Host& host) {
  const auto grant = [&](const fs::path& path) {
    if (path.empty() || path == "/" || path == "/usr") return;
    const auto same = [&](const model::PathGrant& each) { return each.path == path; };
    if (std::none_of(step.grants.begin(), step.grants.end(), same))
      step.grants.push_back({path, model::Access::read_only});
  };
  grant(python.prefix);
  grant(python.base_prefix);
  for (const fs::path& site : python.site_folders) grant(site);
  for (const fs::path& folder : editable_folders(python, host)) grant(folder);
  grant(variable(host.environment(), "PYENV_ROOT"));
  if (!host.home().empty())
    for (const char* folder : {".local/bin", ".local/share/uv/python"}) grant(host.home() / folder);
}

std::string prefixed(const std::string& first, const std::string& rest, char separator) {
  return rest.empty() ? first : first + separator + rest;
}

model::Environment test_environment(const PythonEnvironment& python, const StepContext& context) {
  const model::Environment& caller = context.host->environment();
  model::Environment env;
  env["RUNHARNESS_EVENTS"] = (context.out_dir / "events.jsonl").string();
  env["PYTEST_PLUGINS"] = prefixed("rh_pytest_plugin", variable(caller, "PYTEST_PLUGINS"), ',');
  env["PYTHONPATH"] = prefixed(context.support_dir.string(), variable(caller, "PYTHONPATH"), ':');
  // Compiled files stay out of the repository and are warm in the next run, unless the caller has a
  // wish of their own: together with "don't write" a prefix would make every run a cold one.
  if (variable(caller, "PYTHONDONTWRITEBYTECODE").empty() && variable(caller, "PYTHONPYCACHEPREFIX").empty())
    env["PYTHONPYCACHEPREFIX"] = (context.cache_dir / "pycache").string();
  // Examples that hypothesis remembers: a store that the project has already stays in use.
  if (variable(caller, "HYPOTHESIS_STORAGE_DIRECTORY").empty() && !rh::is_directory(context.suite_dir / ".hypothesis"))
    env["HYPOTHESIS_STORAGE_DIRECTORY"] = (context.cache_dir / "hypothesis").string();
  if (python.is_venv) {
    env["VIRTUAL_ENV"] = python.prefix.string();
    env["PATH"] = prefixed((python.prefix / "bin").string(), variable(caller, "PATH"), ':');
  } else if (rh::is_directory(context.host->home() / ".local/lib")) {
    env["PYTHONUSERBASE"] = (context.host->home() / ".local").string();  // HOME of the sandbox is another one
  }
  return env;
}

std::vector<std::string> passed_variables() {
  return {"PYTEST_ADDOPTS",
          "PYTEST_DISABLE_PLUGIN_AUTOLOAD",
          "PYTEST_XDIST_AUTO_NUM_WORKERS",
          "PYTHONHASHSEED",
          "PYTHONWARNINGS",
          "PYTHONUTF8",
          "PYTHONIOENCODING",
          "PYTHONDEVMODE",
          "PYTHONUNBUFFERED",
          "PYTHONOPTIMIZE",
          "PYTHONDONTWRITEBYTECODE",
          "PYTHONPYCACHEPREFIX",
          "PYTHONASYNCIODEBUG",
          "PYTHONNOUSERSITE",
          "PYTHONSAFEPATH",
          "PYENV_*",
          "CONDA_PREFIX",
          "HYPOTHESIS_STORAGE_DIRECTORY",
          "COVERAGE_RCFILE",
          "COVERAGE_CORE",
          "DJANGO_SETTINGS_MODULE"};
}

bool has_no_cache(const std::vector<std::string>& args) {
  return std::any_of(args.begin(), args.end(),
                     [](const std::string& arg) { return arg == "no:cacheprovider" || arg == "-pno:cacheprovider"; });
}

// The end of stderr and stdout: where Python and pytest say why they did not start.
std::string said_at_end(const model::StepEnd& end) {
  std::string text;
  for (const fs::path& path : {end.stderr_path, end.stdout_path})
    if (!path.empty()) text += read_beneath({}, path, kMaxErrorBytes).value_or("");
  return text;
}

class PytestAdapter : public Adapter {
 public:
  std::vector<model::Suite> discover(const model::Repository& repository, const Host& host,
                                     std::vector<model::Diagnostic>& diagnostics) const override {
    std::vector<model::Suite> suites;
    for (const PytestRoot& root : find_pytest_roots(repository, diagnostics)) {
      model::Suite& suite = suites.emplace_back();
      suite.id.value = root.folder + ":pytest";
      suite.ecosystem = suite.runner = "pytest";
      suite.root = root.folder;
      suite.reason = root.reason;
      for (const std::string& nested : root.nested) suite.runner_args.push_back("--ignore=" + nested);
      choose_tool(suite, repository, host);
    }
    return suites;
  }

  // Files could not tell whether pytest is there (zip imports, .pth files): ask the interpreter, unless
  // the repository could have written it.
  void probe_tool(model::Suite& suite, const model::Repository& repository, const Host& host) const override {
    if (suite.tool.path.empty() || !suite.tool.version.empty()) return;
    const fs::path suite_dir = repository.absolute(suite.root).lexically_normal();
    const PythonEnvironment python = inspect_python(suite.tool.path, repository.root, host);
    suite.tool.problem = missing_pytest(python, suite_dir, repository.root);
    if (python.in_repository) return;
    model::Command command;
    command.argv = {suite.tool.path.string(), "-c",
                    "import sys, pytest; print('%d.%d.%d' % sys.version_info[:3], pytest.__version__)"};
    command.cwd = "/";
    const auto output = host.run_helper(command, kHelperTimeout);
    if (!output || output->exit_code != 0) return;
    const std::vector<std::string> words = split_words(output->standard_output);
    if (words.size() != 2) return;
    suite.tool.version = fmt::format("{}, pytest {}", words[0], words[1]);
    suite.tool.problem.clear();
  }

  Result<std::vector<model::Step>> first_steps(const model::Suite& suite, const StepContext& context) const override {
    RH_ASSERT(context.host != nullptr);
    const PythonEnvironment python = inspect_python(suite.tool.path, context.repository_root, *context.host);
    const std::vector<std::string> args = effective_args(suite, context);

    model::Step test;
    test.name = "pytest";
    test.kind = model::StepKind::test;
    test.stop_on_failure = false;  // coverage of failing tests is wanted too
    test.command.cwd = context.suite_dir;
    test.command.env = test_environment(python, context);
    test.pass_env = passed_variables();
    add_grants(test, python, *context.host);

    const CoveragePlan plan = context.coverage ? plan_coverage(context.suite_dir, python, args) : CoveragePlan{};
    std::vector<std::string>& argv = test.command.argv;
    argv = {suite.tool.path.string(), "-m"};
    if (plan.means != CoverageMeans::none) test.command.env["COVERAGE_FILE"] = (context.out_dir / ".coverage").string();
    if (plan.means == CoverageMeans::coverage_run) {
      argv.insert(argv.end(), {"coverage", "run"});
      argv.insert(argv.end(), plan.run_options.begin(), plan.run_options.end());
      argv.emplace_back("-m");
    }
    argv.emplace_back("pytest");
    if (!has_no_cache(args)) {
      argv.emplace_back("-o");
      argv.push_back("cache_dir=" + (context.cache_dir / "pytest").string());
    }
    if (plan.means == CoverageMeans::pytest_cov) add_pytest_cov(test, plan, context);
    argv.insert(argv.end(), suite.runner_args.begin(), suite.runner_args.end());
    argv.insert(argv.end(), context.extra_args.begin(), context.extra_args.end());

    model::ResultFile events;
    events.format = "rh-events";
    events.path = context.out_dir / "events.jsonl";
    test.results.push_back(std::move(events));

    RH_CHECK(add_pytest_reach(test, context, python));
    std::vector<model::Step> steps = coverage_steps(plan, test, context);
    if (context.test_map) steps.push_back(pytest_lines_step(test, context));
    steps.insert(steps.begin(), std::move(test));
    return steps;
  }

  Result<std::vector<model::Step>> next_steps(const model::Suite&, const StepContext&, const model::Step&,
                                              const model::StepEnd&, bool) const override {
    return std::vector<model::Step>();
  }

  // A test may call os._exit with any of these codes: that its results stop early is seen by the engine.
  model::StepMeaning interpret(const model::Step& step, const model::StepEnd& end) const override {
    // Without data (the tests died) coverage.py fails; the missing file says so, and the tests' own
    // ending says why.
    if (step.kind == model::StepKind::coverage) return model::StepMeaning::ok;
    if (end.ending == model::Ending::start_failed) return model::StepMeaning::broken;
    if (end.ending != model::Ending::exited || !end.status.exit_code) return model::StepMeaning::crashed;
    switch (*end.status.exit_code) {
      case 0:
        return model::StepMeaning::ok;
      // `python -m pytest` without pytest ends with 1 as well.
      case 1:
        return end.tests_finished > 0 ? model::StepMeaning::tests_failed : model::StepMeaning::broken;
      case 2:
        return model::StepMeaning::broken;  // interrupted, or a file that could not be collected
      case 3:
        return model::StepMeaning::crashed;  // internal error
      case 4:
        return said_at_end(end).find("loading conftest") != std::string::npos ? model::StepMeaning::broken
                                                                              : model::StepMeaning::usage;
      case 5:
        return model::StepMeaning::no_tests;
      default:
        return model::StepMeaning::crashed;
    }
  }

  std::string rerun_command(const model::Suite& suite, const model::TestCase& test) const override {
    const auto word = suite.details.find("python");
    std::vector<std::string> argv{word != suite.details.end() ? word->second : suite.tool.path.string(), "-m",
                                  "pytest"};
    const std::string& name = test.kind == model::TestKind::subtest ? test.parent : test.name;
    if (!test.file.empty()) argv.push_back(name.empty() || name == test.file ? test.file : test.file + "::" + name);
    const std::string command = shell_join(argv);
    return suite.root == "." ? command : "cd " + lossless_shell_quote(suite.root) + " && " + command;
  }

  std::string coverage_problem(const model::Suite& suite, const StepContext& context) const override {
    return plan_of(suite, context).problem;
  }

  std::string coverage_tool(const model::Suite& suite, const StepContext& context) const override {
    return plan_of(suite, context).tool;
  }

  std::vector<SupportFile> support_files() const override {
    return {{"rh_pytest_plugin.py", RH_EMBEDDED_TEXT(rh_pytest_plugin_py)},
            {"rh_pytest_process.py", RH_EMBEDDED_TEXT(rh_pytest_process_py)},
            {"rh_pytest_lines.py", RH_EMBEDDED_TEXT(rh_pytest_lines_py)},
            {"rh_pytest_reach.py", RH_EMBEDDED_TEXT(rh_pytest_reach_py)},
            {"rh_pytest_recorder.py", RH_EMBEDDED_TEXT(rh_pytest_recorder_py)},
            {"rh_pytest_reports.py", RH_EMBEDDED_TEXT(rh_pytest_reports_py)}};
  }

  std::string test_map_problem(const model::Suite& suite, const StepContext& context) const override {
    return pytest_map_problem(plan_of(suite, context), context);
  }

  std::string selection_problem(const model::Suite&, const StepContext&) const override { return {}; }

  std::string installed(const model::Suite& suite, const StepContext& context) const override {
    return installed_distributions(inspect_python(suite.tool.path, context.repository_root, *context.host));
  }

 private:
  static void choose_tool(model::Suite& suite, const model::Repository& repository, const Host& host) {
    suite.tool.name = "python3";
    const fs::path suite_dir = repository.absolute(suite.root).lexically_normal();
    const auto python = choose_python(suite_dir, repository.root, host);
    if (!python) {
      suite.tool.problem = "no python3 on the PATH and no .venv in the suite: install Python, or create .venv";
      return;
    }
    suite.tool.path = python->python;
    suite.details["python"] = python_word(*python, suite_dir, repository.root);
    suite.details["python_origin"] = python->origin;
    if (const auto pytest = python->find_package("pytest", "pytest")) {
      suite.tool.version = tool_version(*python, *pytest);
    } else if (python->in_repository) {
      suite.tool.problem = missing_pytest(*python, suite_dir, repository.root);
    }
  }

  // What pytest will see: addopts of the project, PYTEST_ADDOPTS, ours and the caller's.
  static std::vector<std::string> effective_args(const model::Suite& suite, const StepContext& context) {
    std::vector<model::Diagnostic> told_at_discovery;
    std::vector<std::string> args = read_pytest_config(context.suite_dir, suite.root, told_at_discovery).addopts;
    for (const std::vector<std::string>& more :
         {split_words(variable(context.host->environment(), "PYTEST_ADDOPTS")), suite.runner_args, context.extra_args})
      args.insert(args.end(), more.begin(), more.end());
    return args;
  }

  static CoveragePlan plan_of(const model::Suite& suite, const StepContext& context) {
    const PythonEnvironment python = inspect_python(suite.tool.path, context.repository_root, *context.host);
    return plan_coverage(context.suite_dir, python, effective_args(suite, context));
  }

  static void add_pytest_cov(model::Step& test, const CoveragePlan& plan, const StepContext& context) {
    test.command.argv.insert(test.command.argv.end(), plan.run_options.begin(), plan.run_options.end());
    test.command.argv.push_back("--cov-report=json:" + coverage_json(context.out_dir).string());
    test.coverage.push_back(coverage_source(context));
  }
};

}  // namespace

std::unique_ptr<Adapter> make_pytest_adapter() { return std::make_unique<PytestAdapter>(); }

}  // namespace rh::adapters
