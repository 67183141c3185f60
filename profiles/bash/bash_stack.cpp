// Reading the stack itself. Each array is a ring of elements behind a sentinel, the innermost call first.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <numeric>

#include "profiles/bash/bash_memory.h"
#include "runner/base/text.h"

namespace rh::profiles::bash {
namespace {

using python::load;
using python::remote_range;

constexpr Address kPage = 4096;
constexpr std::uint64_t kValueInElement = 8;  // ARRAY_ELEMENT: index, value, next, previous
constexpr std::uint64_t kNextInElement = 16;
constexpr std::size_t kLinkBytes = 16;  // value and next
constexpr std::size_t kInnermostBytes = 64;
constexpr Address kLargestGap = 4096;

std::size_t text_bytes(Address at) { return std::min<std::size_t>(kMaxTextBytes, kPage - at % kPage); }

}  // namespace

// Follows the three rings side by side, one system call for each depth. What lies behind an element that was there
// before is as before: calls are put in front. An address can be that of another element by now, which verify()
// finds out; the next try reuses nothing.
bool StackReader::walk(bool reuse) {
  truncated_ = false;
  const auto old = std::exchange(chains_, {});
  std::array<Address, 3> next{};
  std::array<iovec, 3> ranges{};
  for (std::size_t ring = 0; ring < next.size(); ++ring)
    ranges[ring] = remote_range(addresses_.heads[ring] + kNextInElement, sizeof(Address));
  if (memory_.read(ranges, reinterpret_cast<std::uint8_t*>(next.data())) < ranges.size()) return false;
  while (next[0] != addresses_.heads[0]) {
    // Calls enter the three one after the other: one that ends early is about to be changed.
    if (next[1] == addresses_.heads[1] || next[2] == addresses_.heads[2]) return false;
    if (chains_[0].size() >= kMaxFrames) {
      truncated_ = true;
      return true;
    }
    if (reuse && append_known(old, next)) return true;
    std::array<std::array<Address, 2>, 3> links{};
    for (std::size_t ring = 0; ring < next.size(); ++ring)
      ranges[ring] = remote_range(next[ring] + kValueInElement, kLinkBytes);
    if (memory_.read(ranges, reinterpret_cast<std::uint8_t*>(links.data())) < ranges.size()) return false;
    for (std::size_t ring = 0; ring < next.size(); ++ring) {
      chains_[ring].push_back({next[ring], links[ring][0], links[ring][1]});
      next[ring] = links[ring][1];
    }
  }
  return next[1] == addresses_.heads[1] && next[2] == addresses_.heads[2];
}

// Takes over the rest of the rings if `next` are three elements of one call that was there before.
bool StackReader::append_known(const Chains& old, const std::array<Address, 3>& next) {
  const auto same = std::find_if(old[0].begin(), old[0].end(), [&](const Element& e) { return e.at == next[0]; });
  const auto at = static_cast<std::size_t>(same - old[0].begin());
  if (same == old[0].end() || at >= old[1].size() || at >= old[2].size() || old[1][at].at != next[1] ||
      old[2][at].at != next[2])
    return false;
  for (std::size_t ring = 0; ring < old.size(); ++ring) {
    chains_[ring].insert(chains_[ring].end(), old[ring].begin() + static_cast<std::ptrdiff_t>(at), old[ring].end());
    truncated_ = truncated_ || chains_[ring].size() > kMaxFrames;
    chains_[ring].resize(std::min(chains_[ring].size(), kMaxFrames));
  }
  return true;
}

// What lies close together is read in one piece: a copy of a page takes less than finding another one.
std::vector<iovec> StackReader::make_spans() {
  std::vector<std::size_t> order(items_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return items_[a].at < items_[b].at; });
  std::vector<iovec> spans;
  Address start = 0, end = 0;
  copy_bytes_ = 0;
  const auto close = [&] {
    if (end > start) spans.push_back(remote_range(start, end - start));
    copy_bytes_ += end - start;
  };
  for (const std::size_t index : order) {
    Item& item = items_[index];
    if (item.size == 0) continue;
    if (end == start || item.at > end + kLargestGap) {
      close();
      start = end = item.at;
    }
    item.offset = copy_bytes_ + (item.at - start);
    end = std::max(end, item.at + item.size);
  }
  close();
  return spans;
}

void StackReader::make_ranges() {
  items_.clear();
  texts_.clear();
  for (const Address head : addresses_.heads) add_item(head + kNextInElement, sizeof(Address));
  for (const auto& chain : chains_)
    for (const Element& element : chain) add_item(element.at + kValueInElement, kLinkBytes);
  for (const auto& chain : chains_)
    for (const Element& element : chain) {
      texts_.push_back(items_.size());
      add_item(element.value, element.value == 0 ? 0 : text_bytes(element.value));
    }
  const std::vector<iovec> calls = make_spans();
  span_count_ = calls.size();

  std::vector<iovec> innermost = {remote_range(addresses_.heads[0] + kNextInElement, sizeof(Address))};
  innermost_bytes_ = sizeof(Address);
  if (!chains_[0].empty() && chains_[0].front().value != 0) {
    const std::size_t size = std::min(kInnermostBytes, text_bytes(chains_[0].front().value));
    innermost.push_back(remote_range(chains_[0].front().value, size));
    innermost_bytes_ += size;
  }
  ranges_ = calls;
  ranges_.insert(ranges_.end(), innermost.begin(), innermost.end());
  ranges_.push_back(remote_range(addresses_.line_number, sizeof line_));
  ranges_.insert(ranges_.end(), innermost.begin(), innermost.end());
  ranges_.insert(ranges_.end(), calls.rbegin(), calls.rend());
}

