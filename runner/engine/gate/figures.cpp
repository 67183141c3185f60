#include "runner/engine/gate/figures.h"

#include <algorithm>
#include <set>

#include <fmt/core.h>

#include "collectors/coverage/merge.h"
#include "runner/base/text.h"

namespace rh::engine {

using namespace rh::model;

namespace {

constexpr std::size_t kMaxRanges = 40;  // of one culprit

bool was_taken(const BranchHits& branch) { return branch.taken.value_or(0) > 0; }

// Lines with a branch that was not taken, sorted: the branches are.
std::vector<std::uint32_t> partial_lines(const CoverageFile& file) {
  std::vector<std::uint32_t> lines;
  for (const BranchHits& branch : file.branches)
    if (!was_taken(branch) && (lines.empty() || lines.back() != branch.line)) lines.push_back(branch.line);
  return lines;
}

bool has(const std::vector<std::uint32_t>& sorted, std::uint32_t line) {
  return std::binary_search(sorted.begin(), sorted.end(), line);
}

std::uint64_t plus(std::uint64_t a, std::uint64_t b) { return a > UINT64_MAX - b ? UINT64_MAX : a + b; }

void add(std::optional<Ratio>& sum, const std::optional<Ratio>& ratio) {
  if (!ratio) return;
  if (!sum) sum.emplace();
  sum->found = plus(sum->found, ratio->found);
  sum->hit = plus(sum->hit, ratio->hit);
}

template <class Item, class Hit>
std::optional<Ratio> count(const std::vector<Item>& items, Hit hit) {
  if (items.empty()) return std::nullopt;
  return Ratio{items.size(), static_cast<std::uint64_t>(std::count_if(items.begin(), items.end(), hit))};
}

std::optional<Ratio> statements_of(const std::vector<BlockHits>& blocks) {
  std::optional<Ratio> sum;
  for (const BlockHits& block : blocks)
    add(sum, Ratio{block.statements, block.hits > 0 ? std::uint64_t{block.statements} : 0});
  return sum;
}

}  // namespace

std::string noun_of(std::string_view metric) {
  if (metric == "full_lines") return "lines";
  if (metric == "combined") return "lines and branches";
  return std::string(metric);
}

std::optional<Ratio> ratio_of(const CoverageFile& file, std::string_view metric) {
  const auto was_hit = [](const auto& item) { return item.hits > 0; };
  if (metric == "branches") return count(file.branches, was_taken);
  if (metric == "functions") return count(file.functions, was_hit);
  if (metric == "statements") return statements_of(file.blocks);
  if (metric == "regions") return statements_of(file.regions);
  if (metric == "full_lines") {
    const auto partial = partial_lines(file);
    return count(file.lines, [&](const LineHits& line) { return line.hits > 0 && !has(partial, line.line); });
  }
  std::optional<Ratio> ratio = count(file.lines, was_hit);
  if (metric == "combined") add(ratio, count(file.branches, was_taken));
  return ratio;
}

std::optional<Ratio> ratio_of(const std::vector<const CoverageFile*>& files, std::string_view metric) {
  std::optional<Ratio> sum;
  for (const CoverageFile* file : files) add(sum, ratio_of(*file, metric));
  return sum;
}

std::optional<Ratio> ratio_of(const CoverageTotals& totals, std::string_view metric) {
  if (metric == "branches") return totals.branches;
  if (metric == "functions") return totals.functions;
  if (metric == "statements") return totals.statements;
  if (metric == "regions") return totals.regions;
  std::optional<Ratio> ratio = totals.lines;
  if (metric == "combined") add(ratio, totals.branches);
  return ratio;
}

ScopedCoverage::ScopedCoverage(const GateRule& rule, const GateInput& input) {
  std::vector<const CoverageReport*> reports;
  if (rule.scope.suites.empty()) {
    reports.push_back(&input.report.coverage);
  } else {
    for (const SuiteReport& suite : input.report.suites)
      if (in_suite_scope(rule, suite.suite.id)) reports.push_back(&suite.coverage);
  }
  if (reports.size() == 1 && rule.scope.files.empty() && rule.scope.component.empty()) whole_ = reports.front();
  const std::vector<CoverageFile>* all = reports.size() == 1 ? &reports.front()->files : &joined_;
  if (reports.size() > 1)
    for (const CoverageReport* report : reports) collectors::merge_into(joined_, report->files);
  const FileScope scope(rule, input);
  for (const CoverageFile& file : *all)
    if (scope.has(file.path)) files_.push_back(&file);
  if (!files_.empty() || (whole_ != nullptr && whole_->totals.lines)) return;
  const std::string why = reports.empty() ? "" : reports.front()->reason;
  if (all->empty())
    problem_ = why.empty() ? "there is no coverage data" : "there is no coverage data: " + why;
  else
    problem_ = fmt::format("none of the {} with coverage data is in the scope {}", counted(all->size(), "file"),
                           scope_text(rule));
}

std::optional<Ratio> ScopedCoverage::total(std::string_view metric) const {
  // The totals of one suite are its tool's own, where that counts otherwise than by distinct lines.
  if (whole_ != nullptr && metric != "full_lines")
    if (const auto ratio = ratio_of(whole_->totals, metric)) return ratio;
  return ratio_of(files_, metric);
}

std::string folder_of(std::string_view path, std::uint64_t depth) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  const std::string_view folder = path.substr(0, slash);
  if (depth == 0) return std::string(folder);
  std::size_t end = 0;
  for (std::uint64_t level = 0; level < depth; ++level) {
    end = folder.find('/', level == 0 ? 0 : end + 1);
    if (end == std::string_view::npos) return std::string(folder);
  }
  return std::string(folder.substr(0, end));
}

