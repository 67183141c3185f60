#include "collectors/coverage/merge_branches.h"

#include <algorithm>
#include <span>
#include <utility>

#include "collectors/coverage/file_builder.h"

namespace rh::collectors {
namespace {

using model::BranchHits;

// The branches of one block; their names, in order, are its signature.
using Block = std::span<BranchHits>;

std::strong_ordering compare_signatures(const Block& a, const Block& b) {
  const std::size_t common = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < common; ++i)
    if (const auto order = model::compare_branch_names(a[i].branch, b[i].branch); order != 0) return order;
  return a.size() <=> b.size();
}

bool has_lesser_signature(const Block& a, const Block& b) { return compare_signatures(a, b) < 0; }

// A block of one branch is no decision: V8 makes them from whatever ran, so that they differ from run to run.
bool is_decision(const Block& block) { return block.size() > 1; }

// One side of the merge: hands out the blocks of its next line.
class Side {
 public:
  explicit Side(std::vector<BranchHits>& branches) : rest_(branches) {}

  [[nodiscard]] bool empty() const { return rest_.empty(); }
  [[nodiscard]] std::uint32_t line() const { return rest_[0].line; }

  // The size of the only block of `line` when both sides have the same one there, which is nearly always so; else 0.
  [[nodiscard]] static std::size_t same_block(const Side& a, const Side& b, std::uint32_t line) {
    const std::size_t most = std::min(a.rest_.size(), b.rest_.size());
    std::size_t size = 0;
    for (; size < most; ++size) {
      const BranchHits& left = a.rest_[size];
      const BranchHits& right = b.rest_[size];
      if (left.line != line || right.line != line) break;
      if (left.block != a.rest_[0].block || right.block != b.rest_[0].block || left.branch != right.branch) return 0;
    }
    const bool more_left = size < a.rest_.size() && a.rest_[size].line == line;
    const bool more_right = size < b.rest_.size() && b.rest_[size].line == line;
    return more_left || more_right ? 0 : size;
  }

  [[nodiscard]] Block take(std::size_t size) {
    const Block block = rest_.first(size);
    rest_ = rest_.subspan(size);
    return block;
  }

  // The blocks of `line`, sorted by signature; of equal ones in the order of their numbers.
  void take_blocks(std::uint32_t line, std::vector<Block>& blocks) {
    blocks.clear();
    while (!rest_.empty() && rest_[0].line == line) {
      std::size_t size = 1;
      while (size < rest_.size() && rest_[size].line == line && rest_[size].block == rest_[0].block) ++size;
      blocks.push_back(take(size));
    }
    if (!std::is_sorted(blocks.begin(), blocks.end(), has_lesser_signature))
      std::stable_sort(blocks.begin(), blocks.end(), has_lesser_signature);
  }

 private:
  std::span<BranchHits> rest_;
};

class Join {
 public:
  explicit Join(std::size_t expected) { joined_.reserve(expected); }

  // The only block of a line, on both sides.
  void pair(Block a, Block b) {
    number_ = 0;
    for (std::size_t i = 0; i < a.size(); ++i) a[i].taken = add_taken(a[i].taken, b[i].taken);
    emit(a);
  }

  // Blocks of one line, of which each side may have none.
  void line(std::span<Block> a, std::span<Block> b) {
    number_ = 0;
    bool differ = false;
    std::size_t i = 0, j = 0;
    while (i < a.size() || j < b.size()) {
      const auto order = i == a.size()   ? std::strong_ordering::greater
                         : j == b.size() ? std::strong_ordering::less
                                         : compare_signatures(a[i], b[j]);
      if (order == 0) {
        for (std::size_t k = 0; k < a[i].size(); ++k) a[i][k].taken = add_taken(a[i][k].taken, b[j][k].taken);
        emit(a[i++]), ++j;
      } else {
        const Block& only = order < 0 ? a[i++] : b[j++];
        differ = differ || is_decision(only);
        emit(only);
      }
    }
    const bool both_decide =
        std::any_of(a.begin(), a.end(), is_decision) && std::any_of(b.begin(), b.end(), is_decision);
    divergent_ = divergent_ || (differ && both_decide);
  }

  [[nodiscard]] bool divergent() const { return divergent_; }
  [[nodiscard]] std::vector<BranchHits> take() { return std::move(joined_); }

 private:
  void emit(const Block& block) {
    for (BranchHits& branch : block) {
      joined_.push_back(std::move(branch));
      joined_.back().block = number_;
    }
    ++number_;
  }

  std::vector<BranchHits> joined_;
  std::uint32_t number_ = 0;
  bool divergent_ = false;
};

}  // namespace

std::vector<BranchHits> join_branches(std::vector<BranchHits> a, std::vector<BranchHits> b, bool& divergent) {
  Join join(std::max(a.size(), b.size()));
  Side left(a), right(b);
  std::vector<Block> of_left, of_right;
  while (!left.empty() || !right.empty()) {
    const std::uint32_t line = left.empty()    ? right.line()
                               : right.empty() ? left.line()
                                               : std::min(left.line(), right.line());
    if (const std::size_t same = Side::same_block(left, right, line); same > 0) {
      join.pair(left.take(same), right.take(same));
      continue;
    }
    left.take_blocks(line, of_left);
    right.take_blocks(line, of_right);
    join.line(of_left, of_right);
  }
  divergent = divergent || join.divergent();
  return join.take();
}

}  // namespace rh::collectors
