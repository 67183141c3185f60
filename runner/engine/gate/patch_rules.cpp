// Rules about the patch: how much of what it changes is covered, and which of its files nobody measured.
#include <algorithm>

#include <fmt/core.h>

#include "runner/base/text.h"
#include "runner/engine/gate/figures.h"
#include "runner/engine/gate/judges.h"
#include "runner/engine/gate/judging.h"
#include "runner/engine/patch/patch.h"
#include "runner/model/names.h"

namespace rh::engine {

using namespace rh::model;

namespace {

constexpr std::size_t kMaxNamed = 5;  // files in one sentence

bool counts_as_covered(PatchLineState state, bool full) {
  return state == PatchLineState::covered || (!full && state == PatchLineState::partial);
}

Ratio ratio_of(const PatchFile& file, std::string_view metric) {
  if (metric == "branches") return file.branch_ratio;
  if (metric == "lines") return file.line_ratio;
  Ratio ratio;  // full_lines
  for (const PatchLine& line : file.lines) {
    if (line.state == PatchLineState::no_data) continue;
    ++ratio.found;
    if (counts_as_covered(line.state, true)) ++ratio.hit;
  }
  return ratio;
}

// Changed lines to look at; lines without data do not end a range.
std::vector<LineRange> missed_lines(const PatchFile& file, std::string_view metric) {
  std::vector<LineRange> ranges;
  bool open = false;
  for (const PatchLine& line : file.lines) {
    if (line.state == PatchLineState::no_data) continue;
    if (counts_as_covered(line.state, metric != "lines")) {
      open = false;
      continue;
    }
    if (open)
      ranges.back().last = line.line;
    else
      ranges.push_back({line.line, line.line});
    open = true;
  }
  return ranges;
}

struct MeasuredPatch {
  Ratio ratio;
  std::vector<GateEvidence> culprits;       // worst first
  std::vector<std::string> without_report;  // changed files that no report names
};

MeasuredPatch measure(const PatchReport& patch, const FileScope& scope, std::string_view metric) {
  MeasuredPatch measured;
  std::vector<std::pair<std::uint64_t, GateEvidence>> rows;
  for (const PatchFile& file : patch.files) {
    if (!scope.has(file.path)) continue;
    if (!file.measured && file.kind != PatchFileKind::deleted) measured.without_report.push_back(file.path);
    const Ratio ratio = ratio_of(file, metric);
    measured.ratio.found += ratio.found;
    measured.ratio.hit += ratio.hit;
    if (ratio.hit < ratio.found)
      rows.emplace_back(uncovered(ratio), GateEvidence{file.path, missed_lines(file, metric),
                                                       fmt::format("{} of {} changed {} not covered", uncovered(ratio),
                                                                   ratio.found, noun_of(metric))});
  }
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  for (auto& [count, culprit] : rows) measured.culprits.push_back(std::move(culprit));
  return measured;
}

std::string named(const std::vector<std::string>& files) {
  std::string text;
  for (std::size_t i = 0; i < std::min(files.size(), kMaxNamed); ++i) text += (i == 0 ? "" : ", ") + files[i];
  if (files.size() > kMaxNamed) text += fmt::format(" and {} more", files.size() - kMaxNamed);
  return text;
}

GateVerdict nothing_changed(const GateRule& rule, const MeasuredPatch& patch, const std::string& threshold,
                            std::string_view metric) {
  std::string why = fmt::format("the patch changes no {} that the coverage data knows", noun_of(metric));
  if (!patch.without_report.empty())
    why +=
        fmt::format("; no report names {} of its files: {}", patch.without_report.size(), named(patch.without_report));
  GateVerdict verdict = no_data_of(rule, threshold, why);
  std::vector<GateEvidence> absent;
  for (const std::string& path : patch.without_report) absent.push_back({path, {}, "in no coverage report"});
  set_culprits(verdict, std::move(absent));
  return verdict;
}

}  // namespace

Verdicts judge_patch(const GateRule& rule, const GateInput& input) {
  const Decimal least = *rule.find<Decimal>("min");
  const std::string metric = rule.text("metric"), threshold = percent_of(least);
  if (!input.report.patch) {
    // Not the same as a patch without code: somebody forgot to say what to compare with.
    GateRule loud = rule;
    loud.no_data = rule.no_data == NoDataPolicy::pass ? NoDataPolicy::warn : rule.no_data;
    return {no_data_of(loud, threshold, "there is no base to compare with: pass --base REF")};
  }
  MeasuredPatch patch = measure(*input.report.patch, FileScope(rule, input), metric);
  if (patch.ratio.found == 0) return {nothing_changed(rule, patch, threshold, metric)};
  const std::string actual = share_text(patch.ratio, least);
  const std::string evidence =
      fmt::format("{} of {} changed {} covered", patch.ratio.hit, patch.ratio.found, noun_of(metric));
  const auto* smallest = rule.find<std::uint64_t>("min_size");
  if (smallest != nullptr && patch.ratio.found < *smallest) {
    GateRule quiet = rule;
    quiet.no_data = NoDataPolicy::pass;
    GateVerdict verdict = no_data_of(quiet, threshold,
                                     fmt::format("the patch changes {} {} with coverage data, fewer than the {} from "
                                                 "which on this rule judges ({}, {})",
                                                 patch.ratio.found, noun_of(metric), *smallest, actual, evidence));
    verdict.actual = actual;
    return {verdict};
  }
  const bool good = reaches(patch.ratio, least);
  GateVerdict verdict =
      verdict_of(rule, good ? GateState::passed : GateState::failed, threshold, actual, evidence,
                 good ? fmt::format("{} of the changed {} are covered, {} wanted", actual, noun_of(metric), threshold)
                      : fmt::format("{} of the changed {} are covered, below {}: {}", actual, noun_of(metric),
                                    threshold, evidence));
  if (!good) set_culprits(verdict, std::move(patch.culprits));
  return {verdict};
}

// The sample criteria of genhtml: no new, lost or newly included uncovered code.
Verdicts judge_categories(const GateRule& rule, const GateInput& input) {
  const std::uint64_t most = *rule.find<std::uint64_t>("max");
  const std::string threshold = fmt::format("{}", most);
  if (!input.report.patch) return {no_data_of(rule, threshold, "there is no base to compare with: pass --base REF")};
  const PatchReport& patch = *input.report.patch;
  const auto& known = rule.text("metric") == "branches" ? patch.branch_categories : patch.line_categories;
  if (!known) return {no_data_of(rule, threshold, patch.categories_reason)};
  const auto* named_categories = rule.find<std::vector<std::string>>("categories");
  const std::vector<std::string> wanted =
      named_categories == nullptr ? std::vector<std::string>{"UNC", "LBC", "UIC"} : *named_categories;
  Differential counts = *known;
  std::uint64_t sum = 0;
  std::vector<std::string> parts;
  for (const std::string& name : wanted) {
    const std::uint64_t count = counts.of(*from_name<DifferentialCategory>(name));
    sum += count;
    parts.push_back(fmt::format("{} {}", name, count));
  }
  const bool good = sum <= most;
  const std::string evidence = join(parts, ", ");
  return {verdict_of(rule, good ? GateState::passed : GateState::failed, threshold, fmt::format("{}", sum), evidence,
                     fmt::format("{} {} of these categories, {}{} allowed: {}", sum, noun_of(rule.text("metric")),
                                 good ? "" : "only ", most, evidence))};
}

Verdicts judge_missing(const GateRule& rule, const GateInput& input) {
  if (!input.report.patch) return {no_data_of(rule, "0", "there is no base to compare with: pass --base REF")};
  const FileScope scope(rule, input);
  std::vector<GateEvidence> culprits;
  std::vector<std::string> names;
  std::uint64_t source = 0;
  for (const PatchFile& file : input.report.patch->files) {
    if (!file.source || !scope.has(file.path) || file.kind == PatchFileKind::deleted) continue;
    ++source;
    if (!missing_from_reports(file)) continue;
    names.push_back(fmt::format("{} ({})", file.path, file.note));
    culprits.push_back(
        {file.path, {}, fmt::format("{} of code changed, {}", counted(file.code_lines, "line"), file.note)});
  }
  const bool good = culprits.empty();
  const std::string of = counted(source, "changed source file");
  GateVerdict verdict =
      verdict_of(rule, good ? GateState::passed : GateState::failed, "0", fmt::format("{}", culprits.size()),
                 fmt::format("{} of {} without coverage data", culprits.size(), of),
                 good ? fmt::format("{}, each in a coverage report", of)
                      : fmt::format("{} of {} without coverage data: {}", culprits.size(), of, named(names)));
  set_culprits(verdict, std::move(culprits));
  return {verdict};
}

}  // namespace rh::engine
