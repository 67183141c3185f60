// Rules against what was: coverage of the merge base, and the committed baseline. Compared is what is not
// covered, not a percentage: deleting covered code is no decrease.
#include <algorithm>

#include <fmt/core.h>

#include "runner/base/text.h"
#include "runner/engine/gate/baseline.h"
#include "runner/engine/gate/figures.h"
#include "runner/engine/gate/judges.h"
#include "runner/engine/gate/judging.h"

namespace rh::engine {

using namespace rh::model;

namespace {

constexpr std::string_view kUpdate = "runharness baseline update";

// How much of each file was not covered, by its name of today.
struct Past {
  std::map<std::string, std::uint64_t, std::less<>> files;
  std::string label;  // "the base", "the baseline"
};

std::map<std::string, std::string> names_of_today(const RunReport& report) {
  std::map<std::string, std::string> names;  // old path -> new path
  if (report.patch)
    for (const PatchFile& file : report.patch->files)
      if (file.kind == PatchFileKind::renamed) names[file.old_path] = file.path;
  return names;
}

Past past_of(const CoverageReport& base, const RunReport& report, std::string_view metric) {
  const auto names = names_of_today(report);
  Past past{{}, "the base"};
  for (const CoverageFile& file : base.files) {
    const auto ratio = ratio_of(file, metric);
    const auto name = names.find(file.path);
    if (ratio) past.files[name == names.end() ? file.path : name->second] = uncovered(*ratio);
  }
  return past;
}

std::optional<std::uint64_t> count_of(const UncoveredCounts& counts, std::string_view metric) {
  const auto count = counts.find(metric == "combined" ? "lines" : metric);
  if (count == counts.end()) return std::nullopt;
  const auto branches = counts.find("branches");
  return count->second + (metric == "combined" && branches != counts.end() ? branches->second : 0);
}

// A renamed file that the baseline knows by both names was renamed before the baseline was written.
Past past_of(const Baseline& baseline, const RunReport& report, std::string_view metric) {
  const auto names = names_of_today(report);
  Past past{{}, "the baseline"};
  for (const auto& [path, counts] : baseline.files) {
    const auto count = count_of(counts, metric);
    if (!count) continue;
    const auto name = names.find(path);
    const bool moved = name != names.end() && !baseline.files.contains(name->second);
    past.files[moved ? name->second : path] = *count;
  }
  return past;
}

struct Row {
  std::string path;
  const CoverageFile* file = nullptr;  // null: it left the coverage data
  std::uint64_t before = 0, now = 0;
  bool known = true;  // it was there before
  [[nodiscard]] std::int64_t change() const {
    return static_cast<std::int64_t>(now) - static_cast<std::int64_t>(before);
  }
};

struct Comparison {
  std::vector<Row> rows;      // files that are in the coverage data
  std::vector<Row> vanished;  // files that are not any more, and that the repository still has
  std::uint64_t fresh = 0;    // files that were not there before
};

Comparison compare(const ScopedCoverage& coverage, const FileScope& scope, const Past& past, std::string_view metric,
                   const GateInput& input) {
  Comparison result;
  std::map<std::string_view, bool> seen;
  for (const CoverageFile* file : coverage.files()) {
    seen[file->path] = true;
    const auto ratio = ratio_of(*file, metric);
    const auto before = past.files.find(file->path);
    if (!ratio && before == past.files.end()) continue;
    Row row{file->path, file, 0, ratio ? uncovered(*ratio) : 0, before != past.files.end()};
    if (row.known)
      row.before = before->second;
    else
      ++result.fresh;
    result.rows.push_back(std::move(row));
  }
  for (const auto& [path, count] : past.files)
    if (!seen.contains(path) && scope.has(path) && input.source_exists && input.source_exists(path))
      result.vanished.push_back({path, nullptr, count, count, true});
  return result;
}

std::string change_note(const Row& row, std::string_view metric) {
  if (row.file == nullptr) return "in no coverage report any more, although the file is still there";
  if (!row.known) return fmt::format("new, {} uncovered {}", row.now, noun_of(metric));
  return fmt::format("was {} uncovered {}, is {}", row.before, noun_of(metric), row.now);
}

std::vector<GateEvidence> worst_rows(std::vector<Row> rows, std::string_view metric) {
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.change() > b.change(); });
  std::vector<GateEvidence> culprits;
  for (const Row& row : rows)
    culprits.push_back({row.path, row.file == nullptr ? std::vector<LineRange>() : uncovered_ranges(*row.file, metric),
                        change_note(row, metric)});
  return culprits;
}

