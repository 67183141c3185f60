// Settings of the project win: coverage.py reads its own configuration in the suite's folder, and
// --source is only given when that selects nothing. Options checked with coverage.py 7.17.
#include "runner/adapters/pytest_coverage.h"

#include <fmt/core.h>

#include <algorithm>

#include "runner/adapters/pytest_config.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::adapters {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMaxSources = 50;

bool asks_for_pytest_cov(const std::vector<std::string>& args) {
  bool asks = false;
  for (const std::string& arg : args) {
    if (arg == "--no-cov") return false;
    asks |= arg == "--cov" || arg.starts_with("--cov=");
  }
  return asks;
}

// "-n 4", "-n4", "-nauto", "--numprocesses=4", "--dist ..."; -n 0 runs in the main process.
bool asks_for_xdist(const std::vector<std::string>& args) {
  bool asks = false;
  for (std::size_t i = 0; i < args.size(); ++i) {
    std::string_view count;
    if (args[i] == "-n" || args[i] == "--numprocesses")
      count = i + 1 < args.size() ? std::string_view(args[i + 1]) : std::string_view();
    else if (args[i].starts_with("--numprocesses="))
      count = std::string_view(args[i]).substr(15);
    else if (args[i].starts_with("-n"))
      count = std::string_view(args[i]).substr(2);
    else
      continue;
    asks = count != "0" && !count.empty();
  }
  return asks;
}

bool is_support_folder(std::string_view name) {
  return is_one_of(name, {"tests", "test", "testing", "docs", "doc", "examples", "example", "benchmarks", "scripts",
                          "tools", "build", "dist"});
}

bool is_support_module(std::string_view name) {
  return is_one_of(name, {"setup.py", "conftest.py", "noxfile.py", "tasks.py", "fabfile.py"}) ||
         name.starts_with("test_") || name.ends_with("_test.py");
}

bool has_python(const fs::path& folder) {
  std::error_code error;
  for (fs::directory_iterator each(folder, error), end; !error && each != end; each.increment(error))
    if (each->path().extension() == ".py" || is_file(each->path() / "__init__.py")) return true;
  return false;
}

// A package on the command line is a folder to coverage.py, a dotted name would import it.
std::vector<std::string> source_options(const fs::path& suite_dir) {
  const std::vector<std::string> sources = guess_sources(suite_dir);
  if (sources.empty()) return {};
  std::vector<std::string> options{"--source=" + join(sources, ",")};
  if (sources.front() == ".")
    options.emplace_back(
        "--omit=setup.py,conftest.py,noxfile.py,*/conftest.py,test_*.py,*_test.py,*/test_*.py,*/*_test.py");
  return options;
}

std::string missing_package(const PythonEnvironment& python, std::string_view package) {
  return fmt::format("{} is not importable by {}: install it there ({} -m pip install {})", package,
                     python.python.string(), python.python.string(), package);
}

CoveragePlan plan_pytest_cov(CoveragePlan plan, const PythonEnvironment& python) {
  const auto version = python.find_package("pytest_cov", "pytest_cov");
  if (!version) {
    plan.problem = missing_package(python, "pytest-cov");
    return plan;
  }
  plan.means = CoverageMeans::pytest_cov;
  return plan;
}

// Our plugin is measured like the tests where nothing restricts what is measured.
std::vector<std::string> own_files(const StepContext& context) {
  if (!is_below(context.support_dir, context.repository_root)) return {};
  return {context.support_dir.lexically_relative(context.repository_root).generic_string() + "/**"};
}

}  // namespace

model::CoverageSource coverage_source(const StepContext& context) {
  model::CoverageSource source;
  source.format = "coverage-py-json";
  source.path = coverage_json(context.out_dir);
  source.base = context.suite_dir;
  source.exclude_globs = own_files(context);
  return source;
}

fs::path coverage_json(const fs::path& out_dir) { return out_dir / "coverage.json"; }

std::vector<std::string> guess_sources(const fs::path& suite_dir) {
  if (rh::is_directory(suite_dir / "src") && has_python(suite_dir / "src")) return {"src"};
  std::vector<std::string> packages;
  bool modules = false;
  std::error_code error;
  for (fs::directory_iterator each(suite_dir, error), end; !error && each != end; each.increment(error)) {
    const std::string name = each->path().filename().string();
    if (name.starts_with('.')) continue;
    if (name.ends_with(".py"))
      modules |= !is_support_module(name);
    else if (!is_support_folder(name) && is_file(each->path() / "__init__.py"))
      packages.push_back(name);
  }
  if (modules || packages.size() > kMaxSources) return {"."};
  std::sort(packages.begin(), packages.end());
  return packages;
}

CoveragePlan plan_coverage(const fs::path& suite_dir, const PythonEnvironment& python,
                           const std::vector<std::string>& pytest_args) {
  CoveragePlan plan;
  const auto version = python.find_package("coverage", "coverage");
  if (!version) {
    plan.problem = missing_package(python, "coverage");
    return plan;
  }
  plan.tool = version->empty() ? "coverage.py" : "coverage.py " + *version;
  if (asks_for_pytest_cov(pytest_args)) return plan_pytest_cov(std::move(plan), python);

  const CoverageConfig config = read_coverage_config(suite_dir);
  plan.combine = config.parallel;
  if (!asks_for_xdist(pytest_args)) {
    plan.means = CoverageMeans::coverage_run;
    if (!config.selects_files) plan.run_options = source_options(suite_dir);
    return plan;
  }
  // `coverage run` would see the controller only; pytest-cov follows xdist into its workers.
  plan = plan_pytest_cov(std::move(plan), python);
  if (plan.means == CoverageMeans::none) {
    plan.problem = "the tests run in pytest-xdist workers: " + plan.problem;
    return plan;
  }
  plan.combine = false;  // pytest-cov combines itself
  const std::vector<std::string> sources = config.selects_files ? std::vector<std::string>() : guess_sources(suite_dir);
  for (const std::string& source : sources) plan.run_options.push_back("--cov=" + source);
  if (sources.empty()) plan.run_options.emplace_back("--cov");
  plan.run_options.emplace_back("--cov-report=");
  return plan;
}

std::vector<model::Step> coverage_steps(const CoveragePlan& plan, const model::Step& base, const StepContext& context) {
  if (plan.means != CoverageMeans::coverage_run) return {};
  std::vector<model::Step> steps;
  const auto add = [&](std::string name, std::vector<std::string> args) {
    model::Step& step = steps.emplace_back(base);
    step.name = std::move(name);
    step.kind = model::StepKind::coverage;
    step.command.argv.resize(1);  // the interpreter
    for (const char* variable :
         {"PYTEST_PLUGINS", "RUNHARNESS_EVENTS", "RUNHARNESS_REACH", "RUNHARNESS_LEFT_OUT", "PYTHONPATH"})
      step.command.env.erase(variable);
    for (std::string& arg : args) step.command.argv.push_back(std::move(arg));
    step.results.clear();
    step.coverage.clear();
    step.stop_on_failure = false;
  };
  if (plan.combine) add("coverage combine", {"-m", "coverage", "combine", context.out_dir.string()});
  // The project's own fail_under is a gate of its own runs; here the figure is wanted in any case.
  add("coverage json",
      {"-m", "coverage", "json", "--ignore-errors", "--fail-under=0", "-o", coverage_json(context.out_dir).string()});
  steps.back().coverage.push_back(coverage_source(context));
  return steps;
}

}  // namespace rh::adapters