std::vector<FilePart> parts_of(const std::vector<const CoverageFile*>& files, std::string_view per,
                               std::uint64_t depth) {
  std::map<std::string, FilePart> parts;
  for (const CoverageFile* file : files) {
    std::string name = per == "directory" ? folder_of(file->path, depth) : file->path;
    FilePart& part = parts[name];
    part.name = std::move(name);
    part.files.push_back(file);
  }
  std::vector<FilePart> sorted;
  for (auto& [name, part] : parts) sorted.push_back(std::move(part));
  return sorted;
}

std::vector<LineRange> uncovered_ranges(const CoverageFile& file, std::string_view metric) {
  const bool branches = is_one_of(metric, {"branches", "full_lines", "combined"});
  const std::vector<std::uint32_t> partial = branches ? partial_lines(file) : std::vector<std::uint32_t>();
  std::vector<LineRange> ranges;
  bool open = false;
  const auto take = [&](std::uint32_t line, bool missed) {
    if (missed && open) {
      ranges.back().last = line;
      return;
    }
    open = missed && ranges.size() < kMaxRanges;
    if (open) ranges.push_back({line, line});
  };
  if (metric == "functions") {
    for (const FunctionHits& function : file.functions)
      if (function.hits == 0 && function.line > 0 && ranges.size() < kMaxRanges)
        ranges.push_back({function.line, function.line});
    std::sort(ranges.begin(), ranges.end());
    return ranges;
  }
  if (file.lines.empty())  // branch data alone
    for (const std::uint32_t line : partial) take(line, true), open = false;
  for (const LineHits& line : file.lines)
    take(line.line, (metric != "branches" && line.hits == 0) || has(partial, line.line));
  return ranges;
}

GateEvidence culprit_of(const FilePart& part, std::string_view metric, const Ratio& ratio) {
  GateEvidence culprit{part.name, {}, {}};
  const std::uint64_t missed = uncovered(ratio);
  culprit.note = fmt::format("{} of {} {} {} not {}covered", missed, ratio.found, noun_of(metric),
                             missed == 1 ? "is" : "are", metric == "full_lines" ? "fully " : "");
  if (part.files.size() == 1 && part.files.front()->path == part.name)
    culprit.lines = uncovered_ranges(*part.files.front(), metric);
  return culprit;
}

}  // namespace rh::engine
