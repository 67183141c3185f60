// Rules about how much is covered: of a scope as a whole, of each of its folders or files, of new files, and
// how much may stay uncovered.
#include <algorithm>

#include <fmt/core.h>

#include "runner/base/text.h"
#include "runner/engine/gate/figures.h"
#include "runner/engine/gate/judges.h"
#include "runner/engine/gate/judging.h"

namespace rh::engine {

using namespace rh::model;

namespace {

std::string lacks(std::string_view metric) { return fmt::format("the coverage data has no {}", noun_of(metric)); }

std::string denominator(const Ratio& ratio, std::string_view metric, std::size_t files) {
  std::string text = fmt::format("{} of {} {} covered", ratio.hit, ratio.found, noun_of(metric));
  if (metric == "full_lines") text += " with all their branches";
  if (files > 0) text += fmt::format(", in {}", counted(files, "file"));
  return text;
}

// Worst first: most uncovered, then the name.
std::vector<GateEvidence> worst_files(const std::vector<const CoverageFile*>& files, std::string_view metric) {
  struct Row {
    const CoverageFile* file;
    Ratio ratio;
  };
  std::vector<Row> rows;
  for (const CoverageFile* file : files)
    if (const auto ratio = ratio_of(*file, metric); ratio && uncovered(*ratio) > 0) rows.push_back({file, *ratio});
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Row& a, const Row& b) { return uncovered(a.ratio) > uncovered(b.ratio); });
  std::vector<GateEvidence> culprits;
  for (const Row& row : rows) culprits.push_back(culprit_of({row.file->path, {row.file}}, metric, row.ratio));
  return culprits;
}

struct JudgedPart {
  FilePart part;
  Ratio ratio;
};

// Smaller share first; of equal shares the one with more uncovered.
bool worse(const JudgedPart& a, const JudgedPart& b) {
  __extension__ typedef unsigned __int128 Wide;
  const Wide left = Wide{a.ratio.hit} * b.ratio.found, right = Wide{b.ratio.hit} * a.ratio.found;
  if (left != right) return left < right;
  return uncovered(a.ratio) > uncovered(b.ratio);
}

std::vector<JudgedPart> judged_parts(const std::vector<const CoverageFile*>& files, std::string_view metric,
                                     std::string_view per, std::uint64_t depth) {
  std::vector<JudgedPart> judged;
  for (FilePart& part : parts_of(files, per, depth))
    if (const auto ratio = ratio_of(part.files, metric); ratio && ratio->found > 0)
      judged.push_back({std::move(part), *ratio});
  std::stable_sort(judged.begin(), judged.end(), worse);
  return judged;
}

// Each part must reach the target; the worst one is the figure.
GateVerdict judge_each(const GateRule& rule, const std::vector<JudgedPart>& parts, std::string_view noun) {
  const Decimal least = *rule.find<Decimal>("min");
  const std::string metric = rule.text("metric");
  std::vector<GateEvidence> culprits;
  for (const JudgedPart& each : parts)
    if (!reaches(each.ratio, least)) culprits.push_back(culprit_of(each.part, metric, each.ratio));
  const JudgedPart& worst = parts.front();
  const std::string actual = share_text(worst.ratio, least);
  const bool good = culprits.empty();
  const std::string evidence = fmt::format("{}: {}", worst.part.name, denominator(worst.ratio, metric, 0));
  GateVerdict verdict = verdict_of(
      rule, good ? GateState::passed : GateState::failed, percent_of(least), actual, evidence,
      good ? fmt::format("each of {} has {} or more of its {} covered; the least is {} in {}",
                         counted(parts.size(), noun), percent_of(least), noun_of(metric), actual, worst.part.name)
           : fmt::format("{} of {} below {}: {} has {}", culprits.size(), counted(parts.size(), noun),
                         percent_of(least), worst.part.name, actual));
  set_culprits(verdict, std::move(culprits));
  return verdict;
}

}  // namespace

Verdicts judge_coverage_total(const GateRule& rule, const GateInput& input) {
  const Decimal least = *rule.find<Decimal>("min");
  const std::string metric = rule.text("metric"), threshold = percent_of(least);
  const ScopedCoverage coverage(rule, input);
  if (!coverage.problem().empty()) return {no_data_of(rule, threshold, coverage.problem())};
  const auto ratio = coverage.total(metric);
  if (!ratio || ratio->found == 0) return {no_data_of(rule, threshold, lacks(metric))};
  if (ratio->hit > ratio->found)
    return {no_data_of(
        rule, threshold,
        fmt::format("the coverage data counts {} {} covered of {}", ratio->hit, noun_of(metric), ratio->found))};
  const bool good = reaches(*ratio, least);
  const std::string actual = share_text(*ratio, least);
  const std::string evidence = denominator(*ratio, metric, coverage.files().size());
  GateVerdict verdict =
      verdict_of(rule, good ? GateState::passed : GateState::failed, threshold, actual, evidence,
                 good ? fmt::format("coverage of {} {} reaches {}", noun_of(metric), actual, threshold)
                      : fmt::format("coverage of {} {} is below {}: {}", noun_of(metric), actual, threshold, evidence));
  if (!good) set_culprits(verdict, worst_files(coverage.files(), metric));
  return {verdict};
}

