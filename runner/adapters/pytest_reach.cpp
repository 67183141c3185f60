#include "runner/adapters/pytest_reach.h"

#include <set>

#include "runner/adapters/reach_files.h"
#include "runner/base/text.h"

namespace rh::adapters {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMaxDistributions = 5000;

fs::path notes_file(const StepContext& context) { return context.out_dir / "reach-notes.txt"; }

}  // namespace

Result<void> add_pytest_reach(model::Step& test, const StepContext& context, const PythonEnvironment& python) {
  if (context.left_out != nullptr) {
    RH_TRY(const fs::path list, write_left_out(context));
    test.command.env["RUNHARNESS_LEFT_OUT"] = list.string();
  }
  if (!context.test_map) return {};
  test.command.env["RUNHARNESS_REACH"] = notes_file(context).string();
  // sys.monitoring, the default of coverage.py on newer Pythons, tells of a line once, and so of one test only.
  const bool has_monitoring = !python.version.starts_with("2.") && !python.version.starts_with("3.6") &&
                              !python.version.starts_with("3.7") && !python.version.starts_with("3.8") &&
                              !python.version.starts_with("3.9") && !python.version.starts_with("3.10") &&
                              !python.version.starts_with("3.11");
  if (has_monitoring) test.command.env["COVERAGE_CORE"] = "ctrace";
  return {};
}

model::Step pytest_lines_step(const model::Step& base, const StepContext& context) {
  model::Step step = base;
  step.name = "who tests what";
  step.kind = model::StepKind::coverage;
  step.stop_on_failure = false;
  step.results.clear();
  step.coverage.clear();
  for (const char* variable :
       {"PYTEST_PLUGINS", "RUNHARNESS_EVENTS", "RUNHARNESS_REACH", "RUNHARNESS_LEFT_OUT", "PYTHONPATH"})
    step.command.env.erase(variable);
  step.command.argv.resize(1);  // the interpreter
  for (const fs::path& path : {context.support_dir / "rh_pytest_lines.py", context.out_dir / ".coverage",
                               notes_file(context), reach_file(context)})
    step.command.argv.push_back(path.string());
  step.test_maps.push_back(reach_source(context, "test"));
  return step;
}

std::string pytest_map_problem(const CoveragePlan& plan, const StepContext& context) {
  if (!context.coverage) return "coverage was switched off, and contexts of coverage.py tell which test reaches what";
  if (plan.means == CoverageMeans::none) return plan.problem;
  return {};
}

std::string installed_distributions(const PythonEnvironment& python) {
  std::set<std::string> names;
  for (const fs::path& folder : python.site_folders) {
    std::error_code error;
    for (fs::directory_iterator each(folder, error), end; !error && each != end && names.size() < kMaxDistributions;
         each.increment(error)) {
      const std::string name = each->path().filename().string();
      for (const std::string_view ending : {".dist-info", ".egg-info"})
        if (name.ends_with(ending)) names.insert(name.substr(0, name.size() - ending.size()));
    }
  }
  return join({names.begin(), names.end()}, "\n");
}

}  // namespace rh::adapters