// One thing that must not grow: the whole scope, a folder or a file.
struct Group {
  std::uint64_t before = 0, now = 0;
  std::vector<Row> rows;
  [[nodiscard]] bool grew(std::uint64_t tolerance) const { return now > before && now - before > tolerance; }
};

std::map<std::string, Group> groups_of(const Comparison& compared, const std::string& per, std::uint64_t depth) {
  std::map<std::string, Group> groups;
  if (per == "total") groups["all"];
  for (const Row& row : compared.rows) {
    if (per == "file" && !row.known) continue;  // coverage.new_file judges it
    Group& group = groups[per == "total" ? "all" : per == "file" ? row.path : folder_of(row.path, depth)];
    group.before += row.before;
    group.now += row.now;
    group.rows.push_back(row);
  }
  return groups;
}

struct Grown {
  std::uint64_t before = 0, now = 0, groups = 0;  // sums over what grew, and how many that are
  std::vector<Row> rows;
};

Grown grown_of(const std::map<std::string, Group>& groups, std::uint64_t tolerance) {
  Grown grown;
  for (const auto& [name, group] : groups) {
    if (!group.grew(tolerance)) continue;
    ++grown.groups;
    grown.before += group.before;
    grown.now += group.now;
    for (const Row& row : group.rows)
      if (row.change() > 0) grown.rows.push_back(row);
  }
  return grown;
}

GateVerdict judge_growth(const GateRule& rule, const Comparison& compared, const Past& past, bool may_tighten) {
  const std::string metric = rule.text("metric"), per = rule.text("per");
  const auto* depth = rule.find<std::uint64_t>("depth");
  const std::uint64_t tolerance = *rule.find<std::uint64_t>("tolerance");
  const auto groups = groups_of(compared, per, depth == nullptr ? 0 : *depth);
  Grown grown = grown_of(groups, tolerance);
  std::uint64_t before = 0, now = 0;
  for (const auto& [name, group] : groups) before += group.before, now += group.now;
  const std::string allowed = tolerance == 0 ? "" : fmt::format(", {} more allowed", tolerance);
  if (grown.groups > 0 || !compared.vanished.empty()) {
    std::string message = grown.groups == 0
                              ? fmt::format("{} left the coverage data", counted(compared.vanished.size(), "file"))
                              : fmt::format("{} {} are not covered, {} has {}{}", grown.now, noun_of(metric),
                                            past.label, grown.before, allowed);
    if (per != "total" && grown.groups > 0)
      message += fmt::format(" (in {} that grew)", counted(grown.groups, per == "file" ? "file" : "folder"));
    std::vector<GateEvidence> culprits = worst_rows(compared.vanished, metric);
    std::vector<GateEvidence> rows = worst_rows(std::move(grown.rows), metric);
    culprits.insert(culprits.begin(), std::make_move_iterator(rows.begin()), std::make_move_iterator(rows.end()));
    if (!culprits.empty()) message += fmt::format(": {}: {}", culprits[0].subject, culprits[0].note);
    GateVerdict verdict =
        verdict_of(rule, GateState::failed, fmt::format("{} uncovered", grown.groups > 0 ? grown.before : before),
                   grown.groups > 0 ? fmt::format("{} uncovered", grown.now)
                                    : counted(compared.vanished.size(), "file") + " unmeasured",
                   fmt::format("{} uncovered {} in all, {} has {}", now, noun_of(metric), past.label, before), message);
    set_culprits(verdict, std::move(culprits));
    return verdict;
  }
  std::uint64_t fewer = 0;
  for (const auto& [name, group] : groups) fewer += group.before > group.now ? group.before - group.now : 0;
  std::string message = fmt::format("{} uncovered {}, {} has {}{}", now, noun_of(metric), past.label, before, allowed);
  if (fewer > 0 && may_tighten) message += fmt::format("; {} fewer: keep it with `{}`", fewer, kUpdate);
  return verdict_of(
      rule, GateState::passed, fmt::format("{} uncovered", before), fmt::format("{} uncovered", now),
      fmt::format("{} compared, {} new", counted(compared.rows.size() - compared.fresh, "file"), compared.fresh),
      message);
}

