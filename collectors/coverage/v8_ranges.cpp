#include "collectors/coverage/v8_ranges.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

namespace rh::collectors {
namespace {

// A range and what lies in it. `delta` is the count less the count of the range around it.
struct Tree {
  std::uint32_t start = 0, end = 0;
  std::int64_t delta = 0;
  std::vector<Tree> children;  // sorted, disjoint
};

bool outer_first(const V8Range& a, const V8Range& b) { return a.start != b.start ? a.start < b.start : a.end > b.end; }

Tree to_tree(std::vector<V8Range> ranges, std::size_t& dropped) {
  std::stable_sort(ranges.begin(), ranges.end(), outer_first);
  Tree root{ranges[0].start, ranges[0].end, ranges[0].count, {}};
  struct Open {
    Tree* tree;
    std::uint32_t count;
  };
  std::vector<Open> open = {{&root, ranges[0].count}};
  for (auto range = ranges.begin() + 1; range != ranges.end(); ++range) {
    while (open.size() > 1 && range->start >= open.back().tree->end) open.pop_back();
    Tree& parent = *open.back().tree;
    if (open.size() >= kMaxRangeDepth || range->start >= range->end || range->end > parent.end) {
      ++dropped;
      continue;
    }
    parent.children.push_back({range->start, range->end, std::int64_t{range->count} - open.back().count, {}});
    open.push_back({&parent.children.back(), range->count});
  }
  return root;
}

// Neighbours of one count become one range, and a range that fills the one around it takes its place.
void simplify(Tree& tree) {
  std::vector<Tree> kept;
  std::uint32_t end = 0;
  for (Tree& child : tree.children) {
    const bool continues = !kept.empty() && child.delta == kept.back().delta && child.start == end;
    end = child.end;
    if (!continues) {
      kept.push_back(std::move(child));
      continue;
    }
    kept.back().end = child.end;
    std::move(child.children.begin(), child.children.end(), std::back_inserter(kept.back().children));
  }
  for (Tree& child : kept) simplify(child);
  if (kept.size() == 1 && kept[0].start == tree.start && kept[0].end == tree.end) {
    tree.delta += kept[0].delta;
    kept = std::exchange(kept[0].children, {});
  }
  tree.children = std::move(kept);
}

// Cuts `tree` at an offset inside of it and returns the right part.
Tree cut(Tree& tree, std::uint32_t at) {
  Tree right{at, tree.end, tree.delta, {}};
  auto first = std::find_if(tree.children.begin(), tree.children.end(), [&](const Tree& c) { return c.end > at; });
  if (first != tree.children.end() && first->start < at) {
    right.children.push_back(cut(*first, at));
    ++first;
  }
  std::move(first, tree.children.end(), std::back_inserter(right.children));
  tree.children.erase(first, tree.children.end());
  tree.end = at;
  return right;
}

Tree merge_trees(std::vector<Tree> trees, std::size_t depth);

// Children of several trees over the same range, laid over one another. They are taken by their begin. The longest that
// begins at an offset opens a piece; all that begins before its end is cut to it and merged, the rest comes again.
class Overlay {
 public:
  Overlay(std::vector<Tree> parents, std::size_t depth) : depth_(depth) {
    for (std::size_t parent = 0; parent < parents.size(); ++parent)
      for (Tree& child : parents[parent].children) waiting_[child.start].push_back({parent, std::move(child)});
  }

  std::vector<Tree> take() {
    while (!waiting_.empty()) {
      auto event = waiting_.extract(waiting_.begin());
      if (open_ && end_ <= event.key()) close();
      if (!open_) {
        open_ = true;
        start_ = end_ = event.key();
        for (const Child& child : event.mapped()) end_ = std::max(end_, child.tree.end);
      }
      for (Child& child : event.mapped()) {
        if (child.tree.end > end_) waiting_[end_].push_back({child.parent, cut(child.tree, end_)});
        inside_[child.parent].push_back(std::move(child.tree));
      }
    }
    if (open_) close();
    return std::move(merged_);
  }

 private:
  struct Child {
    std::size_t parent;
    Tree tree;
  };

  void close() {
    std::vector<Tree> pieces;
    for (auto& [parent, trees] : inside_) {
      const bool fills = trees.size() == 1 && trees[0].start == start_ && trees[0].end == end_;
      pieces.push_back(fills ? std::move(trees[0]) : Tree{start_, end_, 0, std::move(trees)});
    }
    inside_.clear();
    open_ = false;
    merged_.push_back(merge_trees(std::move(pieces), depth_ + 1));
  }

  std::size_t depth_;
  std::map<std::uint32_t, std::vector<Child>> waiting_;
  std::map<std::size_t, std::vector<Tree>> inside_;  // by parent, in order
  std::vector<Tree> merged_;
  bool open_ = false;
  std::uint32_t start_ = 0, end_ = 0;
};

// Trees over the same range. Each level takes at least one level of one tree away; those of real scripts are few.
Tree merge_trees(std::vector<Tree> trees, std::size_t depth) {
  if (trees.size() == 1) return std::move(trees[0]);
  Tree merged{trees[0].start, trees[0].end, 0, {}};
  for (const Tree& tree : trees) merged.delta += tree.delta;
  if (depth < 2 * kMaxRangeDepth) merged.children = Overlay(std::move(trees), depth).take();
  return merged;
}

void to_ranges(const Tree& tree, std::int64_t around, std::vector<V8Range>& ranges) {
  const std::int64_t count = around + tree.delta;
  ranges.push_back({tree.start, tree.end, static_cast<std::uint32_t>(std::clamp<std::int64_t>(count, 0, UINT32_MAX))});
  for (const Tree& child : tree.children) to_ranges(child, count, ranges);
}

V8Function merge_functions(std::vector<V8Function> same, std::size_t& dropped) {
  V8Function merged{same[0].name, {}, same[0].blocks};
  std::vector<Tree> trees;
  for (V8Function& function : same) trees.push_back(to_tree(std::move(function.ranges), dropped));
  const bool several = trees.size() > 1;
  Tree tree = merge_trees(std::move(trees), 0);
  simplify(tree);
  to_ranges(tree, 0, merged.ranges);
  if (several) merged.blocks = merged.ranges.size() > 1 || merged.ranges[0].count > 0;
  return merged;
}

}  // namespace

V8Merged merge_v8_runs(std::vector<std::vector<V8Function>> runs) {
  V8Merged merged;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::vector<V8Function>> by_root;
  for (std::vector<V8Function>& run : runs) {
    for (V8Function& function : run) {
      if (function.ranges.empty()) continue;
      if (runs.size() == 1) {
        std::vector<V8Function> alone;
        alone.push_back(std::move(function));
        merged.functions.push_back(merge_functions(std::move(alone), merged.dropped));
        continue;
      }
      // What was measured by block knows more than what was not.
      auto& same = by_root[{function.ranges[0].start, function.ranges[0].end}];
      if (!same.empty() && !same[0].blocks && function.blocks) same.clear();
      if (!same.empty() && same[0].blocks && !function.blocks) continue;
      same.push_back(std::move(function));
    }
  }
  for (auto& [root, same] : by_root) merged.functions.push_back(merge_functions(std::move(same), merged.dropped));
  std::stable_sort(merged.functions.begin(), merged.functions.end(),
                   [](const V8Function& a, const V8Function& b) { return outer_first(a.ranges[0], b.ranges[0]); });
  return merged;
}

}  // namespace rh::collectors