bool StackReader::same_items(const std::uint8_t* copy, const std::uint8_t* again) const {
  return std::all_of(items_.begin(), items_.end(), [&](const Item& item) {
    return std::memcmp(copy + item.offset, again + item.offset, item.size) == 0;
  });
}

bool StackReader::verify() {
  reading_.resize(2 * (copy_bytes_ + innermost_bytes_) + sizeof line_);
  if (memory_.read(ranges_, reading_.data()) < ranges_.size()) return false;
  const std::uint8_t* const inner = reading_.data() + copy_bytes_;
  const std::uint8_t* const inner_again = inner + innermost_bytes_ + sizeof line_;
  if (std::memcmp(inner, inner_again, innermost_bytes_) != 0) return false;
  line_ = load<std::int32_t>(inner + innermost_bytes_);
  // The spans of the second copy came in the opposite order.
  std::vector<std::uint8_t> again(copy_bytes_);
  const std::uint8_t* from = inner_again + innermost_bytes_;
  std::size_t to = copy_bytes_;
  for (std::size_t span = span_count_; span-- > 0;) {
    const std::size_t size = ranges_[span].iov_len;
    to -= size;
    std::memcpy(again.data() + to, from, size);
    from += size;
  }
  if (!same_items(reading_.data(), again.data())) return false;
  const std::uint8_t* const copy = reading_.data();
  std::size_t item = 0;
  for (std::size_t ring = 0; ring < chains_.size(); ++ring, ++item) {
    const Address first = chains_[ring].empty() ? addresses_.heads[ring] : chains_[ring].front().at;
    if (load<Address>(copy + items_[item].offset) != first) return false;
    if (!truncated_ && !chains_[ring].empty() && chains_[ring].back().next != addresses_.heads[ring]) return false;
  }
  for (const auto& chain : chains_)
    for (const Element& element : chain) {
      const std::uint8_t* const link = copy + items_[item++].offset;
      if (load<Address>(link) != element.value || load<Address>(link + sizeof(Address)) != element.next) return false;
    }
  return true;
}

std::string StackReader::text_at(std::size_t part) const {
  const Item& item = items_[texts_[part]];
  const auto* const text = reinterpret_cast<const char*>(reading_.data()) + item.offset;
  return to_valid_utf8(std::string_view(text, strnlen(text, item.size)));
}

// FUNCNAME[i] was called on line BASH_LINENO[i] of BASH_SOURCE[i + 1], and is defined in BASH_SOURCE[i].
void StackReader::make_frames() {
  frames_.clear();
  const std::size_t depth = chains_[0].size();
  std::uint32_t line = 0;  // of the innermost: set_line()
  for (std::size_t i = 0; i < depth; ++i) {
    BashFrame frame;
    frame.function = text_at(i);
    frame.file = text_at(depth + i);
    frame.line = line;
    frames_.push_back(std::move(frame));
    const auto called = parse_u64(text_at(2 * depth + i));
    line = called && *called < 0xffffffffU ? static_cast<std::uint32_t>(*called) : 0;
  }
  // `bash -c` and standard input have no entry for themselves.
  if (depth == 0 || frames_.back().function != "main") frames_.push_back({"main", {}, line});
}

void StackReader::set_line() { frames_.front().line = static_cast<std::uint32_t>(std::max(line_, 0)); }

ReadOutcome StackReader::read() {
  for (int attempt = 0; attempt < kTries; ++attempt) {
    const bool first = attempt == 0 && !texts_.empty();  // as before?
    if (!first) {
      texts_.clear();  // the ranges are not those of the rings from here on
      if (!walk(attempt == 1)) {
        if (memory_.last_errno() == ESRCH) return ReadOutcome::gone;
        ++retries_;
        continue;
      }
      make_ranges();
    }
    if (!verify()) {
      if (memory_.last_errno() == ESRCH) return ReadOutcome::gone;
      if (!first) ++retries_;
      continue;
    }
    // The frames are those of before if the calls are: the copies may differ in what lies between them.
    const bool same =
        first && !frames_.empty() && calls_.size() == copy_bytes_ && same_items(calls_.data(), reading_.data());
    if (!same) {
      make_frames();
      calls_.assign(reading_.begin(), reading_.begin() + static_cast<std::ptrdiff_t>(copy_bytes_));
    }
    set_line();
    return ReadOutcome::read;
  }
  return ReadOutcome::changed;
}

}  // namespace rh::profiles::bash
