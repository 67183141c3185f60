#include "runner/engine/patch/differential.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <unordered_map>

#include "runner/engine/patch/line_map.h"

namespace rh::engine {

using namespace rh::model;

namespace {

using enum DifferentialCategory;
using Taken = std::optional<std::uint64_t>;

DifferentialCategory both_known(bool was_hit, bool is_hit) {
  if (was_hit) return is_hit ? CBC : LBC;
  return is_hit ? GBC : UBC;
}

const CoverageFile* find_file(const CoverageReport& report, const std::string& path) {
  const auto found =
      std::lower_bound(report.files.begin(), report.files.end(), path,
                       [](const CoverageFile& file, const std::string& wanted) { return file.path < wanted; });
  return found != report.files.end() && found->path == path ? &*found : nullptr;
}

// The blocks of one line. Those of equal branches are matched by their order.
using Signature = std::vector<std::string>;
using Blocks = std::map<Signature, std::vector<std::vector<Taken>>>;
using Branches = std::vector<BranchHits>;

Blocks blocks_of(Branches::const_iterator from, Branches::const_iterator to) {
  Blocks blocks;
  while (from != to) {
    const std::uint32_t number = from->block;
    Signature signature;
    std::vector<Taken> counts;
    for (; from != to && from->block == number; ++from) {
      signature.push_back(from->branch);
      counts.push_back(from->taken);
    }
    blocks[std::move(signature)].push_back(std::move(counts));
  }
  return blocks;
}

std::pair<Branches::const_iterator, Branches::const_iterator> branches_on(const Branches& branches,
                                                                          std::uint32_t line) {
  const auto before = [](const BranchHits& branch, std::uint32_t wanted) { return branch.line < wanted; };
  const auto first = std::lower_bound(branches.begin(), branches.end(), line, before);
  auto last = first;
  while (last != branches.end() && last->line == line) ++last;
  return {first, last};
}

class Counter {
 public:
  explicit Counter(Differentials& counts) : counts_(counts) {}

  // The lines of `head` and of `base`, which is the same file before the change; null: it had no data.
  void compare(const CoverageFile& head, const CoverageFile* base, const LineMap& map) {
    compare_lines(head, base, map);
    compare_branches(head, base, map);
  }

  // Every line of the new side was made by the change.
  void all_new(const CoverageFile& head) {
    for (const LineHits& line : head.lines) ++counts_.lines.of(line.hits > 0 ? GNC : UNC);
    add_branches(head.branches.begin(), head.branches.end(), GNC, UNC);
  }

  // Every line of the old side was removed.
  void all_deleted(const CoverageFile& base) {
    for (const LineHits& line : base.lines) ++counts_.lines.of(line.hits > 0 ? DCB : DUB);
    add_branches(base.branches.begin(), base.branches.end(), DCB, DUB);
  }

  // The old side has data, the new side has none.
  void only_base(const CoverageFile& base, const LineMap& map) {
    CoverageFile nothing;
    compare(nothing, &base, map);
  }

 private:
  void compare_lines(const CoverageFile& head, const CoverageFile* base, const LineMap& map) {
    static const std::vector<LineHits> kNone;
    const std::vector<LineHits>& old_lines = base == nullptr ? kNone : base->lines;
    auto old = old_lines.begin();
    for (const LineHits& line : head.lines) {
      const auto old_line = map.old_line(line.line);
      if (!old_line) {
        ++counts_.lines.of(line.hits > 0 ? GNC : UNC);
        continue;
      }
      for (; old != old_lines.end() && old->line < *old_line; ++old) old_only(*old, map);
      if (old != old_lines.end() && old->line == *old_line)
        ++counts_.lines.of(both_known(old++->hits > 0, line.hits > 0));
      else
        ++counts_.lines.of(line.hits > 0 ? GIC : UIC);
    }
    for (; old != old_lines.end(); ++old) old_only(*old, map);
  }

  void old_only(const LineHits& line, const LineMap& map) {
    const bool stays = map.new_line(line.line).has_value();
    ++counts_.lines.of(stays ? (line.hits > 0 ? ECB : EUB) : (line.hits > 0 ? DCB : DUB));
  }

