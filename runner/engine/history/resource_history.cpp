#include "runner/engine/history/resource_history.h"

#include <set>

#include <fmt/core.h>

#include "runner/engine/history/machine_class.h"
#include "runner/engine/history/recorded_figures.h"
#include "runner/engine/history/schema.h"
#include "runner/model/names.h"

namespace rh::engine {
namespace {

using namespace rh::model;

constexpr std::uint64_t kMostHeads = 50;

struct ComparableRun {
  std::int64_t number = 0;
  bool of_head = false;
};

std::optional<double> figure(const Statement& row, int column, double unit) {
  const auto value = row.maybe_integer(column);
  return value ? std::optional(static_cast<double>(*value) * unit) : std::nullopt;
}

class Loader {
 public:
  Loader(const History& history, const RunReport& report, const std::vector<std::string>& ancestors,
         const ResourceDemand& demand)
      : database_(history.database()), report_(report), demand_(demand), base_(ancestors.begin(), ancestors.end()) {
    // A changed work tree is what comes after its commit, so that commit belongs to its base.
    if (!report.run.git_dirty) base_.erase(report.run.git_commit);
  }

  Result<ResourceHistory> load() {
    const RunInfo& run = report_.run;
    loaded_.conditions =
        fmt::format("preset {}, {} job{}, {} coverage, on {}", run.preset, run.jobs, run.jobs == 1 ? "" : "s",
                    measured() ? "with" : "without", machine_class(run.machine));
    RH_TRY(const std::int64_t stored, database_.single_integer("SELECT count(*) FROM runs"));
    loaded_.stored_runs = static_cast<std::uint64_t>(stored);
    RH_TRY(const auto runs, comparable_runs());
    for (const ComparableRun& each : runs) {
      ++(each.of_head ? loaded_.head_runs : loaded_.base_runs);
      if (demand_.suites) RH_CHECK(load_suites(each));
      if (demand_.tests) RH_CHECK(load_tests(each));
    }
    return std::move(loaded_);
  }

 private:
  [[nodiscard]] bool measured() const { return report_.coverage.totals.lines.has_value(); }

  Result<std::vector<ComparableRun>> comparable_runs() {
    Statement query(
        database_,
        "SELECT number, git_commit, dirty, lines_found IS NOT NULL FROM runs JOIN machines ON machines.id = "
        "machine WHERE class = ? AND preset = ? AND jobs = ? AND runs.id <> ? ORDER BY number DESC");
    const RunInfo& run = report_.run;
    query.add(machine_class(run.machine)).add(run.preset).add(std::int64_t{run.jobs}).add(run.id.value);
    std::vector<ComparableRun> runs;
    std::uint64_t heads = 0, bases = 0;
    while (query.step()) {
      if ((query.integer(3) != 0) != measured()) continue;
      const std::string commit = query.text(1);
      const bool clean = query.integer(2) == 0;
      const bool of_head = !commit.empty() && clean && !run.git_dirty && commit == run.git_commit;
      const bool of_base = run.git_commit.empty() ? commit.empty() : clean && base_.count(commit) > 0;
      if (of_head && heads < kMostHeads)
        ++heads;
      else if (of_base && bases < demand_.window)
        ++bases;
      else
        continue;
      runs.push_back({query.integer(0), of_head});
    }
    RH_CHECK(query.end());
    return runs;
  }

  Result<void> load_suites(const ComparableRun& run) {
    Statement query(database_,
                    "SELECT suite_name.name, selection_name.name, test_wall_ns, cpu_ns, peak_memory_bytes FROM suites "
                    "JOIN names AS suite_name ON suite_name.id = suite JOIN names AS selection_name ON "
                    "selection_name.id = selection WHERE run = ? AND status = 'passed'");
    query.bind(1, run.number);
    while (query.step()) {
      const auto wanted = selections().find(query.text(0));
      if (wanted == selections().end() || wanted->second != query.text(1)) continue;
      keep(loaded_.suites[wanted->first], run, {figure(query, 2, 1), figure(query, 3, 1), figure(query, 4, 1)});
    }
    return query.end();
  }

  Result<void> load_tests(const ComparableRun& run) {
    Statement query(database_,
                    "SELECT name, wall_us, cpu_us, peak_kib FROM results JOIN names ON names.id = test WHERE run = ? "
                    "AND outcome = 0");
    query.bind(1, run.number);
    while (query.step())
      keep(loaded_.tests[query.text(0)], run, {figure(query, 1, 1e3), figure(query, 2, 1e3), figure(query, 3, 1024)});
    return query.end();
  }

  static void keep(FigureSeries& series, const ComparableRun& run, const StoredFigures& figures) {
    (run.of_head ? series.head : series.base).push_back(figures);
  }

  // Suite -> which part of it this run was asked for.
  const std::map<std::string, std::string>& selections() {
    if (selections_.empty())
      for (const SuiteReport& suite : report_.suites)
        selections_[stored_name(suite.suite.id.value)] = stored_name(selection_of(report_, suite));
    return selections_;
  }

  const Database& database_;
  const RunReport& report_;
  const ResourceDemand& demand_;
  std::set<std::string> base_;
  std::map<std::string, std::string> selections_;
  ResourceHistory loaded_;
};

}  // namespace

Result<ResourceHistory> load_resources(const History& history, const RunReport& report,
                                       const std::vector<std::string>& ancestors, const ResourceDemand& demand) {
  return Loader(history, report, ancestors, demand).load();
}

}  // namespace rh::engine