Verdicts judge_coverage_parts(const GateRule& rule, const GateInput& input) {
  const std::string metric = rule.text("metric"), threshold = percent_of(*rule.find<Decimal>("min"));
  const bool folders = rule.kind == "coverage.directory";
  const ScopedCoverage coverage(rule, input);
  if (!coverage.problem().empty()) return {no_data_of(rule, threshold, coverage.problem())};
  const auto* depth = rule.find<std::uint64_t>("depth");
  const auto parts =
      judged_parts(coverage.files(), metric, folders ? "directory" : "file", depth == nullptr ? 0 : *depth);
  if (parts.empty()) return {no_data_of(rule, threshold, lacks(metric))};
  return {judge_each(rule, parts, folders ? "folder" : "file")};
}

// A file that the patch adds or copies. Renamed files are old; one that no report names is coverage.missing's.
Verdicts judge_new_files(const GateRule& rule, const GateInput& input) {
  const std::string metric = rule.text("metric"), threshold = percent_of(*rule.find<Decimal>("min"));
  if (!input.report.patch)
    return {no_data_of(rule, threshold, "there is no base to tell new files by: pass --base REF")};
  const ScopedCoverage coverage(rule, input);
  std::vector<std::string_view> added;
  for (const PatchFile& file : input.report.patch->files)
    if (file.kind == PatchFileKind::added || file.kind == PatchFileKind::copied) added.push_back(file.path);
  std::vector<const CoverageFile*> files;
  for (const CoverageFile* file : coverage.files())
    if (std::find(added.begin(), added.end(), file->path) != added.end()) files.push_back(file);
  const auto parts = judged_parts(files, metric, "file", 0);
  if (parts.empty())
    return {no_data_of(rule, threshold,
                       added.empty() ? "the patch adds no file"
                                     : fmt::format("none of the {} has {} to cover", counted(added.size(), "new file"),
                                                   noun_of(metric)))};
  return {judge_each(rule, parts, "new file")};
}

Verdicts judge_max_uncovered(const GateRule& rule, const GateInput& input) {
  const std::uint64_t most = *rule.find<std::uint64_t>("max");
  const std::string metric = rule.text("metric"), per = rule.text("per"), threshold = fmt::format("{}", most);
  const ScopedCoverage coverage(rule, input);
  if (!coverage.problem().empty()) return {no_data_of(rule, threshold, coverage.problem())};
  if (per == "total") {
    const auto ratio = coverage.total(metric);
    if (!ratio || ratio->hit > ratio->found) return {no_data_of(rule, threshold, lacks(metric))};
    const bool good = uncovered(*ratio) <= most;
    GateVerdict verdict = verdict_of(
        rule, good ? GateState::passed : GateState::failed, threshold, fmt::format("{}", uncovered(*ratio)),
        denominator(*ratio, metric, coverage.files().size()),
        fmt::format("{} {} not covered, {}{} allowed", uncovered(*ratio), noun_of(metric), good ? "" : "only ", most));
    if (!good) set_culprits(verdict, worst_files(coverage.files(), metric));
    return {verdict};
  }
  const auto* depth = rule.find<std::uint64_t>("depth");
  auto parts = judged_parts(coverage.files(), metric, per, depth == nullptr ? 0 : *depth);
  if (parts.empty()) return {no_data_of(rule, threshold, lacks(metric))};
  std::stable_sort(parts.begin(), parts.end(),
                   [](const JudgedPart& a, const JudgedPart& b) { return uncovered(a.ratio) > uncovered(b.ratio); });
  std::vector<GateEvidence> culprits;
  for (const JudgedPart& each : parts)
    if (uncovered(each.ratio) > most) culprits.push_back(culprit_of(each.part, metric, each.ratio));
  const JudgedPart& worst = parts.front();
  const bool good = culprits.empty();
  GateVerdict verdict = verdict_of(
      rule, good ? GateState::passed : GateState::failed, threshold, fmt::format("{}", uncovered(worst.ratio)),
      fmt::format("{}: {}", worst.part.name, denominator(worst.ratio, metric, 0)),
      good ? fmt::format("no {} has more than {} {} uncovered", per, most, noun_of(metric))
           : fmt::format("{} of {} above {} uncovered {}: {} has {}", culprits.size(), counted(parts.size(), "part"),
                         most, noun_of(metric), worst.part.name, uncovered(worst.ratio)));
  set_culprits(verdict, std::move(culprits));
  return {verdict};
}

}  // namespace rh::engine
