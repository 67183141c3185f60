// Cuts a stream that arrives in arbitrary pieces into lines, the same lines for every split. A line
// above the bound is not collected whole: its head and its tail are kept, because an event may be
// glued to the end of a long run of raw output.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rh::collectors {

constexpr std::size_t kMaxLineBytes = 1U << 20;
constexpr std::size_t kLineTailBytes = 64U << 10;

struct Line {
  std::string_view text;     // without its line end; at most kMaxLineBytes
  std::string_view tail;     // of a cut line: its last bytes, at most kLineTailBytes, not overlapping `text`
  std::uint64_t offset = 0;  // of its first byte in the stream
  bool cut = false;          // longer than kMaxLineBytes
  bool ended = true;         // false: the stream stopped inside it
};

class LineSplitter {
 public:
  // Calls `on_line(const Line&)` for every line that `bytes` completes. Lines that lie whole inside
  // `bytes` are not copied.
  template <class OnLine>
  void feed(std::string_view bytes, OnLine&& on_line) {
    while (!bytes.empty()) {
      const std::size_t end = bytes.find('\n');
      if (end == std::string_view::npos) return keep(bytes);
      if (length_ == 0) {
        on_line(whole(bytes.substr(0, end)));
        offset_ += end + 1;
      } else {
        keep(bytes.substr(0, end));
        on_line(kept(true));
        offset_ += length_ + 1;
        forget();
      }
      bytes.remove_prefix(end + 1);
    }
  }

  // The unfinished last line, if there is one.
  template <class OnLine>
  void finish(OnLine&& on_line) {
    if (length_ == 0) return;
    on_line(kept(false));
    offset_ += length_;
    forget();
  }

  [[nodiscard]] std::uint64_t offset() const { return offset_ + length_; }

 private:
  [[nodiscard]] Line whole(std::string_view text) const {
    Line line{.text = text.substr(0, kMaxLineBytes), .tail = {}, .offset = offset_, .cut = text.size() > kMaxLineBytes};
    if (line.cut) {
      const std::string_view rest = text.substr(kMaxLineBytes);
      line.tail = rest.substr(rest.size() - std::min(rest.size(), kLineTailBytes));
    }
    return without_return(line);
  }

  [[nodiscard]] Line kept(bool ended) const {
    Line line{.text = head_, .tail = tail_, .offset = offset_, .cut = length_ > kMaxLineBytes, .ended = ended};
    if (line.tail.size() > kLineTailBytes) line.tail.remove_prefix(line.tail.size() - kLineTailBytes);
    return without_return(line);
  }

  static Line without_return(Line line) {
    std::string_view& last = line.tail.empty() ? line.text : line.tail;
    if (line.ended && !last.empty() && last.back() == '\r') last.remove_suffix(1);
    return line;
  }

  void keep(std::string_view bytes) {
    length_ += bytes.size();
    const std::size_t room = kMaxLineBytes - head_.size();
    head_ += bytes.substr(0, room);
    if (bytes.size() <= room) return;
    tail_ += bytes.substr(room);
    if (tail_.size() > 4 * kLineTailBytes) tail_.erase(0, tail_.size() - kLineTailBytes);
  }

  void forget() {
    head_.clear();
    tail_.clear();
    length_ = 0;
  }

  std::string head_, tail_;
  std::uint64_t length_ = 0;  // of the line that is being collected
  std::uint64_t offset_ = 0;  // where it begins
};

}  // namespace rh::collectors