  void compare_branches(const CoverageFile& head, const CoverageFile* base, const LineMap& map) {
    static const Branches kNone;
    const Branches& old_branches = base == nullptr ? kNone : base->branches;
    for (auto at = head.branches.begin(); at != head.branches.end();) {
      const auto [first, last] = branches_on(head.branches, at->line);
      at = last;
      const auto old_line = map.old_line(first->line);
      if (!old_line) {
        add_branches(first, last, GNC, UNC);
        continue;
      }
      const auto [old_first, old_last] = branches_on(old_branches, *old_line);
      compare_blocks(blocks_of(old_first, old_last), blocks_of(first, last));
    }
    for (auto at = old_branches.begin(); at != old_branches.end();) {
      const auto [first, last] = branches_on(old_branches, at->line);
      at = last;
      const auto new_line = map.new_line(first->line);
      if (!new_line) {
        add_branches(first, last, DCB, DUB);
        continue;
      }
      const auto [new_first, new_last] = branches_on(head.branches, *new_line);
      if (new_first == new_last) add_branches(first, last, ECB, EUB);  // else they were compared above
    }
  }

  void compare_blocks(Blocks old_blocks, const Blocks& new_blocks) {
    for (const auto& [signature, ranks] : new_blocks) {
      std::vector<std::vector<Taken>>& old_ranks = old_blocks[signature];
      for (std::size_t rank = 0; rank < ranks.size(); ++rank)
        for (std::size_t i = 0; i < signature.size(); ++i) {
          const bool hit = ranks[rank][i].value_or(0) > 0;
          if (rank < old_ranks.size())
            add_branch(both_known(old_ranks[rank][i].value_or(0) > 0, hit));
          else
            add_branch(hit ? GIC : UIC);
        }
      old_ranks.erase(old_ranks.begin(),
                      old_ranks.begin() + static_cast<std::ptrdiff_t>(std::min(ranks.size(), old_ranks.size())));
    }
    for (const auto& [signature, ranks] : old_blocks)
      for (const std::vector<Taken>& counts : ranks)
        for (const Taken& taken : counts) add_branch(taken.value_or(0) > 0 ? ECB : EUB);
  }

  void add_branches(Branches::const_iterator from, Branches::const_iterator to, DifferentialCategory hit,
                    DifferentialCategory missed) {
    for (; from != to; ++from) add_branch(from->taken.value_or(0) > 0 ? hit : missed);
  }

  void add_branch(DifferentialCategory category) {
    ++counts_.branches.of(category);
    counts_.has_branches = true;
  }

  Differentials& counts_;
};

// Old and new lines do not answer to each other: another kind of file, or one without a diff.
bool is_replaced(const ChangedFile& change) {
  return change.kind == PatchFileKind::binary || change.kind == PatchFileKind::type_changed || !change.regular;
}

bool is_new(const ChangedFile& change) {
  return change.kind == PatchFileKind::added || change.kind == PatchFileKind::copied;
}

}  // namespace

Differentials differential(const ChangedFiles& changes, const CoverageReport& head, const CoverageReport& base) {
  static const std::vector<Hunk> kNoHunks;
  Differentials counts;
  Counter counter(counts);
  std::unordered_map<std::string, const ChangedFile*> by_new, by_old;
  for (const ChangedFile& change : changes.files) {
    if (change.kind != PatchFileKind::deleted) by_new.emplace(change.path, &change);
    if (!is_new(change)) by_old.emplace(change.kind == PatchFileKind::renamed ? change.old_path : change.path, &change);
  }
  std::set<std::string> seen;  // paths of the base that were compared
  for (const CoverageFile& file : head.files) {
    const auto found = by_new.find(file.path);
    const ChangedFile* change = found == by_new.end() ? nullptr : found->second;
    if (change != nullptr && !change->mismatch.empty()) {
      seen.insert(change->kind == PatchFileKind::renamed ? change->old_path : change->path);
      continue;  // its data is of another text: neither side can be told
    }
    if (change != nullptr && (is_new(*change) || is_replaced(*change))) {
      counter.all_new(file);
      continue;
    }
    const bool renamed = change != nullptr && change->kind == PatchFileKind::renamed;
    const std::string& old_path = renamed ? change->old_path : file.path;
    // A file that took the place of another one, which was renamed or deleted, has no past under this name.
    const bool foreign = change == nullptr && by_old.contains(old_path);
    const CoverageFile* old = foreign ? nullptr : find_file(base, old_path);
    if (old != nullptr) seen.insert(old->path);
    counter.compare(file, old, LineMap(change == nullptr ? kNoHunks : change->hunks));
  }
  for (const CoverageFile& file : base.files) {
    if (seen.contains(file.path)) continue;
    const auto found = by_old.find(file.path);
    const ChangedFile* change = found == by_old.end() ? nullptr : found->second;
    if (change != nullptr && (change->kind == PatchFileKind::deleted || is_replaced(*change)))
      counter.all_deleted(file);
    else
      counter.only_base(file, LineMap(change == nullptr ? kNoHunks : change->hunks));
  }
  return counts;
}

}  // namespace rh::engine
