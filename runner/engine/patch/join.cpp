// The pure half: changed lines and coverage, joined by path and line.
#include <algorithm>

#include <fmt/core.h>

#include "runner/base/text.h"
#include "runner/engine/patch/differential.h"
#include "runner/engine/patch/patch.h"
#include "runner/engine/patch/source_kind.h"

namespace rh::engine {

using namespace rh::model;

namespace {

constexpr const char* kUnnamed = "no coverage report names it";

// The blocks that hold no other block: a basic block of Go, a statement of Istanbul that is no function or loop. A line
// within one is as covered as it is, also where it is not the line that the statement starts on.
std::vector<BlockHits> leaf_blocks(const std::vector<BlockHits>& blocks) {
  std::vector<BlockHits> sorted = blocks;
  std::erase_if(sorted, [](const BlockHits& block) { return block.statements == 0; });
  const auto start = [](const BlockHits& b) { return std::pair(b.start_line, b.start_column); };
  const auto end = [](const BlockHits& b) { return std::pair(b.end_line, b.end_column); };
  std::sort(sorted.begin(), sorted.end(), [&](const BlockHits& a, const BlockHits& b) {
    return start(a) != start(b) ? start(a) < start(b) : end(b) < end(a);
  });
  std::vector<BlockHits> leaves;
  for (std::size_t i = 0; i < sorted.size(); ++i)
    if (i + 1 == sorted.size() || start(sorted[i + 1]) >= end(sorted[i])) leaves.push_back(sorted[i]);
  return leaves;
}

class FileJoin {
 public:
  FileJoin(const ChangedFile& change, const CoverageFile& coverage, PatchFile& into)
      : change_(change), coverage_(coverage), into_(into), leaves_(leaf_blocks(coverage.blocks)) {}

  void run() {
    auto idle = change_.idle.begin();
    for (const LineRange& range : change_.added)
      for (std::uint32_t line = range.first; line <= range.last; ++line) {
        while (idle != change_.idle.end() && idle->last < line) ++idle;
        const bool is_idle = idle != change_.idle.end() && idle->first <= line;
        // Formats that say where blocks begin and end give blank lines and comments within them a count too.
        into_.lines.push_back({line, is_idle ? PatchLineState::no_data : state_of(line)});
        count(into_.lines.back().state);
      }
  }

 private:
  // The line's own count, else that of the innermost block over it.
  std::optional<std::uint64_t> hits_of(std::uint32_t line) {
    const auto own = std::lower_bound(coverage_.lines.begin(), coverage_.lines.end(), line,
                                      [](const LineHits& l, std::uint32_t wanted) { return l.line < wanted; });
    if (own != coverage_.lines.end() && own->line == line) return own->hits;
    const auto behind = std::partition_point(leaves_.begin(), leaves_.end(),
                                             [&](const BlockHits& block) { return block.start_line <= line; });
    std::optional<std::uint64_t> most;
    for (auto at = behind; at != leaves_.begin() && std::prev(at)->end_line >= line; --at)
      most = std::max(most.value_or(0), std::prev(at)->hits);
    return most;
  }

  PatchLineState state_of(std::uint32_t line) {
    const auto before = [](const BranchHits& branch, std::uint32_t wanted) { return branch.line < wanted; };
    auto branch = std::lower_bound(coverage_.branches.begin(), coverage_.branches.end(), line, before);
    std::uint64_t found = 0, hit = 0;
    for (; branch != coverage_.branches.end() && branch->line == line; ++branch) {
      ++found;
      if (branch->taken.value_or(0) > 0) ++hit;
    }
    into_.branch_ratio.found += found;
    into_.branch_ratio.hit += hit;
    const auto hits = hits_of(line);
    if (!hits && found == 0) return PatchLineState::no_data;
    if (hits.value_or(hit) == 0) return PatchLineState::uncovered;
    return hit < found ? PatchLineState::partial : PatchLineState::covered;
  }

  void count(PatchLineState state) {
    if (state == PatchLineState::no_data) return;
    ++into_.line_ratio.found;
    if (state != PatchLineState::uncovered) ++into_.line_ratio.hit;
  }

  const ChangedFile& change_;
  const CoverageFile& coverage_;
  PatchFile& into_;
  const std::vector<BlockHits> leaves_;
};

std::uint64_t line_count(const std::vector<LineRange>& ranges) {
  std::uint64_t count = 0;
  for (const LineRange& range : ranges) count += range.last - range.first + 1ULL;
  return count;
}

void add(Ratio& sum, const Ratio& part) {
  sum.found += part.found;
  sum.hit += part.hit;
}

PatchFile join_file(const ChangedFile& change, const CoverageFile* coverage, const JoinOptions& options) {
  PatchFile file;
  file.path = to_valid_utf8(change.path);
  file.old_path = to_valid_utf8(change.old_path);
  file.kind = change.kind;
  file.source = change.regular && is_expected_source(change.path, options.exclude_globs);
  file.measured = coverage != nullptr;
  file.code_lines = line_count(change.added) - line_count(change.idle);
  if (coverage != nullptr && change.mismatch.empty()) {
    FileJoin(change, *coverage, file).run();
    return file;
  }
  for (const LineRange& range : change.added)
    for (std::uint32_t line = range.first; line <= range.last; ++line)
      file.lines.push_back({line, PatchLineState::no_data});
  if (file.source && file.code_lines > 0 && file.kind != PatchFileKind::deleted)
    file.note = coverage == nullptr ? kUnnamed : change.mismatch;
  return file;
}

}  // namespace

PatchReport join_patch(const ChangedFiles& changes, const CoverageReport& head, const CoverageReport* base,
                       const JoinOptions& options) {
  PatchReport report;
  report.base = to_valid_utf8(changes.base);
  report.merge_base = changes.merge_base;
  report.head = changes.head;
  report.dirty = changes.dirty;
  report.files.reserve(changes.files.size());
  auto coverage = head.files.begin();  // both are sorted by path
  for (const ChangedFile& change : changes.files) {
    while (coverage != head.files.end() && coverage->path < change.path) ++coverage;
    const bool found = coverage != head.files.end() && coverage->path == change.path;
    report.files.push_back(join_file(change, found ? &*coverage : nullptr, options));
    add(report.lines, report.files.back().line_ratio);
    add(report.branches, report.files.back().branch_ratio);
  }
  if (base == nullptr) {
    report.categories_reason = "no coverage of the base was given";
  } else if (base->files.empty()) {
    report.categories_reason =
        "the coverage of the base has no files" + (base->reason.empty() ? "" : ": " + base->reason);
  } else {
    const Differentials counts = differential(changes, head, *base);
    report.line_categories = counts.lines;
    if (counts.has_branches)
      report.branch_categories = counts.branches;
    else
      report.categories_reason = "neither side has coverage of branches";
  }
  return report;
}

bool missing_from_reports(const PatchFile& file) { return file.source && file.code_lines > 0 && !file.note.empty(); }

}  // namespace rh::engine