Verdicts judge_against(const GateRule& rule, const GateInput& input, const Past& past, bool may_tighten) {
  const std::string metric = rule.text("metric");
  const ScopedCoverage coverage(rule, input);
  if (!coverage.problem().empty()) return {no_data_of(rule, "no decrease", coverage.problem())};
  if (past.files.empty())
    return {no_data_of(rule, "no decrease", fmt::format("{} has no {}", past.label, noun_of(metric)))};
  if (!coverage.total(metric))
    return {no_data_of(rule, "no decrease", fmt::format("the coverage data has no {}", noun_of(metric)))};
  return {judge_growth(rule, compare(coverage, FileScope(rule, input), past, metric, input), past, may_tighten)};
}

std::string no_baseline(const GateInput& input) {
  return (input.baseline_reason.empty() ? "there is no baseline" : input.baseline_reason) + ": make one with `" +
         std::string(kUpdate) + "`";
}

}  // namespace

Verdicts judge_no_decrease(const GateRule& rule, const GateInput& input) {
  if (input.base_coverage == nullptr)
    return {no_data_of(
        rule, "no decrease",
        input.base_coverage_reason.empty() ? "coverage of the base is not known" : input.base_coverage_reason)};
  return judge_against(rule, input, past_of(*input.base_coverage, input.report, rule.text("metric")), false);
}

Verdicts judge_coverage_ratchet(const GateRule& rule, const GateInput& input) {
  if (input.baseline == nullptr) return {no_data_of(rule, "no decrease", no_baseline(input))};
  return judge_against(rule, input, past_of(*input.baseline, input.report, rule.text("metric")), true);
}

// A suite that has fewer tests than the baseline lost some: renamed away, no longer collected, skipped.
Verdicts judge_test_ratchet(const GateRule& rule, const GateInput& input) {
  if (input.baseline == nullptr) return {no_data_of(rule, "no fewer", no_baseline(input))};
  const std::uint64_t tolerance = *rule.find<std::uint64_t>("tolerance");
  std::vector<GateEvidence> culprits;
  std::uint64_t before = 0, now = 0, compared = 0;
  for (const auto& [id, figures] : input.baseline->suites) {
    if (!figures.tests || !in_suite_scope(rule, {id})) continue;
    const auto suite = std::find_if(input.report.suites.begin(), input.report.suites.end(),
                                    [&, &name = id](const SuiteReport& each) { return each.suite.id.value == name; });
    const bool there = suite != input.report.suites.end();
    const std::uint64_t ran = there ? suite->counts.total - suite->counts.skipped : 0;
    ++compared;
    before += *figures.tests;
    now += ran;
    if (ran<*figures.tests&& * figures.tests - ran> tolerance)
      culprits.push_back(
          {id, {}, there ? fmt::format("was {}, is {}", counted(*figures.tests, "test"), ran) : "did not run"});
  }
  if (compared == 0) return {no_data_of(rule, "no fewer", "the baseline has no tests in this scope")};
  const bool good = culprits.empty();
  std::string message = fmt::format("{} ran, the baseline has {}", counted(now, "test"), before);
  if (!good) message += fmt::format(": {}: {}", culprits[0].subject, culprits[0].note);
  if (good && now > before) message += fmt::format("; {} more: keep them with `{}`", now - before, kUpdate);
  GateVerdict verdict = verdict_of(rule, good ? GateState::passed : GateState::failed, counted(before, "test"),
                                   counted(now, "test"), counted(compared, "suite") + " compared", message);
  set_culprits(verdict, std::move(culprits));
  return {verdict};
}

}  // namespace rh::engine
